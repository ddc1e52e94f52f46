"""Approving, amending and returning outreach activities, each once; mending what was returned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Row, func, select, update

from handlers import audit
from handlers import outreach_records as records
from handlers import outreach_team as teams
from handlers.kit.buttons import for_action
from handlers.kit.form import Form
from handlers.kit.kinds import choice
from handlers.kit.kinds.when import spoken_minutes
from handlers.kit.messages import Button, Message, Option
from handlers.kit.question import Question
from handlers.kit.words import Text, _, joined, lines, n_
from handlers.outreach_card import REASONS, card, headline, reason, tell_approvers, waiting
from handlers.outreach_form import Activity, thanks
from handlers.routes import Routes
from handlers.work import Work
from models import Outreach, OutreachMember

routes = Routes()

MOST_SHOWN = 5
OWN = _("Nobody approves their own time; a colleague has to.")
NUMBER = re.compile(r"HD-\d{8}-\d{4,}", re.IGNORECASE)


@routes.form
class Amend(Activity, name="outreach_amend", opens=_("Amended activity"), needs="approve outreach"):
    """The numbers set right by whoever approves; submitting approves them. Facts: `record`, and `at`,
    the id and revision that were looked at."""

    def head(self) -> Text | None:
        return _("{number}: submitting approves it.", number=self.facts["number"])

    async def submit(self, work: Work) -> None:
        found = await _decidable(work, self.facts["at"])
        if found is None:
            return
        before = await teams.rows_of(work.db, found.id)
        await records.mend(work.db, self, found)
        await _approve(work, found, before, "outreach_amended")
        left = teams.known_ids(before) - teams.known_ids(await teams.rows_of(work.db, found.id))
        gone = _("{name} amended {number}; your time there no longer counts.", **_by(work, found))
        for person_id in sorted(left):
            await work.tell(person_id, Message(gone))


@routes.form
class Return(
    Form, name="outreach_return", opens=_("Returning an activity"), needs="approve outreach", review=False
):
    """Why an activity goes back. Facts: `number`, and `at`, the id and revision that were looked at."""

    reason: str = choice(
        lambda so_far: _("Why is {number} returned? Tap, or write it.", number=so_far.facts["number"]),
        [Option(code, label) for code, label in REASONS.items()], label=_("Reason"), free=True,
    )  # fmt: skip

    async def submit(self, work: Work) -> None:
        found = await _decidable(work, self.facts["at"])
        if found is None:
            return
        if found.status == "approved":
            await self._refuse_joins(work, found)
        else:
            await self._send_back(work, found)
        why = {"number": found.number, "why": self.reason}
        await audit.record(work.db, work.now, "outreach_returned", actor=work.me.id, **why)

    async def _send_back(self, work: Work, found: Row[Any]) -> None:
        values = {"status": "returned", "returned_because": self.reason, "returned_by": work.me.id}
        await work.db.execute(update(Outreach).where(Outreach.id == found.id).values(**values))
        why = _("↩ {name} returned {number}: {reason}", reason=reason(self.reason), **_by(work, found))
        said = lines(why, headline(found))
        mend = Button(_("✎ Mend and resubmit"), for_action("outreach_mend", found.id), "main")
        await work.tell(found.person_id, Message(said, ((mend,),)))
        done = _("{number} was returned; the reason was passed on.", number=found.number)
        work.reply(Message(done, replace=True))

    async def _refuse_joins(self, work: Work, found: Row[Any]) -> None:
        """An approved activity stays approved; only who joined it since is taken off again."""
        late = [row.person_id for row in await teams.rows_of(work.db, found.id) if row.waits]
        await records.leave(work.db, found.id)
        why = {"reason": reason(self.reason), **_by(work, found)}
        said = _("↩ {name} did not approve that you joined {number}: {reason}", **why)
        for person_id in late:
            await work.tell(person_id, Message(said))
        done = _("{number} stays as it was before; the reason was passed on.", number=found.number)
        work.reply(Message(done, replace=True))


@routes.form
class Mend(Activity, name="outreach_mend", opens=_("Mended activity"), needs="log outreach"):
    """A returned activity set right by whoever logged it. Facts: `record`, `number`, `because`."""

    def head(self) -> Text | None:
        because = reason(self.facts["because"])
        return _("{number} was returned: {reason}", number=self.facts["number"], reason=because)

    async def store(self, work: Work) -> None:
        found = await records.one(work.db, self.facts["record"])
        if found is None or found.person_id != work.me.id or found.status != "returned":
            late = _("{number} is no longer waiting to be mended.", number=self.facts["number"])
            work.reply(Message(late, replace=True))
            return
        again = {"status": "pending", "returned_because": None, "returned_by": None, "submitted_at": work.now}
        before = await records.answers_of(work.db, found)
        await records.mend(work.db, self, found, **again)
        work.reply(await thanks(work, found.id, found.number))
        note = lines(_("🔁 Resubmitted"), await self._changed(work, found.id, before))
        await tell_approvers(work, found.id, note=note)

    async def _changed(self, work: Work, outreach_id: int, before: Mapping[str, object]) -> Text | None:
        """Which answers are no longer those of `before`."""
        now = await records.one(work.db, outreach_id)
        assert now is not None  # locked by this transaction
        after = await records.answers_of(work.db, now)
        asked = [one for one in self.questions if isinstance(one, Question)]
        changed = [one.label for one in asked if before.get(one.name) != after.get(one.name)]
        return _("Changed: {labels}", labels=joined(*changed)) if changed else None


@routes.command(
    "approvals", needs="approve outreach", words=("待审核", "审核"), title=_("🗂 To approve"),
    about=_("Activities waiting for approval"), order=31,
)  # fmt: skip
async def approvals(work: Work, rest: str) -> None:
    """The activities that wait, the oldest first; one's own are left to the colleagues."""
    others = (waiting(), Outreach.person_id != work.me.id)
    count = int(await work.db.scalar(select(func.count()).select_from(Outreach).where(*others)) or 0)
    own = int(await work.db.scalar(select(func.count()).select_from(Outreach).where(waiting())) or 0) - count
    query = select(Outreach).where(*others).order_by(Outreach.submitted_at).limit(MOST_SHOWN)
    for found in list(await work.db.execute(query)):
        work.reply(await card(work, found, fresh=True))
    if not count:
        work.reply(Message(_("No activity is waiting for you to approve."), replace=True))
    elif count > MOST_SHOWN:
        work.reply(n_("{count} more is waiting.", "{count} more are waiting.", count - MOST_SHOWN))
    if own:
        of_own = n_(
            "{count} of your own waits for a colleague.", "{count} of your own wait for a colleague.", own
        )
        work.reply(of_own)


@routes.action("outreach_ok", needs="approve outreach")
async def approve(work: Work, at: str) -> None:
    """One tap approves what the card showed, together with everybody's minutes."""
    found = await _decidable(work, at)
    if found is not None:
        await _approve(work, found, await teams.rows_of(work.db, found.id), "outreach_approved")


@routes.action("outreach_amend", needs="approve outreach")
async def amend(work: Work, at: str) -> None:
    found = await _decidable(work, at)
    if found is not None:
        await work.open(Amend, facts=await _facts(work, found), **await records.answers_of(work.db, found))


@routes.action("outreach_return", needs="approve outreach")
async def send_back(work: Work, at: str) -> None:
    found = await _decidable(work, at)
    if found is not None:
        await work.open(Return, facts=await _facts(work, found))


@routes.action("outreach_mend", needs="log outreach")
async def mend(work: Work, key: str) -> None:
    """Open a returned activity again, for whoever logged it."""
    found = await records.one(work.db, key)
    if found is None or found.person_id != work.me.id:
        work.toast = _("That activity is not yours to mend.")
    elif found.status != "returned":
        work.toast = _("That activity was submitted again already.")
    else:
        facts = {**await _facts(work, found), "because": found.returned_because}
        await work.open(Mend, facts=facts, **await records.answers_of(work.db, found))


@routes.recognises(needs="log outreach", order=12)
async def look_up(work: Work, said: str) -> bool:
    """`查 HD-…`, or the number alone: one's own, or any for whoever approves."""
    number = NUMBER.search(said.upper())
    if number is None:
        return False
    found = (await work.db.execute(select(Outreach).where(Outreach.number == number[0]))).first()
    if found is not None and await _may_see(work, found):
        shown = await card(work, found, fresh=True)
        decides = work.me.may("approve outreach") and found.person_id != work.me.id
        work.reply(shown if decides else replace(shown, rows=()))
    else:
        work.reply(_("There is no activity {number} that you may see.", number=number[0]))
    return True


async def _approve(work: Work, found: Row[Any], before: list[Row[Any]], act: str) -> None:
    """Approve an activity, or those who joined it after it was (of the member rows `before`), and tell
    everybody whose time counts now."""
    told = teams.known_ids(row for row in before if row.waits)
    if found.status == "pending":
        decided = {"status": "approved", "approved_by": work.me.id, "approved_at": work.now}
        await work.db.execute(update(Outreach).where(Outreach.id == found.id).values(**decided))
        told = teams.known_ids(before) | {found.person_id}
    mine = update(OutreachMember).where(OutreachMember.outreach_id == found.id)
    await work.db.execute(mine.values(waits=False))
    await audit.record(work.db, work.now, act, actor=work.me.id, number=found.number)
    now = await records.one(work.db, found.id)
    assert now is not None  # locked by this transaction
    minutes = {row.person_id: row.minutes for row in await teams.rows_of(work.db, found.id)}
    for person_id in sorted(told - {work.me.id}):
        if person_id in minutes or person_id == found.person_id:
            await work.tell(person_id, _good_news(work, now, minutes.get(person_id, 0)))
    work.toast = _("Approved.")
    work.reply(await card(work, now, note=_("✔ Approved, thank you.")))


def _by(work: Work, found: Row[Any]) -> dict[str, str]:
    """The gaps of a sentence about who did something to which activity."""
    return {"name": work.me.name, "number": found.number}


def _good_news(work: Work, found: Row[Any], minutes: int) -> Message:
    said = lines(
        _("✔ {name} approved {number}.", **_by(work, found)),
        headline(found),
        _("Your time that counts: {time}", time=spoken_minutes(minutes)) if minutes else None,
    )
    return Message(said)


async def _decidable(work: Work, at: str) -> Row[Any] | None:
    """The activity that `<id>.<revision>` names, locked until the transaction ends; None, once it is said
    why, where this person cannot decide on it, somebody has, or it is no longer what was looked at."""
    key, _sep, revision = at.partition(".")
    found = await records.one(work.db, key)
    if found is None:
        work.toast = _("That activity is no longer there.")
        return None
    why = await _cannot_decide(work, found, revision)
    if why is None:
        return found
    if work.given.data is not None:
        work.toast = why
    shown = await card(work, found, note=why)
    work.reply(replace(shown, rows=()) if why is OWN else shown)
    return None


async def _cannot_decide(work: Work, found: Row[Any], revision: str) -> Text | None:
    late = [row.person_id for row in await teams.rows_of(work.db, found.id) if row.waits]
    if found.status == "returned":
        name = await records.person_name(work.db, found.returned_by)
        return _("{name} has returned it already.", name=name)
    if found.status == "approved" and not late:
        name = await records.person_name(work.db, found.approved_by)
        return _("{name} has approved it already.", name=name)
    if work.me.id in (found.person_id, *late):
        return OWN
    return None if revision == str(found.revision) else _("It has changed since. This is how it stands now.")


async def _may_see(work: Work, found: Row[Any]) -> bool:
    if found.person_id == work.me.id or work.me.may("see outreach"):
        return True
    return any(row.person_id == work.me.id for row in await teams.rows_of(work.db, found.id))


async def _facts(work: Work, found: Row[Any]) -> dict[str, Any]:
    """The facts of the forms about a stored activity."""
    return {
        "me": await records.person_name(work.db, found.person_id),
        "record": found.id,
        "number": found.number,
        "at": f"{found.id}.{found.revision}",
        "all": True,
    }
