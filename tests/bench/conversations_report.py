"""Says what the conversations took: on the terminal and in the document, by the same tables."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from tests.bench.competitors import DOCENT, Subject
from tests.bench.figures import ratios, spread
from tests.bench.holding import PERIOD, SHARE
from tests.bench.trial import Trial
from tests.bench.verdict import TARGETS, Rounds, Target

BUSY: Final = 0.9  # of a core, from which the driver itself may be what is measured
Figure = Callable[[Trial], float | None]
Rows = Sequence[Sequence[str]]

# Heading, the figure in the unit of the heading, and how it is written.
COLUMNS: Final[Sequence[tuple[str, Figure, str]]] = (
    ("updates/s", lambda trial: trial.load.rate, ".0f"),
    ("p50 ms", lambda trial: trial.load.p50 * 1e3, ".0f"),
    ("p99 ms", lambda trial: trial.load.p99 * 1e3, ".0f"),
    ("CPU/update bot µs", lambda trial: trial.load.cpu * 1e6, ".0f"),
    ("database µs", lambda trial: trial.load.cpu_database * 1e6, ".0f"),
    ("p99 at half ms", lambda trial: trial.calm.p99 * 1e3 if trial.calm else None, ".0f"),
    ("rest MiB", lambda trial: trial.rest, ".0f"),
    ("with open MiB", lambda trial: trial.full, ".0f"),
    ("lost by kill", lambda trial: trial.killed.lost if trial.killed else None, ".0f"),
    ("doubled", lambda trial: trial.killed.doubled if trial.killed else None, ".0f"),
    ("back after s", lambda trial: trial.killed.away if trial.killed else None, ".1f"),
    ("driver's core", lambda trial: trial.load.driver, ".0%"),
)


_METHOD: Final = """\
{people} people at once play conversations through Telegram webhooks: `/bench`, the choice of a checklist
and of three items by button, a typed note, which ends in one inspection row and three item rows. Every
subject edits the message or sends the next question, answers every tap and says thanks; the rows are
checked. PostgreSQL runs with fsync, synchronous_commit and full_page_writes on, SQLite with
synchronous=FULL. The peers are written as their documentation tells, with the logging of its examples.

Medians of {rounds} alternating rounds, the least and the most in brackets; ratios are taken within a
round. Each load lasts {seconds} s after a warm-up. "At half": steps fall due at random at half of the
saturated rate, late ones count from when they were due. "Rest" is the memory after the load, "with open"
that with {open} more conversations under way, once, where all of them open in time. The kill comes
after 2 s of load by all, then everybody goes on where they were; a step counts as lost if its update was
confirmed (HTTP 200) and has no effect; who does not start again has lost every open conversation, and no
time is given. Driver and Bot API are one process; its share of
a core stands last."""


def line(number: int, subject: Subject, trial: Trial) -> str:
    """One trial, as soon as it is over."""
    shown = ((heading, figure(trial), form) for heading, figure, form in COLUMNS)
    figures = ", ".join(f"{heading} {value:{form}}" for heading, value, form in shown if value is not None)
    return f"round {number + 1}, {subject.name}: {figures}"


def table(subjects: Sequence[Subject], rounds: Rounds) -> str:
    """All figures: medians, with the least and the most in brackets."""
    head = ["subject", *(heading for heading, _, _ in COLUMNS)]
    return _drawn([head, *(_row(subject, rounds.get(subject.name, ())) for subject in subjects)])


def relations(subjects: Sequence[Subject], rounds: Rounds) -> str:
    """Each subject beside Docent on PostgreSQL in the same rounds."""
    ours = rounds.get(DOCENT, ())
    rows = [["subject", "its updates/s / Docent's", "its CPU per update / Docent's"]]
    for subject in subjects:
        theirs = rounds.get(subject.name, ())
        if not ours or not theirs or subject.name == DOCENT:
            continue
        rate = ratios([trial.load.rate for trial in theirs], [trial.load.rate for trial in ours])
        cpu = ratios([trial.load.cpu for trial in theirs], [trial.load.cpu for trial in ours])
        rows.append([subject.name, f"{rate:.2f}", f"{cpu:.2f}"])
    return _drawn(rows)


def verdicts(rounds: Rounds) -> str:
    """The targets beside what was reached."""
    return _drawn([["wanted", "at least", "at most", "measured", "reached"], *map(_verdict(rounds), TARGETS)])


def warnings(rounds: Rounds) -> list[str]:
    """A line for each subject under which the driver had its hands full."""
    most = {
        name: max((trial.load.driver for trial in trials), default=0.0) for name, trials in rounds.items()
    }
    return [
        f"Warning: under {name} the driver took {share:.0%} of a core: it may have been the bottleneck."
        for name, share in most.items()
        if share > BUSY
    ]


def document(
    subjects: Sequence[Subject], rounds: Rounds, machine: Sequence[str], given: argparse.Namespace
) -> str:
    """The part of the document, in Markdown."""
    return "\n\n".join(
        [
            f"## Conversations{_far(given)}",
            _METHOD.format(
                people=given.people,
                rounds=given.rounds,
                seconds=f"{given.seconds:.0f}",
                open=f"{given.open:,}",
            ),
            "\n".join(f"- {about}" for about in machine),
            "\n".join(f"- `{subject.name}`: {subject.about}" for subject in subjects),
            table(subjects, rounds),
            relations(subjects, rounds),
            verdicts(rounds),
            "Two workers on two cores compete with the driver and the database. The fair measure holds each "
            f"worker to {SHARE:.0%} of a core, in turns of {PERIOD * 1000:.0f} ms, one as well as two.",
            "\n".join(warnings(rounds)) or "The driver was never the bottleneck.",
            f"Again: `python3 run.py bench{_again(given)}`, on Linux; the peers get their own environment.",
        ]
    )


def _row(subject: Subject, trials: Sequence[Trial]) -> list[str]:
    if not trials:
        return [subject.name, subject.missing or "not measured", *[""] * (len(COLUMNS) - 1)]
    return [subject.name, *(_cell(trials, figure, form) for _, figure, form in COLUMNS)]


def _cell(trials: Sequence[Trial], figure: Figure, form: str) -> str:
    known = [value for value in map(figure, trials) if value is not None]
    return format(spread(known), form) if known else "-"


def _verdict(rounds: Rounds) -> Callable[[Target], list[str]]:
    def row(target: Target) -> list[str]:
        found = target.figure(rounds)
        bounds = [
            f"{bound:g}{target.unit}" if bound is not None else "" for bound in (target.least, target.most)
        ]
        if found is None:
            return [target.text, *bounds, "not measured", ""]
        return [target.text, *bounds, f"{found:.2f}{target.unit}", "yes" if target.reached(found) else "no"]

    return row


def _drawn(rows: Rows) -> str:
    """A table in Markdown, its columns in line on the terminal too."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _far(given: argparse.Namespace) -> str:
    return f", the Bot API {given.api_delay:.0f} ms away" if given.api_delay else ""


def _again(given: argparse.Namespace) -> str:
    return f" --api-delay {given.api_delay:.0f}" if given.api_delay else ""
