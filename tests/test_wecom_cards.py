"""What stands on a card of WeCom, and what is said beside it."""

from __future__ import annotations

import pytest

from bot.channels.wecom_post import LONGEST_TEXT, LONGEST_TITLE, card, carries, on_card, parted
from bot.messages import ButtonJson
from tests.fixtures.telegram import button, payload

CHOICES = [button("正常", "a"), button("异常", "b"), button("不适用", "c"), button("全部正常", "d", "main")]
CONTROLS = [button("返回", "e", "quiet"), button("帮助", "f", "quiet"), button("取消", "g", "quiet")]


@pytest.mark.parametrize(
    ("buttons", "shown"),
    [
        ([*CHOICES, *CONTROLS[:2]], "abcdef"),
        ([*CHOICES, *CONTROLS], "abcd"),  # seven are too many: the controls are typed
        ([*CHOICES, *CHOICES], ""),
        (CONTROLS, ""),  # nothing to choose
        ([button("继续填写上次没有完成的检查", "a")], ""),  # would not be shown whole
        ([button("官网", url="https://museum.test/")], ""),
    ],
)
def test_which_buttons_stand_on_a_card(buttons: list[ButtonJson], shown: str) -> None:
    assert "".join(one["data"] for one in on_card(payload("第3项", buttons))) == shown


def test_an_answer_carries_words_alone() -> None:
    assert carries(payload("好的", CONTROLS))
    assert not carries(payload("好的", CHOICES))
    assert not carries(payload("好的", replaces="a response code"))


def test_a_long_text_is_said_before_its_card() -> None:
    head, items, asked = "📍 东侧疏散楼梯", "\n".join(["⬜ 疏散通道畅通"] * 20), "第3项：正常吗？"
    before, on_it = parted(f"{head}\n{items}\n\n{asked}")
    assert before == f"{head}\n{items}"
    assert on_it == f"{head}\n{asked}"
    assert parted(asked) == ("", asked)
    assert parted("长" * (LONGEST_TEXT + 1)) == ("长" * (LONGEST_TEXT + 1), "长" * LONGEST_TITLE)


def test_a_title_is_whole_or_left_out() -> None:
    short, long = card("标题\n正文", CHOICES), card(f"{'长' * (LONGEST_TITLE + 1)}\n正文", CHOICES)
    assert (short["main_title"]["title"], short["sub_title_text"]) == ("标题", "正文")
    assert (long["main_title"]["title"], long["sub_title_text"]) == (
        "",
        f"{'长' * (LONGEST_TITLE + 1)}\n正文",
    )
