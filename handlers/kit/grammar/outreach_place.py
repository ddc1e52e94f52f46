"""The place of an outreach log: after 地点 or 在, around its kind, or among the words left over."""

import re

from handlers.kit.grammar.aliases import Named
from handlers.kit.grammar.canvas import Canvas
from handlers.kit.grammar.outreach_words import FIELD_OF, FILLER, NOTHING, PLACE_ENDINGS
from handlers.kit.grammar.tables import either

_STOP = r"$|[\s,、;。!|\n0-9]"
_DOES = "发|举办|举行|开展|进行|做|宣讲|讲|组织|宣传|为|向|给|和|与"
_LABELS = either(word for word in FIELD_OF if word.isascii())
_EXPLICIT = re.compile(
    r"(?:地点|地址|场地|(?<![a-z])(?:place|venue|location))\s?[:=]\s?"
    r"(?P<named>[a-z][^,、;。\n|0-9]{0,60}|[^\s,、;。\n|]{1,40})"
    rf"|(?<![现正存所实好])在(?!线|{_DOES})(?P<han>[^\s,、;。\n|0-9a-z]{{2,30}}?)(?={_STOP}|{_DOES})"
    rf"|(?<![a-z])at\s(?:the\s)?(?P<latin>[a-z][a-z'\s.\-]{{1,58}}?)(?=\s*(?:$|[,、;。!\n|0-9])|\s{_LABELS}(?![a-z]))"
)
_LATIN_SPACE = re.compile(r"(?<=[a-z0-9.'])\s(?=[a-z0-9])")
_SPLIT = re.compile(r"[\s,、;；。.!！:：()（）|·~\-]+")
_HEADS_FOR = re.compile("^.*(?:走进|进|在|到|去|赴|于)")


def explicit_place(canvas: Canvas, kinds: frozenset[str]) -> tuple[int, int, str] | None:
    """Start, end and name of a place that was called one; a mere kind (在社区) is not a name."""
    for found in _EXPLICIT.finditer(canvas.flat):
        group = next(name for name in ("named", "han", "latin") if found[name])
        start, end = found.span(group)
        name = canvas.shown[start:end].strip()
        if name and canvas.flat[start:end].strip() not in kinds:
            return found.start(), end, name
    return None


def place_around(canvas: Canvas, kind: Named) -> tuple[int, int] | None:
    """The span of a proper name that the kind of place is a part of (解放街社区), or None."""
    start, end = kind.start, kind.end
    if _HEADS_FOR.match(canvas.flat[start:end]):
        return None
    before = re.search("[一-鿿]{0,20}$", canvas.flat[:start])
    after = re.match("[一-鿿]{0,20}", canvas.flat[end:])
    left = _HEADS_FOR.sub("", before[0]) if before else ""
    left = FILLER.sub("", left)
    right = after[0] if after and after[0].endswith(PLACE_ENDINGS) else ""
    return (start - len(left), end + len(right)) if len(left) > 1 or right else None


def leftovers(canvas: Canvas, *, wanted: bool) -> tuple[str | None, str]:
    """The first left-over words that end like a place, if one is wanted, and all the others as a note."""
    place: str | None = None
    note: list[str] = []
    joined = _LATIN_SPACE.sub("\x00", canvas.flat)
    at = 0
    for flat in _SPLIT.split(joined):
        at = joined.index(flat, at)
        shown = canvas.shown[at : at + len(flat)]
        at += len(flat)
        words = _trimmed(flat.replace("\x00", " "), shown)
        if not words:
            continue
        if wanted and place is None and words.lower().endswith(PLACE_ENDINGS) and len(words) > 2:
            place = words
        else:
            note.append(words)
    return place, " ".join(note)


def _trimmed(flat: str, shown: str) -> str:
    """The words without the small ones around them, or nothing when there is nothing else."""
    words = flat.split(" ")
    first = next((index for index, word in enumerate(words) if word not in NOTHING), len(words))
    last = next((index for index in range(len(words), first, -1) if words[index - 1] not in NOTHING), first)
    kept = " ".join(shown.split()[first:last]) if len(words) == len(shown.split()) else shown.strip()
    lead = FILLER.match(kept)
    kept = kept[lead.end() :] if lead else kept
    return "" if kept.lower() in NOTHING else re.sub("(?:的|了|和|与|进|在|其中|共)+$", "", kept)
