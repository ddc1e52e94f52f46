"""Reading a Bot API request and writing its answer: every body the server takes, and its refusals."""

import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from tests.fakes.bot_api.rules import ApiError, Json, Params, Upload, as_args, bad

FORM = "application/x-www-form-urlencoded"
_NOT_IN_AN_ANSWER = {"setwebhook", "deletewebhook", "close", "logout"}


async def read_params(request: web.Request) -> Params:
    """The arguments of a call: query string, then JSON, form or multipart body; raises 400."""
    args, files = dict(request.query), {}
    try:
        if request.content_type == "application/json":
            args |= _json_args(await request.read())
        elif request.content_type == FORM:
            args |= _form_args(await request.read())
        elif request.content_type == "multipart/form-data":
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader) or not part.name:
                    continue
                data = bytes(await part.read())
                if part.filename is None:
                    args[part.name] = data.decode()
                else:
                    mime = part.headers.get("Content-Type", "application/octet-stream")
                    files[part.name] = Upload(part.filename, data, mime)
    except UnicodeError:
        raise bad("strings must be encoded in UTF-8") from None
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    return Params(args, files)


def read_answer(content_type: str, body: bytes) -> tuple[str, Params]:
    """The method call that a bot put into its answer to an update, ("", ...) where it put none.

    Raises 400 for what Telegram would ignore without a word: what cannot be read, JSON under another content
    type, and the methods that it takes by a request only (its WebhookActor.cpp).
    """
    try:
        args = _form_args(body) if content_type == FORM else {}
        args = _json_args(body) if content_type == "application/json" else args
    except UnicodeError:
        raise bad("strings must be encoded in UTF-8") from None
    if not args and content_type != "application/json" and body.lstrip().startswith(b"{"):
        raise bad(f"a method call as {content_type}")
    method = args.pop("method", "")
    if method.lower() in _NOT_IN_AN_ANSWER or method.lower().startswith("get"):
        raise bad(f"{method} is not for an answer")
    return method, Params(args)


def _form_args(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))


def _json_args(body: bytes) -> dict[str, str]:
    text = body.decode()
    if not text:
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise bad(f"can't parse parameters: {error}") from None
    if not isinstance(given, dict):
        raise bad("JSON object expected")
    args = as_args(given)
    json.dumps(args, ensure_ascii=False).encode()  # a lone surrogate cannot be UTF-8
    return args


def accepted(result: Any, description: str) -> web.Response:
    note = {"description": description} if description else {}
    return web.json_response({"ok": True, "result": result, **note})


def refused(error: ApiError) -> web.Response:
    """The HTTP status repeats `error_code`; a 429 says twice how long to wait."""
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.retry_after:
        body["parameters"] = {"retry_after": error.retry_after}
        headers["Retry-After"] = str(error.retry_after)
    return web.json_response(body, status=error.code, headers=headers)
