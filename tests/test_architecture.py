"""House rules that only a test can hold: which way imports go, and how small files stay."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {"models": {"models"}, "handlers": {"handlers", "models"}, "bot": {"bot", "handlers", "models"}}
# The form kit stands on the standard library alone.
KIT_MAY_IMPORT = {"handlers"}
MOST_LINES = 300


def sources(*packages: str) -> list[Path]:
    return sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    for file in sources(package):
        for module in imported(file):
            top = module.split(".")[0]
            ours = top in MAY_IMPORT or top == "tests"
            assert not ours or top in MAY_IMPORT[package], f"{file.relative_to(ROOT)} imports {module}"


def test_the_form_kit_is_pure() -> None:
    """The standard library, and what its values are made of (docs/decisions/0004)."""
    import sys

    for file in sources("handlers/kit"):
        for module in imported(file):
            top = module.split(".")[0]
            pure = top in {*sys.stdlib_module_names, "msgspec"} or module.startswith("handlers.kit")
            assert pure, f"{file.relative_to(ROOT)} imports {module}"


def test_channels_do_not_know_the_engine() -> None:
    forbidden = {"bot.engine", "bot.dispatch", "bot.talk", "bot.app", "bot.sender"}
    for file in sources("bot/channels"):
        assert not forbidden & set(imported(file)), file.relative_to(ROOT)


def test_conversations_know_no_channel_and_no_program() -> None:
    for file in sources("handlers"):
        assert not any(module.startswith("telegram") for module in imported(file)), file.relative_to(ROOT)


def test_whoever_looks_at_drafts_in_the_database_settles_them_first() -> None:
    """What an update changed of its conversations is in memory until then (docs/decisions/0008)."""
    # Called by others, who have settled by then; and a job, which has no drafts of its own.
    settled_before = {"linking_records.py", "mydata_erase.py", "mydata_export.py"}
    for file in sources("handlers"):
        text = file.read_text(encoding="utf-8")
        if "Conversation.person_id" in text and file.name not in settled_before:
            assert "await work.settle()" in text, file.relative_to(ROOT)


def test_every_module_says_its_purpose() -> None:
    for file in [*sources(*MAY_IMPORT), ROOT / "run.py"]:
        if "versions" in file.parts:
            continue  # migrations say theirs in their message
        assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))), file.relative_to(ROOT)


def test_files_stay_one_room() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in sources(*MAY_IMPORT)
        if "versions" not in file.parts
        and (lines := len(file.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long
