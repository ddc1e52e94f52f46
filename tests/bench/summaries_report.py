"""What the measure of summaries says: lines while it runs, a table and its verdicts at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from tests.bench.figures import Spread, percentile

MOST_SECONDS: Final = 0.050  # p95 at every size
MOST_GROWTH: Final = 1.3  # from 100,000 records to 5 million
MOST_COST: Final = 1.10
FROM, TO = 100_000, 5_000_000


@dataclass
class Measured:
    """Seconds on one database at one size; `asked` of every time each summary was asked for."""

    database: str
    records: int
    asked: dict[str, list[float]] = field(default_factory=dict)
    directly: list[float] = field(default_factory=list)
    rolling: float = 0.0
    days: int = 0


def line(one: Measured) -> str:
    """One measurement in a line."""
    shown = "; ".join(f"{what} {_shown(times)}" for what, times in one.asked.items())
    directly = f"counted directly {median(one.directly) * 1000:.0f}"
    rolled = f"{one.days} days rolled up in {one.rolling:.1f} s"
    return f"{one.database} {one.records:>9,}: {shown}; {directly} ms; {rolled}"


def plain(measured: Sequence[Measured], costs: Mapping[str, Spread]) -> str:
    """The verdicts in lines."""
    return "\n".join(_verdicts(measured, costs))


def document(measured: Sequence[Measured], costs: Mapping[str, Spread], machine: Sequence[str]) -> str:
    """The part of docs/benchmarks.md."""
    kinds = list(measured[0].asked)
    rows = [
        f"| {one.database} | {one.records:,} | {' | '.join(_shown(one.asked[kind]) for kind in kinds)} "
        f"| {median(one.directly) * 1000:,.0f} | {one.rolling:.1f} s |"
        for one in measured
    ]
    return "\n".join(
        (
            "## Summaries of a year",
            "",
            "`python3 run.py bench summaries`: `/summary` of 365 days that end today beside the 365 before, "
            "as it is answered in the chat: one transaction with all its queries, and the words. A record is "
            "a row of a register: of a hundred, 12 are inspections and 60 their items, 1 is a hazard, 2 are "
            "activities and 8 their members, 17 are comments; nine in ten are of the year asked for. "
            "60 guards, 200 volunteers. Before each summary somebody writes a record of every topic. "
            f"Milliseconds, p50 / p95 of {len(measured[0].asked[kinds[0]])} times; “counted directly” is the "
            "same before anything is rolled up.",
            "",
            *machine,
            "",
            f"| database | records | {' | '.join(kinds)} | counted directly | rolling all up |",
            f"|---|---:|{'---:|' * (len(kinds) + 2)}",
            *rows,
            "",
            *(f"- {verdict}" for verdict in _verdicts(measured, costs)),
        )
    )


def _verdicts(measured: Sequence[Measured], costs: Mapping[str, Spread]) -> Iterator[str]:
    worst = max(percentile(times, 95) for one in measured for times in one.asked.values())
    goal = f"{MOST_SECONDS * 1000:.0f}"
    yield f"{_mark(worst <= MOST_SECONDS)} p95 is {worst * 1000:.1f} ms at most (goal: {goal})"
    by_size = {(one.database, one.records): one for one in measured}
    for name in dict.fromkeys(one.database for one in measured):
        small, large = by_size.get((name, FROM)), by_size.get((name, TO))
        if small is not None and large is not None:
            yield from _growth(small, large)
    for name, ratio in costs.items():
        said = f"{name}: storing an inspection takes {ratio:.2f} times as long as without the triggers"
        yield f"{_mark(ratio.middle <= MOST_COST)} {said} (goal: {MOST_COST})"


def _growth(small: Measured, large: Measured) -> Iterator[str]:
    for kind, times in large.asked.items():
        growth = median(times) / median(small.asked[kind])
        said = f"{large.database}: {kind} takes {growth:.2f} times as long at {TO:,} as at {FROM:,}"
        yield f"{_mark(growth <= MOST_GROWTH)} {said} (goal: {MOST_GROWTH})"


def _shown(times: Sequence[float]) -> str:
    return f"{percentile(times, 50) * 1000:.1f} / {percentile(times, 95) * 1000:.1f}"


def _mark(reached: bool) -> str:
    return "✓" if reached else "✗"
