"""`backup` and `restore`: the museum in one file, and back from it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from bot.backup import making, restoring
from bot.backup.archive import BackupError, Counted, Manifest
from bot.cli.console import Console, Problem, Verb
from handlers.kit.words import Text, _, n_, p_


def declare(verbs: Verb) -> None:
    """Add the verbs."""
    backup = verbs.add(
        "backup", _("Put records, photos and recordings into one file; the desk goes on"), make
    )
    about = _("The file; without it, one named by the time in var/backups")
    backup.takes("file", type=Path, nargs="?", about=about)
    restore = verbs.add("restore", _("Put the museum of a backup in place; the desk must be stopped"), bring)
    restore.takes("file", type=Path, about=_("The backup"))
    restore.takes("--replace", action="store_true", about=_("Also where there is data already: it is lost"))
    restore.takes("--verify", action="store_true", about=_("Only try it in a temporary place, and compare"))


async def make(console: Console, given: argparse.Namespace) -> None:
    """Make a backup and say where it is."""
    target = given.file or making.FOLDER / making.name_at(console.local)
    try:
        manifest = await making.back_up(console.settings, target, console.now)
    except BackupError as error:
        raise Problem(error.text) from None
    console.say(_("Written to {file}.", file=str(target)), _what(manifest))
    if manifest.missing:
        console.say(
            n_(
                "{count} file that the records mention is not there: erased meanwhile, or lost.",
                "{count} files that the records mention are not there: erased meanwhile, or lost.",
                len(manifest.missing),
            )
        )


async def bring(console: Console, given: argparse.Namespace) -> int:
    """Restore a backup, or verify it; 1 where what was restored is not what was kept."""
    try:
        if given.verify:
            return _compare(console, *await restoring.verify(console.settings, given.file))
        manifest = await restoring.restore(console.settings, given.file, replace=given.replace)
    except BackupError as error:
        raise Problem(error.text) from None
    console.say(_("Restored from {file}.", file=str(given.file)), _what(manifest))
    return 0


def _what(manifest: Manifest) -> Text:
    made = {"rows": manifest.rows, "tables": len(manifest.tables), "files": len(manifest.files) - 1}
    return _("Rows: {rows}, in {tables} tables; files: {files}.", **made)


def _compare(console: Console, manifest: Manifest, found: Mapping[str, Counted]) -> int:
    """Print a line for each table, and say whether all are the same."""
    names = sorted({*manifest.tables, *found})
    width = max(map(len, names), default=0)
    for name in names:
        kept, restored = manifest.tables.get(name), found.get(name)
        verdict = p_("verify", "the same") if kept == restored else p_("verify", "NOT the same")
        counts = f"{_rows(kept):>9} {_rows(restored):>9}"
        print(f"{name:{width}} {counts}  {console.words(verdict)}")
    console.say(_what(manifest))
    good = manifest.tables == dict(found)
    console.say(_("The backup is whole.") if good else _("The backup is NOT whole: make another one."))
    return 0 if good else 1


def _rows(table: Counted | None) -> str:
    return "-" if table is None else str(table.rows)
