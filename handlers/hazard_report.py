"""Reporting a hazard oneself: a photo with a few words, the place, and whether it is one that is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from handlers import catalogue
from handlers.emptied import make_room
from handlers.hazard_moves import Moved, begin, move
from handlers.hazard_table import GRADES, SEVERITY, STATES
from handlers.hazard_words import category_of, severity_of, title_of
from handlers.kit import grammar
from handlers.kit.buttons import for_action, id_in
from handlers.kit.form import Form
from handlers.kit.kinds import choice, photos, place, text
from handlers.kit.kinds.checklist import short
from handlers.kit.kinds.photos import as_json
from handlers.kit.kinds.place import named_in
from handlers.kit.messages import Button, Message, Option
from handlers.kit.words import Both, Text, _, joined, lines, n_
from handlers.routes import Routes
from handlers.work import Work
from models import UNSOLVED, Conversation, Feedback, Hazard, Inspection

routes = Routes()

MOST_WORDS: Final = 500
LATELY: Final = timedelta(hours=2)  # a round as old as that says where somebody is
MOST_LIKELY: Final = 3  # places offered before all others
MOST_KNOWN: Final = 5  # open hazards at one place to choose from
ITEM: Final = "report"  # the item of a hazard that no checklist has found
ANOTHER: Final = "new"


def says_nothing(words: str) -> Text | None:
    """Why words do not do that only call for attention."""
    if grammar.says_something(words):
        return None
    return _("I am here. Please say in a few words what is wrong, such as “The hydrant leaks”.")


class Known:
    """Forms that may find what is open there already. Fact: `known`, as `open_hazards` gives it."""

    facts: Mapping[str, Any]
    place: str

    def known(self) -> list[Mapping[str, Any]]:
        """What is open at the place already, the newest first."""
        found: list[Mapping[str, Any]] = self.facts.get("known", {}).get(self.place or "", [])
        return found[:MOST_KNOWN]

    def offered(self) -> list[Option]:
        join = [
            Option(
                str(one["id"]),
                _("Same: {number} {title}", number=one["number"], title=short(Both(*one["title"]))),
                (one["number"],),
            )
            for one in self.known()
        ]
        return [*join, Option(ANOTHER, _("No, another one"), ("no", "不是", "另一个", "新的"))]


@routes.form
class Report(
    Known,
    Form,
    name="hazard",
    opens=_("Hazard report"),
    needs="hazards",
    review=False,
    mends=True,
    lasts=timedelta(hours=24),
):
    """Facts: `places`, `here` (places known or likely), `known` (open hazards by place), and `comment`, the
    id and number of the visitor's comment it comes from, if it does, and whether that is a `sample`."""

    words: str = text(
        lambda so_far: so_far.asked(),
        label=_("What is wrong"),
        most=MOST_WORDS,
        photos="photos",
        unfit=says_nothing,
        implies=lambda words: {"severity": severity_of(words)},
    )
    photos: list[Any] | None = photos(_("Send a photo of it, or skip."), label=_("Photos"), optional=True)
    # What the words say, unless whoever reports it changes that.
    severity: str | None = choice(
        _("How severe is it?"), GRADES, label=_("Severity"), columns=len(GRADES), asks=False
    )
    place: str = place(
        _("Where is it? Tap, or type the name."),
        label=_("Place"),
        likely=lambda so_far: so_far.likely(),
        whole=True,
    )
    same: str | None = choice(
        _("Something is open there already. Is it the same?"),
        lambda so_far: so_far.offered(),
        label=_("Known already"),
        when=lambda so_far: bool(so_far.known()),
    )

    def head(self) -> Text | None:
        """What was said of it so far, so that a slip is seen before it is filed."""
        if not self.words:
            return None
        sent = len(self.photos or [])
        count = n_("{count} photo", "{count} photos", sent) if sent else None
        severity = SEVERITY[self.severity] if self.severity else None
        return joined(joined("⚠️", title_of(self.words), between=" "), severity, count)

    def asked(self) -> Text:
        if self.photos:
            return _("What is wrong? A few words.")
        return _("Send a photo of the hazard, with a caption that says what is wrong.")

    def likely(self) -> list[str]:
        """The places named in the words, and where the person is or was."""
        named = named_in(self.facts["places"], self.words or "")
        return list(dict.fromkeys([*named, *self.facts["here"]]))[:MOST_LIKELY]

    async def submit(self, work: Work) -> None:
        kept = as_json(self.photos or [])
        comment = self.facts.get("comment")
        if self.same not in (None, ANOTHER):
            words = f"{comment['number']}: {self.words}" if comment else self.words
            await _join(work, int(str(self.same)), words, kept)
            return
        title = title_of(self.words)
        hazard = await begin(
            work,
            source="visitor" if comment else "report",
            feedback_id=comment["id"] if comment else None,
            item_key=ITEM,
            category=category_of(self.words),
            severity=self.severity or severity_of(self.words),
            place=self.place,
            title_zh=title.zh,
            title_en=title.en,
            note=self.words,
            photos=kept,
            sample=bool(comment and comment.get("sample")),
        )
        work.reply(await _thanks(work, hazard))


@routes.command(
    "hazard",
    needs="hazards",
    words=("报隐患", "隐患上报", "上报隐患"),
    title=_("⚠️ Report a hazard"),
    about=_("Report a hazard with a photo"),
    order=8,
    photos=True,
)
async def hazard(work: Work, rest: str) -> None:
    """`/hazard`, or as the caption of a photo `报隐患 插座松动` for the place at once."""
    await open_report(work, rest)


async def open_report(work: Work, words: str = "", *, here: str | None = None) -> None:
    """Begin a report with what was said and sent already, at the place `here` if that is known."""
    answers = _said(words if grammar.says_something(words) else "")
    if work.given.photos:
        answers["photos"] = as_json(work.given.photos[:9])
    await make_room(work, Report)
    where = [here] if here else await _whereabouts(work)
    await work.open(Report, facts=await _facts(work, where), **answers)


@routes.action("comment_hazard", needs="answer feedback")
async def from_comment(work: Work, key: str) -> None:
    """What a visitor wrote becomes a hazard: its place is confirmed, its words and photos are theirs."""
    found = (await work.db.execute(select(Feedback).where(Feedback.id == id_in(key)))).first()
    if found is None or not (found.comment or found.photos):
        work.toast = _("That comment is no longer there.")
        return
    known = await work.db.scalar(select(Hazard.number).where(Hazard.feedback_id == found.id))
    if known is not None:
        work.toast = _("It is a hazard already: {number}.", number=known)
        return
    facts = await _facts(work, [found.place] if found.place else [])
    facts["comment"] = {"id": found.id, "number": found.number, "sample": found.sample}
    await work.open(Report, facts=facts, photos=found.photos or None, **_said(found.comment or ""))


def _said(words: str) -> dict[str, object]:
    """Words that were there before the report was, as its answers."""
    said = grammar.clean(words, MOST_WORDS).strip()
    return {"words": said, "severity": severity_of(said)} if said else {}


async def _facts(work: Work, here: list[str]) -> dict[str, Any]:
    tree, known = await catalogue.place_tree(work.db), await open_hazards(work)
    return {"places": tree, "here": here, "known": known}


async def open_hazards(work: Work) -> dict[str, list[dict[str, Any]]]:
    """What is open, by place, the newest first."""
    query = (
        select(Hazard.id, Hazard.number, Hazard.place, Hazard.title_zh, Hazard.title_en)
        .where(Hazard.status.in_(UNSOLVED))
        .order_by(Hazard.id.desc())
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await work.db.execute(query):
        one = {"id": row.id, "number": row.number, "title": [row.title_zh, row.title_en]}
        found.setdefault(row.place, []).append(one)
    return found


async def _join(work: Work, hazard_id: int, words: str, kept: list[dict[str, object]]) -> None:
    done = await move(work, hazard_id, "recur", note=words, photos=kept)
    if not isinstance(done, Moved):
        work.reply(Message(lines(done, _("Please report it anew.")), replace=True))
        return
    number = done.hazard.number
    told = _("Added to {number}: {state}.", number=number, state=STATES[done.hazard.status])
    work.reply(Message(lines(_("✔ Thank you."), told), ((_card_button(done.hazard),),), replace=True))


async def _thanks(work: Work, hazard: Row[Any]) -> Message:
    where = await catalogue.place_name(work.db, hazard.place)
    told = lines(
        _("✔ Reported: {number}", number=hazard.number),
        _("{place}: {title}", place=where, title=hazard.title_zh),
        _("Severity: {severity}; the head of security decides.", severity=SEVERITY[hazard.severity]),
    )
    mend = Button(_("✎ Correct"), for_action("hz_amend", f"{hazard.id}.{hazard.seq}"), "quiet")
    return Message(told, ((_card_button(hazard), mend),), replace=True)


def _card_button(hazard: Row[Any]) -> Button:
    return Button(_("Look at it"), for_action("hazard", hazard.id), "quiet")


async def _whereabouts(work: Work) -> list[str]:
    """Where the person is, as far as a round of theirs tells: one that is open, else the last of late."""
    await work.settle()
    drafts = (
        select(Conversation.facts, Conversation.answers)
        .where(
            Conversation.person_id == work.me.id,
            Conversation.form.in_(("inspection", "inspection_start")),
            Conversation.status.in_(("open", "paused")),
            Conversation.touched_at > work.now - LATELY,
        )
        .order_by(Conversation.touched_at.desc())
    )
    open_ones = [row.facts.get("place") or row.answers.get("place") for row in await work.db.execute(drafts)]
    done = (
        select(Inspection.place)
        .where(Inspection.person_id == work.me.id, Inspection.submitted_at > work.now - LATELY)
        .order_by(Inspection.submitted_at.desc())
        .limit(1)
    )
    return [code for code in [*open_ones, *(await work.db.scalars(done))] if code]
