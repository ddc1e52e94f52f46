"""Reading a recorded dialogue, strictly: a misspelt key must not silently check nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "dialogues"

_DOES = {
    "says",
    "taps",
    "photo",
    "album",
    "voice",
    "location",
    "follows",
    "replies_to",
    "sticker",
    "later",
    "hands_in",
}
_CHECKS = {"hears", "toast", "buttons", "others", "not", "keep"}
_MORE = {"who", "caption", "about"}
_BOUNDS = {"most_actions", "most_without_captions"}
_SCRIPT = {"about", "people", "steps", "now", "records", "rules"} | _BOUNDS


@dataclass(frozen=True)
class Script:
    """A dialogue. `now` is the museum's local time at its start; `most_actions` bounds what people may need
    for it, `most_without_captions` where a photo and its words are two messages."""

    name: str
    about: str
    people: dict[str, dict[str, Any]]
    steps: list[dict[str, Any]]
    now: str
    records: dict[str, dict[str, Any]]
    most_actions: dict[str, int]
    rules: dict[str, Any]
    most_without_captions: dict[str, int] = field(default_factory=dict)


def load(file: Path) -> Script:
    """The script in `file`. Raises ValueError naming the step where it is wrong."""
    raw = json.loads(file.read_text(encoding="utf-8"))
    if unknown := raw.keys() - _SCRIPT:
        raise ValueError(f"{file.name}: unknown {sorted(unknown)}")
    for place, step in enumerate(raw["steps"], 1):
        _check(f"{file.name} step {place}", step, raw["people"])
    return Script(
        file.relative_to(FOLDER).as_posix().removesuffix(".json"),
        raw["about"],
        raw["people"],
        raw["steps"],
        raw.get("now", "2026-11-22T10:00:00+08:00"),
        raw.get("records", {}),
        raw.get("most_actions", {}),
        raw.get("rules", {}),
        raw.get("most_without_captions", {}),
    )


def _check(where: str, step: dict[str, Any], people: dict[str, Any]) -> None:
    if unknown := step.keys() - _DOES - _CHECKS - _MORE:
        raise ValueError(f"{where}: unknown {sorted(unknown)}")
    if step.get("who") not in people:
        raise ValueError(f"{where}: nobody is called {step.get('who')!r}")
    does = step.keys() & _DOES
    if len(does) != 1 and does != {"replies_to", "says"}:
        raise ValueError(f"{where}: one thing at a time, not {sorted(does)}")
    if not step.keys() & {"hears", "toast", "others"}:
        raise ValueError(f"{where}: nothing is expected, so nothing is waited for")


def scripts() -> list[Path]:
    """Every recorded dialogue."""
    return sorted(FOLDER.rglob("*.json"))
