"""The run in words: the table by hour, what was lost, and whether the targets were met."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator

from tests.bench.holiday.figures import FLAT, PROMPT, Figures, Reply, percentile
from tests.bench.holiday.museum import WORKERS
from tests.bench.holiday.play import Outcome
from tests.bench.holiday.truth import Verdict

MOST_SHOWN = 10  # of what went wrong
BUSY = 0.85  # of a core, from which the driver may have been what was slow
MEGABYTE = 2**20


def told(outcome: Outcome, seed: int) -> tuple[str, bool]:
    """The report as Markdown, and whether all that was asked for is so.

    Speed and memory are judged on the whole day only: a short run warms up, and little else.
    """
    figures, verdict = outcome.figures, outcome.verdict
    kills = bool(figures.kills)
    calm = [reply for reply in figures.replies if not figures.disturbed(reply)]
    p99, growth = percentile(_times(calm), 0.99), figures.growth()
    good = verdict.good and not figures.troubles
    targets = [("nothing lost, nothing doubled, everybody answered", "", good)]
    if figures.day.is_whole:
        outside = " outside restarts" if kills else ""
        targets += [
            (f"replies p99 ≤ {PROMPT * 1000:.0f} ms{outside}", f"{p99 * 1000:.0f} ms", p99 <= PROMPT),
            (
                f"memory grows ≤ {FLAT:.0%} in the second half",
                _part(growth),
                growth is not None and growth <= FLAT,
            ),
        ]
    parts = [
        _head(figures, seed, kills=kills),
        "\n".join(_targets(targets)),
        "\n".join(_table(figures)),
        _kept(verdict),
        _speed(figures, calm, p99),
        _restarts(figures) if kills else "",
        _memory(figures, growth),
        _driver(outcome.busy),
        "\n".join(_wrong(figures, verdict)),
    ]
    return "\n\n".join(part for part in parts if part), all(met for _what, _found, met in targets)


def _head(figures: Figures, seed: int, *, kills: bool) -> str:
    day = figures.day
    killed = "one worker killed (`kill -9`) each hour" if kills else "no worker killed"
    return (
        f"## A holiday at a large museum{'' if kills else ', all workers living'}\n\n"
        f"`python3 run.py bench holiday --hour-seconds {day.hour_seconds:g} --seed {seed}`: {day.hours} "
        f"hours from {day.first}:00, each pressed so; {day.visitors:,} visitors with a comment each, "
        f"{day.guards} guards, {day.volunteers} volunteers, {day.managers} managers, and a front desk that "
        f"reads all of it; Telegram by webhook (a fake Bot API), WeChat (a fake of its API; visitors only) "
        f"and the web chat; {WORKERS} workers on PostgreSQL with "
        f"fsync, {killed}. The program's own clock is not pressed: whatever it waits for takes its real "
        "time; only the pace of sending and the time after which its supervisor trusts a worker are pressed "
        "with the day."
    )


def _targets(targets: Iterable[tuple[str, str, bool]]) -> Iterator[str]:
    yield from ("| target | measured | met |", "|---|---|---|")
    for what, found, met in targets:
        yield f"| {what} | {found} | {'yes' if met else '**no**'} |"


def _table(figures: Figures) -> Iterator[str]:
    yield "| hour | updates | p50 ms | p99 ms | of them at the kill | p99 ms | MB oldest worker | MB other |"
    yield "|---|---|---|---|---|---|---|---|"
    for hour in figures.day.clock:
        replies = figures.of_hour(hour)
        calm = _times(reply for reply in replies if not figures.disturbed(reply))
        other = _times(reply for reply in replies if figures.disturbed(reply))
        cells = [
            *(f"{hour}:00", f"{len(replies):,}", _ms(calm, 0.5), _ms(calm, 0.99)),
            *(f"{len(other):,}", _ms(other, 0.99)),
            *(_megabytes(figures.size(hour, old=old)) for old in (True, False)),
        ]
        yield f"| {' | '.join(cells)} |"


def _kept(verdict: Verdict) -> str:
    counts = ", ".join(f"{count:,} {what}" for what, count in verdict.counts.items())
    return (
        f"Compared at the end: {counts}. Lost: {len(verdict.lost)}. Doubled: {len(verdict.doubled)}. "
        f"Otherwise than told: {len(verdict.changed)}. Messages that came more than once: {verdict.again}."
    )


def _speed(figures: Figures, calm: list[Reply], p99: float) -> str:
    channels = ", ".join(
        f"{channel} p50 {percentile(times, 0.5) * 1000:.0f} ms, p99 {percentile(times, 0.99) * 1000:.0f} ms"
        for channel in sorted({reply.channel for reply in calm})
        if (times := _times(reply for reply in calm if reply.channel == channel))
    )
    return (
        f"{len(figures.replies):,} replies waited for, {len(calm):,} of them outside restarts: p99 "
        f"{p99 * 1000:.0f} ms ({channels}). {figures.deliveries:,} deliveries, of which "
        f"{figures.redelivered:,} had to be repeated."
    )


def _restarts(figures: Figures) -> str:
    back = [kill.back_after for kill in figures.kills if kill.back_after is not None]
    recovered = [figures.recovery(kill) for kill in figures.kills]
    disturbed = _times(reply for reply in figures.replies if figures.disturbed(reply))
    if not back:
        return "No worker was killed."
    return (
        f"{len(figures.kills)} kills. A worker was back after {statistics.median(back):.1f} s (median; "
        f"longest {max(back):.1f} s). All replies were prompt again {statistics.median(recovered):.1f} s "
        f"after the kill (median; longest {max(recovered):.1f} s). Replies waited for within "
        f"{figures.restart_seconds:.1f} s after a kill: {len(disturbed):,}, p50 "
        f"{percentile(disturbed, 0.5) * 1000:.0f} ms, p99 {percentile(disturbed, 0.99) * 1000:.0f} ms."
    )


def _memory(figures: Figures, growth: float | None) -> str:
    return (
        "Memory, from the first hour of the second half to the last, of a worker that lived through it: "
        f"{_part(growth)}; of workers of equal age, in the last quarter of the day beside the third: "
        f"{_part(figures.growth_at_equal_age())}."
    )


def _driver(busy: float) -> str:
    warning = " **It may have been what was slow.**" if busy > BUSY else ""
    return f"The driver, with the fake APIs in it, took {busy:.0%} of one core.{warning}"


def _wrong(figures: Figures, verdict: Verdict) -> Iterator[str]:
    for title, found in (
        ("Lost", verdict.lost),
        ("Doubled", verdict.doubled),
        ("Otherwise than told", verdict.changed),
        ("Troubles", figures.troubles),
    ):
        if found:
            yield f"{title} ({len(found)}):"
            yield from (f"- {one[:300]}" for one in found[:MOST_SHOWN])


def _times(replies: Iterable[Reply]) -> list[float]:
    return [reply.took for reply in replies]


def _ms(times: list[float], part: float) -> str:
    return f"{percentile(times, part) * 1000:.0f}" if times else ""


def _part(growth: float | None) -> str:
    return "not measured" if growth is None else f"{growth:+.1%}"


def _megabytes(size: float | None) -> str:
    return f"{size / MEGABYTE:.0f}" if size is not None else ""
