"""Inspections: choose the place and checklist or scan a point, fill the card, review, submit, correct."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from handlers import catalogue, place_codes, rounds_records
from handlers.hazard_report import open_report
from handlers.inspection_card import card
from handlers.inspection_records import answers_of, one_inspection, store
from handlers.inspection_sign import tell_leaders
from handlers.kit import kinds
from handlers.kit.buttons import for_action
from handlers.kit.form import Form, Part, each
from handlers.kit.kinds import checklist, choice, photos, place, position, text
from handlers.kit.kinds.checklist import name_of, short
from handlers.kit.kinds.place import name_of as place_of
from handlers.kit.messages import Button, Message, Option
from handlers.kit.words import Both, Text, _, joined, lines
from handlers.routes import Routes
from handlers.work import Work
from models import Checklist

routes = Routes()


@routes.form
class Choose(
    Form,
    name="inspection_start",
    opens=_("Inspection"),
    needs="inspect",
    review=False,
    lasts=timedelta(hours=12),
    on_expiry="discard",
):
    """Where, and by which checklist, unless the place has only one."""

    place: str = place(_("Where are you inspecting?"), label=_("Place"))
    checklist: str | None = choice(
        lambda so_far: _("{place}: which checklist?", place=place_of(so_far.facts["places"], so_far.place)),
        lambda so_far: _lists_at(so_far.facts, so_far.place),
        label=_("Checklist"),
        when=lambda so_far: len(_lists_at(so_far.facts, so_far.place)) != 1,
    )

    async def submit(self, work: Work) -> None:
        only = _lists_at(self.facts, self.place)[0].code if self.checklist is None else self.checklist
        await begin(work, self.place, only, self.facts["presence"])


class Fault(Part):
    """What is asked about an item found abnormal, as far as it was not said already."""

    note: str = text(
        lambda fault: _(
            "{item}: what is wrong? Write it, or send a photo with a caption.", item=_numbered(fault)
        ),
        label=_("note"),
        most=500,
        photos="photos",
    )
    photos: list[Any] | None = photos(
        lambda fault: _("{item}: please take a photo.", item=_numbered(fault)),
        label=_("photo"),
        asks=lambda fault: fault.item["photo"],
    )
    fixed: str | None = choice(
        lambda fault: _("{item}: was it put right on the spot?", item=_numbered(fault)),
        [
            Option("yes", _("🔧 Fixed on the spot"), ("已改", "当场改正", "已当场改正")),
            Option("no", _("Needs rectification"), ("需整改", "整改")),
        ],
        label=_("outcome"),
        columns=2,
        when=lambda fault: fault.item["on_spot"],
    )
    after: list[Any] | None = kinds.photos(
        lambda fault: _("{item}: please take a photo of it as it is now, put right.", item=_numbered(fault)),
        label=_("photo from after"),
        when=lambda fault: fault.fixed == "yes" and not fault.was_fixed,
    )

    @property
    def was_fixed(self) -> bool:
        """Whether what is being corrected says so already: then the photo is where it was sent to."""
        corrects = self.whole.facts.get("corrects") or {}
        return self.key in corrects.get("fixed", ())

    @property
    def item(self) -> Mapping[str, Any]:
        item: Mapping[str, Any] = self.whole.facts["items"][int(self.key) - 1]
        return item


@routes.form
class Inspection(Form, name="inspection", opens=_("Inspection"), needs="inspect", lasts=timedelta(hours=24)):
    """The card, then only what is missing about abnormal items."""

    items: dict[str, Any] = checklist("", details="faults", label=_("Items"))
    faults: dict[str, Any] = each(
        Fault,
        over=lambda so_far: abnormal(so_far.items),
        title=lambda fault: _("Item {number}", number=int(fault.key)),
    )
    spot: list[Any] | None = photos(
        lambda so_far: _(
            "All normal, well done. As a spot check, please take a photo of {item}.",
            item=_spot_item(so_far.facts),
        ),
        label=_("Spot check"),
        when=lambda so_far: so_far.wants_spot_photo,
    )
    reason: str | None = text(
        _("Why is it corrected? The leader reads this."),
        label=_("Reason"),
        most=300,
        when=lambda so_far: so_far.differs,
    )
    position: dict[str, Any] | None = position(label=_("Location"))

    @property
    def differs(self) -> bool:
        """Whether a correction has changed the state of an item."""
        before = (self.facts.get("corrects") or {}).get("states")
        return before is not None and before != states_of(self.items or {})

    @property
    def wants_spot_photo(self) -> bool:
        """Whether this round was drawn for a spot check, and everything is normal so far."""
        states: dict[str, Any] | None = self.items  # None while nothing is answered
        done = len(states or {}) == len(self.facts["items"])
        return bool(self.facts.get("spot_item")) and done and not abnormal(states)

    def head(self) -> Text:
        facts = self.facts
        correction = (
            _("Correction of {number}", number=facts["corrects"]["number"]) if facts.get("corrects") else None
        )
        where = joined("📍", Both(*facts["place_name"]), "·", Both(*facts["title"]), between=" ")
        return lines(correction, where)

    async def submit(self, work: Work) -> None:
        stored = await store(work, self)
        found = await one_inspection(work.db, str(stored.id))
        assert found is not None  # stored in this transaction
        shown = await card(work, found)
        await tell_leaders(work, stored, shown)
        text_ = lines(
            _("✔ Submitted: {number}", number=stored.number),
            shown.text,
            _("⚡ Finished very fast; the leader sees that.") if stored.too_fast else None,
            _("The second signature was asked for.") if stored.waits_for else None,
        )
        mend = Button(_("✎ Correct"), for_action("correct", stored.id), "quiet")
        work.reply(Message(text_, ((mend,),), replace=True))


@routes.command(
    "inspect",
    needs="inspect",
    words=("检查", "巡查", "inspection"),
    title=_("🛡 Inspect"),
    about=_("Start an inspection"),
    order=5,
)
async def inspect(work: Work, rest: str) -> None:
    """`/inspect`, or `/inspect H1-P1` to go straight to a place."""
    if rest.strip() and (there := await catalogue.place_named(work.db, rest.strip().upper())):
        await at_place(work, there.code, "none")
        return
    await work.open(Choose, facts=await _choices(work, "none"))


@routes.link("p")
async def scanned(work: Work, code: str) -> None:
    """A point's QR code: proof of presence for a guard, where a hazard is for others who work here; a visitor
    who scans it may comment on the place."""
    there = await place_codes.scanned(work.db, code)
    if there is None:
        work.reply(_("This code belongs to no place in use. Please tell your shift leader."))
    elif work.me.may("inspect") and place_codes.is_valid(there, code):
        await at_place(work, there.code, "qr")
    elif work.me.may("inspect"):
        await place_codes.refuse(work, there)
    elif work.me.may("hazards"):
        await open_report(work, here=there.code)
    else:
        await work.routes.links["h"](work, there.code)


@routes.action("correct", needs="inspect")
async def correct(work: Work, key: str) -> None:
    """Open a submitted inspection again; submitting makes a new revision and keeps the old one."""
    found = await one_inspection(work.db, key)
    if found is None or (found.person_id != work.me.id and not work.me.may("see inspections")):
        work.toast = _("That inspection is not yours to correct.")
    elif not found.current:
        work.toast = _("That was corrected since; please use the newest message.")
    else:
        facts = await _facts_of(work, found)
        answers = await answers_of(work.db, found)
        fixed = [number for number in answers["items"] if answers.get(f"faults/{number}/fixed") == "yes"]
        facts["corrects"] = {
            **facts["corrects"],
            "states": states_of(answers["items"]),
            "fixed": fixed,
        }
        await work.open(Inspection, facts=facts, **answers)


async def at_place(work: Work, code: str, presence: str) -> None:
    """Begin at a known place: at once where it has one checklist, else ask which."""
    await work.open(Choose, facts=await _choices(work, presence), place=code)


async def begin(work: Work, code: str, list_code: str, presence: str) -> None:
    """Open the card of a checklist's newest version, snapshotted with the place."""
    there = await catalogue.place_named(work.db, code)
    listed = (await catalogue.checklists_in_use(work.db)).get(list_code)
    if there is None or listed is None:
        work.reply(_("That place or checklist is no longer in use. Please start again."))
        return
    one_in = work.rules.spot_photo_one_in
    asked = one_in > 0 and random.randrange(one_in) == 0  # noqa: S311 - a sample, not a secret
    items = [_snapshot(item) for item in listed.body["items"]]
    facts = {
        "place": code,
        "place_name": [there.name_zh, there.name_en],
        "presence": presence,
        "checklist": listed.id,
        "title": [listed.title_zh, listed.title_en],
        "items": items,
        "spot_item": random.randrange(len(items)) + 1 if asked else None,  # noqa: S311 - a sample, not a secret
    }
    await rounds_records.begun(work, code, list_code)
    await work.open(Inspection, facts=facts)


def abnormal(items: Mapping[str, Any] | None) -> list[str]:
    """The numbers of the items found abnormal, in the checklist's order."""
    return sorted((n for n, one in (items or {}).items() if one["state"] == "bad"), key=int)


def states_of(items: Mapping[str, Any]) -> dict[str, str]:
    """The state of each item, by its number."""
    return {number: one["state"] for number, one in items.items()}


def _snapshot(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("key", "category", "zh", "en", "photo", "severity", "on_spot")
    return {name: item.get(name, False) for name in kept}


def _numbered(fault: Fault) -> Text:
    return _("{number}. {item}", number=int(fault.key), item=short(name_of(fault.item)))


def _spot_item(facts: Mapping[str, Any]) -> Text:
    number = int(facts["spot_item"])
    return _("item {number}, {item}", number=number, item=name_of(facts["items"][number - 1]))


async def _choices(work: Work, presence: str) -> dict[str, Any]:
    """What `Choose` offers: the tree of places and, by place, its checklists."""
    in_use = await catalogue.checklists_in_use(work.db)
    return {
        "presence": presence,
        "places": await catalogue.place_tree(work.db),
        "at": await catalogue.checklists_at(work.db),
        "titles": {code: [row.title_zh, row.title_en] for code, row in in_use.items()},
    }


def _lists_at(facts: Mapping[str, Any], code: str | None) -> list[Option]:
    known = facts["titles"]
    if code is None:
        return []
    return [Option(name, Both(*known[name])) for name in facts["at"].get(code, list(known)) if name in known]


async def _facts_of(work: Work, found: Row[Any]) -> dict[str, Any]:
    """The facts a correction works with: those the inspection was made by."""
    listed = (await work.db.execute(select(Checklist).where(Checklist.id == found.checklist_id))).one()
    name = await catalogue.place_name(work.db, found.place)
    return {
        "place": found.place,
        "place_name": [name.zh, name.en] if isinstance(name, Both) else [name, name],
        "presence": found.presence,
        "checklist": listed.id,
        "title": [listed.title_zh, listed.title_en],
        "items": [_snapshot(item) for item in listed.body["items"]],
        "corrects": {"id": found.id, "number": found.number, "revision": found.revision},
    }
