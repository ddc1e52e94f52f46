"""On duty and off (上岗、下岗): who is there, so that rounds reach those who can make them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from handlers import rounds_records
from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined, lines, n_
from handlers.rounds_records import LONGEST_SHIFT
from handlers.rounds_say import clock
from handlers.routes import Routes
from handlers.work import Work
from models import Handover, Round, Shift

routes = Routes()


@routes.command(
    "on",
    needs="inspect",
    words=("上岗", "到岗"),
    title=_("🟢 On duty"),
    about=_("Say that you are on duty"),
    order=7,
    alone=True,
)
async def on(work: Work, _rest: str) -> None:
    """Begin a shift; again only says since when."""
    running = await shift_of(work)
    if running is not None:
        since = clock(running.on_at, work.rules.zone)
        work.reply(Message(_("You are on duty since {time}.", time=since), (_ways(),)))
        return
    await begin(work, work.me.id)
    others = [name for person, name in (await _on_duty(work)).items() if person != work.me.id]
    text = lines(
        _("🟢 On duty since {time}.", time=clock(work.now, work.rules.zone)),
        _("With you: {names}", names=joined(*others)) if others else None,
        await _coming(work),
        await _last_remarks(work),
    )
    work.reply(Message(text, (_ways(),)))


@routes.command(
    "off",
    needs="inspect",
    words=("下岗", "离岗", "下班"),
    about=_("Say that your duty has ended"),
    order=8,
    alone=True,
)
async def off(work: Work, _rest: str) -> None:
    """End the shift."""
    running = await shift_of(work)
    if running is None:
        work.reply(Message(_("You are not on duty. /on begins a shift."), ((_on_button(),),)))
        return
    await end(work, running)
    minutes = int((work.now - running.on_at).total_seconds()) // 60
    worked = _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    handed = await _handed_over(work, running.on_at)
    text = lines(
        _("⚪ Off duty after {time}. Thank you.", time=worked),
        None if handed else _("Nothing was handed over in this shift; /handover does that."),
    )
    hand = Button(_("🤝 Hand over"), for_action("menu", "handover"))
    work.reply(Message(text, () if handed else ((hand,),)))


async def shift_of(work: Work) -> Row[Any] | None:
    """The shift of `work.me` that runs; one that they forgot to end is ended."""
    query = select(Shift).where(Shift.person_id == work.me.id, Shift.off_at.is_(None)).with_for_update()
    found = (await work.db.execute(query)).first()
    if found is None or found.on_at > work.now - LONGEST_SHIFT:
        return found
    values = {"off_at": found.on_at + LONGEST_SHIFT, "forgotten": True}
    await work.db.execute(update(Shift).where(Shift.id == found.id).values(**values))
    return None


async def begin(work: Work, person_id: int) -> None:
    """Put somebody on duty who is not."""
    values = {
        "person_id": person_id,
        "day": work.today,
        "on_at": work.now,
        "forgotten": False,
        "sample": False,
    }
    await work.db.execute(insert(Shift).values(**values))


async def end(work: Work, shift: Row[Any]) -> None:
    """End a shift now."""
    await work.db.execute(update(Shift).where(Shift.id == shift.id).values(off_at=work.now))


async def _on_duty(work: Work) -> dict[int, str]:
    return await rounds_records.on_duty(work.db, work.now)


async def _coming(work: Work) -> Text | None:
    """How many of today's rounds are still to come for this person."""
    mine = (Round.person_id == work.me.id) | (Round.person_id.is_(None) & Round.post.in_(work.me.roles))
    query = select(Round.due_at).where(Round.day == work.today, Round.status == "due", mine)
    times = sorted(await work.db.scalars(query))
    if not times:
        return None
    count = n_("{count} round is to come today", "{count} rounds are to come today", len(times))
    return joined(count, _("the next at {time}", time=clock(times[0], work.rules.zone)))


async def _last_remarks(work: Work) -> Text | None:
    """What the last hand-over wants known."""
    query = select(Handover.remarks).order_by(Handover.id.desc()).limit(1)
    remarks = await work.db.scalar(query)
    return _("Handed over last: {remarks}", remarks=remarks) if remarks else None


async def _handed_over(work: Work, since: datetime) -> bool:
    given = select(Handover.id).where(Handover.giver_id == work.me.id, Handover.given_at >= since)
    return (await work.db.execute(given.limit(1))).first() is not None


def _ways() -> tuple[Button, ...]:
    return (
        Button(_("📅 Today's rounds"), for_action("menu", "rounds")),
        Button(_("🤝 Hand over"), for_action("menu", "handover")),
        Button(_("⚪ Off duty"), for_action("menu", "off")),
    )


def _on_button() -> Button:
    return Button(_("🟢 On duty"), for_action("menu", "on"), "main")
