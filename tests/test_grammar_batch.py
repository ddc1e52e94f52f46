"""Batch answers to a checklist of fourteen items."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit import grammar
from handlers.kit.grammar import Batch, BatchError

COUNT = 14
Said = dict[int, str | tuple[str, str] | tuple[str, str, bool]]


def answers(text: str) -> tuple[Said, str | None]:
    """The batch as {number: state | (state, note) | (state, note, True)}, and the state of the rest."""
    found = grammar.batch(text, COUNT)
    assert isinstance(found, Batch), f"{text!r} gave {found}"
    said: Said = {}
    for number, mark in found.items.items():
        short = (mark.state, mark.note) if mark.note else mark.state
        said[number] = (mark.state, mark.note, True) if mark.fixed else short
    return said, found.rest


@pytest.mark.parametrize(
    "typed",
    [
        "全部正常", "都正常", "全正常", "全都正常。", "一切正常！", "所有项目正常", "均正常", "没问题",
        "没有问题", "无异常", "未发现异常", "其余正常", "其他都没问题", "剩下的都正常", "其余13项正常",
        "14项全部正常", "今天检查全部正常，谢谢", "全部ＯＫ", "all ok", "All normal.", "ALL GOOD!",
        "everything is fine", "all clear", "no problem", "rest ok", "others normal", "the rest is fine",
        "everything else ok", "全部√",
    ],
)  # fmt: skip
def test_all_normal(typed: str) -> None:
    assert answers(typed) == ({}, "ok")


@pytest.mark.parametrize(("typed", "rest"), [("全部异常", "bad"), ("其余不适用", "na"), ("all n/a", "na")])
def test_all_of_another_state(typed: str, rest: str) -> None:
    assert answers(typed) == ({}, rest)


@pytest.mark.parametrize(
    "typed",
    [
        "3、7异常其余正常", "3,7异常，其余正常", "3 7 异常 其余正常", "３，７异常；其余正常",
        "3和7异常\n其余都正常", "3异常7异常其余正常", "第3项、第7项异常，其他正常",
        "3、7项异常，剩下的没问题", "除3、7外全部正常", "除了3、7以外都正常", "除了3和7其他都正常",
        "除了3、7都正常", "3、7，其余正常", "全部正常，除了3、7", "一切正常 3、7除外", "都正常，但3、7异常",
        "3x 7× 其余√", "3 and 7 abnormal, others normal", "3 7 bad rest ok", "all ok except 3 and 7",
        "all normal but 3, 7", "except 3 and 7 everything is ok", "items 3, 7 bad; everything else fine",
        "#3 #7 bad, the rest is good", "3:异常 7:异常 其余:正常", "3均异常、7异常、其余均正常",
    ],
)  # fmt: skip
def test_two_abnormal_and_the_rest_normal(typed: str) -> None:
    assert answers(typed) == ({3: "bad", 7: "bad"}, "ok")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("5不适用", {5: "na"}),
        ("5 n/a", {5: "na"}),
        ("5 N.A.", {5: "na"}),
        ("5 无此项，本馆没有天窗", {5: ("na", "本馆没有天窗")}),
        ("5 not applicable", {5: "na"}),
        ("3-5正常", {3: "ok", 4: "ok", 5: "ok"}),
        ("５～３正常", {3: "ok", 4: "ok", 5: "ok"}),
        ("1到4正常 5异常", {1: "ok", 2: "ok", 3: "ok", 4: "ok", 5: "bad"}),
        ("items 1 to 3 ok, 4 bad", {1: "ok", 2: "ok", 3: "ok", 4: "bad"}),
        ("1、3-4、6正常", {1: "ok", 3: "ok", 4: "ok", 6: "ok"}),
        ("第3项异常", {3: "bad"}),
        ("第三项异常", {3: "bad"}),
        ("第3项改异常", {3: "bad"}),
        ("3改为正常", {3: "ok"}),
        ("3是异常的", {3: "bad"}),
        ("3 不正常", {3: "bad"}),
        ("3 not ok", {3: "bad"}),
        ("3 ×", {3: "bad"}),
        ("3√ 4√ 5x", {3: "ok", 4: "ok", 5: "bad"}),
        ("3√4√5×", {3: "ok", 4: "ok", 5: "bad"}),
        ("3️⃣异常", {3: "bad"}),
        ("3 是 4 否", {3: "ok", 4: "bad"}),
        ("3 yes\n4 no", {3: "ok", 4: "bad"}),
        ("1.正常\n2.正常\n3.异常", {1: "ok", 2: "ok", 3: "bad"}),
        ("3 4 5项正常", {3: "ok", 4: "ok", 5: "ok"}),
        ("3号异常", {3: "bad"}),
    ],
)
def test_states_without_notes(typed: str, said: Said) -> None:
    assert answers(typed) == (said, None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("3 灭火器过期", {3: ("bad", "灭火器过期")}),
        ("3灭火器过期", {3: ("bad", "灭火器过期")}),
        ("3，灭火器过期", {3: ("bad", "灭火器过期")}),
        ("3：灭火器过期。", {3: ("bad", "灭火器过期")}),
        ("3异常：门被锁", {3: ("bad", "门被锁")}),
        ("3 异常（门被锁）", {3: ("bad", "门被锁")}),
        ("3 门被锁 异常", {3: ("bad", "门被锁")}),
        ("3异常门被锁", {3: ("bad", "异常门被锁")}),
        ("3 fire door blocked", {3: ("bad", "fire door blocked")}),
        ("3 - Fire Door blocked!", {3: ("bad", "Fire Door blocked")}),
        ("3、7灭火器过期", {3: ("bad", "灭火器过期"), 7: ("bad", "灭火器过期")}),
        ("3灭火器过期，7应急灯不亮", {3: ("bad", "灭火器过期"), 7: ("bad", "应急灯不亮")}),
        ("3灭火器过期 7应急灯不亮", {3: ("bad", "灭火器过期"), 7: ("bad", "应急灯不亮")}),
        ("3 灭火器过期 7 应急灯不亮", {3: ("bad", "灭火器过期"), 7: ("bad", "应急灯不亮")}),
        ("3.门被锁 7.灯不亮", {3: ("bad", "门被锁"), 7: ("bad", "灯不亮")}),
        ("3、门被锁\n7、灯不亮", {3: ("bad", "门被锁"), 7: ("bad", "灯不亮")}),
        ("3灭火器过期第7项异常", {3: ("bad", "灭火器过期"), 7: "bad"}),
        ("3 door blocked, 7 light out", {3: ("bad", "door blocked"), 7: ("bad", "light out")}),
        ("3号灭火器过期\n7号应急灯不亮", {3: ("bad", "灭火器过期"), 7: ("bad", "应急灯不亮")}),
        ("11 正常 22.5℃ 48%", {11: ("ok", "22.5℃ 48%")}),
        ("11 温度22.5 湿度48 正常", {11: ("ok", "温度22.5 湿度48")}),
        ("11 温度 9 湿度 10 正常", {11: ("ok", "温度 9 湿度 10")}),
        ("3 压力正常", {3: ("ok", "压力正常")}),
        ("3 压力正常，外观完好", {3: ("ok", "压力正常，外观完好")}),
        ("3 无漏水", {3: ("ok", "无漏水")}),
        ("3 灭火器过期，压力正常", {3: ("bad", "灭火器过期，压力正常")}),
        ("3 无人值守", {3: ("bad", "无人值守")}),
        ("3 无法正常开启", {3: ("bad", "无法正常开启")}),
        ("3 灭火器过期\n3 门被锁", {3: ("bad", "灭火器过期；门被锁")}),
        ("3 全角，ＡＢＣ　保留", {3: ("bad", "全角，ＡＢＣ　保留")}),
        ("3 👨\u200d👩\u200d👧滞留", {3: ("bad", "👨\u200d👩\u200d👧滞留")}),
    ],
)
def test_notes(typed: str, said: Said) -> None:
    assert answers(typed) == (said, None)


@pytest.mark.parametrize(
    "note",
    [
        "2楼灭火器过期", "灭火器2具过期", "灭火器 2具过期", "灭火器 2 具过期", "灯不亮，2具过期",
        "2号门未锁", "4月到期", "2026年5月到期", "11点发现门未锁", "10:30发现门未锁", "门缝宽5厘米",
        "湿度 8 偏低", "缺 2 把钥匙", "打119无人接", "灯坏7处", "灭火器2、4月到期", "5%的灯不亮",
        "0.4兆帕偏低", "door 7 blocked", "2nd floor exit blocked", "电话13800000000",
    ],
)  # fmt: skip
def test_numbers_inside_a_note_are_not_items(note: str) -> None:
    assert answers(f"3 {note}") == ({3: ("bad", note)}, None)


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("3楼道堆物", "楼道堆物"),
        ("3排烟窗打不开", "排烟窗打不开"),
        ("3天窗未关", "天窗未关"),
        ("3 个别灯不亮", "个别灯不亮"),
    ],
)
def test_words_that_begin_like_a_measure(typed: str, note: str) -> None:
    assert answers(typed) == ({3: ("bad", note)}, None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("3 灭火器过期 已当场改正", {3: ("bad", "灭火器过期", True)}),
        ("3灭火器过期，当场改正", {3: ("bad", "灭火器过期", True)}),
        ("3 灭火器过期（已整改）", {3: ("bad", "灭火器过期", True)}),
        ("3 当场改正 灭火器过期", {3: ("bad", "灭火器过期", True)}),
        ("3 灭火器过期 已换新，已改正", {3: ("bad", "灭火器过期 已换新", True)}),
        ("3异常，已改正。7异常", {3: ("bad", "", True), 7: "bad"}),
        ("3 已整改", {3: ("bad", "", True)}),
        ("3 door blocked, fixed on the spot", {3: ("bad", "door blocked", True)}),
        ("3 door blocked, fixed", {3: ("bad", "door blocked", True)}),
        ("3 灭火器过期 未当场改正", {3: ("bad", "灭火器过期 未当场改正")}),
        ("3 灭火器过期 无法当场改正", {3: ("bad", "灭火器过期 无法当场改正")}),
        ("3 灭火器过期 需整改", {3: ("bad", "灭火器过期 需整改")}),
        ("3 door blocked, not fixed on the spot", {3: ("bad", "door blocked, not fixed on the spot")}),
        ("3 cannot be fixed on the spot", {3: ("bad", "cannot be fixed on the spot")}),
        ("3 正常 已整改", {3: ("ok", "正常 已整改")}),
    ],
)
def test_put_right_on_the_spot(typed: str, said: Said) -> None:
    assert answers(typed) == (said, None)


@pytest.mark.parametrize(
    ("typed", "code", "number"),
    [
        ("15异常", "out_of_range", 15),
        ("0正常", "out_of_range", 0),
        ("3、20异常，其余正常", "out_of_range", 20),
        ("1-99正常", "out_of_range", 99),
        ("3灭火器过期，77应急灯不亮", "out_of_range", 77),
        ("3正常 77异常", "out_of_range", 77),
        ("3异常 3正常", "contradiction", 3),
        ("1-14正常，5 门坏了", "contradiction", 5),
        ("3 异常 正常", "unclear", 3),
        ("11 22.5℃ 48%", "unclear", 11),
        ("11 温度22 湿度48", "unclear", 11),
        ("3无", "unclear", 3),
        ("3正常使用", "unclear", 3),
        ("3 灭火器过期 正常", "unclear", 3),
        ("3灭火器过期，全部正常", "unclear", 3),
        ("3 灭火器，全部正常", "unclear", 3),
        ("3异常，7", "unclear", 7),
        ("除3外都不适用", "unclear", 3),
    ],
)
def test_what_cannot_be_taken_names_the_item(typed: str, code: str, number: int) -> None:
    found = grammar.batch(typed, COUNT)
    assert isinstance(found, BatchError)
    assert (found.code, found.number) == (code, number)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "你好", "正常", "异常", "ok", "谢谢", "门坏了", "3", "3、7", "门坏了，其余正常",
        "全部正常，但灭火器过期", "全部正常吗？", "灭火器过期 3", "2楼灭火器过期", "3项异常",
        "2个灭火器过期", "有2处异常", "15具灭火器正常", "13项全部正常", "2026-11-22", "9:30", "13800000000",
        "下午3点交班", "其余正常 其余异常", "the fire door is blocked", "all", "其他", "12月检查正常",
    ],
)  # fmt: skip
def test_ordinary_words_are_no_answer(typed: str) -> None:
    assert grammar.batch(typed, COUNT) is None


LISTS = ("3、7", "3,7", "3，7", "3 7", "３、７", "3和7", "第3、7项", "3;7")
STATES = ("异常", " 异常", "：异常", "都异常", "不合格")
BETWEEN = ("，", " ", "；", ";", "\n", "。", "", ", ", "、")
RESTS = ("其余正常", "其余都正常", "其他没问题", "剩下的都正常", "rest ok")


@pytest.mark.parametrize("numbers", [numbers for numbers in LISTS if ";" not in numbers])
def test_every_mix_of_separators(numbers: str) -> None:
    for state, between, rest in product(STATES, BETWEEN, RESTS):
        assert answers(numbers + state + between + rest) == ({3: "bad", 7: "bad"}, "ok")


NOTES = st.sampled_from(
    [
        "灭火器过期",
        "门被锁",
        "应急灯不亮",
        "2楼堆物",
        "灯坏3盏",
        "door blocked",
        "压力低于0.1MPa",
        "钥匙缺2把",
    ]
)
MARKS = st.dictionaries(st.integers(1, COUNT), st.one_of(st.just("正常"), st.just("异常"), NOTES), min_size=1)


@given(MARKS, st.sampled_from(["，", "；", "\n", "\n\n", "。", "、"]), st.sampled_from(["", " ", "：", "."]))
def test_any_answers_with_separators_are_read_back(marks: dict[int, str], between: str, after: str) -> None:
    after = " " if after in ("", ".") and any(note[0].isdigit() for note in marks.values()) else after
    text = between.join(f"{number}{after}{said}" for number, said in marks.items())
    expected = {
        number: {"正常": "ok", "异常": "bad"}.get(said, ("bad", said)) for number, said in marks.items()
    }
    assert answers(text) == (expected, None)


@given(st.sets(st.integers(1, COUNT), min_size=1), st.integers(1, COUNT))
def test_numbers_beyond_the_list_are_never_taken(numbers: set[int], count: int) -> None:
    found = grammar.batch("、".join(map(str, sorted(numbers))) + "异常", count)
    if max(numbers) <= count:
        assert isinstance(found, Batch)
        assert set(found.items) == numbers
    else:
        assert isinstance(found, BatchError)
        assert found.number > count


@pytest.mark.parametrize("note", ["smoking", "hooks broken", "cookies on the floor"])
def test_letters_inside_a_word_are_no_state(note: str) -> None:
    assert answers(f"1 {note}") == ({1: ("bad", note)}, None)
