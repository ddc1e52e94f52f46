"""The languages: catalogues compiled from the .po files at start, and dates and numbers in each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

LOCALES = Path(__file__).resolve().parent.parent / "locales"
SOURCE = "en"
LANGUAGES: Mapping[str, str] = {"zh_CN": "简体中文", "en": "English"}


class Speech:
    """One language (a `Tongue`), writing moments in the museum's time zone."""

    def __init__(self, locale: str, catalogue: NullTranslations, zone: ZoneInfo) -> None:
        self.locale = locale
        self.chinese = locale.startswith("zh")
        self._rules = Locale.parse(locale)  # by its name, Babel looks for it anew at every number
        self._catalogue = catalogue
        self._zone = zone

    def gettext(self, source: str) -> str:
        return str(self._catalogue.gettext(source))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return str(self._catalogue.ngettext(one, many, count))

    def pgettext(self, context: str, source: str) -> str:
        return str(self._catalogue.pgettext(context, source))

    def form(self, value: object) -> str:
        if isinstance(value, datetime):
            pattern = "M月d日 HH:mm" if self.chinese else "d MMM HH:mm"
            return format_datetime(value.astimezone(self._zone), pattern, locale=self._rules)
        if isinstance(value, date):
            return format_date(value, "y年M月d日" if self.chinese else "d MMM y", locale=self._rules)
        if isinstance(value, time):
            return value.strftime("%H:%M")
        if isinstance(value, int | float) and not isinstance(value, bool):
            return format_decimal(value, locale=self._rules)
        return str(value)


class Languages:
    """Every language the program speaks; unknown ones fall back to the museum's own."""

    def __init__(self, default: str, zone: ZoneInfo) -> None:
        self._speech = {code: Speech(code, _catalogue(code), zone) for code in LANGUAGES}
        self.default = best(default) or SOURCE

    def __call__(self, locale: str | None) -> Speech:
        return self._speech[best(locale) or self.default]


@lru_cache(maxsize=1000)
def best(locale: str | None) -> str | None:
    """The language of ours that a client's tag such as `zh-hans` or `en-GB` means, or None."""
    language = (locale or "").replace("-", "_").split("_")[0].casefold()
    return next((code for code in LANGUAGES if code.split("_")[0] == language), None)


@lru_cache
def _catalogue(locale: str) -> NullTranslations:
    file = LOCALES / locale / "LC_MESSAGES" / "messages.po"
    if locale == SOURCE or not file.exists():
        return NullTranslations()
    with file.open("rb") as source:
        catalogue = read_po(source, locale=locale)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
