"""The form kit: declarations are checked, the position is derived, and every turn keeps what was entered."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.i18n import Languages
from handlers.kit import buttons
from handlers.kit.buttons import Tap
from handlers.kit.draw import Pen
from handlers.kit.form import Form, Part, each
from handlers.kit.kinds import choice, clock, day, duration, number, people, photos, place, scale, text
from handlers.kit.messages import Input, Media, Option
from handlers.kit.question import Moment
from handlers.kit.turn import CONTROLS, Draft, Turn, turn
from handlers.kit.walk import walk
from handlers.kit.words import say

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)
LANGUAGES = Languages("zh_CN", ZONE)
PHOTO = Media("a" * 64, "image/jpeg", 10, "b" * 64, "a.jpg")
TREE = {
    "M": ("", "本馆", "Museum"),
    "H1": ("M", "一厅", "Hall 1"),
    "H2": ("M", "二厅", "Hall 2"),
    "P": ("H1", "东门", "East door"),
}


class Guest(Part):
    name: str = text("Name?", label="name")
    age: int | None = number("Age?", most=120, label="age", when=lambda guest: guest.whole.count > 1)


class Party(Form, name="party", opens="Party", needs="talk"):
    mood: int = scale("Mood?", ["bad", "fair", "good"], label="Mood")
    why: str | None = text("Why?", label="Why", when=lambda so_far: so_far.mood == 1)
    when: date = day("When?", label="Day")
    count: int = number("How many?", least=1, most=3, label="Count")
    guests: dict[str, Any] = each(
        Guest,
        over=lambda so_far: [str(n) for n in range(1, (so_far.count or 0) + 1)],
        title=lambda guest: f"Guest {guest.key}",
    )
    food: str | None = choice(
        "Food?", [Option("rice", "Rice", ("米饭",)), Option("soup", "Soup")], label="Food", optional=True
    )
    pictures: list[Any] | None = photos("Pictures?", label="Pictures", optional=True)


def moment(locale: str = "en", **facts: Any) -> Moment:
    return Moment(NOW, NOW - timedelta(seconds=30), facts, LANGUAGES(locale))


def says(draft: Draft, words: str, form: type[Form] = Party, **more: Any) -> Turn:
    return turn(form, draft, Input(text=words, **more), moment())


def filled(*answers: str, form: type[Form] = Party) -> Draft:
    draft = Draft({})
    for words in answers:
        draft = says(draft, words, form).draft
    return draft


def asked(draft: Draft, form: type[Form] = Party) -> str | None:
    here = walk(form, draft.answers, moment(), draft.focus).here
    return here.path if here else None


WHOLE = ("3", "today", "2", "Ann", "30", "Bob", "40", "soup", "skip")


def test_the_walk_stops_at_the_first_question_unanswered() -> None:
    seen = []
    draft = Draft({})
    for words in WHOLE:
        seen.append(asked(draft))
        draft = says(draft, words).draft
    assert seen == [
        "mood",
        "when",
        "count",
        "guests/1/name",
        "guests/1/age",
        "guests/2/name",
        "guests/2/age",
        "food",
        "pictures",
    ]
    assert asked(draft) is None


def test_conditions_open_and_close_questions() -> None:
    assert asked(filled("1")) == "why"
    assert asked(filled("1", "rain", "today", "1", "Ann")) == "food"


def test_an_answer_that_no_longer_loads_counts_as_unanswered() -> None:
    draft = filled(*WHOLE)
    assert asked(replace(draft, answers={**draft.answers, "mood": 9})) == "mood"
    assert asked(replace(draft, answers={**draft.answers, "when": "soon"})) == "when"


def test_skipped_is_not_unasked() -> None:
    draft = filled(*WHOLE)
    assert draft.answers["pictures"] is None
    assert (
        asked(replace(draft, answers={k: v for k, v in draft.answers.items() if k != "pictures"}))
        == "pictures"
    )


def test_back_goes_through_the_questions_and_loses_nothing() -> None:
    draft = filled("3", "today", "2")
    for expected in ("count", "when", "mood"):
        draft = says(draft, "返回").draft
        assert asked(draft) == expected
    first = says(draft, "back")
    assert first.note is not None
    assert first.draft.answers == draft.answers
    assert asked(says(draft, "2").draft) == "guests/1/name"


def test_a_required_question_cannot_be_skipped() -> None:
    stays = says(Draft({}), "skip")
    assert stays.note is not None
    assert asked(stays.draft) == "mood"


def test_any_answer_can_be_changed_from_the_review_page() -> None:
    draft = filled(*WHOLE)
    chosen = turn(
        Party, draft, Input(data="x"), moment(), Tap(1, draft.revision, CONTROLS, "go/guests/1/name")
    )
    assert asked(chosen.draft) == "guests/1/name"
    mended = says(chosen.draft, "Anna").draft
    assert asked(mended) is None
    assert mended.answers["guests/1/name"] == "Anna"


def test_cancel_asks_first_and_only_discard_discards() -> None:
    draft = filled("3")
    assert says(draft, "取消").outcome == "leaving"
    assert says(Draft({}), "cancel").outcome == "cancels"
    discard = turn(Party, draft, Input(data="x"), moment(), Tap(1, draft.revision, CONTROLS, "discard"))
    assert discard.outcome == "cancels"


def test_submit_is_only_for_the_review_page() -> None:
    assert says(filled(*WHOLE), "提交").outcome == "submits"
    assert says(filled(*WHOLE), "OK").outcome == "submits"
    early = turn(Party, Draft({}), Input(data="x"), moment(), Tap(1, 0, CONTROLS, "submit"))
    assert early.outcome == "stale"


def test_submit_said_where_nothing_more_is_needed_skips_the_rest() -> None:
    draft = filled(*WHOLE[:-2])
    assert asked(draft) == "food"
    done = says(draft, "提交").draft
    assert asked(done) is None
    assert (done.answers["food"], done.answers["pictures"]) == (None, None)
    assert says(done, "提交").outcome == "submits"
    assert says(draft, "米饭").draft.answers["food"] == "rice"


def test_a_tap_of_another_revision_changes_nothing() -> None:
    draft = filled("3")
    late = turn(Party, draft, Input(data="x"), moment(), Tap(1, draft.revision - 1, "mood", "1"))
    assert late.outcome == "stale"
    assert late.draft == draft


def test_a_tap_on_another_question_or_a_forged_code_changes_nothing() -> None:
    draft = filled("3")
    assert (
        turn(Party, draft, Input(data="x"), moment(), Tap(1, draft.revision, "count", "2")).outcome == "stale"
    )
    forged = turn(Party, Draft({}), Input(data="x"), moment(), Tap(1, 0, "mood", "7"))
    assert forged.draft.answers == {}


def test_the_second_misunderstanding_offers_a_way_out() -> None:
    once = says(Draft({}), "what?").draft
    twice = says(once, "what??").draft
    assert twice.misfits == 2
    assert twice.answers == {}
    at = walk(Party, twice.answers, moment())
    assert at.asking is not None
    drawn = Pen(1, 0, replace=False).question(at, at.asking, 2, None)
    labels = [say(button.label, LANGUAGES("en")) for row in drawn.rows for button in row]
    assert "Later" in labels
    assert says(twice, "2").draft.misfits == 0


def test_an_album_is_one_answer() -> None:
    draft = filled("3", "today", "1", "Ann", "soup")
    other = dataclasses.replace(PHOTO, sha="c" * 64)
    first = turn(Party, draft, Input(photos=(PHOTO,), album="A"), moment())
    second = turn(Party, first.draft, Input(photos=(other,), album="A"), moment())
    assert second.outcome == "silent"
    assert second.draft.revision == first.draft.revision
    kept = second.draft.answers["pictures"]
    assert isinstance(kept, list)
    assert [photo["sha"] for photo in kept] == [PHOTO.sha, other.sha]


def test_a_photo_that_comes_late_joins_the_photos() -> None:
    draft = filled(*WHOLE[:-1])
    draft = turn(Party, draft, Input(photos=(PHOTO,)), moment()).draft
    late = turn(Party, draft, Input(photos=(dataclasses.replace(PHOTO, sha="d" * 64),)), moment())
    kept = late.draft.answers["pictures"]
    assert isinstance(kept, list)
    assert len(kept) == 2
    again = turn(Party, late.draft, Input(photos=(PHOTO,)), moment())
    assert again.draft.answers["pictures"] == kept


@pytest.mark.parametrize(
    ("words", "code"),
    [("Soup", "soup"), ("sOuP", "soup"), ("２", "soup"), ("米饭", "rice"), ("rice", "rice"), ("ric", "rice")],
)
def test_a_choice_is_understood_by_number_label_code_synonym_and_part(words: str, code: str) -> None:
    assert filled(*WHOLE[:-2], words).answers["food"] == code


@pytest.mark.parametrize(
    ("words", "fits"),
    [("0", False), ("4", False), ("3", True), ("三", True), ("many", False), ("２人", True)],
)
def test_a_number_keeps_its_bounds(words: str, fits: bool) -> None:
    assert ("count" in filled("3", "today", words).answers) is fits


def test_no_day_to_come() -> None:
    tomorrow = says(filled("3"), "2026-11-23")
    assert tomorrow.note is not None
    assert "when" not in tomorrow.draft.answers
    assert says(filled("3"), "上周六").draft.answers["when"] == "2026-11-14"


class Whereabouts(Form, name="where", opens="Where", needs="talk", review=False):
    at: str = place("Where?", label="Place")
    start: time = clock("From?", label="From", until="end")
    end: time = clock("To?", label="To")
    length: int = duration("How long?", label="Length")
    team: list[Any] = people("Who?", likely=lambda so_far: so_far.length or 0, label="Team")


def places(draft: Draft, words: str) -> Turn:
    return turn(Whereabouts, draft, Input(text=words), moment(places=TREE))


def test_places_by_code_name_part_and_tree() -> None:
    assert places(Draft({}), "h2").draft.answers["at"] == "H2"
    assert places(Draft({}), "东门").draft.answers["at"] == "P"
    several = places(Draft({}), "厅")
    assert several.note is not None
    down = turn(Whereabouts, Draft({}), Input(data="x"), moment(places=TREE), Tap(1, 0, "at", ">H1"))
    assert down.draft.focus == "at/H1"
    here = turn(
        Whereabouts, down.draft, Input(data="x"), moment(places=TREE), Tap(1, down.draft.revision, "at", "=P")
    )
    assert here.draft.answers["at"] == "P"


def test_a_range_of_times_answers_both_ends() -> None:
    draft = places(places(Draft({}), "H1").draft, "9:00-11:30").draft
    assert draft.answers["start"] == "09:00"
    assert draft.answers["end"] == "11:30"


def test_declarations_are_checked_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match="must be annotated int"):
        type(
            "Wrong",
            (Form,),
            {"n": number("?"), "__annotations__": {"n": str}, "__module__": __name__},
            name="w",
            opens="",
            needs="",
        )
    with pytest.raises(TypeError, match="None"):
        type(
            "Wrong",
            (Form,),
            {"n": number("?", optional=True), "__annotations__": {"n": int}, "__module__": __name__},
            name="w",
            opens="",
            needs="",
        )
    with pytest.raises(TypeError, match="needs an annotation"):
        type("Wrong", (Form,), {"n": number("?"), "__module__": __name__}, name="w", opens="", needs="")


def test_buttons_fit_and_read_back() -> None:
    data = buttons.for_form(2**40, 9999, "faults/14/fixed", "yes")
    assert len(data.encode()) <= 64
    assert buttons.read_tap(data) == Tap(2**40, 9999, "faults/14/fixed", "yes")
    with pytest.raises(ValueError, match="64"):
        buttons.for_form(1, 1, "x" * 40, "y" * 40)
    for foreign in ("", "c:", "c:1.2", "c:!.1.a.b", "a:sign:1", "c:1.-1.a.b", "垃圾"):
        assert buttons.read_tap(foreign) is None
