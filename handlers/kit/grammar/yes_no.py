"""Yes and no in the ways people type them."""

from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.tables import listed

_YES = frozenset(
    listed(
        "是 是的 是啊 对 对的 对啊 好 好的 好啊 好吧 行 可以 有 有的 要 需要 嗯 嗯嗯 恩 确认 同意 没错 "
        "没问题 当然 已 √ ✓ ✔ ✅ 👍 👌 y yes yeah yep yup ok okay sure true correct right"
    )
)
_NO = frozenset(
    listed(
        "否 不 不是 不是的 不对 不好 不行 不可以 不要 不用 不需要 不必 不同意 没 没有 没有的 无 非 未 错 "
        "× ✗ ✘ ❌ 👎 x n no nope nah false wrong"
    )
)
_AROUND = " \t.,!?。、，！？~;:；：…\"'“”‘’()（）【】[]"


def yes_no(text: str) -> bool | None:
    """True for yes, False for no, None for anything else; case, width and punctuation do not matter."""
    word = key(text).strip(_AROUND)
    if word in _YES:
        return True
    return False if word in _NO else None
