"""Rounds that nobody made, as lines of the inspection log: when they were due, and the reason given."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from sqlalchemy import Row

from handlers.export_rounds import planned
from handlers.kit.grammar import Period
from handlers.kit.words import Both, Text, _, joined, lines, p_
from handlers.paper import Line
from handlers.roles import ROLES
from handlers.rounds_say import clock, reason
from handlers.summary_rounds import titles
from handlers.work import Work
from models import Round

MISSED: Final = p_("log", "missed")


class Missed:
    """The missed rounds of a period that are still to be put between those that were made."""

    def __init__(self, rows: list[Row[Any]], lists: dict[str, Both], work: Work) -> None:
        self._left = deque(rows)
        self._lists = lists
        self._work = work

    @classmethod
    async def read(cls, work: Work, period: Period, person_id: int | None) -> Missed:
        """Those of the period; with `person_id` only those that were to be made by that person."""
        query = planned(period, person_id).where(Round.status == "missed")
        rows = list(await work.db.execute(query))
        return cls(rows, dict(await titles(work.db, sorted({row.checklist for row in rows}))), work)

    def before(self, made: Row[Any] | None) -> list[list[Line]]:
        """The lines of those due before a round that was made, or of all the rest; they are given once."""
        due = []
        while self._left and (made is None or self._is_before(self._left[0], made)):
            due.append(self._line(self._left.popleft()))
        return due

    @staticmethod
    def _is_before(missed: Row[Any], made: Row[Any]) -> bool:
        return bool((missed.day, missed.due_at) < (made.day, made.started_at))

    def _line(self, row: Row[Any]) -> list[Line]:
        due = clock(row.due_at, self._work.rules.zone)
        post: Text | None = ROLES.get(row.post) if row.post else None
        return [
            lines(f"{row.day}", due, _("(sample)") if row.sample else None),
            Both(row.place_zh, row.place_en) if row.place_zh else row.place,
            self._lists.get(row.checklist, row.checklist),
            row.name or post,
            None,
            MISSED,
            _why(row),
            None,
            None,
        ]


def _why(row: Row[Any]) -> Text:
    if not row.reason:
        return p_("log", "No reason was given.")
    return p_("log", "Reason: {reason}", reason=joined(reason(row.reason), row.reason_name))
