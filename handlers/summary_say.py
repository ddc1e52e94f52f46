"""Summaries in words: a few short lines that fit a phone, each figure beside the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from handlers.feedback_desk import FACES, KINDS
from handlers.hazard_table import SEVERITY
from handlers.kit.words import Text, _, joined, lines, n_
from handlers.labels import CATEGORIES
from handlers.letter_records import rate
from handlers.outreach_totals import Totals
from handlers.summary_comments import Comments
from handlers.summary_count import Figures
from handlers.summary_hazards import Hazards
from handlers.summary_hazards_say import rectified, recurring
from handlers.summary_inspections import Inspections
from handlers.summary_outreach import hours
from handlers.summary_rounds_say import rounds_told
from handlers.summary_scope import ALL, TOPICS
from handlers.summary_words import called, lasting

PERCENT_FROM: Final = 20  # below this a change is told in numbers: from 1 to 2 is not worth a 100 %
MOST_NAMED: Final = 3  # people in one line
BAR: Final = 8  # blocks of the longest bar


def say_summary(figures: Figures) -> Text:
    """The whole summary: a heading, the topics, what the arrows compare with."""
    topics = [_TOPICS[topic](figures) for topic in figures.scope]
    parts = [line for topic in topics for line in topic]
    compared = _("▲▼ against {period}", period=called(figures.spans.then)) if figures.compares else None
    sample = _("Contains sample data") if figures.has_samples else None
    foot = [joined(compared, sample)] if compared or sample else []
    return lines(_heading(figures), *parts, rate(figures.signing), *foot)


def _heading(figures: Figures) -> Text:
    topic = figures.asked.topic
    what = None if topic == ALL else TOPICS[topic]
    return joined("📊", joined(called(figures.asked.period), what), between=" ")


def _inspections(figures: Figures) -> list[Text]:
    now, then = figures.inspections
    head = _head("🛡", figures, "inspections")
    if not now.count:
        return [joined(head, _("no inspections"), between=" ")]
    done = _moved(n_("{count} inspection", "{count} inspections", now.count), now.count, then.count)
    bad, worse = sum(now.failed.values()), sum(then.failed.values())
    failed = _moved(n_("{count} item failed", "{count} items failed", bad), bad, worse)
    if figures.asked.topic == ALL:
        return [joined(head, joined(done, failed), between=" "), *_by_category(now.failed)]
    clean = _("{count} all normal", count=now.clean)
    most = [(name, str(count)) for name, count in figures.inspectors]
    return [
        joined(head, joined(done, clean), between=" "),
        joined("⚠️", failed, between=" "),
        *_by_category(now.failed, then.failed),
        *_passed(now),
        *_how_made(now),
        *([_("Most active: {names}", names=_names(most))] if most else []),
    ]


def _passed(now: Inspections) -> list[Text]:
    """How many of the items passed, all together and of each category that was looked at."""
    rates = [
        _("{what} {percent}%", what=label, percent=_share(count, now.failed.get(code, 0)))
        for code, label in CATEGORIES.items()
        if (count := now.items.get(code, 0)) > 0
    ]
    if not rates:
        return []
    whole = _share(sum(now.items.values()), sum(now.failed.values()))
    return [_("Passed {percent}%: {rates}", percent=whole, rates=joined(*rates))]


def _share(items: int, failed: int) -> int:
    """How many of a hundred items passed; rounded down, so that 100 means all."""
    return 100 * (items - failed) // items


def _how_made(now: Inspections) -> list[Text]:
    shown = joined(
        _("code scanned {count}", count=now.presence.get("qr", 0)),
        _("located {count}", count=now.presence.get("location", 0)),
        _("no proof {count}", count=now.presence.get("none", 0)),
    )
    presence = _("Presence: {shown}", shown=shown)
    fast = n_("⏱ {count} round was very fast", "⏱ {count} rounds were very fast", now.too_fast)
    return [presence, fast] if now.too_fast else [presence]


def _rounds(figures: Figures) -> list[Text]:
    now, then = figures.rounds
    due = _moved(n_("{count} round due", "{count} rounds due", now.count), now.count, then.count)
    return rounds_told(figures, _head("📅", figures, "rounds"), due)


def _hazards(figures: Figures) -> list[Text]:
    now, then = figures.hazards
    head, nothing = _head("⚠️", figures, "hazards"), _("no hazards found")
    found = _moved(n_("{count} hazard found", "{count} hazards found", now.count), now.count, then.count)
    fixed = _moved(_("{count} fixed on the spot", count=now.fixed), now.fixed, then.fixed)
    closed = _("{count} closed", count=now.closed)
    still = joined(closed, _("{count} open", count=now.open), _("{count} overdue", count=now.overdue))
    if figures.asked.topic == ALL:
        return [joined(head, joined(found, fixed, still) if now.count else nothing, between=" ")]
    first = joined(head, joined(found, fixed) if now.count else nothing, between=" ")
    ordered = _("{count} ordered", count=now.ordered)
    standing, late = figures.standing
    return [
        first,
        *([joined(ordered, still), *rectified(now)] if now.count else []),
        *_by_category(now.categories, then.categories),
        *_by_severity(now),
        *recurring(now, figures.places),
        _("All that are open today: {open} · overdue {overdue}", open=standing, overdue=late),
    ]


def _by_severity(now: Hazards) -> list[Text]:
    counts = [_counted(label, now.severities.get(code, 0)) for code, label in SEVERITY.items()]
    return [joined(*counts)] if now.count else []


def _outreach(figures: Figures) -> list[Text]:
    now, then = (one.totals for one in figures.outreach)
    head = _head("📣", figures, "outreach")
    if not now.activities:
        return [joined(head, _("no approved activities"), between=" "), *_pending(now)]
    held = _moved(
        n_("{count} activity", "{count} activities", now.activities), now.activities, then.activities
    )
    people = _moved(
        n_("{count} participant", "{count} participants", now.participants),
        now.participants,
        then.participants,
    )
    minors = None if now.minors is None else n_("{count} minor", "{count} minors", now.minors)
    leaflets = _leaflets(now, then)
    given, before = hours(now.approved_minutes), hours(then.approved_minutes)
    time = _moved(_("{hours} h approved", hours=given), given, before)
    if figures.asked.topic == ALL:
        first = joined(head, joined(held, people, minors), between=" ")
        return [first, joined(leaflets, time), *_pending(now)]
    sessions = n_("{count} session", "{count} sessions", now.sessions)
    elderly = None if now.elderly is None else _("{count} elderly", count=now.elderly)
    disabled = None if now.disabled is None else _("{count} disabled", count=now.disabled)
    groups = [group for group in (minors, elderly, disabled) if group is not None]
    online = n_("{count} online view", "{count} online views", now.online_views) if now.online_views else None
    most = [(name, _("{hours} h", hours=hours(minutes))) for name, minutes in now.top[:MOST_NAMED]]
    return [
        joined(head, joined(held, sessions), between=" "),
        people,
        *([_("of them {groups}", groups=joined(*groups))] if groups else []),
        *([joined(leaflets, online)] if leaflets or online else []),
        time,
        *_pending(now),
        *([_("Most hours: {names}", names=_names(most))] if most else []),
    ]


def _leaflets(now: Totals, then: Totals) -> Text | None:
    """The leaflets handed out; none where nobody counted them."""
    if now.leaflets is None:
        return None
    told = n_("{count} leaflet", "{count} leaflets", now.leaflets)
    return _moved(told, now.leaflets, then.leaflets or 0)


def _pending(now: Totals) -> list[Text]:
    """What is not approved yet stands beside, never in the totals."""
    if not now.pending_activities and not now.pending_minutes:
        return []
    waits = n_("{count} activity", "{count} activities", now.pending_activities)
    time = _("{hours} h", hours=hours(now.pending_minutes))
    what = joined(waits if now.pending_activities else None, time)
    return [_("waiting for approval: {what}", what=what)]


def _comments(figures: Figures) -> list[Text]:
    now, then = figures.comments
    head = _head("💬", figures, "comments")
    if not now.count:
        return [joined(head, _("no comments"), between=" ")]
    written = _moved(n_("{count} comment", "{count} comments", now.count), now.count, then.count)
    first = joined(head, joined(written, _mean(now, then)), between=" ")
    if figures.asked.topic == ALL:
        return [first, joined(*_answers(now))]
    return [first, *_bars(now), *_by_kind(now), joined(*_answers(now, how_soon=True))]


def _mean(now: Comments, then: Comments) -> Text | None:
    if now.mean is None:
        return None
    return _moved(_("mean {mean}", mean=f"{now.mean:.1f}"), now.mean, then.mean or 0)


def _answers(now: Comments, *, how_soon: bool = False) -> list[Text]:
    answered = _("{count} answered", count=now.answered)
    waiting = _("{count} waiting", count=now.waiting)
    if not how_soon or now.seconds is None:
        return [answered, waiting]
    return [answered, _("after {time} on average", time=lasting(now.seconds)), waiting]


def _bars(now: Comments) -> list[Text]:
    """The best rating first; the longest bar has eight blocks, and what is there always shows."""
    most = max(now.ratings.values(), default=0)
    counts = [(face, now.ratings.get(rating, 0)) for rating, face in enumerate(FACES, 1)]
    return [_bar(face, count, most) for face, count in reversed(counts)] if most else []


def _bar(face: Text, count: int, most: int) -> Text:
    blocks = "█" * round(BAR * count / most) or ("▏" if count else None)
    return _counted(joined(face, blocks, between=" "), count)


def _by_kind(now: Comments) -> list[Text]:
    most_first = sorted(now.kinds.items(), key=lambda one: (-one[1], one[0]))
    counts = [_counted(KINDS[kind], count) for kind, count in most_first if kind in KINDS]
    return [joined(*counts)] if counts else []


def _by_category(now: Mapping[str, int], then: Mapping[str, int] | None = None) -> list[Text]:
    """The three kinds of protection, fire safety and facilities: those with a number; beside `then` all."""
    counts = [
        _moved(_counted(label, now.get(code, 0)), now.get(code, 0), (then or {}).get(code, 0))
        for code, label in CATEGORIES.items()
        if then is not None or now.get(code)
    ]
    return [joined(*counts)] if any(now.values()) else []


def _counted(what: Text, count: int) -> Text:
    return _("{what} {count}", what=what, count=count)


def _names(counted: Sequence[tuple[str, Text]]) -> Text:
    """People with their number, the first first."""
    return joined(*(joined(name, count, between=" ") for name, count in counted))


def _head(sign: str, figures: Figures, topic: str) -> Text:
    own = figures.scope[topic] is not None
    return joined(sign, _("yours:") if own else None, between=" ")


def _moved(figure: Text, now: float, then: float) -> Text:
    """A figure with its change against the one before, if there was one."""
    return joined(figure, change(now, then) or None, between=" ")


def change(now: float, then: float) -> str:
    """▲12% or ▼3: in percent from twenty on; empty where there is nothing to compare with."""
    if not then:
        return ""
    difference = round(abs(now - then), 1)
    arrow = "▲" if now > then else "▼"
    percent = round(100 * abs(now - then) / then)
    if not difference:
        return "＝"
    if then >= PERCENT_FROM and percent:
        return f"{arrow}{percent}%"
    return f"{arrow}{difference:g}"


_TOPICS: Final = {
    "inspections": _inspections,
    "rounds": _rounds,
    "hazards": _hazards,
    "outreach": _outreach,
    "comments": _comments,
}
