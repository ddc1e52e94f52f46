"""How a message is drawn: cut within Telegram's limits, its buttons labelled, styled and linked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.cutting import split, units
from bot.channels.telegram_draw import LONGEST_TEXT, drawn
from tests.fixtures.telegram import button, payload

EMOJI = "😀"  # two UTF-16 units
FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "longest", "pieces"),
    [
        ("", 10, []),
        (" \n ", 10, []),
        ("one", 10, ["one"]),
        ("a" * 10, 10, ["a" * 10]),
        ("one\ntwo\nthree", 8, ["one\ntwo", "three"]),
        ("one two three", 8, ["one two", "three"]),
        ("one\n\n\ntwo", 5, ["one", "two"]),
        ("灭火器过期未更换", 3, ["灭火器", "过期未", "更换"]),
        (EMOJI * 5, 4, [EMOJI * 2, EMOJI * 2, EMOJI]),
        (EMOJI * 2, 3, [EMOJI, EMOJI]),
    ],
)
def test_texts_are_cut_at_line_ends_then_at_spaces_then_between_signs(
    text: str, longest: int, pieces: list[str]
) -> None:
    assert split(text, longest) == pieces


def test_an_emoji_of_several_characters_is_not_cut() -> None:
    text = "字" * (LONGEST_TEXT - 4) + FAMILY + "完"
    first, second = split(text, LONGEST_TEXT)
    assert first == "字" * (LONGEST_TEXT - 4)
    assert second == FAMILY + "完"


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from(f"ab \n字{EMOJI}\u0301"), max_size=300), st.integers(4, 40))
def test_pieces_fit_and_lose_nothing_but_white_space(text: str, longest: int) -> None:
    pieces = split(text, longest)
    assert all(0 < units(piece) <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_units_are_those_of_utf_16() -> None:
    assert units("a字" + EMOJI) == len(("a字" + EMOJI).encode("utf-16-le")) // 2 == 4


def test_buttons_keep_their_rows_data_and_style() -> None:
    message = drawn(
        payload(
            "?",
            [button("Yes", "y", "main"), button("No", "n", "danger")],
            [],
            [button("Back", "b", "quiet"), button("Page", url="https://museum.example/p")],
        )
    )
    assert message.keyboard == {
        "inline_keyboard": [
            [
                {"text": "Yes", "callback_data": "y", "style": "primary"},
                {"text": "No", "callback_data": "n", "style": "danger"},
            ],
            [{"text": "Back", "callback_data": "b"}, {"text": "Page", "url": "https://museum.example/p"}],
        ]
    }


def test_no_buttons_is_no_keyboard() -> None:
    assert drawn(payload("?", [])).keyboard is None


def test_a_long_label_is_shortened_and_a_long_row_broken() -> None:
    row = [button(f"展厅{n}\n" * 20, str(n)) for n in range(10)]
    keyboard = drawn(payload("?", row)).keyboard
    assert keyboard is not None
    first, second = keyboard["inline_keyboard"]
    assert (len(first), len(second)) == (8, 2)
    assert all(len(b["text"]) <= 64 and b["text"].endswith("…") and "\n" not in b["text"] for b in first)


def test_a_link_telegram_would_refuse_is_written_out() -> None:
    message = drawn(
        payload("Scan this", [button("Open", url="http://desk:8080/chat")], [button("Back", "b")])
    )
    assert message.pieces == ("Scan this\nOpen: http://desk:8080/chat",)
    assert message.keyboard == {"inline_keyboard": [[{"text": "Back", "callback_data": "b"}]]}


def test_what_telegram_cannot_show_is_left_out() -> None:
    assert drawn(payload("a\x00b\ud800c\u202ed")).pieces == ("abcd",)
