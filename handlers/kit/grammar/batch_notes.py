"""What the words after an item's number say: its state, the note, and whether it was put right."""

from typing import NamedTuple

from handlers.kit.grammar.batch_words import (
    BARE_WORDS,
    CLAUSE,
    EXCLUDED,
    FAULT,
    FAULT_DENIED,
    FIXED,
    NEGATED,
    NOTHING,
    OK_ENDING,
    OK_WORD,
    SEPARATORS,
    STATE_FIRST,
    STATE_LAST,
    STATE_OF,
    STATE_WORDS,
    is_reading,
)

UNCLEAR = "unclear"


class Twin(NamedTuple):
    """A piece of a message twice, of the same length: as it is compared, and as it was written."""

    flat: str
    shown: str

    def part(self, start: int, end: int | None = None) -> "Twin":
        return Twin(self.flat[start:end], self.shown[start:end])

    def strip(self) -> "Twin":
        start = len(self.flat) - len(self.flat.lstrip(SEPARATORS))
        return self.part(start, max(len(self.flat.rstrip(SEPARATORS)), start))


class Verdict(NamedTuple):
    """`state` is ok, bad, na, UNCLEAR, or empty when nothing was said."""

    state: str
    note: str = ""
    fixed: bool = False


def judge(words: Twin) -> Verdict:
    """Free text names a fault; it is a state only where it says one by itself, and never by a guess."""
    said, fixed = _without_fixed(words.strip())
    if not said.flat or said.flat in EXCLUDED:
        return Verdict("bad" if fixed else "", "", fixed)
    state, note = _stated(said) or (_described(said.flat), said)
    if fixed and state in ("ok", "na"):
        return Verdict(state, words.strip().shown)
    return Verdict(state, note.shown, fixed)


def _stated(said: Twin) -> tuple[str, Twin] | None:
    """A state word standing by itself, first or last, and the rest as a note."""
    if first := STATE_FIRST.match(said.flat):
        state, note = STATE_OF[first["state"]], said.part(first.end()).strip()
        again = STATE_FIRST.fullmatch(note.flat)
        return (UNCLEAR if again and STATE_OF[again["state"]] != state else state), note
    if last := STATE_LAST.search(said.flat):
        state, note = STATE_OF[last["state"]], said.part(0, last.start()).strip()
        return (UNCLEAR if state == "ok" and FAULT.search(note.flat) else state), note
    if said.flat in BARE_WORDS:
        return BARE_WORDS[said.flat], said.part(0, 0)
    return None


def _described(flat: str) -> str:
    """The state that a description without a state word amounts to."""
    if flat.startswith(tuple(word for word in STATE_WORDS["na"] if len(word) > 2)):
        return "na"
    if flat in NOTHING or is_reading(flat):
        return UNCLEAR
    clauses = [clause for clause in CLAUSE.split(flat) if clause]
    if all(OK_ENDING.fullmatch(clause) or FAULT_DENIED.fullmatch(clause) for clause in clauses):
        # 灭火器正常，全部正常 may be about this item or about all of them.
        return UNCLEAR if len(clauses) > 1 and _about_all(clauses[-1]) else "ok"
    if _about_all(clauses[-1]):
        return UNCLEAR
    return UNCLEAR if len(clauses) == 1 and OK_WORD.search(flat) and not NEGATED.search(flat) else "bad"


def _about_all(clause: str) -> bool:
    return (
        clause.startswith(("全部", "全都", "所有", "一切", "都")) and OK_ENDING.fullmatch(clause) is not None
    )


def _without_fixed(said: Twin) -> tuple[Twin, bool]:
    found = FIXED.search(said.flat)
    if not found:
        return said, False
    before, after = said.part(0, found.start()).strip(), said.part(found.end()).strip()
    if not before.flat or not after.flat:
        return (before if before.flat else after), True
    return Twin(f"{before.flat}、{after.flat}", f"{before.shown}，{after.shown}"), True
