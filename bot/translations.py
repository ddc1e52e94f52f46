"""The message catalogues: extracted from the code, merged into each language's .po file, and checked."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.i18n import LANGUAGES, LOCALES, SOURCE

ROOT = LOCALES.parent
KEYWORDS = {"_": None, "n_": (1, 2), "p_": ((1, "c"), 2)}
SOURCES = ("bot/**.py", "handlers/**.py")


def extract() -> Catalog:
    """All phrases marked in the code with `_`, `n_` and `p_`, sorted."""
    catalogue = Catalog(
        project="Docent", copyright_holder="Docent contributors", charset="utf-8", fuzzy=False
    )
    found = extract_from_dir(
        ROOT,
        method_map=[(pattern, "python") for pattern in SOURCES],
        keywords=KEYWORDS,
        comment_tags=("i18n:",),
    )
    for file, _line, message, comments, context in found:
        catalogue.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    return catalogue


def file_of(locale: str) -> Path:
    return LOCALES / locale / "LC_MESSAGES" / "messages.po"


def load(locale: str) -> Catalog:
    """A language's catalogue; an empty one where it has no file yet."""
    if not file_of(locale).exists():
        return Catalog(locale=locale, project="Docent", charset="utf-8", fuzzy=False)
    with file_of(locale).open("rb") as source:
        return read_po(source, locale=locale)


def update() -> dict[str, list[str]]:
    """Write messages.pot and merge it into every language's .po; returns what each still lacks."""
    template = extract()
    _write(LOCALES / "messages.pot", template)
    for locale in LANGUAGES:
        if locale != SOURCE:
            catalogue = load(locale)
            catalogue.update(template, no_fuzzy_matching=True)
            catalogue.obsolete.clear()
            _write(file_of(locale), catalogue)
    return {locale: missing(locale) for locale in LANGUAGES if locale != SOURCE}


def missing(locale: str) -> list[str]:
    """The phrases in the code that `locale` has no translation for."""
    catalogue = load(locale)
    return [_key(message) for message in extract() if message.id and not _translated(catalogue, message)]


def _translated(catalogue: Catalog, message: Message) -> bool:
    found = catalogue.get(message.id, message.context)
    if found is None or found.fuzzy:
        return False
    return all(found.string) if isinstance(found.string, tuple | list) else bool(found.string)


def _key(message: Message) -> str:
    source = message.id[0] if isinstance(message.id, tuple | list) else message.id
    return f"{message.context}::{source}" if message.context else str(source)


def _write(file: Path, catalogue: Catalog) -> None:
    """Written without dates or line numbers, so that only real changes show in a diff."""
    catalogue.revision_date = catalogue.creation_date
    buffer = BytesIO()
    write_po(
        buffer,
        catalogue,
        width=110,
        omit_header=False,
        no_location=False,
        include_lineno=False,
        sort_output=True,
    )
    kept = [
        line
        for line in buffer.getvalue().splitlines()
        if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By'))
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\n".join(kept) + b"\n")
