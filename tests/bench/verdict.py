"""What issue and promise ask of the figures, and whether it was reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.competitors import AIOGRAM, DOCENT, FLOOR, PTB, SQLITE, TWICE
from tests.bench.figures import Spread, ratios, spread
from tests.bench.trial import Trial

Rounds = Mapping[str, Sequence[Trial]]


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach: `least` or `most` for the median of what `figure` finds, if it was measured."""

    text: str
    figure: Callable[[Rounds], Spread | None]
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def reached(self, found: Spread) -> bool:
        """Whether the median is good enough."""
        if self.least is not None:
            return found.middle >= self.least
        assert self.most is not None
        return found.middle <= self.most


def _ratio(
    above: str, below: str, figure: Callable[[Trial], float | None]
) -> Callable[[Rounds], Spread | None]:
    """Finds the ratios of a figure of one subject to that of another, round by round."""

    def find(rounds: Rounds) -> Spread | None:
        over, under = ([figure(trial) for trial in rounds.get(name, ())] for name in (above, below))
        pairs = [(a, b) for a, b in zip(over, under, strict=False) if a is not None and b is not None]
        return ratios([a for a, _ in pairs], [b for _, b in pairs]) if pairs else None

    return find


def _of_docent(figure: Callable[[Trial], float | None]) -> Callable[[Rounds], Spread | None]:
    def find(rounds: Rounds) -> Spread | None:
        found = [figure(trial) for trial in rounds.get(DOCENT, ())]
        known = [value for value in found if value is not None]
        return spread(known) if known else None

    return find


def _cpu(trial: Trial) -> float:
    return trial.load.cpu


def _rate(trial: Trial) -> float:
    return trial.load.rate


TARGETS: Final = (
    Target("CPU per update: aiogram in memory / Docent", _ratio(AIOGRAM, DOCENT, _cpu), least=8),
    Target("CPU per update: PTB in memory / Docent", _ratio(PTB, DOCENT, _cpu), least=12),
    Target("updates/s: Docent / aiogram in memory", _ratio(DOCENT, AIOGRAM, _rate), least=8),
    Target("CPU per update: Docent / the floor", _ratio(DOCENT, FLOOR, _cpu), most=3),
    Target(
        "p99 at half of the saturated rate",
        _of_docent(lambda trial: trial.calm.p99 * 1000 if trial.calm else None),
        most=50,
        unit=" ms",
    ),
    Target(
        "memory for the open conversations",
        _of_docent(lambda trial: trial.full - trial.rest if trial.full is not None else None),
        most=30,
        unit=" MiB",
    ),
    Target("updates/s: two workers / one, as they come", _ratio(TWICE, DOCENT, _rate), least=1.7),
    Target(
        "updates/s: two workers / one, each held to the same share of a core",
        _ratio(TWICE, DOCENT, lambda trial: trial.held.rate if trial.held else None),
        least=1.7,
    ),
    Target("updates/s: SQLite / PostgreSQL", _ratio(SQLITE, DOCENT, _rate), least=0.6),
    Target(
        "confirmed steps lost by a kill",
        _of_docent(lambda trial: trial.killed.lost if trial.killed else None),
        most=0,
    ),
)
