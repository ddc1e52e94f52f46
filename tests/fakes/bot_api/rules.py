"""What the Bot API accepts from a bot and the words it refuses the rest with, as pure functions.

Sources: the Bot API documentation for the limits, the public source of the Bot API server and of TDLib
for the order of the checks and the wording of the errors.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MAX_TEXT = 4096  # UTF-16 units, after entities are parsed
MAX_CAPTION = 1024
CALLBACK_LIFE = 150  # seconds a tap can be delivered and answered


class ApiError(Exception):
    """A refusal: HTTP status and `error_code`, `description`, and `retry_after` in seconds for a 429."""

    def __init__(self, code: int, description: str, retry_after: int = 0) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad(description: str) -> ApiError:
    """A 400 with the prefix the server puts before every such description."""
    return ApiError(400, f"Bad Request: {description}")


def too_many(retry_after: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after)


@dataclass(frozen=True)
class Upload:
    """A file of a multipart request."""

    name: str
    data: bytes
    mime: str


@dataclass(frozen=True)
class Params:
    """A method's arguments. The server takes every argument as text: nested JSON stays JSON text."""

    args: Mapping[str, str]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.args.get(name, "")

    def integer(self, name: str, default: int = 0, low: int | None = None, high: int | None = None) -> int:
        """Leading digits, as the server reads them, else `default`; clamped, never refused."""
        found = re.match(r"-?\d+", self.text(name))
        value = int(found.group()) if found else default
        value = value if low is None else max(low, value)
        return value if high is None else min(high, value)

    def truth(self, name: str) -> bool:
        return self.text(name).lower() in {"true", "yes", "1"}

    def loads(self, name: str, error: str) -> Any:
        """The JSON value of an argument, or None when it is absent; raises 400 `error` on broken JSON."""
        if not self.text(name):
            return None
        try:
            return json.loads(self.text(name))
        except ValueError:
            raise bad(error) from None


def as_args(given: Json) -> dict[str, str]:
    """JSON members as the server reads them: strings as they are, anything else as JSON text."""
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in given.items()
        if value is not None
    }


def units(text: str) -> int:
    """Length in UTF-16 code units, which is how Telegram counts text, captions and entities."""
    return len(text.encode("utf-16-le")) // 2


_OFFENDING: dict[int, str | None] = {
    **{code: " " for code in range(32) if code != ord("\n")},
    ord("\r"): None,
    **dict.fromkeys(range(0x2028, 0x202F)),
}


def clean(text: str) -> str:
    """Control characters become spaces; carriage returns and U+2028-202E (RLO among them) are dropped."""
    return text.translate(_OFFENDING)


def body_text(params: Params) -> tuple[str, list[Json]]:
    """`text` with its entities: 1-4096 units once cleaned and trimmed, else 400."""
    if not params.text("text"):
        raise bad("message text is empty")
    text, entities = _formatted(params, "text", "entities")
    if not text:
        raise bad("text must be non-empty")
    if units(text) > MAX_TEXT:
        raise bad("message is too long")
    return text, entities


def caption_text(params: Params) -> tuple[str, list[Json]]:
    """`caption` with its entities: 0-1024 units, else 400."""
    text, entities = _formatted(params, "caption", "caption_entities")
    if units(text) > MAX_CAPTION:
        raise bad("message caption is too long")
    return text, entities


def _formatted(params: Params, field_name: str, entities_field: str) -> tuple[str, list[Json]]:
    mode = params.text("parse_mode").lower()
    raw = clean(params.text(field_name))
    if mode in {"markdown", "markdownv2"}:
        raise ApiError(501, f"Not Implemented: this fake does not model parse_mode {mode}")
    if mode not in {"", "none", "html"}:
        raise bad("unsupported parse_mode")
    if mode == "html":
        return _trimmed(*_parse_html(raw))
    entities = params.loads(entities_field, "can't parse entities JSON object") or []
    for entity in entities:
        _check_entity(entity, units(raw))
    return _trimmed(raw, entities)


def _check_entity(entity: Json, size: int) -> None:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    if start < 0:
        raise bad(f"receive an entity with incorrect offset {start}")
    if start > size:
        raise bad(f"entity begins after the end of the text at UTF-16 offset {start}")
    if end > size:
        raise bad(
            f"entity beginning at UTF-16 offset {start} ends after the end of the text at UTF-16 offset {end}"
        )


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    size, kept = units(text), []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        length = min(size, entity["offset"] + entity["length"] - lead) - start
        if length > 0:
            kept.append({**entity, "offset": start, "length": length})
    return text, sorted(kept, key=lambda e: (e["offset"], -e["length"]))


_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "tg-spoiler": "spoiler", "blockquote": "blockquote",
}  # fmt: skip
_TOKEN = re.compile(
    r"<(?P<end>/?)(?P<tag>[^\s<>/]*)(?P<rest>[^<>]*)>?|&(?P<ref>lt|gt|amp|quot|#\d+);|[^<&]+|&"
)
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def _parse_html(raw: str) -> tuple[str, list[Json]]:
    """The HTML subset of the Bot API; raises 400 for an unknown, unmatched or unclosed tag."""
    text, entities = "", []
    opened: list[tuple[str, str, int]] = []
    for token in _TOKEN.finditer(raw):
        at = len(raw[: token.start()].encode())
        tag = (token["tag"] or "").lower()
        if token["ref"]:
            text += _NAMED.get(token["ref"]) or chr(int(token["ref"][1:]))
        elif token["tag"] is None:
            text += token[0]
        elif not token["end"]:
            if tag not in _TAGS:
                raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {at}')
            opened.append((tag, token["rest"], units(text)))
        else:
            entities.append(_closed(opened, tag, at, text))
    if opened:
        raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{opened[-1][0]}\"")
    return text, [entity for entity in entities if entity["length"]]


def _closed(opened: list[tuple[str, str, int]], tag: str, at: int, text: str) -> Json:
    if not opened:
        raise bad(f"can't parse entities: Unexpected end tag at byte offset {at}")
    name, rest, start = opened.pop()
    if tag not in {"", name}:
        found = f'expected "</{name}>", found "</{tag}>"'
        raise bad(f"can't parse entities: Unmatched end tag at byte offset {at}, {found}")
    entity: Json = {"type": _TAGS[name], "offset": start, "length": units(text) - start}
    link = re.search(r"""href\s*=\s*["']?([^"'\s>]+)""", rest)
    if name == "a" and link:
        entity["url"] = link.group(1)
    return entity
