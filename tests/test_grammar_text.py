"""Folding and cleaning of typed text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.kit import grammar
from handlers.kit.grammar.normalise import flatten, visible

FAMILY = "👨\u200d👩\u200d👧"
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("　１２，３　ａｂＣ！ ", "12,3 abC!"),
        ("9：00～11：30", "9:00~11:30"),
        ("a\u200bb\u202ec\u2066\ufeff\x00d", "abcd"),
        ("正常\t\n  异常", "正常 异常"),
        ("3–5 — 7", "3-5 - 7"),
        ("22。5℃", "22.5℃"),
        ("1②", "1②"),
        ("m²½", "m²½"),
        ("e\u0301", "é"),
        ("", ""),
    ],
)
def test_normalise_folds_what_keeps_its_meaning(typed: str, folded: str) -> None:
    assert grammar.normalise(typed) == folded


@given(ANY_TEXT)
def test_normalise_twice_is_normalise_once(text: str) -> None:
    once = grammar.normalise(text)
    assert grammar.normalise(once) == once
    assert once == once.strip()


@given(ANY_TEXT)
def test_flattened_text_keeps_its_length(text: str) -> None:
    assert len(flatten(text)) == len(text)


@pytest.mark.parametrize(
    ("typed", "limit", "stored"),
    [
        ("  hello\r\nworld\r\t! ", 50, "hello\nworld\n\t!"),
        ("a\x00b\x07c\x7fd\x9be", 50, "abcde"),
        ("\ud800ok\udfff", 50, "ok"),
        ("\ud83d\ude00", 50, "😀"),
        ("abc\u202etxt.exe\u202c", 50, "abctxt.exe"),
        (f"hi {FAMILY}!", 50, f"hi {FAMILY}!"),
        (f"hi {FAMILY}!", 6, "hi"),
        ("👍🏽👍🏽", 3, "👍🏽"),
        ("e\u0301e\u0301", 3, "e\u0301"),
        ("１２", 50, "１２"),
        ("abcdef", 3, "abc"),
        ("abc", 0, ""),
        ("a\u2028b", 50, "a\nb"),
        ("line\ufffe\uffff", 50, "line"),
    ],
)
def test_clean_keeps_only_what_can_be_stored(typed: str, limit: int, stored: str) -> None:
    assert grammar.clean(typed, limit) == stored


@given(ANY_TEXT, st.integers(0, 200))
@example("e" + "\u0301" * 100, 50)
def test_clean_text_is_short_utf8_and_stays_as_it_is(text: str, limit: int) -> None:
    stored = grammar.clean(text, limit)
    assert len(stored) <= limit
    assert stored.encode().decode() == stored
    assert not set(stored) & set("\x00\x1b\u202e\u2066\ufeff\r")
    assert grammar.clean(stored, limit) == stored


def test_visible_text_keeps_emoji_together() -> None:
    assert visible(f"\u200b3{FAMILY}\u202e") == f"3{FAMILY}"
