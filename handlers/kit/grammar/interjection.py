"""Words that call for attention and say nothing else: 喂, 快点, “anybody there?”, or signs alone."""

from __future__ import annotations

import re
from typing import Final

from handlers.kit.grammar.normalise import normalise
from handlers.kit.grammar.tables import either, listed

_CALLS: Final = listed(
    "喂 嗨 哎 唉 诶 欸 啊 呀 嗯 哦 噢 呃 哈喽 嘿 急 吧 呢 吗 啦 嘛 快 点儿 一点 抓紧 赶紧 赶快 在不在 在吗 "
    "有人 有没有人 人呢 你好 您好"
)
_CALLED: Final = listed(
    "hello hi hey yo hurry hurry_up quick quickly come_on asap please anyone anybody is_anyone is_anybody "
    "are_you there here um uh"
)
_NOTHING: Final = re.compile(rf"(?:快点|{either(_CALLS)}|\b{either(_CALLED)}\b|[\W_])*", re.IGNORECASE)


def says_something(text: str) -> bool:
    """Whether there is more in `text` than interjections and signs."""
    return _NOTHING.fullmatch(normalise(text)) is None
