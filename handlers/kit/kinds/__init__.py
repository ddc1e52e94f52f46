"""The kinds of question. A new kind needs a decision record: see docs/decisions."""

from handlers.kit.kinds.checklist import checklist
from handlers.kit.kinds.choice import choice, scale
from handlers.kit.kinds.number import number
from handlers.kit.kinds.people import people
from handlers.kit.kinds.photos import photos, recording
from handlers.kit.kinds.place import place, position
from handlers.kit.kinds.text import text
from handlers.kit.kinds.until import until
from handlers.kit.kinds.when import clock, day, duration

__all__ = [
    "checklist",
    "choice",
    "clock",
    "day",
    "duration",
    "number",
    "people",
    "photos",
    "place",
    "position",
    "recording",
    "scale",
    "text",
    "until",
]
