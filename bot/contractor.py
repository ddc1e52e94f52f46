"""Where a contractor without an account sees one hazard and hands in its fix: by a link, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bot import endings, outbox
from bot.channels.web_http import POLICY, SECURITY, Handler, Trouble, address_of, is_foreign, language_of
from bot.channels.web_input import MOST_PHOTOS, TOO_MANY, UNREADABLE, whole
from bot.contractor_page import Pages
from bot.db import is_conflict
from bot.engine import Engine, utc_now
from bot.errors import BadMedia, Unavailable
from bot.i18n import Speech
from bot.limits import Limits
from bot.media import MOST_BYTES, MediaStore
from bot.outbox import Parcel
from handlers import contractor
from handlers.codes import hashed
from handlers.kit import grammar
from handlers.kit.messages import Media
from handlers.kit.words import Text, _
from handlers.work import Me, Work

PATH: Final = "/fix/{code:[A-Za-z0-9_-]{43}}"
PER_ADDRESS: Final = 120  # requests a minute: a page has photos
PER_LINK: Final = 20  # attempts an hour at handing in
MOST_ATTEMPTS: Final = 5  # where another transaction gets in the way
MOST_PARTS: Final = MOST_PHOTOS + 2
MOST_NOTE_BYTES: Final = 4 * contractor.MOST_NOTE + 1

# A plain form and no script; a page that names no referrer to itself could not show where its form is from.
HEADERS: Final[Mapping[str, str]] = {
    **SECURITY,
    "Content-Security-Policy": "; ".join(
        f"{directive} {sources}"
        for directive, sources in {**POLICY, "script-src": "'none'", "form-action": "'self'"}.items()
    ),
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
GONE: Final = _("This link does not work any more. Please ask the museum for a new one.")
BUSY: Final = _("That was a lot at once. Please wait a moment.")
AWAY: Final = _("The desk cannot be reached right now. Please try again in a moment.")


class Handed:
    """What was handed in; `refused` says which of it could not be taken."""

    def __init__(self) -> None:
        self.note = ""
        self.photos: list[Media] = []
        self.refused: Text | None = None

    async def take(self, part: BodyPartReader, media: MediaStore) -> None:
        if part.name == "note":
            body = await whole(part, MOST_NOTE_BYTES)
            self.note = grammar.clean(body.decode("utf-8", "replace"), contractor.MOST_NOTE).strip()
        elif part.name == "photo":
            content = await whole(part, MOST_BYTES + 1)  # one too many, for the store to refuse
            if content:  # a field with nothing chosen comes as an empty file
                await self._keep(content, media)
        else:
            raise Trouble(400, UNREADABLE)

    async def _keep(self, content: bytes, media: MediaStore) -> None:
        if len(self.photos) == MOST_PHOTOS:
            raise Trouble(400, TOO_MANY)
        try:
            self.photos.append(await media.keep_photo(content))
        except BadMedia as bad:
            self.refused = cast(Text, bad.reason)


class ContractorDesk:
    """The addresses below `/fix/`."""

    def __init__(self, engine: Engine, media: MediaStore) -> None:
        self._engine = engine
        self._media = media
        self._pages = Pages(engine.rules.museum)
        self._limits = Limits()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PATH, self._safely(self._show)),
            web.post(PATH, self._safely(self._hand_in)),
            web.get(f"{PATH}/{{number:[0-9]{{1,2}}}}", self._safely(self._photo)),
        ]

    def _safely(self, handler: Handler) -> Handler:
        """`handler` behind the checks and headers that all share, its troubles said on a page."""

        async def safe(request: web.Request) -> web.StreamResponse:
            try:
                self._within(f"address:{address_of(request)}", PER_ADDRESS, 60)
                response = await handler(request)
            except Trouble as trouble:
                response = self._said(request, trouble)
            except Unavailable:
                response = self._said(request, Trouble(503, AWAY))
            response.headers.update(HEADERS)
            return response

        return safe

    def _within(self, key: str, most: int, seconds: float) -> None:
        if not self._limits.allow(key, most, seconds):
            raise Trouble(429, BUSY)

    def _said(self, request: web.Request, trouble: Trouble) -> web.Response:
        return _html(self._pages.sentence(trouble.sentence, self._tongue(request)), trouble.status)

    def _tongue(self, request: web.Request) -> Speech:
        return self._engine.tongue(language_of(request, self._engine.languages.default))

    async def _sheet(self, request: web.Request) -> contractor.Sheet:
        async with self._engine.database.reading() as db:
            sheet = await contractor.sheet(db, request.match_info["code"], utc_now())
        if sheet is None:
            raise Trouble(404, GONE)
        return sheet

    async def _show(self, request: web.Request) -> web.StreamResponse:
        sheet = await self._sheet(request)
        return _html(self._pages.sheet(sheet, request.match_info["code"], self._tongue(request)))

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        """One of the photos that the link shows, by its number from 1."""
        sheet, number = await self._sheet(request), int(request.match_info["number"])
        if not 1 <= number <= len(sheet.photos):
            raise Trouble(404, GONE)
        photo = sheet.photos[number - 1]
        path = self._media.path(photo["sha"])
        if not path.is_file():
            raise Trouble(404, GONE)
        return web.FileResponse(path, headers={"Content-Type": photo["mime"]})

    async def _hand_in(self, request: web.Request) -> web.StreamResponse:
        code, tongue = request.match_info["code"], self._tongue(request)
        if is_foreign(request, self._engine.rules.public_url):
            raise Trouble(403, _("This request came from another page and was not let in."))
        sheet = await self._sheet(request)
        self._within(f"link:{hashed(code)}", PER_LINK, 3600)
        handed = await self._read(request)
        wrong = handed.refused or contractor.wrong(handed.note, handed.photos)
        wrong = wrong or await self._commit(code, handed, tongue)
        if wrong is not None:
            return _html(self._pages.sheet(sheet, code, tongue, notice=wrong, note=handed.note), 400)
        # Relative, so that it stays below whatever path a proxy serves us at.
        return web.Response(status=303, headers={"Location": code})

    async def _read(self, request: web.Request) -> Handed:
        handed = Handed()
        if request.content_type != "multipart/form-data":
            raise Trouble(400, UNREADABLE)
        try:
            parts = await request.multipart()
            for _number in range(MOST_PARTS):
                part = await parts.next()
                if part is None:
                    return handed
                if not isinstance(part, BodyPartReader):
                    raise Trouble(400, UNREADABLE)
                await handed.take(part, self._media)
        except (ValueError, HttpProcessingError):  # what aiohttp raises for a body that is no multipart
            raise Trouble(400, UNREADABLE) from None
        raise Trouble(400, TOO_MANY)

    async def _commit(self, code: str, handed: Handed, tongue: Speech) -> Text | None:
        """Have the fix take effect; says why it did not, if so."""
        for _attempt in range(MOST_ATTEMPTS):
            try:
                return await self._committed(code, handed, tongue)
            except Exception as error:
                if not is_conflict(error):
                    raise
        raise Trouble(503, AWAY)

    async def _committed(self, code: str, handed: Handed, tongue: Speech) -> Text | None:
        engine, now = self._engine, utc_now()
        nobody = Me(0, 0, "", "", frozenset(), tongue.locale)
        async with engine.database.transaction() as db:
            work = Work(db, nobody, engine.rules, tongue, now, engine.routes, files=self._media)
            refused = await contractor.hand_in(work, code, handed.note, handed.photos)
            if refused is not None:
                return refused
            await endings.write(db, [work])
            parcels = [Parcel(work.sendings)]
            posted = await outbox.post(db, parcels, engine.languages, now, pulling=engine.pulling)
        engine.ring(posted.accounts)
        return None


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")
