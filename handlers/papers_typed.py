"""Typed words that ask for a hazard's paper: the one of the hazard they name, else which there are."""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import Row, select

from handlers.hazard_card import hazard_numbered, may_see
from handlers.hazard_list import visible
from handlers.kit.buttons import for_action
from handlers.kit.kinds.checklist import short
from handlers.kit.messages import Button, Message
from handlers.kit.words import Both, Text, _, joined
from handlers.papers_hazard import PAPERS, papers_of
from handlers.work import Work
from models import Hazard

_NUMBER: Final = re.compile(r"yh-\d{4}-\d{4,9}")
_WORDS: Final = {
    "order": re.compile(
        r"整改通知[书单]?|整改令|(?<![a-z])(?:order|notice)s?(?: (?:of|to) rectif(?:y|ication))?(?![a-z])"
    ),
    "record": re.compile(
        r"整改(?:情况)?记录表?|(?<![a-z])(?:record of (?:the )?rectification|rectification records?)(?![a-z])"
    ),
}
_AROUND: Final = re.compile(r"导出|打印|下载|生成|查看|export|print|\W")
_MOST: Final = 6  # hazards to choose from, the newest; of others the number is typed


def asked_for(said: str) -> str | None:
    """Which paper of a hazard is meant by words as `grammar.normalise` gives them, in small letters."""
    return next((sort for sort, words in _WORDS.items() if words.search(said)), None)


def nothing_else(said: str) -> bool:
    """Whether the words ask for a hazard's paper, and for nothing else."""
    rest = _NUMBER.sub("", said)
    for words in _WORDS.values():
        rest = words.sub("", rest)
    return rest != _NUMBER.sub("", said) and not _AROUND.sub("", rest)


async def numbered(work: Work, sort: str, said: str) -> str | None:
    """The number of the hazard whose paper is there and was asked for; else the answer is given here."""
    found = _NUMBER.search(said)
    if found is None:
        work.reply(await _which(work, sort))
        return None
    number = found[0].upper()
    hazard = await hazard_numbered(work, number)
    if hazard is None or not await may_see(work, hazard):
        work.reply(_("There is no hazard {number} that you may see.", number=number))
    elif not _there(work, sort, hazard):
        there_is_none = _("{number} has no such paper yet, or it is not for you.", number=number)
        look = Button(_("Look at it"), for_action("hazard", hazard.id), "quiet")
        work.reply(Message(there_is_none, ((look,),)))
    else:
        return number
    return None


async def _which(work: Work, sort: str) -> Message:
    """The newest hazards that have the paper, to choose from, and how to write which."""
    ready = Hazard.ordered_by if sort == "order" else Hazard.fixed_at
    query = select(Hazard.__table__).where(visible(work), ready.is_not(None), Hazard.ordered_by.is_not(None))
    rows = await work.db.execute(query.order_by(Hazard.id.desc()).limit(10 * _MOST))
    there = [row for row in rows if _there(work, sort, row)][:_MOST]
    if not there:
        return Message(_("No hazard has that paper yet. An order to rectify is given on a hazard's card."))
    example = there[0].number
    text = _(
        "📄 {paper}: of which hazard? You can also write its number, such as: check {number}",
        paper=PAPERS[sort],
        number=example,
    )
    return Message(text, tuple((_button(sort, row),) for row in there))


def _button(sort: str, row: Row[Any]) -> Button:
    label: Text = joined("📄", row.number, short(Both(row.title_zh, row.title_en)), between=" ")
    return Button(label, for_action("paper", f"{sort}.{row.number}"))


def _there(work: Work, sort: str, hazard: Row[Any]) -> bool:
    return sort in papers_of(hazard, work.me.id, work.me.roles)
