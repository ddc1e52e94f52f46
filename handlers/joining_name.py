"""What people are called: the name read from how they say it, and changed by themselves."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from msgspec.structs import replace
from sqlalchemy import update

from handlers import audit
from handlers.kit import grammar
from handlers.kit.form import Form
from handlers.kit.kinds import text
from handlers.kit.words import Text, Tongue, _, say
from handlers.roles import ROLES
from handlers.routes import Routes, gather
from handlers.work import Work
from models import Person

routes = Routes()

LONGEST: Final = 40  # characters of a name
_AROUND: Final = " ,.:!，。：！、"
_SAID: Final = re.compile(
    r"(?:(?:你好|您好|大家好|hello|hi)[\s,.!，。！、]*)?"
    r"(?:我的名字[是叫]|我名叫|我叫|我是|(?:my name is|my name['’]s|i am|i['’]m)\s)[\s:：]*",
    re.IGNORECASE,
)


def as_name(said: str) -> str:
    """The name alone: 我叫李强 is 李强, “My name is Li Qiang.” is Li Qiang."""
    whole = " ".join(said.split())
    words = _SAID.match(whole)
    return (whole[words.end() :].strip(_AROUND) if words else "") or whole


def no_name(said: str) -> Text | None:
    """Why words do not do as a name that call for something at the desk, such as 汇总."""
    called = as_name(said)
    spoken = _everything().spoken(called)
    if spoken is None or spoken[1]:
        return None
    return _(
        "“{word}” is something to do here, no name. Please write a name, such as /name Li Qiang.", word=called
    )


@cache
def _everything() -> Routes:
    """All that the desk does, which is known only after every file was read."""
    return gather()


def provisional(role: str, person_id: int, tongue: Tongue) -> str:
    """What somebody is called who has a post and has not told a name yet."""
    return f"{say(ROLES[role], tongue)} {person_id}"


@routes.form
class Rename(
    Form, name="rename", opens=_("Changing your name"), needs="see own work", review=False, once=True
):
    """The name that colleagues see from now on."""

    called: str = text(
        _("What should your colleagues call you?"), label=_("Name"), most=LONGEST, unfit=no_name
    )

    async def submit(self, work: Work) -> None:
        await _rename(work, as_name(self.called))


@routes.command(
    "name", needs="see own work", words=("改名", "改姓名"),
    about=_("Change the name colleagues see"), order=91,
)  # fmt: skip
async def name(work: Work, rest: str) -> None:
    """`/name Li Qiang` or 改名 李强 changes it at once; without a name it is asked for."""
    called = as_name(grammar.clean(rest, 2 * LONGEST))
    if len(called) > LONGEST:
        work.reply(_("A name of up to {most} characters fits. Please write a shorter one.", most=LONGEST))
    elif (why := no_name(called)) is not None:
        work.reply(why)
    elif called:
        await _rename(work, called)
    else:
        await work.open(Rename)


async def _rename(work: Work, called: str) -> None:
    await work.db.execute(update(Person).where(Person.id == work.me.id).values(name=called))
    await audit.record(work.db, work.now, "renamed", actor=work.me.id, subject=work.me.id)
    work.me = replace(work.me, name=called)
    work.reply(_("Thank you, {name}. Your colleagues see this name from now on.", name=called))
