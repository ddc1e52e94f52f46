"""What a conversation's file declares: its forms, commands, button actions, replies and timers."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from handlers.kit import grammar
from handlers.kit.form import Form
from handlers.kit.words import Text
from handlers.work import Work

Handler = Callable[[Work, str], Awaitable[None]]
Recogniser = Callable[[Work, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person can call for: `/name`, one of `words`, or a menu button.

    `needs` is the permission; `title` its menu label (None keeps it off the menu), `about` the line
    in the chat app's list of commands. `alone` words call for it only with nothing behind them. One that
    takes `photos` is called by a photo's caption, too, whatever else is open.
    """

    name: str
    needs: str
    run: Handler
    words: tuple[str, ...]
    title: Text | None
    about: Text
    order: int
    alone: bool
    photos: bool


@dataclass(frozen=True, slots=True)
class Action:
    """What an action button does; `needs` is checked at every tap."""

    name: str
    needs: str
    run: Handler


@dataclass(frozen=True, slots=True)
class Recognised:
    """Free text that a conversation takes; the lowest `order` is asked first.

    With `first` it is asked before the conversation that is open: for codes, which must never end up
    in somebody's answer; with `files` also where there are photos or a recording, and no words.
    """

    order: int
    needs: str
    run: Recogniser
    first: bool = False
    files: bool = False


@dataclass(slots=True)
class Routes:
    """The declarations of one file; `routes = Routes()` at its top is found by `gather`."""

    forms: dict[str, type[Form]] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    replies: dict[str, Action] = field(default_factory=dict)
    links: dict[str, Handler] = field(default_factory=dict)
    timers: dict[str, Handler] = field(default_factory=dict)
    jobs: dict[str, Handler] = field(default_factory=dict)
    recognisers: list[Recognised] = field(default_factory=list)

    def form(self, cls: type[Form]) -> type[Form]:
        """Make a form known by its name."""
        self.forms[cls.name] = cls
        return cls

    def command(
        self,
        name: str,
        *,
        needs: str,
        about: Text,
        words: Iterable[str] = (),
        title: Text | None = None,
        order: int = 50,
        alone: bool = False,
        photos: bool = False,
    ) -> Callable[[Handler], Handler]:
        """`/name rest`: the handler gets the rest."""

        def declare(run: Handler) -> Handler:
            self.commands[name] = Command(name, needs, run, tuple(words), title, about, order, alone, photos)
            return run

        return declare

    def action(self, name: str, *, needs: str) -> Callable[[Handler], Handler]:
        """A button made by `buttons.for_action(name, argument)`: the handler gets the argument."""

        def declare(run: Handler) -> Handler:
            self.actions[name] = Action(name, needs, run)
            return run

        return declare

    def reply(self, subject: str, *, needs: str) -> Callable[[Handler], Handler]:
        """A reply to a message whose subject is `subject:<key>`: the handler gets the key."""

        def declare(run: Handler) -> Handler:
            self.replies[subject] = Action(subject, needs, run)
            return run

        return declare

    def link(self, prefix: str) -> Callable[[Handler], Handler]:
        """A deep link `/start <prefix>_<code>` or a scanned QR code: the handler gets the code."""

        def declare(run: Handler) -> Handler:
            self.links[prefix] = run
            return run

        return declare

    def timer(self, kind: str) -> Callable[[Handler], Handler]:
        """Due work of `kind`: the handler gets its key."""

        def declare(run: Handler) -> Handler:
            self.timers[kind] = run
            return run

        return declare

    def job(self, kind: str) -> Callable[[Handler], Handler]:
        """Due work of `kind` that takes long, in the name of the account given as `work.due(..., account=)`,
        or without one in the program's own.

        The handler gets its key and only reads, everything as of one moment, in nobody's way; what it
        sends is committed when it is done. `work.progress`, where it is set, is told meanwhile.
        """

        def declare(run: Handler) -> Handler:
            self.jobs[kind] = run
            return run

        return declare

    def recognises(
        self, *, needs: str, order: int = 50, first: bool = False, files: bool = False
    ) -> Callable[[Recogniser], Recogniser]:
        """Free text outside a conversation (or before it, with `first`), or with `files` also photos and
        recordings without any; the handler says if it took it."""

        def declare(run: Recogniser) -> Recogniser:
            self.recognisers.append(Recognised(order, needs, run, first, files))
            return run

        return declare

    def merge(self, other: Routes) -> None:
        """Take over all that `other` declares. Raises ValueError where a name is taken."""
        for mine, theirs in zip(self._tables(), other._tables(), strict=True):
            if taken := mine.keys() & theirs.keys():
                raise ValueError(f"declared twice: {', '.join(sorted(taken))}")
            mine.update(theirs)
        self.recognisers.extend(other.recognisers)
        self.recognisers.sort(key=lambda recognised: recognised.order)

    def _tables(self) -> list[dict[str, Any]]:
        return [self.forms, self.commands, self.actions, self.replies, self.links, self.timers, self.jobs]

    def spoken(self, text: str) -> tuple[Command, str] | None:
        """The command that typed words call for, with what follows: `/summary 本月`, `汇总 本月`, `检查`."""
        head, rest = (*text.split(maxsplit=1), "", "")[:2]  # what follows stays as it was typed
        if head.startswith("/"):
            command = self.commands.get(head[1:].split("@")[0].casefold())
            return (command, rest.strip()) if command else None
        word = grammar.normalise(head).casefold()
        for command in self.commands.values():
            if word in {command.name, *command.words} and not (command.alone and rest):
                return command, rest.strip()
        return None


def gather() -> Routes:
    """The declarations of every file in `handlers/`."""
    import handlers

    everything = Routes()
    for module in sorted(pkgutil.iter_modules(handlers.__path__), key=lambda found: found.name):
        routes = getattr(importlib.import_module(f"handlers.{module.name}"), "routes", None)
        if isinstance(routes, Routes):
            everything.merge(routes)
    return everything
