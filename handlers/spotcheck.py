"""Supervisors' spot checks (督查): where, at whose work, what was found, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, or_, select

from handlers import catalogue, chain, hazard_moves, members, rounds_records
from handlers.hazard_moves import Moved
from handlers.hazard_report import ANOTHER, ITEM, Known, open_hazards
from handlers.hazard_table import STATES
from handlers.hazard_words import category_of, severity_of, title_of
from handlers.kit.buttons import for_action
from handlers.kit.form import Form
from handlers.kit.kinds import choice, photos, place, text, until
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Attached, Button, Message, Option
from handlers.kit.words import Text, _, joined, lines, p_
from handlers.routes import Routes
from handlers.work import Work
from models import Person, SpotCheck

routes = Routes()

NOBODY: Final = "none"
OUTCOMES: Final[Mapping[str, Text]] = {
    "good": p_("outcome", "In order"),
    "praise": p_("outcome", "Praised"),
    "on_spot": p_("outcome", "Put right on the spot"),
    "order": p_("outcome", "To be put right"),
    "critic": p_("outcome", "Criticised"),
}
_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "good": ("正常", "符合要求"),
    "praise": ("表扬",),
    "on_spot": ("当场纠正", "已纠正"),
    "order": ("限期整改",),
    "critic": ("批评", "通报"),
}


@routes.form
class Check(Known, Form, name="spot_check", opens=_("Supervision"), needs="spot check"):
    """A spot check. Facts: `places`, `known`, and `people`: (id, name), those on duty first."""

    place: str = place(_("Where are you?"), label=_("Place"))
    whom: str = choice(
        _("Whose work did you look at?"),
        lambda so_far: [
            *(Option(str(one), members.called(name)) for one, name in so_far.facts.get("people", [])),
            Option(NOBODY, _("Nobody in particular")),
        ],
        label=_("Whose work"),
        columns=2,
    )
    finding: str = text(
        _("What did you find? Write it, and send photos if you like."),
        label=_("Finding"),
        most=1000,
        photos="photos",
    )
    photos: list[Any] | None = photos(_("Send a photo."), label=_("Photos"), asks=False)
    outcome: str = choice(
        _("What came of it?"),
        [Option(code, label, _SYNONYMS[code]) for code, label in OUTCOMES.items()],
        label=_("Outcome"),
        columns=2,
    )
    same: str | None = choice(
        _("Something is open there already. Is it the same?"),
        lambda so_far: so_far.offered(),
        label=_("Known already"),
        when=lambda so_far: so_far.outcome == "order" and bool(so_far.known()),
    )
    due: datetime | None = until(
        _("Until when must it be put right?"),
        label=_("Due"),
        when=lambda so_far: so_far.outcome == "order" and so_far.same in (None, ANOTHER),
    )

    async def submit(self, work: Work) -> None:
        number = await work.number("DC")
        subject = None if self.whom == NOBODY else int(self.whom)
        pictures = as_json(self.photos or [])
        values = {
            "number": number,
            "day": work.today,
            "person_id": work.me.id,
            "subject_id": subject,
            "place": self.place,
            "finding": self.finding,
            "outcome": self.outcome,
            "photos": pictures,
            "made_at": work.now,
            "sample": False,
        }
        await work.db.execute(insert(SpotCheck).values(**values))
        hazard = await self._follows(work, number, pictures) if self.outcome == "order" else None
        follows = hazard and _came_of(hazard)
        told = lines(
            _("👁 Spot check {number} by {name}", number=number, name=work.me.name),
            joined(await catalogue.place_name(work.db, self.place), OUTCOMES[self.outcome]),
            self.finding,
            follows,
        )
        heard = _("✔ Kept: {number}.", number=number)
        known = _("The person concerned was told.") if subject else None
        card = [(Button(_("Look at it"), for_action("hazard", hazard.id), "quiet"),)] if hazard else []
        work.reply(Message(lines(joined(heard, known, between=" "), follows), tuple(card), replace=True))
        if subject is not None:
            files = tuple(
                Attached(str(one["sha"]), str(one["name"] or "photo.jpg"), str(one["mime"]))
                for one in pictures
            )
            await work.tell(subject, Message(told, photos=files))

    async def _follows(self, work: Work, number: str, pictures: list[dict[str, object]]) -> Row[Any]:
        """The hazard that was known already and is found again, or else a new one."""
        if self.same not in (None, ANOTHER):
            said = f"{number}: {self.finding}"
            done = await hazard_moves.move(
                work, int(str(self.same)), "recur", came_of=number, note=said, photos=pictures
            )
            if isinstance(done, Moved):
                return done.hazard
        return await self._begun(work, number, pictures)

    async def _begun(self, work: Work, number: str, pictures: list[dict[str, object]]) -> Row[Any]:
        """What has to be put right is a hazard from now on."""
        title = title_of(self.finding)
        return await hazard_moves.begin(
            work,
            source="spot_check",
            came_of=number,
            due=self.due,
            item_key=ITEM,
            category=category_of(self.finding),
            severity=severity_of(self.finding),
            place=self.place,
            title_zh=title.zh,
            title_en=title.en,
            note=self.finding,
            photos=pictures,
        )


@routes.command(
    "spotcheck",
    needs="spot check",
    words=("督查", "抽查"),
    title=_("👁 Spot check"),
    about=_("Note a spot check"),
    order=62,
    alone=True,
)
async def spotcheck(work: Work, _rest: str) -> None:
    """Begin to note a spot check."""
    places = await catalogue.place_tree(work.db)
    await work.open(
        Check, facts={"places": places, "people": await _people(work), "known": await open_hazards(work)}
    )


def _came_of(hazard: Row[Any]) -> Text:
    """What is told of a hazard that is new, or was found again."""
    if hazard.recurred:
        return _("Added to {number}: {state}.", number=hazard.number, state=STATES[hazard.status])
    return _("Hazard {number}, to be put right by {when}", number=hazard.number, when=hazard.due_at)


async def _people(work: Work) -> list[list[Any]]:
    """Those who may be checked: who is on duty first, nobody themselves."""
    on = await rounds_records.on_duty(work.db, work.now)
    posts = or_(*(Person.roles.holds(post) for post in chain.POSTS))
    query = select(Person.id, Person.name).where(Person.active, posts, Person.id != work.me.id)
    people = [[row.id, row.name] for row in await work.db.execute(query.order_by(Person.name, Person.id))]
    return sorted(people, key=lambda one: one[0] not in on)
