"""Handing over a shift (交接班): open hazards listed by themselves, keys, remarks, and both signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, insert, or_, select, update

from handlers import catalogue, chain, members, shifts
from handlers.hazard_table import SEVERITY
from handlers.kit.buttons import for_action, id_in
from handlers.kit.form import Form
from handlers.kit.kinds import choice, photos, text
from handlers.kit.kinds.checklist import short
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Attached, Button, Message, Option
from handlers.kit.words import Both, Text, _, joined, lines, n_
from handlers.routes import Routes
from handlers.work import Work
from models import UNSOLVED, Handover, Hazard, Person, Shift

routes = Routes()

MOST_NAMED: Final = 8  # hazards listed by name; the rest are counted
COMPLETE: Final = "complete"
KEYS: Final[Mapping[str, Text]] = {COMPLETE: _("Keys and equipment complete")}


@routes.form
class Give(Form, name="handover", opens=_("Hand-over"), needs="inspect"):
    """What is handed over, and to whom. Facts: `people`, (id, name) of those who may take it, and `hazards`,
    {number, zh, en} of those open when it began."""

    taker: str = choice(
        _("Who takes over?"),
        lambda so_far: [
            Option(str(one), members.called(name)) for one, name in so_far.facts.get("people", [])
        ],
        label=_("Taken over by"),
        columns=2,
    )
    keys: str = choice(
        _("Keys, radios and other equipment: complete? Tap, or write what is not."),
        [Option(COMPLETE, KEYS[COMPLETE], ("齐全", "完好", "complete", "ok"))],
        label=_("Keys and equipment"),
        free=True,
    )
    remarks: str | None = text(
        _("What must the next shift know? Write it, or skip."),
        label=_("Remarks"),
        most=1000,
        optional=True,
        photos="photos",
    )
    photos: list[Any] | None = photos(_("Send a photo."), label=_("Photos"), asks=False)

    def head(self) -> Text | None:
        hazards = self.facts.get("hazards", [])
        return lines(*_hazard_lines(hazards))

    async def submit(self, work: Work) -> None:
        number = await work.number("JJ")
        values = {
            "number": number,
            "day": work.today,
            "giver_id": work.me.id,
            "taker_id": int(self.taker),
            "hazards": [one["number"] for one in await open_hazards(work)],
            "keys": self.keys,
            "remarks": self.remarks,
            "photos": as_json(self.photos or []),
            "status": "given",
            "given_at": work.now,
            "sample": False,
        }
        made = insert(Handover).values(**values).returning(*Handover.__table__.columns)
        found = (await work.db.execute(made)).one()
        taker = await _name(work, found.taker_id)
        waits = _("✔ {number} is signed by you and waits for {name}.", number=number, name=taker)
        work.reply(Message(waits, replace=True))
        await work.tell(found.taker_id, await card(work, found))


@routes.form
class Dispute(
    Form, name="handover_dispute", opens=_("Objection to a hand-over"), needs="inspect", review=False
):
    """What is not as it was handed over. Facts: `id`."""

    what: str = text(_("What is not so? Write it."), label=_("Objection"), most=500)

    async def submit(self, work: Work) -> None:
        found = await _mine_to_take(work, str(self.facts.get("id", "")))
        if found is None:
            return
        values = {"status": "disputed", "dispute": self.what, "signed_at": work.now}
        await work.db.execute(update(Handover).where(Handover.id == found.id).values(**values))
        said = _(
            "⚠️ {name} does not take over {number}: {what}",
            name=work.me.name,
            number=found.number,
            what=self.what,
        )
        work.reply(_("Noted. {name} and the leader were told.", name=await _name(work, found.giver_id)))
        leaders = await chain.nearest(work.db, "leader", work.today)
        for person_id in {found.giver_id, *leaders} - {work.me.id}:
            await work.tell(person_id, Message(said))


@routes.command(
    "handover",
    needs="inspect",
    words=("交接班", "交班"),
    title=_("🤝 Hand over"),
    about=_("Hand over your shift"),
    order=9,
    alone=True,
)
async def handover(work: Work, _rest: str) -> None:
    """Begin to hand over; what waits for one's own signature comes first."""
    waiting = select(Handover).where(Handover.taker_id == work.me.id, Handover.status == "given")
    for found in (mine := (await work.db.execute(waiting.order_by(Handover.id))).all()):
        work.reply(await card(work, found))
    if mine:
        return
    people = await _takers(work)
    if not people:
        work.reply(_("There is nobody who could take over."))
        return
    await work.open(Give, facts={"people": people, "hazards": await open_hazards(work)})


@routes.action("take_over", needs="inspect")
async def take_over(work: Work, key: str) -> None:
    """The taker's signature: their shift begins, and the giver's ends."""
    found = await _mine_to_take(work, key)
    if found is None:
        return
    signed = {"status": "signed", "signed_at": work.now}
    await work.db.execute(update(Handover).where(Handover.id == found.id).values(**signed))
    if await shifts.shift_of(work) is None:
        await shifts.begin(work, work.me.id)
    theirs = update(Shift).where(Shift.person_id == found.giver_id, Shift.off_at.is_(None))
    await work.db.execute(theirs.values(off_at=work.now))
    work.toast = _("Signed.")
    done = _("🤝 {number}: you have taken over and are on duty.", number=found.number)
    work.reply(Message(done, replace=True))
    told = _("🤝 {name} has taken over ({number}); you are off duty.", name=work.me.name, number=found.number)
    await work.tell(found.giver_id, Message(told))


@routes.action("not_taken", needs="inspect")
async def not_taken(work: Work, key: str) -> None:
    """The taker objects: what is not so is asked."""
    found = await _mine_to_take(work, key)
    if found is not None:
        await work.open(Dispute, facts={"id": found.id})


async def card(work: Work, found: Row[Any]) -> Message:
    """A hand-over as its taker sees it."""
    keys = KEYS.get(found.keys, found.keys)
    text_ = lines(
        _("🤝 Hand-over {number} from {name}", number=found.number, name=await _name(work, found.giver_id)),
        *_hazard_lines(await open_hazards(work)),
        _("Keys and equipment: {keys}", keys=keys),
        _("Remarks: {remarks}", remarks=found.remarks) if found.remarks else None,
    )
    sign = Button(_("✍ Sign and take over"), for_action("take_over", found.id), "main")
    objects = Button(_("Something is not so"), for_action("not_taken", found.id), "danger")
    files = tuple(Attached(one["sha"], one["name"] or "photo.jpg", one["mime"]) for one in found.photos)
    return Message(text_, ((sign,), (objects,)), photos=files)


async def open_hazards(work: Work) -> list[dict[str, str]]:
    """The hazards that are not closed, the worst and oldest first; samples are nothing to hand over."""
    query = (
        select(Hazard.number, Hazard.place, Hazard.title_zh, Hazard.title_en, Hazard.severity)
        .where(Hazard.status.in_(UNSOLVED), ~Hazard.sample)
        .order_by(Hazard.found_at)
    )
    worst = {severity: place for place, severity in enumerate(SEVERITY)}
    rows = sorted(await work.db.execute(query), key=lambda row: worst.get(row.severity, len(worst)))
    tree = await catalogue.place_tree(work.db)
    return [_named(row, *tree.get(row.place, ("", row.place, ""))[1:]) for row in rows]


def _named(row: Any, place_zh: str, place_en: str) -> dict[str, str]:
    """A hazard with its place, in both languages."""
    return {
        "number": row.number,
        "severity": row.severity,
        "zh": f"{place_zh} {row.title_zh}",
        "en": f"{place_en or place_zh}: {row.title_en or row.title_zh}",
    }


def _hazard_lines(hazards: list[dict[str, str]]) -> list[Text]:
    if not hazards:
        return [_("No open hazards.")]
    named = [
        joined(f"⚠️ {one['number']}", SEVERITY.get(one["severity"]), short(Both(one["zh"], one["en"])))
        for one in hazards[:MOST_NAMED]
    ]
    more = len(hazards) - MOST_NAMED
    rest = [_("and {count} more", count=more)] if more > 0 else []
    return [n_("{count} open hazard:", "{count} open hazards:", len(hazards)), *named, *rest]


async def _mine_to_take(work: Work, key: str) -> Row[Any] | None:
    """The hand-over that waits for this person's signature, locked; else a toast and None."""
    query = select(Handover).where(Handover.id == id_in(key)).with_for_update()
    found = (await work.db.execute(query)).first()
    if found is None or found.taker_id != work.me.id:
        work.toast = _("That hand-over is not for you to sign.")
    elif found.status != "given":
        work.toast = _("You have answered that hand-over already.")
    else:
        return found
    return None


async def _takers(work: Work) -> list[list[Any]]:
    """Who may take over, by name: everybody of the chain's first two posts."""
    posts = or_(*(Person.roles.holds(post) for post in ("guard", "leader")))
    query = select(Person.id, Person.name).where(Person.active, posts, Person.id != work.me.id)
    return [[row.id, row.name] for row in await work.db.execute(query.order_by(Person.name, Person.id))]


async def _name(work: Work, person_id: int) -> Text:
    return (await members.known_as(work.db, (person_id,)))[person_id]
