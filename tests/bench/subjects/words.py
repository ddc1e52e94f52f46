"""What every subject says and offers: the driver knows a question by its first word, `q1` to `q6`."""

from __future__ import annotations

from typing import Final

ITEMS: Final = 3
CHECKLISTS: Final = (("fire", "Fire patrol"), ("doors", "Doors and locks"), ("lights", "Lights"))
STATES: Final = (("ok", "Normal"), ("bad", "Abnormal"), ("na", "Not applicable"))

# What is asked at each step, and the thanks at the end.
QUESTIONS: Final = (
    "q1 Which checklist?",
    "q2 Item 1: the extinguishers are in place?",
    "q3 Item 2: the exits are clear?",
    "q4 Item 3: the emergency lights are on?",
    "q5 Anything to note?",
    "q6 Thank you, that was recorded.",
)


def offered(step: int) -> tuple[tuple[str, str], ...]:
    """The (code, label) pairs under the question of `step`, 0 to 5; none where words are asked for."""
    if step == 0:
        return CHECKLISTS
    return STATES if step <= ITEMS else ()
