"""The methods of the Bot API by which a bot writes to people, with every refusal the provider knows."""

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.bot_api.markup import Profile, inline_markup, reply_markup
from tests.fakes.bot_api.rules import (
    CALLBACK_LIFE,
    ApiError,
    Json,
    Params,
    Upload,
    bad,
    body_text,
    caption_text,
)
from tests.fakes.bot_api.world import Chat, Message, Stored, Toast, World, copied, is_image

DELETE_LIFE = 48 * 3600
MAX_TOAST = 200
MAX_DOWNLOAD = 20 * 2**20
MAX_PHOTO = 10 * 2**20
ALBUM = range(2, 11)

_CHAT_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


class Methods:
    """Every method but getUpdates and the webhook ones; `call` takes a name in any case."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.profile = Profile()
        self._table: dict[str, Callable[[Params], Any]] = {
            "getme": lambda _: world.bot,
            "sendmessage": self._send_message,
            "sendphoto": lambda p: self._send_file(p, "photo"),
            "senddocument": lambda p: self._send_file(p, "document"),
            "sendvoice": lambda p: self._send_file(p, "voice"),
            "sendmediagroup": self._send_album,
            "sendchataction": self._send_action,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete,
            "answercallbackquery": self._answer_callback,
            "getfile": self._get_file,
            "setmycommands": self.profile.set_commands,
            "getmycommands": self.profile.get_commands,
            "deletemycommands": self.profile.delete_commands,
            "setmydescription": self.profile.set_description,
            "setmyshortdescription": self.profile.set_short_description,
            "setchatmenubutton": self._menu_button,
        }

    def knows(self, method: str) -> bool:
        return method.lower() in self._table

    def call(self, method: str, params: Params) -> Any:
        """The method's result as JSON values; raises ApiError."""
        try:
            return copied(self._table[method.lower()](params))
        except (AttributeError, KeyError, TypeError) as error:  # nested JSON of an unforeseen shape
            raise bad(f"can't parse the arguments of {method}: {error!r}") from error

    # -- who and what -----------------------------------------------------------------------------------

    def _chat(self, params: Params, *, to_write: bool = False) -> Chat:
        raw = params.text("chat_id")
        if not raw:
            raise bad("chat_id is empty")
        chat = self.world.chats.get(int(raw)) if re.fullmatch(r"-?\d+", raw) else None
        if chat is None or not chat.known:
            raise bad("chat not found")
        if to_write and chat.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def _reply(self, params: Params, chat: Chat) -> Json:
        """The `reply_to_message` part of a new message: empty when it is no reply."""
        given = params.loads("reply_parameters", "can't parse reply parameters JSON object")
        if given is None and not params.text("reply_to_message_id"):
            return {}
        if given is None:
            wanted = params.integer("reply_to_message_id")
            lenient = params.truth("allow_sending_without_reply")
        elif "message_id" not in given:
            raise bad('can\'t find field "message_id"')
        else:
            wanted, lenient = given["message_id"], bool(given.get("allow_sending_without_reply"))
        target = chat.find(wanted)
        if target is None and not lenient:
            raise bad("message to be replied not found")
        if target is None:
            return {}
        return {"reply_to_message": {k: v for k, v in target.raw.items() if k != "reply_to_message"}}

    def _own(self, params: Params, what: str) -> tuple[Chat, Message]:
        """The bot's message an edit is about."""
        chat = self._chat(params)
        message = chat.find(params.integer("message_id"))
        if message is None:
            raise bad(f"{what} not found")
        is_inline = message.markup is None or "inline_keyboard" in message.markup
        if not message.from_bot or not is_inline:
            raise bad("message can't be edited")
        return chat, message

    # -- sending ----------------------------------------------------------------------------------------

    def _post(
        self, params: Params, chat: Chat, content: Json, files: list[Stored], markup: Json | None
    ) -> Json:
        content = {**self._reply(params, chat), **content}
        if markup and "inline_keyboard" in markup:
            content["reply_markup"] = markup
        message = self.world.post(chat, self.world.bot, content, files)
        message.markup = markup
        return message.raw

    def _send_message(self, params: Params) -> Json:
        text, entities = body_text(params)
        markup = reply_markup(params)
        chat = self._chat(params, to_write=True)
        return self._post(params, chat, _with_entities("text", text, entities), [], markup)

    def _send_file(self, params: Params, kind: str) -> Json:
        if not params.text(kind) and kind not in params.files:
            raise bad(f"there is no {kind} in the request")
        caption, entities = caption_text(params)
        markup = reply_markup(params)
        chat = self._chat(params, to_write=True)
        files = self._input_file(params, kind, params.text(kind) or f"attach://{kind}")
        content = {kind: _media(kind, files), **_with_entities("caption", caption, entities)}
        return self._post(params, chat, content, files, markup)

    def _send_album(self, params: Params) -> list[Json]:
        items = params.loads("media", "can't parse media JSON object") or []
        if len(items) not in ALBUM:
            raise bad("too many messages to send as an album" if items else "there are no messages to send")
        contents = [self._album_item(params, item) for item in items]
        chat = self._chat(params, to_write=True)
        group = {"media_group_id": str(self.world.changes.count + 10**16)}
        return [self._post(params, chat, {**group, **part}, files, None) for part, files in contents]

    def _album_item(self, params: Params, item: Json) -> tuple[Json, list[Stored]]:
        kind = item.get("type", "")
        if kind not in {"photo", "document"}:
            raise bad("can't use the media of the specified type in the album")
        caption, entities = caption_text(Params({k: v for k, v in item.items() if isinstance(v, str)}))
        files = self._input_file(params, kind, item.get("media", ""))
        return {kind: _media(kind, files), **_with_entities("caption", caption, entities)}, files

    def _input_file(self, params: Params, kind: str, given: str) -> list[Stored]:
        """A file named by `file_id`, or uploaded in the part that `attach://<part>` names."""
        if given.startswith("attach://"):
            upload = params.files.get(given.removeprefix("attach://"))
            if upload is None:
                raise bad(f"there is no {kind} in the request")
            return self._uploaded(kind, upload)
        if given.startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        stored = self.world.files.by_id(given)
        if stored is None:
            raise bad("wrong file identifier/HTTP URL specified")
        if stored.kind != kind:
            raise bad(f"can't use file of type {stored.kind.capitalize()} as {kind.capitalize()}")
        return self.world.files.photo(given) if kind == "photo" else [stored]

    def _uploaded(self, kind: str, upload: Upload) -> list[Stored]:
        size = len(upload.data)
        if not size:
            raise bad("file must be non-empty")
        if kind != "photo":
            about: Json = {"mime_type": upload.mime}
            about |= {"file_name": upload.name} if kind == "document" else {"duration": 1}
            return [self.world.files.add(kind, upload.data, "", about)]
        if size > MAX_PHOTO:
            limit = f"the maximum size is {MAX_PHOTO} bytes"
            raise bad(f"file of size {size} bytes is too big for a photo; {limit}")
        if not is_image(upload.data):
            raise bad("IMAGE_PROCESS_FAILED")
        return self.world.files.add_photo(upload.data)

    def _send_action(self, params: Params) -> bool:
        if params.text("action").lower() not in _CHAT_ACTIONS:
            raise bad("wrong parameter action in request")
        self._chat(params, to_write=True)
        return True

    # -- changing what was sent -------------------------------------------------------------------------

    def _edit_text(self, params: Params) -> Json:
        text, entities = body_text(params)
        markup = inline_markup(params)
        _, message = self._own(params, "message to edit")
        if "text" not in message.raw:
            raise bad("there is no text in the message to edit")
        return self._replace(message, ("text", "entities"), _with_entities("text", text, entities), markup)

    def _edit_caption(self, params: Params) -> Json:
        caption, entities = caption_text(params)
        markup = inline_markup(params)
        _, message = self._own(params, "message to edit")
        if not message.files:
            raise bad("there is no caption in the message to edit")
        new = _with_entities("caption", caption, entities)
        return self._replace(message, ("caption", "caption_entities"), new, markup)

    def _edit_markup(self, params: Params) -> Json:
        markup = inline_markup(params)
        _, message = self._own(params, "message to edit")
        return self._replace(message, (), {}, markup)

    def _replace(self, message: Message, fields: tuple[str, ...], new: Json, markup: Json | None) -> Json:
        new = {**new, **({"reply_markup": markup} if markup else {})}
        fields = (*fields, "reply_markup")
        if {name: message.raw[name] for name in fields if name in message.raw} == new:
            same = "specified new message content and reply markup are exactly the same as"
            raise bad(f"message is not modified: {same} a current content and reply markup of the message")
        for name in fields:
            message.raw.pop(name, None)
        message.raw.update(new, edit_date=int(self.world.clock.now()))
        message.markup = markup
        message.edited += 1
        self.world.touch(message)
        return message.raw

    def _delete(self, params: Params) -> bool:
        chat = self._chat(params)
        message = chat.find(params.integer("message_id"))
        if message is None:
            raise bad("message to delete not found")
        if self.world.clock.now() - message.raw["date"] > DELETE_LIFE:
            raise bad("message can't be deleted")
        message.deleted = True
        self.world.touch(message)
        return True

    # -- the rest ---------------------------------------------------------------------------------------

    def _answer_callback(self, params: Params) -> bool:
        """Strict where the documentation is silent: a query can be answered only once."""
        if len(params.text("text")) > MAX_TOAST:
            raise bad("MESSAGE_TOO_LONG")
        query_id = params.text("callback_query_id")
        query = self.world.callbacks.get(query_id)
        if query is None or query.answered or self.world.clock.now() - query.born > CALLBACK_LIFE:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        query.answered = True
        query.chat.toasts.append(Toast(query_id, params.text("text"), params.truth("show_alert")))
        self.world.changes.notify()
        return True

    def _get_file(self, params: Params) -> Json:
        stored = self.world.files.by_id(params.text("file_id"))
        if stored is None:
            raise bad("invalid file_id")
        if len(stored.data) > MAX_DOWNLOAD:
            raise bad("file is too big")
        ids = {key: stored.json()[key] for key in ("file_id", "file_unique_id", "file_size")}
        return {**ids, "file_path": stored.path}

    def _menu_button(self, params: Params) -> bool:
        chat_id = self._chat(params).id if params.text("chat_id") else 0
        return self.profile.set_menu_button(params, chat_id)


def _with_entities(name: str, text: str, entities: list[Json]) -> Json:
    if not text:
        return {}
    key = "entities" if name == "text" else f"{name}_entities"
    return {name: text, **({key: entities} if entities else {})}


def _media(kind: str, files: list[Stored]) -> Any:
    return [size.json() for size in files] if kind == "photo" else files[0].json()
