"""What a person sends over the web chat: read, checked and kept, then handed on as an update."""

from __future__ import annotations

import json
from typing import Annotated, Any, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.channels.web_http import Trouble
from bot.channels.web_session import name_of
from bot.errors import BadMedia
from bot.media import MOST_BYTES, MediaStore
from bot.messages import Sender, Update
from handlers.kit import grammar
from handlers.kit.messages import Input, Location, Media
from handlers.kit.words import Text, _

CHANNEL = "web"
MOST_TEXT = 10_000  # characters
MOST_JSON = 256 * 1024  # bytes: room for that text with every character escaped
MOST_DRAINED = 64 * 1024 * 1024  # bytes of one part that are read only to be able to answer
MOST_PHOTOS = 9

TOO_LONG = _(
    "This is too long for one message: at most {most} characters fit. Please send it in several parts.",
    most=MOST_TEXT,
)
UNREADABLE = _("This message could not be read. Please send it again.")
EMPTY = _("There was nothing in this message. Please write something, or send a photo.")
TOO_MANY = _(
    "At most {most} photos fit in one message. Please send the others in another one.",
    most=MOST_PHOTOS,
)


def _clean(value: object) -> object:
    """Text without what no database takes (see `grammar.clean`), not shortened: that is refused later."""
    return grammar.clean(value, len(value)) if isinstance(value, str) else value


Clean = Annotated[str, BeforeValidator(_clean)]


class Where(BaseModel):
    """A place on earth in degrees, as browsers report it; accuracy in metres."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy: Annotated[float, Field(ge=0)] | None = None


class Posted(BaseModel):
    """The JSON of a message, as docs/api.md describes it."""

    model_config = ConfigDict(frozen=True, strict=True)

    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    text: Clean = ""
    data: Annotated[Clean, Field(max_length=64)] | None = None
    tapped: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    reply_to: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    location: Where | None = None
    link: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    quiet: bool = False
    locale: Annotated[str, Field(pattern=r"^[A-Za-z_-]{2,20}$")] | None = None

    def update(self, account: str, given: Input, locale: str) -> Update:
        """The update of `account` that this message is."""
        return Update(
            channel=CHANNEL,
            external_id=self.mark(account),
            sender=Sender(account, locale=locale),
            input=given,
            tapped=str(self.tapped) if self.tapped else None,
            replied_to=str(self.reply_to) if self.reply_to else None,
            link=self.link,
            quiet=self.quiet,
            raw=self.model_dump(exclude_none=True),
        )

    def mark(self, account: str) -> str:
        """What makes a second delivery of the same message known as such."""
        return f"{name_of(account)}:{self.client_id}"

    def given(self, media: Kept) -> Input:
        """What the person did. Raises Trouble where it was nothing at all."""
        where = self.location
        given = Input(
            text=self.text,
            data=self.data,
            photos=tuple(media.photos),
            voice=media.voice,
            location=Location(where.latitude, where.longitude, where.accuracy) if where else None,
            refused=media.refused,
        )
        if given.empty and self.link is None and given.refused is None:
            raise Trouble(400, EMPTY)
        return given


class Kept:
    """The media of one message: kept, or refused with the reason for the person who sent them."""

    def __init__(self, store: MediaStore) -> None:
        self._store = store
        self.photos: list[Media] = []
        self.voice: Media | None = None
        self.refused: Text | None = None

    async def take(self, parts: MultipartReader) -> None:
        """Keep the photos and the recording of a multipart body. Raises Trouble for more than fit."""
        seen = 0
        while (part := await parts.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name not in {"photo", "voice"}:
                raise Trouble(400, UNREADABLE)
            seen += 1
            if seen > MOST_PHOTOS + 1 or (part.name == "photo" and len(self.photos) == MOST_PHOTOS):
                raise Trouble(400, TOO_MANY)
            await self._take(part)

    async def _take(self, part: BodyPartReader) -> None:
        content = await whole(part, MOST_BYTES + 1)  # one too many, for the store to refuse
        try:
            if part.name == "photo":
                self.photos.append(await self._store.keep_photo(content))
            else:
                self.voice = await self._store.keep_voice(content, part.headers.get("Content-Type", ""))
        except BadMedia as bad:
            self.refused = cast(Text, bad.reason)


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request's body, empty without one. Raises Trouble for anything else."""
    body = await whole(request.content, MOST_JSON + 1)
    value = _parsed(body or b"{}")
    if not isinstance(value, dict):
        raise Trouble(400, UNREADABLE)
    return value


async def read_posted(request: web.Request) -> Posted:
    """The message of a plain JSON request. Raises Trouble."""
    return _posted(await whole(request.content, MOST_JSON + 1))


async def read_first_part(parts: MultipartReader) -> Posted:
    """The message of a multipart request, whose first part it must be. Raises Trouble."""
    part = await parts.next()
    if not isinstance(part, BodyPartReader) or part.name != "message":
        raise Trouble(400, UNREADABLE)
    return _posted(await whole(part, MOST_JSON + 1))


async def drain(parts: MultipartReader) -> None:
    """Read what is left of a body and forget it."""
    while (part := await parts.next()) is not None:
        await part.release()


def _posted(body: bytes) -> Posted:
    value = _parsed(body)
    if isinstance(value, dict) and isinstance(value.get("text"), str) and len(value["text"]) > MOST_TEXT:
        raise Trouble(413, TOO_LONG)
    try:
        return Posted.model_validate(value)
    except ValidationError:
        raise Trouble(400, UNREADABLE) from None


def _parsed(body: bytes) -> Any:
    if len(body) > MOST_JSON:
        raise Trouble(413, TOO_LONG)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Trouble(400, UNREADABLE) from None


async def whole(source: StreamReader | BodyPartReader, most: int) -> bytes:
    """The first `most` bytes of a body; what goes beyond is read and forgotten, so that its sender, who
    listens only when all is sent, hears the answer. Raises Trouble where there is no end to it."""
    body = bytearray()
    size = 0
    while chunk := await _chunk(source):
        size += len(chunk)
        if size > MOST_DRAINED:
            raise Trouble(413, TOO_LONG)
        body += chunk[: most - len(body)]
    return bytes(body)


async def _chunk(source: StreamReader | BodyPartReader) -> bytes:
    if isinstance(source, StreamReader):
        return await source.readany()
    return await source.read_chunk(2**16)
