"""What an import says: what it changed, or everything that kept it from changing anything."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.words import Text, _, lines


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file: its line (from 1), the keys that lead there, what is wrong and what fits."""

    line: int
    path: str
    what: Text

    @property
    def text(self) -> Text:
        """The problem as one line for people."""
        if not self.path:
            return _("line {line}: {what}", line=str(self.line), what=self.what)
        return _("line {line}, {path}: {what}", line=str(self.line), path=self.path, what=self.what)


class ImportProblem(Exception):
    """A file that does not fit; nothing was changed. `problems` are all that were found, by line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__(f"{len(problems)} problems in the file, the first in line {self.problems[0].line}")

    @property
    def text(self) -> Text:
        """All problems for people, one a line."""
        return lines(*(problem.text for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, by code. `retired` are those not in the file: kept, but no longer in use."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    retired: tuple[str, ...]
    warnings: tuple[Text, ...] = ()

    @property
    def text(self) -> Text:
        """The report for people: one line, and one for each warning."""
        counts = _(
            "{added} added, {changed} changed, {unchanged} unchanged, {retired} no longer in use.",
            added=len(self.added),
            changed=len(self.changed),
            unchanged=len(self.unchanged),
            retired=len(self.retired),
        )
        return lines(counts, *(_("Note: {warning}", warning=warning) for warning in self.warnings))
