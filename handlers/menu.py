"""The menu: what a person can do here, as buttons; help, and the language."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, lines
from handlers.roles import ROLES
from handlers.routes import Command, Routes
from handlers.work import Work
from models import Person

routes = Routes()

LANGUAGE_NAMES = {"zh_CN": "简体中文", "en": "English"}
NUMBERED = {"wechat"}  # channels that show no buttons
FEW = 10  # buttons that can be looked through at a glance
_SPOKEN = {
    "中文": "zh_CN",
    "简体中文": "zh_CN",
    "chinese": "zh_CN",
    "zh": "zh_CN",
    "zh_cn": "zh_CN",
    "英文": "en",
    "english": "en",
    "en": "en",
}


@routes.command(
    "start",
    needs="talk",
    words=("开始", "菜单", "menu", "hello", "hi", "你好", "您好"),
    about=_("What you can do here"),
    order=1,
    alone=True,
)
async def start(work: Work, rest: str) -> None:
    """Greet with the person's own actions as buttons."""
    welcome = _("Welcome to {museum}. What would you like to do?", museum=work.rules.museum)
    posts = [title for role, title in ROLES.items() if role in work.me.roles]
    known = _("You are here as: {posts}", posts=posts[0]) if posts else None
    pending = _("Your post still has to be confirmed by a supervisor.") if work.me.pending_role else None
    work.reply(Message(lines(welcome, known, pending, _how(work)), _menu(work), replace=True))


@routes.command(
    "help", needs="talk", words=("帮助", "?"), about=_("How it works, and all commands"), order=90, alone=True
)
async def help_(work: Work, rest: str) -> None:
    """All commands of this person with a line each, and the words that always work."""
    listed = [_("/{name} {about}", name=command.name, about=command.about) for command in mine(work)]
    work.reply(
        Message(
            lines(
                _("You can tap, or simply write. These are your commands:"),
                *listed,
                "",
                _("In a form, these words always work: back, skip, cancel, later, help."),
                _("What you entered is kept; you can go on another day or in another app (/link)."),
            )
        )
    )


@routes.command(
    "language",
    needs="talk",
    words=("语言",),
    title=_("🌐 Language"),
    about=_("Change the language"),
    order=95,
)
async def language(work: Work, rest: str) -> None:
    """`/language en` switches at once; without a language the choice is offered."""
    wanted = _SPOKEN.get(rest.strip().casefold().replace("-", "_"))
    if wanted is not None:
        await _switch(work, wanted)
        return
    row = tuple(Button(name, for_action("language", code)) for code, name in LANGUAGE_NAMES.items())
    work.reply(Message("请选择语言 / Choose a language", (row,), replace=True))


@routes.action("language", needs="talk")
async def chosen(work: Work, code: str) -> None:
    await _switch(work, code)


@routes.action("menu", needs="talk")
async def call(work: Work, name: str) -> None:
    """A menu button runs the command it names."""
    command = work.routes.commands.get(name)
    if command is None or not work.me.may(command.needs):
        work.toast = _("That is not open to you.")
        return
    await command.run(work, "")


@routes.action("menu_more", needs="talk")
async def rest_of_it(work: Work, _argument: str) -> None:
    """What the menu has no room for."""
    rows = _rows(_titles(work)[FEW - 2 :])
    work.reply(Message(_("What would you like to do?"), rows, replace=True))


async def _switch(work: Work, code: str) -> None:
    if code not in LANGUAGE_NAMES:
        work.toast = _("That language is not spoken here.")
        return
    await work.db.execute(update(Person).where(Person.id == work.me.id).values(locale=code))
    said = {"zh_CN": "好的，以后用中文。", "en": "All right, English from now on."}[code]
    work.reply(Message(said, replace=True, device={"locale": code}))


def mine(work: Work) -> list[Command]:
    """The commands this person may use, in menu order."""
    allowed = [command for command in work.routes.commands.values() if work.me.may(command.needs)]
    return sorted(allowed, key=lambda command: command.order)


def _how(work: Work) -> Text | None:
    """How to choose where buttons are numbers; to most who see that it is new."""
    if work.me.channel not in NUMBERED:
        return None
    if work.me.roles:
        return _("Reply with a number.")
    return _("Reply with a number, or simply write your comment.")


def _titles(work: Work) -> list[tuple[Text, str]]:
    """What has a button, by its title and name, the most used first."""
    return [(command.title, command.name) for command in mine(work) if command.title is not None]


def _menu(work: Work) -> tuple[tuple[Button, ...], ...]:
    """Everything; where that is too much to look through, the first of it, and the rest behind one button."""
    titles = _titles(work)
    if len(titles) <= FEW:
        return _rows(titles)
    more = Button(_("More…"), for_action("menu_more", ""), "quiet")
    return (*_rows(titles[: FEW - 2]), (more,))


def _rows(titles: Sequence[tuple[Text, str]]) -> tuple[tuple[Button, ...], ...]:
    buttons = [
        Button(title, for_action("menu", name), "main" if place == 0 else "plain")
        for place, (title, name) in enumerate(titles)
    ]
    return tuple(tuple(buttons[place : place + 2]) for place in range(0, len(buttons), 2))
