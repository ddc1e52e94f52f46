"""What the database and the people must hold at the end, beside what they do hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from bot.channels.telegram_draw import drawn
from bot.db import Database
from models import Account, Feedback, Hazard, Inbox, Inspection, InspectionItem, Outbox, Outreach
from models import OutreachMember as Member
from tests.bench.holiday.people import Logged
from tests.fixtures.truth import rows
from tests.fixtures.walking import Mark, Said

Messages = Counter[tuple[str, tuple[str, ...]]]


@dataclass
class Verdict:
    """What was compared: how many there should be, and what is lost, doubled or otherwise than told."""

    counts: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    again: int = 0  # messages that came more than once

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.changed)

    def compare(self, what: str, told: Mapping[str, Any], stored: Iterable[tuple[str, Any]]) -> None:
        """What people were told is kept, by its number, beside what is. Numbers must make whole series; a
        record more than was told of is one whose writer did not hear of it any more."""
        found: dict[str, list[Any]] = defaultdict(list)
        for number, content in stored:
            found[number].append(content)
        self.counts[f"{what}s"] = len(told)
        self.lost += [f"{what} {number}" for number in told.keys() - found.keys()]
        self.lost += [f"{what} {number}" for number in holes(found)]
        self.doubled += [f"{what} {number}" for number, contents in found.items() if len(contents) > 1]
        self.doubled += [
            f"{what} {number}, which nobody was told of" for number in found.keys() - told.keys()
        ]
        self.changed += [
            f"{what} {number}: told {content}, stored {found[number][0]}"
            for number, content in told.items()
            if number in found and found[number][0] != content
        ]


def holes(numbers: Iterable[str]) -> list[str]:
    """The numbers missing in series that should run from 1 without a gap."""
    series: dict[str, set[int]] = defaultdict(set)
    for number in numbers:
        prefix, _sep, count = number.rpartition("-")
        series[prefix].add(int(count))
    return [
        f"{prefix}-{count:04}"
        for prefix, counts in series.items()
        for count in set(range(1, len(counts) + 1)) - counts
    ]


async def comments(verdict: Verdict, database: Database, told: Iterable[Said]) -> None:
    stored = [
        Said(row.number, row.rating, row.comment, row.kind, row.topic, row.contact, _sent(row.photos))
        for row in await rows(database, select(Feedback))
    ]
    verdict.compare("comment", {said.number: said for said in told}, ((one.number, one) for one in stored))


async def rounds(verdict: Verdict, database: Database, told: Mapping[str, dict[int, Mark]]) -> None:
    """Every inspection with the very states told, and each fault a hazard or counted on one."""
    item = InspectionItem
    query = (
        select(
            Inspection.id, Inspection.number, item.number.label("item"), item.state, item.note, item.photos
        )
        .join(item, item.inspection_id == Inspection.id)
        .order_by(item.number)
    )
    found: dict[tuple[int, str], dict[int, Any]] = defaultdict(dict)
    for row in await rows(database, query):
        found[row.id, row.number][row.item] = (row.state, row.note, _sent(row.photos))
    wanted = {
        number: {item: (mark.state, mark.note, mark.photos) for item, mark in sorted(marks.items())}
        for number, marks in told.items()
    }
    stored = ((number, items) for (_id, number), items in found.items())
    verdict.compare("inspection", wanted, stored)
    faults = Counter(
        "fixed_on_spot" if mark.fixed else "open"
        for marks in told.values()
        for mark in marks.values()
        if mark.state == "bad"
    )
    hazards = await rows(database, select(Hazard.number, Hazard.status, Hazard.recurred))
    kept = Counter(row.status for row in hazards for _time in range(1 + row.recurred))
    verdict.counts["hazards"] = faults.total()
    verdict.lost += [f"hazard {status}" for status in (faults - kept).elements()]
    verdict.lost += [f"hazard {number}" for number in holes(row.number for row in hazards)]
    verdict.doubled += [f"hazard {status}" for status in (kept - faults).elements()]


async def activities(verdict: Verdict, database: Database, told: Iterable[Logged]) -> None:
    """Every activity, with the hours of each who took part."""
    minutes: dict[int, list[int]] = defaultdict(list)
    for row in await rows(database, select(Member.outreach_id, Member.minutes)):
        minutes[row.outreach_id].append(row.minutes)
    stored = [
        Logged(row.number, row.place, row.leaflets, row.participants, tuple(minutes[row.id]))
        for row in await rows(database, select(Outreach))
    ]
    verdict.compare("outreach log", {one.number: one for one in told}, ((one.number, one) for one in stored))
    verdict.counts["members' hours"] = sum(map(len, minutes.values()))


async def updates(verdict: Verdict, database: Database, taken: Iterable[tuple[str, str]]) -> None:
    """Every update that was confirmed to its channel took effect."""
    confirmed = set(taken)
    marks = await rows(database, select(Inbox.channel, Inbox.external_id, Inbox.status))
    done = {(row.channel, row.external_id) for row in marks if row.status == "done"}
    verdict.counts["updates"] = len(confirmed)
    verdict.lost += [f"update {channel} {mark}" for channel, mark in confirmed - done]


async def counted(verdict: Verdict, database: Database, channel: str, taken: int) -> None:
    """As many updates of a channel took effect as it was answered."""
    done = (Inbox.channel == channel, Inbox.status == "done")
    [(found,)] = await rows(database, select(func.count()).where(*done))
    verdict.counts[f"updates of {channel}"] = taken
    verdict.lost += [f"update of {channel}"] * (taken - found)
    verdict.doubled += [f"update of {channel}"] * (found - taken)


async def replies(
    verdict: Verdict, database: Database, chats: Mapping[str, Messages], windows: Mapping[str, list[int]]
) -> None:
    """Every message in the outbox came at least once: by its text and buttons at Telegram, by its number at
    the web chat. On WeChat several come as one text: there each is waited for by whoever caused it."""
    query = select(Account.channel, Account.external_id, Outbox.seq, Outbox.payload).join(
        Account, Account.id == Outbox.account_id
    )
    wanted: dict[str, Messages] = defaultdict(Counter)
    seqs: dict[str, set[int]] = defaultdict(set)
    stored = await rows(database, query)
    for row in stored:
        if row.channel == "web":
            seqs[row.external_id].add(row.seq)
        elif row.channel == "telegram":
            wanted[row.external_id].update(_parts(row.payload))
    verdict.counts["messages"] = len(stored)
    for chat, messages in wanted.items():
        came = chats[chat]
        verdict.lost += [f"message to {chat}: {part}" for part in (messages - came).elements()]
        verdict.again += (came - messages).total()
    for account, numbers in seqs.items():
        verdict.lost += [f"message {seq} to {account[:16]}" for seq in numbers - set(windows[account])]
        verdict.again += len(windows[account]) - len(set(windows[account]))


def _parts(payload: Any) -> list[tuple[str, tuple[str, ...]]]:
    """(text, data of the buttons) of each message that a payload takes at Telegram; an album has neither, and
    is left out."""
    message = drawn(payload)
    shown = message.keyboard["inline_keyboard"] if message.keyboard else []
    data = tuple(button.get("callback_data", "") for row in shown for button in row)
    last = len(message.pieces) - 1
    return [(piece, data if place == last else ()) for place, piece in enumerate(message.pieces)]


def _sent(photos: list[dict[str, Any]]) -> list[str]:
    return [photo["original_sha"] for photo in photos]
