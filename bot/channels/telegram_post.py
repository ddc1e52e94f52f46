"""Sends a message: edits the one it replaces, or sends its photos, its file and its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from telegram import InputFile, InputMediaPhoto
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram_api import Api
from bot.channels.telegram_draw import Drawn, Keyboard, drawn
from bot.channels.telegram_errors import send_error
from bot.channels.telegram_files import Store, content_of
from bot.errors import Refused
from bot.messages import FileJson, Payload

MOST_IN_AN_ALBUM: Final = 10
# Telegram's words for a message that can be edited no more, or is a photo; then a new one is sent.
NOT_EDITABLE: Final = ("to edit not found", "can't be edited", "no text in the message", "message_id_invalid")


class Post:
    """Takes rendered messages to people's chats."""

    def __init__(self, api: Api, store: Store) -> None:
        self._api = api
        self._store = store

    async def send(self, to: str, payload: Payload) -> str:
        """Deliver `payload` to the person with this Telegram id; returns the id of the (last) message.

        Raises a SendError. A message of several parts that fails in the middle is sent whole next time.
        """
        if not to.isdecimal():
            raise Refused(f"{to!r} is no Telegram id")
        try:
            return await self._send(int(to), payload, drawn(payload))
        except TelegramError as error:
            raise send_error(error) from error

    async def _send(self, chat: int, payload: Payload, message: Drawn) -> str:
        photos, file, replaces = payload["photos"], payload["file"], payload["replaces"]
        if replaces and not photos and file is None and await self._edit(chat, replaces, message):
            return replaces
        attachments = len(photos) + (file is not None)
        if attachments == 1 and message.is_caption:
            caption = next(iter(message.pieces), None)
            return await self._attach(chat, photos, file, caption=caption, reply_markup=message.keyboard)
        sent = await self._attach(chat, photos, file) if attachments else ""
        if not message.pieces and not sent:
            raise Refused("there is nothing in this message")
        for piece in message.pieces:
            sent = await self._say(chat, piece, message.keyboard if piece is message.pieces[-1] else None)
        return sent

    async def _say(self, chat: int, text: str, keyboard: Keyboard | None) -> str:
        return await self._sent("sendMessage", chat, text=text, reply_markup=keyboard, **_NO_PREVIEW)

    async def _edit(self, chat: int, message_id: str, message: Drawn) -> bool:
        """Change a message in place; False if that cannot be done."""
        if len(message.pieces) != 1 or not message_id.isdecimal():
            return False
        new: dict[str, Any] = {"text": message.pieces[0], "reply_markup": message.keyboard, **_NO_PREVIEW}
        try:
            await self._api.call("editMessageText", chat_id=chat, message_id=int(message_id), **new)
        except BadRequest as error:
            why = error.message.lower()
            if any(words in why for words in NOT_EDITABLE):
                return False
            if "message is not modified" not in why:
                raise
        return True

    async def _attach(
        self, chat: int, photos: Sequence[FileJson], file: FileJson | None, **under: Any
    ) -> str:
        """Send photos and a file; `under` is the caption and keyboard where there is only one of them."""
        sent = ""
        for start in range(0, len(photos), MOST_IN_AN_ALBUM):
            album = photos[start : start + MOST_IN_AN_ALBUM]
            if len(album) == 1:
                sent = await self._sent("sendPhoto", chat, photo=await self._upload(album[0]), **under)
            else:
                media = [InputMediaPhoto(await self._upload(photo, attach=True)) for photo in album]
                sent = await self._sent("sendMediaGroup", chat, media=media)
        if file is not None:
            sent = await self._sent("sendDocument", chat, document=await self._upload(file), **under)
        return sent

    async def _sent(self, method: str, chat: int, **arguments: Any) -> str:
        ask = self._api.call if method == "sendMessage" else self._api.upload
        result = await ask(method, chat_id=chat, **arguments)
        message = result[-1] if isinstance(result, list) else result
        return str(message["message_id"])

    async def _upload(self, file: FileJson, *, attach: bool = False) -> InputFile:
        content = await content_of(self._store, file)
        upload = InputFile(content, filename=_file_name(file), attach=attach)
        upload.mimetype = file["mime"]
        return upload


def as_answer(to: str, payload: Payload) -> dict[str, Any] | None:
    """`payload` as a method that the answer to a webhook's call can carry, or None for what takes more than
    one call, or may turn out to be impossible: nobody learns what comes of it.

    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    if payload["photos"] or payload["file"] is not None:
        return None
    message = drawn(payload)
    if len(message.pieces) != 1:
        return None
    replaces = payload["replaces"]
    what: dict[str, Any] = {
        "method": "sendMessage",
        "chat_id": int(to),
        "text": message.pieces[0],
        **_NO_PREVIEW,
    }
    if replaces is not None:
        what |= {"method": "editMessageText", "message_id": int(replaces)}
    return what | {"reply_markup": message.keyboard} if message.keyboard else what


_NO_PREVIEW: Final = {"link_preview_options": {"is_disabled": True}}


def _file_name(file: FileJson) -> str:
    """A name that cannot break out of its header."""
    name = "".join(char for char in file["name"] if char.isprintable() and char not in '"\\/')
    return name or f"{file['sha'][:12]}.{file['mime'].rpartition('/')[2]}"
