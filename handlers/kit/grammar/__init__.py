"""Understands short typed text in Chinese and English; what a function does not understand is None."""

from handlers.kit.grammar.batch import Batch, BatchError, Mark, batch
from handlers.kit.grammar.clean import clean
from handlers.kit.grammar.clock import clock, clock_range
from handlers.kit.grammar.coming import coming_day
from handlers.kit.grammar.day import day
from handlers.kit.grammar.interjection import says_something
from handlers.kit.grammar.minutes import minutes
from handlers.kit.grammar.normalise import normalise
from handlers.kit.grammar.number import decimal, number
from handlers.kit.grammar.outreach import OutreachLine, outreach
from handlers.kit.grammar.period import Period, period
from handlers.kit.grammar.team import Share, team
from handlers.kit.grammar.until import until
from handlers.kit.grammar.yes_no import yes_no

__all__ = [
    "Batch",
    "BatchError",
    "Mark",
    "OutreachLine",
    "Period",
    "Share",
    "batch",
    "clean",
    "clock",
    "clock_range",
    "coming_day",
    "day",
    "decimal",
    "minutes",
    "normalise",
    "number",
    "outreach",
    "period",
    "says_something",
    "team",
    "until",
    "yes_no",
]
