"""A callback on its way: the XML that is posted, how it is signed and sealed, and how an answer is read.

https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html
https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
https://developer.work.weixin.qq.com/document/path/90238
"""

import secrets
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from tests.fakes.wechat_api.crypto import Box
from tests.fakes.wechat_api.rules import MAX_TEXT, Json, size

Mode = Literal["plain", "compat", "safe"]


class Odd(Exception):
    """An answer that is none: the provider shows the person that the account is out of order."""


@dataclass(frozen=True)
class Posted:
    """One request to the program."""

    query: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """A passive reply: MsgType and, of a text, its content, else the id of its file."""

    kind: str
    content: str


class Envelope:
    """Writes requests and reads answers in one mode. WeCom is not `signed`: it has `msg_signature` only."""

    def __init__(self, box: Box, mode: Mode, *, signed: bool) -> None:
        self.box = box
        self.mode = mode
        self.signed = signed

    def posted(self, fields: Json, at: float) -> Posted:
        """The request that tells of `fields`, with a nonce of its own each time."""
        plain = render(fields)
        query = self._query(at)
        if self.mode == "plain":
            return Posted(query, plain.encode())
        sealed = self.box.seal(plain.encode())
        query["msg_signature"] = self.box.sign(query["timestamp"], query["nonce"], sealed)
        if self.signed:
            query["encrypt_type"] = "aes"
        around: Json = {"ToUserName": fields["ToUserName"], "Encrypt": sealed}
        if not self.signed:
            around["AgentID"] = str(fields["AgentID"])
        return Posted(query, render(around if self.mode == "safe" else {**fields, **around}).encode())

    def verifying(self, at: float) -> tuple[dict[str, str], str]:
        """The query of the GET that checks the address, and the answer that is right."""
        secret = str(secrets.randbelow(10**18))
        query = self._query(at)
        if self.signed:
            return {**query, "echostr": secret}, secret
        sealed = self.box.seal(secret.encode())
        proof = self.box.sign(query["timestamp"], query["nonce"], sealed)
        return {**query, "msg_signature": proof, "echostr": sealed}, secret

    def answer(self, body: bytes, person: str, account: str) -> Answer | None:
        """The passive reply in an answer, None where there is none in it. Raises Odd."""
        if body in (b"", b"success"):
            return None
        fields = _fields(body)
        if "Encrypt" in fields:
            fields = _fields(self._opened(fields))
        elif self.mode == "safe":
            raise Odd("a plain answer in safe mode")
        if (fields.get("ToUserName"), fields.get("FromUserName")) != (person, account):
            raise Odd("an answer to somebody else")
        if not fields.get("CreateTime", "").isdigit():
            raise Odd("an answer of no time")
        return _content(fields)

    def _query(self, at: float) -> dict[str, str]:
        timestamp, nonce = str(int(at)), str(secrets.randbelow(10**10))
        query = {"timestamp": timestamp, "nonce": nonce}
        return {"signature": self.box.sign(timestamp, nonce), **query} if self.signed else query

    def _opened(self, fields: dict[str, str]) -> bytes:
        if self.mode == "plain":
            raise Odd("a sealed answer in plain mode")
        sealed = fields["Encrypt"]
        proof = self.box.sign(fields.get("TimeStamp", ""), fields.get("Nonce", ""), sealed)
        if fields.get("MsgSignature") != proof:
            raise Odd("an answer that is not signed")
        try:
            return self.box.open(sealed)
        except ValueError as error:
            raise Odd(str(error)) from error


def render(fields: Json) -> str:
    """The XML of a callback: words in CDATA, numbers bare, lists as elements of the same name."""
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def _element(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(inner, one) for inner, one in value.items())}</{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    return f"<{name}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def _fields(body: bytes) -> dict[str, str]:
    try:
        root = ElementTree.fromstring(body.decode("utf-8"))
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise Odd(f"no XML: {error}") from error
    if root.tag != "xml":
        raise Odd("no <xml> document")
    fields = {child.tag: child.text or "" for child in root}
    media = root.findtext("Image/MediaId") or root.findtext("Voice/MediaId")
    return {**fields, "MediaId": media} if media else fields


def _content(fields: dict[str, str]) -> Answer:
    kind = fields.get("MsgType", "")
    if kind == "text":
        text = fields.get("Content", "")
        if not text.strip() or size(text) > MAX_TEXT:
            raise Odd(f"a text of {size(text)} bytes")
        return Answer(kind, text)
    if kind in ("image", "voice") and "MediaId" in fields:
        return Answer(kind, fields["MediaId"])
    raise Odd(f"this fake does not model an answer of the type {kind!r}")
