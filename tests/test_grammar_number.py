"""Numbers, yes and no."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit import grammar


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12", 12),
        ("１２", 12),
        (" 300人。", 300),
        ("约300人次", 300),
        ("1,200", 1200),
        ("１，２００", 1200),
        ("0", 0),
        ("-5", -5),
        ("零下5", -5),
        ("12.0", 12),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("三十五", 35),
        ("一百零五", 105),
        ("三百二", 320),
        ("三百二十", 320),
        ("两千零二十六", 2026),
        ("二〇二六", 2026),
        ("1万2", 12_000),
        ("1.2万", 12_000),
        ("1.2w", 12_000),
        ("3千", 3_000),
        ("3k", 3_000),
        ("两万五", 25_000),
        ("1万500", 10_500),
        ("一万零三", 10_003),
        ("三十余", None),
        ("1亿2万", 100_020_000),
        ("three", 3),
        ("Twelve people", 12),
        ("12 leaflets", 12),
        ("1.5", None),
        ("12a", None),
        ("12 13", None),
        ("三百千", None),
        ("百", None),
        ("1.2万5", None),
        ("9" * 16, None),
        ("9" * 5000, None),
        ("hello", None),
        ("", None),
    ],
)
def test_number(typed: str, value: int | None) -> None:
    assert grammar.number(typed) == value


@given(st.integers(0, 10**15 - 1))
def test_every_number_is_read_back(value: int) -> None:
    assert grammar.number(str(value)) == value
    assert grammar.number(f"{value:,}人") == value


def spoken(value: int) -> str:
    """A number below ten thousand as it is said in Chinese."""
    digits, said, gap = "零一二三四五六七八九", "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            said += ("零" if gap and said else "") + digits[digit] + name
        gap = not digit
    return said or "零"


@given(st.integers(0, 9999))
def test_every_spoken_number_is_read_back(value: int) -> None:
    assert grammar.number(spoken(value)) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("22.5", "22.5"),
        ("22。5℃", "22.5"),
        ("48%", "48"),
        ("-3.5度", "-3.5"),
        ("零下3度", "-3"),
        ("两点五", "2.5"),
        ("1.2万", "12000"),
        ("0.4 MPa", "0.4"),
        ("1.2.3", None),
        ("nan", None),
        ("", None),
    ],
)
def test_decimal(typed: str, value: str | None) -> None:
    assert grammar.decimal(typed) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    "typed", ["是", "对。", "有", "好的！", "没错", "Yes", "ＹＥＳ", "y", "OK.", "√", "👍", "没问题"]
)
def test_yes(typed: str) -> None:
    assert grammar.yes_no(typed) is True


@pytest.mark.parametrize("typed", ["否", "不是", "没有。", "不", "NO", "ｎ", "x", "×", "无", "不用"])
def test_no(typed: str) -> None:
    assert grammar.yes_no(typed) is False


@pytest.mark.parametrize("typed", ["", "。", "也许", "是不是", "yesterday", "no idea", "有没有", "1"])
def test_neither_yes_nor_no(typed: str) -> None:
    assert grammar.yes_no(typed) is None
