"""One-message outreach logs and teams."""

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit import grammar
from handlers.kit.grammar import OutreachLine

TODAY = date(2026, 11, 22)  # a Sunday
THEMES = {
    "museum_day": ["国际博物馆日", "博物馆日", "Museum Day", "5.18"],
    "dragon_boat": ["端午", "端午节"],
    "heritage_day": ["文化和自然遗产日", "遗产日"],
    "volunteer_day": ["国际志愿者日", "志愿者日"],
}
PLACE_KINDS = {
    "museum": ["馆内", "博物馆", "museum"],
    "school": ["进校园", "校园", "学校", "school"],
    "community": ["进社区", "社区", "community"],
    "street": ["街头", "street"],
    "online": ["线上", "online"],
}
TYPES = {
    "lecture": ["讲座", "lecture", "talk"],
    "street": ["街头宣传", "发传单"],
    "craft": ["手工", "art"],
}


def read(text: str) -> OutreachLine | None:
    return grammar.outreach(text, TODAY, THEMES, PLACE_KINDS, TYPES)


def said(text: str) -> dict[str, Any]:
    """The fields of the log that are not empty."""
    line = read(text)
    assert line is not None, text
    return {name: value for name, value in vars(line).items() if value not in (None, (), "")}


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        (
            "博物馆日 社区 传单300 观众120 6人3小时",
            {
                "theme": "museum_day", "place_kind": "community", "leaflets": 300, "participants": 120,
                "headcount": 6, "minutes_each": 180,
            },
        ),
        (
            "博物馆日，社区，传单３００份；观众１２０人次，六人三小时",
            {
                "theme": "museum_day", "place_kind": "community", "leaflets": 300, "participants": 120,
                "headcount": 6, "minutes_each": 180,
            },
        ),
        (
            "museum day community leaflets 300 visitors 120 6 people 3 hours",
            {
                "theme": "museum_day", "place_kind": "community", "leaflets": 300, "participants": 120,
                "headcount": 6, "minutes_each": 180,
            },
        ),
        (
            "昨天 端午 进校园 讲座 2场 观众120 未成年80 传单300份 张三3小时 李四2小时",
            {
                "day": date(2026, 11, 21), "theme": "dragon_boat", "place_kind": "school", "type": "lecture",
                "sessions": 2, "participants": 120, "minors": 80, "leaflets": 300,
                "members": (("张三", 180), ("李四", 120)),
            },
        ),
        (
            "国际博物馆日进社区 发传单300 9:00-12:00 6人",
            {
                "theme": "museum_day", "place_kind": "community", "type": "street", "leaflets": 300,
                "start": time(9), "end": time(12), "headcount": 6,
            },
        ),
        (
            "昨天在中心广场发传单300份，观众120人，其中未成年人40名",
            {
                "day": date(2026, 11, 21), "type": "street", "place": "中心广场", "leaflets": 300,
                "participants": 120, "minors": 40,
            },
        ),
        (
            "yesterday lecture at Central School, 80 students, 2 sessions, Alice 3h, Bob 2h",
            {
                "day": date(2026, 11, 21), "type": "lecture", "place_kind": "school",
                "place": "Central School", "participants": 80, "sessions": 2,
                "members": (("Alice", 180), ("Bob", 120)),
            },
        ),
        (
            "11月20日 实验小学 讲座 学生80 老师很热情 王芳2小时",
            {
                "day": date(2026, 11, 20), "type": "lecture", "place": "实验小学", "participants": 80,
                "members": (("王芳", 120),), "note": "老师很热情",
            },
        ),
        (
            "上周六 端午 包粽子 社区 残疾人5 老人30 我3小时",
            {
                "day": date(2026, 11, 14), "theme": "dragon_boat", "place_kind": "community", "disabled": 5,
                "elderly": 30, "members": (("", 180),), "note": "包粽子",
            },
        ),
        (
            "发放300份宣传单 120名观众 6名志愿者各2小时 街头",
            {
                "place_kind": "street", "leaflets": 300, "participants": 120,
                "headcount": 6, "minutes_each": 120,
            },
        ),
        (
            "museum day, place: Jiefang Street, leaflets: 300, 6 people 3 hours each",
            {
                "theme": "museum_day", "place_kind": "street", "place": "Jiefang Street", "leaflets": 300,
                "headcount": 6, "minutes_each": 180,
            },
        ),
        ("博物馆日 解放街社区 传单三百份",
         {"theme": "museum_day", "place_kind": "community", "place": "解放街社区", "leaflets": 300}),
        ("博物馆日 地点：解放街 传单300", {"theme": "museum_day", "place": "解放街", "leaflets": 300}),
        ("讲座 120人 6人3小时",
         {"type": "lecture", "participants": 120, "headcount": 6, "minutes_each": 180}),
        ("6人 观众120 传单300", {"headcount": 6, "participants": 120, "leaflets": 300}),
        ("120 visitors 300 leaflets online 500", {"participants": 120, "leaflets": 300, "online_views": 500}),
        ("线上观看500 博物馆日", {"theme": "museum_day", "online_views": 500}),
        ("线上讲座 观看1.2万", {"place_kind": "online", "type": "lecture", "online_views": 12_000}),
        ("下午2点到4点 社区 讲座 6人",
         {"start": time(14), "end": time(16), "place_kind": "community", "type": "lecture", "headcount": 6}),
        ("下午2点 手工 90分钟", {"start": time(14), "type": "craft", "minutes_each": 90}),
        ("11.20 社区 讲座", {"day": date(2026, 11, 20), "place_kind": "community", "type": "lecture"}),
        ("张三、李四各3小时 社区", {"place_kind": "community", "members": (("张三", 180), ("李四", 180))}),
        ("社区 传单300，120人", {"place_kind": "community", "leaflets": 300, "headcount": 120}),
        ("在做手工 5人", {"type": "craft", "headcount": 5}),
        (
            "在幸福社区宣讲 听众120人",
            {"place_kind": "community", "place": "幸福社区", "participants": 120, "note": "宣讲"},
        ),
        ("博物馆日 传单0", {"theme": "museum_day", "leaflets": 0}),
        ("a party at the museum, talk, 5 visitors",
         {"place_kind": "museum", "type": "lecture", "participants": 5, "note": "party"}),
    ],
)  # fmt: skip
def test_a_log_in_one_message(typed: str, fields: dict[str, Any]) -> None:
    assert said(typed) == fields


@pytest.mark.parametrize(
    "typed",
    [
        "", "你好", "今天天气不错", "博物馆日", "昨天 社区", "昨天去社区了", "张三3小时", "6人3小时",
        "我们2小时后到", "今天下午有讲座吗", "讲座几点开始？观众120 传单300?", "3灭火器过期，7应急灯不亮",
        "120", "hello there", "see you at the museum yesterday",
    ],
)  # fmt: skip
def test_ordinary_talk_is_no_log(typed: str) -> None:
    assert read(typed) is None


def test_the_longest_alias_wins_in_any_order_of_the_mapping() -> None:
    assert said("国际志愿者日 传单5") == {"theme": "volunteer_day", "leaflets": 5}
    backwards = {code: PLACE_KINDS[code] for code in reversed(PLACE_KINDS)}
    line = grammar.outreach("国际博物馆日 传单5", TODAY, THEMES, backwards, TYPES)
    assert line is not None
    assert (line.theme, line.place_kind) == ("museum_day", None)


COUNTS = {
    "participants": ("观众", "visitors"),
    "minors": ("未成年", "minors"),
    "elderly": ("老人", "elderly"),
    "disabled": ("残疾人", "disabled"),
    "leaflets": ("传单", "leaflets"),
    "online_views": ("线上观看", "online views"),
}


@given(
    st.dictionaries(st.sampled_from(sorted(COUNTS)), st.integers(0, 99_999), min_size=2),
    st.integers(0, 1),
    st.sampled_from([" ", "，", ", ", "\n", "；"]),
    st.booleans(),
)
def test_counts_are_never_mixed_up(
    counts: dict[str, int], tongue: int, between: str, number_first: bool
) -> None:
    pieces = []
    for name, value in counts.items():
        label = COUNTS[name][tongue]
        pieces.append(f"{value} {label}" if number_first else f"{label} {value}")
    assert said(between.join(pieces)) == counts


@pytest.mark.parametrize(
    ("typed", "shares"),
    [
        ("6人3小时", [("", 6, 180)]),
        ("６人　３小时", [("", 6, 180)]),
        ("六人三小时", [("", 6, 180)]),
        ("共6人，各2小时", [("", 6, 120)]),
        ("6 people 3 hours each", [("", 6, 180)]),
        ("张三3小时 李四2小时", [("张三", 1, 180), ("李四", 1, 120)]),
        ("张三3小时，李四2小时", [("张三", 1, 180), ("李四", 1, 120)]),
        ("张三、李四各3小时", [("张三", 1, 180), ("李四", 1, 180)]),
        ("张三和李四3小时", [("张三", 1, 180), ("李四", 1, 180)]),
        ("李和平3小时", [("李和平", 1, 180)]),
        ("张三一个半小时，另外5人2小时", [("张三", 1, 90), ("", 5, 120)]),
        ("王老师 90分钟", [("王老师", 1, 90)]),
        ("阿依古丽·买买提2h", [("阿依古丽·买买提", 1, 120)]),
        ("我3小时", [("", 1, 180)]),
        ("Zhang San 3h, Li Si 2h", [("Zhang San", 1, 180), ("Li Si", 1, 120)]),
        ("Alice and Bob 2h each", [("Alice", 1, 120), ("Bob", 1, 120)]),
        ("3人3小时 2人2小时", [("", 3, 180), ("", 2, 120)]),
    ],
)
def test_team(typed: str, shares: list[tuple[str, int, int]]) -> None:
    assert grammar.team(typed) == tuple(shares)


@pytest.mark.parametrize(
    "typed", ["", "hello", "6人", "张三 3", "3小时", "6人3小时吗", "0人3小时", "6人3小时后到"]
)
def test_no_team(typed: str) -> None:
    assert grammar.team(typed) is None
