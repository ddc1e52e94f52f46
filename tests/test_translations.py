"""Every sentence people see is there in Chinese, with the same gaps, and the catalogues are up to date."""

from __future__ import annotations

import ast
import string
from pathlib import Path

from babel.messages.pofile import read_po

from bot import translations
from bot.i18n import LOCALES

ROOT = Path(__file__).resolve().parent.parent


def gaps(text: str | None) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text or "") if name}


def test_chinese_is_complete() -> None:
    assert translations.missing("zh_CN") == []


def test_translations_have_the_gaps_of_their_source() -> None:
    for message in translations.load("zh_CN"):
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple | list) else (message.id,)
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for text in said:
            assert gaps(text) <= gaps(sources[-1]) | {"count"}, message.id
            # What the source tells with a gap, the translation must not swallow.
            assert gaps(sources[-1]) - {"count"} <= gaps(text), message.id


def test_the_template_is_what_the_code_says() -> None:
    in_code = {(str(m.id), m.context) for m in translations.extract() if m.id}
    with (LOCALES / "messages.pot").open("rb") as file:
        in_template = {(str(m.id), m.context) for m in read_po(file) if m.id}
    assert in_code == in_template, "run `python3 run.py messages`"


def test_no_catalogue_keeps_what_nobody_says() -> None:
    in_code = {(str(m.id), m.context) for m in translations.extract() if m.id}
    in_chinese = {(str(m.id), m.context) for m in translations.load("zh_CN") if m.id}
    assert in_chinese <= in_code


def _is_work_reply(call: ast.Call) -> bool:
    target = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "reply" else None
    return isinstance(target, ast.Name) and target.id == "work"


def test_messages_to_people_are_marked() -> None:
    """`work.reply("...")`, a toast or a Message with a bare English string would stay English for ever."""
    for file in sorted((ROOT / "handlers").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            said = name in {"Message", "Misfit", "lines", "Button"} or _is_work_reply(node)
            if not said or not node.args:
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                bare = any(char.isascii() and char.isalpha() for char in first.value)
                both = any("\u4e00" <= char <= "\u9fff" for char in first.value)
                assert not bare or both, f"{file.name}:{node.lineno} {first.value!r}"
