"""No text makes the grammar fail or stop to think."""

from collections.abc import Callable
from datetime import date, datetime, time
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit import grammar
from handlers.kit.grammar.tables import listed

TODAY = date(2026, 11, 22)
ALIASES = {"a": ["博物馆日", "社区", "x"], "b": ["", " ", "日", "museum day"]}
READERS: dict[str, Callable[[str], object]] = {
    "normalise": grammar.normalise,
    "clean": lambda text: grammar.clean(text, 4000),
    "number": grammar.number,
    "decimal": grammar.decimal,
    "yes_no": grammar.yes_no,
    "day": lambda text: grammar.day(text, TODAY),
    "clock": grammar.clock,
    "until": lambda text: grammar.until(text, datetime.combine(TODAY, time(10))),
    "clock_range": grammar.clock_range,
    "minutes": lambda text: grammar.minutes(text, "hours"),
    "period": lambda text: grammar.period(text, TODAY),
    "batch": lambda text: grammar.batch(text, 14),
    "team": grammar.team,
    "outreach": lambda text: grammar.outreach(text, TODAY, ALIASES, ALIASES, ALIASES),
}
WORDS = (
    *listed(
        "3 7 11 14 99 2026 12 1.5 22.5 0 二 十 万 百 半 零 第 项 号 楼 、 ， , ; 。 . - ~ : / | ( ) 年 月 "
        "日 点 时 分 小时 分钟 人 名 份 场 次 % ℃ 正常 异常 不 无 不适用 其余 全部 都 除 除了 外 是 改 "
        "已当场改正 灭火器过期 昨天 上 本 周 星期 三 下午 到 至 上半年 季度 博物馆日 社区 传单 观众 张三 "
        "各 在 地点 我 ok bad n/a rest all except and item h pm am "
        "may nov last saturday to hours each people at place q1 w21 h1 线上 观看 İ ſ \u212a ß ① ½ ٣ 👍🏽"
    ),
    *("\n", " ", "\u200b", "\u202e", "\ud800", "\x00", "\u0301"),
)
TYPED = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=2000),
    st.lists(st.sampled_from(WORDS), max_size=60).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
)


@pytest.mark.parametrize("reader", READERS)
@given(text=TYPED)
def test_any_text_is_read_without_failing(reader: str, text: str) -> None:
    READERS[reader](text)


@given(st.dates(), st.lists(st.sampled_from(WORDS), max_size=6).map("".join))
def test_any_day_is_today(today: date, text: str) -> None:
    grammar.day(text, today)
    grammar.period(text, today)
    grammar.outreach(text, today, ALIASES, ALIASES, ALIASES)


@pytest.mark.parametrize("reader", READERS)
def test_long_text_takes_no_longer_than_a_blink(reader: str) -> None:
    """Words over and over, alone and in pairs, up to the 4000 characters that callers pass."""
    texts = [(word * 4000)[:4000] for word in WORDS]
    texts += [(f"3 {word} {other}" * 800)[:4000] for word in WORDS[::9] for other in WORDS[::11]]
    texts += ["3 " + "字" * 3998, "3 " + " " * 3990 + "正常", "全部" * 2000, "1" * 4000, "3 a " + "5 " * 1998]
    slowest, text = max((_seconds(READERS[reader], text), text[:40]) for text in texts)
    assert slowest < 1, f"{slowest:.2f} s for {text!r}"


@pytest.mark.parametrize("reader", READERS)
def test_a_megabyte_is_capped_or_refused_quickly(reader: str) -> None:
    text = "3 灭火器过期，其余正常 \u202e\ud800" * 50_000
    assert _seconds(READERS[reader], text) < 2
    READERS[reader](grammar.clean(text, 4000))


def _seconds(reader: Callable[[str], object], text: str) -> float:
    start = process_time()
    reader(text)
    return process_time() - start
