"""The arithmetic of the benchmark: percentiles, and ratios that are taken within a round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """Figures of several rounds: the middle one, the least and the most."""

    middle: float
    least: float
    most: float

    def __format__(self, spec: str) -> str:
        """The median with its spread, such as `3.4 (3.1-3.9)`, each by `spec`."""
        if self.least == self.most:
            return format(self.middle, spec)
        return f"{self.middle:{spec}} ({self.least:{spec}}-{self.most:{spec}})"


def spread(figures: Sequence[float]) -> Spread:
    """Median, minimum and maximum. Raises ValueError without figures."""
    if not figures:
        raise ValueError("no figures")
    return Spread(median(figures), min(figures), max(figures))


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """The spread of `above[i] / below[i]`, round by round. Raises ValueError where the rounds differ."""
    return spread([over / under for over, under in zip(above, below, strict=True)])


def percentile(figures: Sequence[float], percent: float) -> float:
    """The smallest figure that `percent` of all do not exceed (the nearest rank); NaN of none."""
    if not figures:
        return math.nan
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
