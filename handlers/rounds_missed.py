"""Rounds that nobody made: marked at the end of their grace, asked about, and told to the leader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, select, update

from handlers import chain, rounds_records
from handlers.kit.buttons import for_action
from handlers.kit.form import Form
from handlers.kit.kinds import text
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, lines, n_
from handlers.rounds_records import together
from handlers.rounds_say import ASKED, REASONS, Names, clock, reason
from handlers.routes import Routes
from handlers.work import Work
from models import Person, Round

routes = Routes()

# A timer that runs so much later was held up by an outage: then nobody could have made the round.
OUTAGE: Final = timedelta(hours=2)
GATHERED: Final = timedelta(minutes=1)  # until all that fell into an outage are marked
IN_WORDS: Final = "words"
MOST_WORDS: Final = 300


@routes.form
class Why(
    Form,
    name="round_why",
    opens=_("Reason for a missed round"),
    needs="inspect",
    review=False,
    lasts=timedelta(hours=12),
    on_expiry="discard",
):
    """The reason in somebody's own words. Facts: `key`."""

    reason: str = text(
        _("Why was the round missed? Write it in a few words."), label=_("Reason"), most=MOST_WORDS
    )

    async def submit(self, work: Work) -> None:
        await _give(work, str(self.facts.get("key", "")), self.reason)


@routes.timer("rounds.end")
async def end(work: Work, key: str) -> None:
    """Mark what was not made as missed; ask those whose it was for the reason, and tell the leader."""
    open_ = [row for row in await together(work.db, key) if row.status in {"due", "started"}]
    missed = await _mark(work, [row.id for row in open_])
    if not missed:
        return
    names, first = await Names.read(work.db), missed[0]
    if work.now - first.ends_at > OUTAGE:
        values = {"reason": "unasked", "reason_at": work.now}
        await work.db.execute(update(Round).where(Round.id.in_([row.id for row in missed])).values(values))
        await work.due("rounds.outage", "all", work.now + GATHERED)
        return
    told = lines(
        _("❗ Missed ({time}): {what}", time=_time(work, first), what=names.checklist(first.checklist)),
        names.places(missed),
    )
    asked = await rounds_records.whose(work.db, first, work.now, work.today)
    for person_id in asked:
        await work.tell(person_id, Message(lines(told, _("What was the reason?")), _choices(key)))
    for person_id in await _leaders(work, first, asked):
        await work.tell(person_id, Message(lines(told, _("The reason was asked for."))))


@routes.timer("rounds.outage")
async def outage(work: Work, _key: str) -> None:
    """Tell each leader, once for all, which of the rounds they lead fell into the outage that has ended."""
    # Between the ends of two of them lies more than one: nothing of an earlier one is among these.
    query = select(Round).where(Round.reason == "unasked", Round.reason_at > work.now - OUTAGE)
    rows = list(await work.db.execute(query.order_by(Round.due_at, Round.place)))
    led: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        for person_id in await _leaders(work, row, ()):
            led[person_id].append(row)
    names = await Names.read(work.db) if led else None
    for person_id, its in led.items():
        assert names is not None  # there are some
        fell = n_(
            "❗ {count} round fell due while the system was not running, and nobody was reminded.",
            "❗ {count} rounds fell due while the system was not running, and nobody was reminded.",
            len(its),
        )
        where = names.places(list({row.place: row for row in its}.values()))
        span = _("From {first} to {last}: {where}", first=its[0].due_at, last=its[-1].due_at, where=where)
        await work.tell(person_id, Message(lines(fell, span)))


async def _mark(work: Work, ids: Sequence[int]) -> list[Row[Any]]:
    """Mark rounds as missed unless somebody has just made them; returns those marked, by their place."""
    if not ids:
        return []
    mine = update(Round).where(Round.id.in_(ids), Round.status.in_(("due", "started")))
    marked = await work.db.execute(mine.values(status="missed").returning(*Round.__table__.columns))
    return sorted(marked, key=lambda row: row.place)


@routes.action("round_why", needs="inspect")
async def why(work: Work, argument: str) -> None:
    """`<key>.<code>`, the reason for the rounds of that key; `words` asks for it in words."""
    key, _sep, code = argument.rpartition(".")
    if code == IN_WORDS and await _unexplained(work, key):
        await work.open(Why, facts={"key": key})
    elif code in ASKED:
        await _give(work, key, code)
    else:
        work.toast = _("That button is no longer in use.")


async def _give(work: Work, key: str, why: str) -> None:
    """Keep the reason for what was missed, and pass it on to the leader."""
    rows = await _unexplained(work, key)
    if not rows:
        work.reply(_("A reason was given already, thank you."))
        return
    values = {"reason": why, "reason_by": work.me.id, "reason_at": work.now}
    await work.db.execute(update(Round).where(Round.id.in_([row.id for row in rows])).values(values))
    names, first = await Names.read(work.db), rows[0]
    work.reply(Message(_("Noted: {reason}. The leader was told.", reason=reason(why)), replace=True))
    told = lines(
        _(
            "📝 {name} on the missed round of {time}: {reason}",
            name=work.me.name,
            time=_time(work, first),
            reason=reason(why),
        ),
        names.places(rows),
    )
    for person_id in await _leaders(work, first, {work.me.id}):
        await work.tell(person_id, Message(told))


async def _unexplained(work: Work, key: str) -> list[Row[Any]]:
    """The missed rounds of a key that have no reason yet, as far as they are this person's business."""
    rows = [row for row in await together(work.db, key) if row.status == "missed" and row.reason is None]
    mine = {*await rounds_records.theirs(work), None}
    return [row for row in rows if row.person_id in mine or work.me.may("plan rounds")]


async def _leaders(work: Work, one: Row[Any], but: Collection[int]) -> list[int]:
    """Who leads those whose round it was, without those who are asked about it themselves."""
    post = one.post or await _post_of(work, one.person_id)
    for above in chain.above(post):
        others = [one for one in await chain.holders(work.db, above, work.today) if one not in but]
        if others:
            return others
    return []


async def _post_of(work: Work, person_id: int | None) -> str:
    """The highest post of the chain that somebody named holds."""
    roles = await work.db.scalar(select(Person.roles).where(Person.id == person_id)) or frozenset()
    return next((post for post in reversed(chain.POSTS) if post in roles), "guard")


def _choices(key: str) -> tuple[tuple[Button, ...], ...]:
    taps = [Button(REASONS[code], for_action("round_why", f"{key}.{code}")) for code in ASKED]
    taps.append(Button(_("✎ In my own words"), for_action("round_why", f"{key}.{IN_WORDS}")))
    return tuple(tuple(taps[place : place + 2]) for place in range(0, len(taps), 2))


def _time(work: Work, one: Row[Any]) -> Text:
    return clock(one.due_at, work.rules.zone)
