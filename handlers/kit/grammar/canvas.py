"""A message that is read piece by piece: what was understood is blanked out, what is left is left over."""

from handlers.kit.grammar.normalise import flatten

BLANK = "|"


class Canvas:
    """The message as written, and flattened with `|` for every character already understood."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.flat = flatten(shown)

    def take(self, start: int, end: int) -> None:
        """Blank out a stretch, so that no later pattern finds or crosses it."""
        self.flat = f"{self.flat[:start]}{BLANK * (end - start)}{self.flat[end:]}"
