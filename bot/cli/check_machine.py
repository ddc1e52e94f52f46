"""Checks of the machine: its settings, its disk, its languages."""

from __future__ import annotations

from uuid import uuid4

from bot import translations
from bot.cli.console import Console, Found, well, wrong
from bot.health import LEAST_FREE, free_bytes
from bot.i18n import LANGUAGES, SOURCE
from handlers.kit.words import _


async def settings(console: Console) -> Found:
    """They were read, or there would be no console."""
    given = ", ".join(sorted(name.upper() for name in console.settings.model_fields_set))
    return well(_("Settings: {names}", names=given or _("none given, all as they come")))


async def disk(console: Console) -> Found:
    """Room enough to take messages."""
    free, least = free_bytes(console.settings) // 2**20, LEAST_FREE // 2**20
    what = _("Disk: {free} MB free", free=free)
    if free > least:
        return well(what)
    return wrong(what, _("Make room: below {least} MB the desk counts as not ready.", least=least))


async def media(console: Console) -> Found:
    """The folder of photos can be written."""
    folder = console.settings.media_dir
    probe = folder / f"probe-{uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        what = _("Photos: {folder} cannot be written: {why}", folder=str(folder), why=str(error.strerror))
        return wrong(what, _("Give Docent's account that folder, or set MEDIA_DIR to another."))
    return well(_("Photos: {folder} can be written", folder=str(folder)))


async def languages(_console: Console) -> Found:
    """Every sentence is there in every language."""
    lacking = {code: len(translations.missing(code)) for code in LANGUAGES if code != SOURCE}
    listed = ", ".join(f"{LANGUAGES[code]} {count}" for code, count in lacking.items() if count)
    if listed:
        advice = _("They are shown in English; nothing else suffers.")
        return wrong(_("Languages: sentences without translation: {listed}", listed=listed), advice)
    return well(_("Languages: {names}", names=", ".join(LANGUAGES.values())))
