"""The form of an outreach activity: from the day to the team, or joining what another has logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import select

from handlers import outreach_records as records
from handlers import outreach_team as teams
from handlers import themes
from handlers.kit.form import Form
from handlers.kit.kinds import choice, clock, day, duration, number, people, photos, text
from handlers.kit.kinds.when import spoken_minutes
from handlers.kit.messages import Message, Option
from handlers.kit.question import Question
from handlers.kit.words import Text, _, joined, lines
from handlers.outreach_card import tell_approvers
from handlers.outreach_codes import (
    NO_THEME,
    ONLINE,
    PLACE_KINDS,
    UNNAMED,
    is_online,
    is_streamed,
    place_options,
    type_options,
)
from handlers.routes import Routes
from handlers.work import Work
from models import Conversation

routes = Routes()

COUNTS_LATER = _("The time counts once it is approved; /hours shows it.")


@routes.form
class Activity(Form, name="outreach", opens=_("Outreach activity"), needs="log outreach"):
    """An activity and who gave how much time to it. Facts: `me` (the name of whoever logs it), `recent`
    (places), `logged` (recent activities by key), `guessed` (answers nobody gave), `all` (ask nothing,
    show everything), `people` (how many there were), `record` (the id of the one changed)."""

    day: date = day(_("Which day was it?"), label=_("Day"))
    theme: str = choice(
        _("For which theme day?"), lambda so_far: theme_options(so_far.day), label=_("Theme day")
    )
    place_kind: str = choice(_("What kind of place?"), place_options(), label=_("Kind of place"), columns=3)
    place: str | None = choice(
        _("Where exactly? Tap, or type the name."), lambda so_far: so_far.places(), label=_("Place"),
        free=True, columns=2, when=lambda so_far: so_far.place_kind != ONLINE,
    )  # fmt: skip
    twin: str | None = choice(
        lambda so_far: so_far.twin_prompt(), lambda so_far: so_far.twin_options(), label=_("Already logged"),
        when=lambda so_far: so_far.other is not None,
    )  # fmt: skip
    minutes: int | None = duration(
        _("How long did you take part?"), label=_("Your time"), likely=lambda so_far: so_far.likely_minutes(),
        when=lambda so_far: so_far.joins and so_far.other["mine"] is None,
    )  # fmt: skip
    kind: str | None = choice(
        _("What did you do?"), type_options(), label=_("Type"), columns=2,
        when=lambda so_far: not so_far.joins,
    )  # fmt: skip
    start: time | None = clock(
        _("From when to when? Such as 9:00-11:30."), label=_("Start"), until="end", optional=True,
        when=lambda so_far: not so_far.joins,
    )  # fmt: skip
    end: time | None = clock(
        _("Until when?"), label=_("End"), optional=True, when=lambda so_far: so_far.start is not None
    )
    sessions: int | None = number(
        _("How many sessions?"), label=_("Sessions"), least=1, most=100, likely=(1, 2, 3, 4),
        when=lambda so_far: not so_far.joins,
    )  # fmt: skip
    participants: int | None = number(
        _("How many people took part in all? 0 if nobody was counted."), label=_("Participants"),
        likely=(0, 20, 50, 100), when=lambda so_far: so_far.asks_for(not so_far.online),
    )  # fmt: skip
    minors: int | None = number(
        _("How many of them were minors?"), label=_("Minors"), most=lambda so_far: so_far.participants or 0,
        likely=(0, 10, 30, 50), optional=True, when=lambda so_far: bool(so_far.participants),
    )  # fmt: skip
    elderly: int | None = number(
        _("How many were elderly?"), label=_("Elderly"), most=lambda so_far: so_far.participants or 0,
        likely=(0, 5, 10, 30), optional=True, when=lambda so_far: bool(so_far.participants),
    )  # fmt: skip
    disabled: int | None = number(
        _("How many were disabled?"), label=_("Disabled"), most=lambda so_far: so_far.participants or 0,
        likely=(0, 1, 2, 5), optional=True, when=lambda so_far: bool(so_far.participants),
    )  # fmt: skip
    online_views: int | None = number(
        _("How many watched online? They are counted apart."), label=_("Online views"), most=1_000_000_000,
        optional=True, when=lambda so_far: so_far.asks_for(is_streamed(so_far.place_kind, so_far.kind)),
    )  # fmt: skip
    leaflets: int | None = number(
        _("How many leaflets did you hand out?"), label=_("Leaflets"), likely=(0, 100, 200, 300),
        optional=True, when=lambda so_far: so_far.asks_for(not so_far.online),
    )  # fmt: skip
    team: list[Any] | None = people(
        _("Who took part, and how long each? Such as “6 people 3 hours”, you included, or names."),
        label=_("Team"), likely=lambda so_far: so_far.likely_team(), when=lambda so_far: not so_far.joins,
    )  # fmt: skip
    own: int | None = duration(
        _("And you? Your own time, or skip if you were not there."), label=_("Your time"), optional=True,
        likely=lambda so_far: so_far.likely_minutes(),
        when=lambda so_far: bool(so_far.team) and not teams.has(so_far.team, so_far.facts["me"]),
    )  # fmt: skip
    partners: str | None = text(
        _("Which partners helped?"), label=_("Partners"), most=200, optional=True,
        when=lambda so_far: not so_far.joins,
    )  # fmt: skip
    photos: list[Any] | None = photos(
        _("Photos? No child whose guardians did not agree should be recognisable."), label=_("Photos"),
        optional=True, when=lambda so_far: not so_far.joins,
    )  # fmt: skip
    note: str | None = text(
        _("Anything else worth noting?"), label=_("Note"), most=1000, photos="photos", optional=True,
        when=lambda so_far: not so_far.joins,
    )  # fmt: skip

    @property
    def online(self) -> bool:
        return is_online(self.place_kind, self.kind)

    @property
    def place_name(self) -> str:
        """The place's own name, or nothing where only its kind was said."""
        recent = self.facts.get("recent", [])
        if self.place is None or self.place == UNNAMED:
            return ""
        return next((name for number, name in enumerate(recent) if self.place == f"@{number}"), self.place)

    @property
    def other(self) -> Mapping[str, Any] | None:
        """The activity that was already logged with this day, place and theme, if any."""
        return self.twin_in(self.facts.get("logged", {}))

    def twin_in(self, logged: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """Of the activities by key the one with this day, place and theme; where only one of the two has
        an exact place, a theme day and the kind of place have to do."""
        if self.same is None:
            return None
        found = logged.get(self.same)
        if found is not None or self.theme == NO_THEME:
            return found
        near = logged.get(records.same_key(self.day, "", self.place_kind, self.theme))
        return None if near is None or near.get("place") else near

    @property
    def same(self) -> str | None:
        """What another log of the same event has too; None until day, theme and place are known."""
        place: str | None = ONLINE if self.place_kind == ONLINE else self.place
        if None in (self.day, self.theme, self.place_kind, place):
            return None
        theme = None if self.theme == NO_THEME else self.theme
        return records.same_key(self.day, self.place_name, self.place_kind, theme)

    @property
    def joins(self) -> bool:
        other = self.other
        return other is not None and self.twin == f"join{other['id']}"

    def asks_for(self, fits: bool) -> bool:  # noqa: FBT001 - reads as a condition where it is used
        return not self.joins and (fits or bool(self.facts.get("all")))

    def places(self) -> list[Option]:
        recent = [Option(f"@{number}", name) for number, name in enumerate(self.facts.get("recent", []))]
        kind = PLACE_KINDS.get(self.place_kind or "", UNNAMED)
        return [*recent, Option(UNNAMED, _("{kind} (no exact place)", kind=kind))]

    def twin_prompt(self) -> Text:
        assert self.other is not None  # asked only then
        gaps = {"number": self.other["number"], "name": self.other["by"]}
        if self.other["mine"] is not None:
            time = spoken_minutes(self.other["mine"])
            return _("You are already on {number}, logged by {name}, with {time}.", time=time, **gaps)
        return _("{name} already logged this as {number}. Were you at the same event?", **gaps)

    def twin_options(self) -> list[Option]:
        if self.other is None:
            return []
        known = self.other["mine"] is not None
        join = _("Leave it at that") if known else _("Join that event")
        return [
            Option(f"join{self.other['id']}", join, ("加入", "join", "yes", "是")),
            Option(f"apart{self.other['id']}", _("Log separately"), ("另记", "separately", "no", "否")),
        ]

    def likely_minutes(self) -> Sequence[int]:
        known = [self.length, *(entry["minutes"] for entry in self.team or ())]
        if self.other is not None and self.other["each"]:
            known.append(self.other["each"])
        return list(dict.fromkeys([minutes for minutes in known if minutes] or [60, 120, 180]))[:3]

    def likely_team(self) -> list[tuple[int, int]]:
        count = int(self.facts.get("people", 1))
        lengths = [self.length] if self.length else [60, 120, 180]
        return [(count, minutes) for minutes in lengths]

    @property
    def length(self) -> int:
        """Minutes from start to end, 0 if unknown; an end before the start is the next day's."""
        if self.start is None or self.end is None:
            return 0
        return (self.end.hour * 60 + self.end.minute - self.start.hour * 60 - self.start.minute) % (24 * 60)

    def head(self) -> Text | None:
        """What the card says was filled in without having been said, while it stands."""
        labels = {one.name: one.label for one in self.questions if isinstance(one, Question)}
        stands = [
            labels[name] for name, code in self.facts.get("guessed", {}).items() if self._is(name, code)
        ]
        return _("Assumed, please check: {labels}", labels=joined(*stands)) if stands else None

    def _is(self, name: str, code: str) -> bool:
        value = getattr(self, name)
        return code == (value.isoformat() if isinstance(value, date) else value)

    async def submit(self, work: Work) -> None:
        if self.joins:
            await self._join(work)
        elif not await self._asks_about_twin(work):
            await self.store(work)

    async def store(self, work: Work) -> None:
        """Keep the activity as a new record."""
        # Taking a number locks the series until the end: who logs the same event at this very moment
        # either waits here, or is seen now.
        number = await work.number("HD")
        if await self._asks_about_twin(work):
            return
        outreach_id = await records.create(work, self, number)
        work.reply(await thanks(work, outreach_id, number))
        await tell_approvers(work, outreach_id)

    async def _asks_about_twin(self, work: Work) -> bool:
        """Whether the same event is on record and was not decided upon; then the form goes on with that."""
        same = self.same
        found = await records.logged_as(work, self, self.facts.get("record")) if same else None
        if found is None or self.twin == f"apart{found['id']}":
            return False
        await work.settle()
        query = select(Conversation.answers).where(Conversation.id == work.conversation_id)
        answers = dict(await work.db.scalar(query) or {})
        answers.pop("twin", None)
        if (mine := teams.own_minutes(self.team or [], self.own, self.facts["me"])) is not None:
            answers["minutes"] = mine
        facts = {**self.facts, "logged": {**self.facts.get("logged", {}), same: found}}
        await work.open(type(self), facts=facts, **answers)
        return True

    async def _join(self, work: Work) -> None:
        other = self.other
        assert other is not None  # what `joins` looked at
        found = await records.join(work, other["id"], self.minutes) if self.minutes else None
        if found is None:
            nothing = _("{number} stays as it is; nothing was added.", number=other["number"])
            work.reply(Message(nothing, replace=True))
            return
        gaps = {"number": found.number, "time": spoken_minutes(self.minutes or 0)}
        told = _("{name} joined {number}: {time}.", name=work.me.name, **gaps)
        await work.tell(found.person_id, Message(told))
        done = lines(_("You joined {number} with {time}.", **gaps), COUNTS_LATER)
        work.reply(Message(done, replace=True))
        if found.status == "approved":
            await tell_approvers(work, found.id)


async def thanks(work: Work, outreach_id: int, number: str) -> Message:
    """What whoever logged an activity is told."""
    rows = await teams.rows_of(work.db, outreach_id)
    mine = next((row.minutes for row in rows if row.person_id == work.me.id), 0)
    said = lines(
        _("✔ Logged: {number}", number=number),
        _("Your time: {time}", time=spoken_minutes(mine)) if mine else None,
        COUNTS_LATER,
    )
    return Message(said, replace=True)


def theme_options(on: date | None) -> list[Option]:
    """The theme days around a day, none, then all others."""
    every = {code: themes.theme(code) for code in themes.aliases()}
    nearby = {known.code: known for known in themes.near(on)} if on else {}
    none = Option(NO_THEME, _("No theme day"), ("无", "没有", "none"))
    # Merged, the nearby ones keep their place at the front.
    shown = [Option(one.code, one.name, one.aliases) for one in {**nearby, **every}.values() if one]
    return [*shown[: len(nearby)], none, *shown[len(nearby) :]]
