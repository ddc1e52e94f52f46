"""What the page for contractors looks like: the hazard, its photos, and a form to hand in the fix."""

from __future__ import annotations

import html
from collections.abc import Iterable
from string import Template
from typing import Final

from msgspec.structs import replace

from bot.channels.web_page import FOLDER, Page
from bot.i18n import Speech
from handlers.contractor import MOST_NOTE, Sheet
from handlers.kit.words import Text, _, say

ASKED: Final = _("What was done? The museum reviews it.")
PHOTOS: Final = _("Photos of the place as it is now (JPEG, PNG or WEBP, at most 9)")
HAND_IN: Final = _("Hand in")
TITLE: Final = _("Hazard {number}: hand in the fix")


class Pages:
    """Draws the page in the reader's language."""

    def __init__(self, museum: Text) -> None:
        self._museum = museum
        self._template = Template((FOLDER / "contractor.html").read_text(encoding="utf-8"))
        self._version = Page.of((FOLDER / "contractor.css").read_bytes(), "text/css").version

    def sheet(
        self, sheet: Sheet, code: str, tongue: Speech, *, notice: Text | None = None, note: str = ""
    ) -> str:
        """The hazard; below it the form while something can be handed in, else why not."""
        said = notice or sheet.closed
        content = [
            f'<p class="notice" role="status">{_said(said, tongue)}</p>' if said else "",
            _facts(sheet.facts, tongue),
            *(_photo(code, number, tongue) for number in range(1, len(sheet.photos) + 1)),
            "" if sheet.closed else _form(code, note, tongue),
        ]
        title = say(replace(TITLE, gaps={"number": sheet.number}), tongue)
        return self._drawn(title, "\n".join(content), tongue)

    def sentence(self, text: Text, tongue: Speech) -> str:
        """A page with one sentence."""
        return self._drawn(say(self._museum, tongue), f'<p class="notice">{_said(text, tongue)}</p>', tongue)

    def _drawn(self, title: str, content: str, tongue: Speech) -> str:
        return self._template.substitute(
            lang=tongue.locale.replace("_", "-"),
            title=html.escape(title),
            museum=_said(self._museum, tongue),
            version=self._version,
            content=content,
        )


def _facts(facts: Iterable[tuple[Text, Text]], tongue: Speech) -> str:
    rows = "\n".join(f"<dt>{_said(name, tongue)}</dt><dd>{_said(fact, tongue)}</dd>" for name, fact in facts)
    return f"<dl>\n{rows}\n</dl>"


def _photo(code: str, number: int, tongue: Speech) -> str:
    """Its address is as secret as the page's own, and ends with it."""
    return f'<img src="{code}/{number}" alt="{_said(_("Photo {number}", number=number), tongue)}">'


def _form(code: str, note: str, tongue: Speech) -> str:
    return f"""<form method="post" action="{code}" enctype="multipart/form-data">
<label for="note">{_said(ASKED, tongue)}</label>
<textarea id="note" name="note" maxlength="{MOST_NOTE}" required>{html.escape(note)}</textarea>
<label for="photo">{_said(PHOTOS, tongue)}</label>
<input id="photo" name="photo" type="file" accept="image/jpeg,image/png,image/webp" multiple required>
<button type="submit">{_said(HAND_IN, tongue)}</button>
</form>"""


def _said(text: Text, tongue: Speech) -> str:
    return html.escape(say(text, tongue))
