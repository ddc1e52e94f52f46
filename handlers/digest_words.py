"""What a digest says: what waits for one person today, and the figures of the week that has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from handlers import absence_records, chain, letter_records, members
from handlers.hazard_table import STATES
from handlers.inspection_records import second_signer
from handlers.kit import grammar
from handlers.kit.words import Text, _, joined, n_
from handlers.roles import may
from handlers.summary_count import count
from handlers.summary_hazards import is_overdue
from handlers.summary_say import say_summary
from handlers.summary_scope import ALL, scope
from handlers.summary_words import Asked
from handlers.work import Work
from models import UNSOLVED, Hazard, Inspection, Round, Signature

LATELY: Final = timedelta(days=30)  # what was not signed for longer is no news
_LEADER: Final = chain.POSTS.index("leader")


async def waiting(work: Work, person_id: int, roles: frozenset[str]) -> list[Text]:
    """What somebody has to sign or decide, a line each; empty where there is nothing."""
    if chain.highest(roles) < _LEADER:
        return []
    found = [
        await _stands_in(work, person_id),
        await _to_sign(work, person_id),
        await _hazards(work),
        await _own_letters(work, person_id),
        await _others_letters(work, roles),
    ]
    return [line for line in found if line is not None]


async def nothing(work: Work) -> Text:
    """That nothing waits, and what the day brings."""
    query = select(func.count()).where(Round.day == work.today, Round.status != "off")
    rounds = int(await work.db.scalar(query) or 0)
    brings = n_("{count} round today", "{count} rounds today", rounds) if rounds else _("no rounds today")
    return joined(_("Nothing waits for you today"), brings)


async def week(work: Work, person_id: int, roles: frozenset[str]) -> list[Text]:
    """The summary of the week before, as far as it is open to somebody."""
    period = grammar.period("last week", work.today)
    assert period is not None  # the grammar knows it
    figures = await count(work.db, Asked(period, ALL), scope(roles, person_id), work.local)
    return [say_summary(figures)]


async def _stands_in(work: Work, person_id: int) -> Text | None:
    today = await absence_records.today(work.db, work.today)
    others = [entry for entry in today if entry.deputy_id == person_id]
    if not others:
        return None
    names = (joined(members.called(one.name), members.posts(one.posts), between=" ") for one in others)
    return _("🧳 You stand in today for: {names}", names=joined(*names))


async def _to_sign(work: Work, person_id: int) -> Text | None:
    """Others' inspections whose second signature falls to this person today."""
    query = (
        select(Inspection.checklist_id, func.count().label("found"))
        .join(
            Signature,
            (Signature.inspection_id == Inspection.id) & (Signature.post == "second"),
            isouter=True,
        )
        .where(Inspection.day >= work.today - LATELY, Inspection.current, Signature.id.is_(None))
        .where(Inspection.person_id != person_id)
        .group_by(Inspection.checklist_id)
    )
    found = 0
    for row in list(await work.db.execute(query)):
        post = await second_signer(work.db, row.checklist_id)
        if post in chain.POSTS and person_id in await chain.nearest(work.db, post, work.today):
            found += row.found
    waits = n_("✍ {count} inspection to sign", "✍ {count} inspections to sign", found)
    return waits if found else None


async def _hazards(work: Work) -> Text | None:
    """The hazards that are open, by their state, and how many are overdue."""
    query = select(Hazard.status, func.count().label("found")).where(Hazard.status.in_(UNSOLVED))
    states = list(await work.db.execute(query.group_by(Hazard.status).order_by(Hazard.status)))
    if not states:
        return None
    late = int(await work.db.scalar(select(func.count()).where(is_overdue(work.now))) or 0)
    told = [joined(STATES[row.status], str(row.found), between=" ") for row in states]
    overdue = _("overdue {count}", count=late) if late else None
    return _("⚠️ Hazards: {states}", states=joined(*told, overdue))


async def _own_letters(work: Work, person_id: int) -> Text | None:
    mine = len(await letter_records.unsigned(work.db, person_id, work.today.year))
    waits = n_(
        "📜 {count} letter of responsibility waits for your signature: /letters",
        "📜 {count} letters of responsibility wait for your signature: /letters",
        mine,
    )
    return waits if mine else None


async def _others_letters(work: Work, roles: frozenset[str]) -> Text | None:
    """Those of the posts below who have not signed, for whoever may remind them."""
    if not may(roles, "issue letters"):
        return None
    mine = letter_records.issuable(roles)
    figures = await letter_records.signing(work.db, work.today.year)
    missing = sum(len(one.missing) for one in figures if one.post in mine)
    told = n_(
        "📜 {count} person has not signed their letter: /letters",
        "📜 {count} people have not signed their letters: /letters",
        missing,
    )
    return told if missing else None
