"""The XML of WeChat and WeCom: posted messages into plain fields, and a text reply."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

# A leaf is text; an element with elements in it is a dict; a name that comes again is a list of its values.
Value: TypeAlias = "str | dict[str, Value] | list[Value]"
Fields: TypeAlias = "dict[str, Value]"

MOST_BYTES: Final = 2**20
MOST_ELEMENTS: Final = 500  # the largest known, nine pictures or a full card, have some 50
DEEPEST: Final = 8  # a card's chosen options lie five deep

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Malformed(Exception):
    """A body is no message; the text says why and quotes nothing of it."""


def fields(body: bytes) -> Fields:
    """What a message says, by the names of its elements: a leaf's value is its text, also where it is empty;
    that of an element with others in it (ScanCodeInfo) is Fields; one that comes several times (the `item` of
    a PicList) is a list.

    Raises Malformed for all but one `<xml>` element in UTF-8, of at most 1 MiB, without a DTD and without
    entities, that has fields.
    """
    if len(body) > MOST_BYTES:
        raise Malformed("too large")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Malformed("no UTF-8") from None
    parser = XMLParser(target=_Gatherer(), forbid_dtd=True)
    try:
        parser.feed(text)
        found = parser.close()
    except DefusedXmlException:
        raise Malformed("a DTD or entities") from None
    except ParseError:
        raise Malformed("no well-formed XML") from None
    if not isinstance(found, dict):
        raise Malformed("no fields")
    return found


def text_reply(to: str, sender: str, at: int, text: str) -> bytes:
    """The passive reply `text` to the person `to` from the account `sender`, made `at` seconds of Unix time.

    https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
    """
    return (
        f"<xml><ToUserName>{_cdata(to)}</ToUserName><FromUserName>{_cdata(sender)}</FromUserName>"
        f"<CreateTime>{at}</CreateTime><MsgType>{_cdata('text')}</MsgType>"
        f"<Content>{_cdata(text)}</Content></xml>"
    ).encode()


def _cdata(text: str) -> str:
    """`text` as a CDATA section that it cannot end, without the characters that no XML may have."""
    inner = _NOT_IN_XML.sub("\ufffd", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{inner}]]>"


@dataclass
class _Element:
    """An element while it is open."""

    name: str
    texts: list[str] = field(default_factory=list)
    children: dict[str, list[Value]] = field(default_factory=dict)

    def value(self) -> Value:
        text = "".join(self.texts)
        if not self.children:
            return text
        if text.strip():
            raise Malformed("text between elements")
        return {name: values[0] if len(values) == 1 else values for name, values in self.children.items()}


class _Gatherer:
    """What the parser tells of a document; it stops at the first thing that no message has."""

    def __init__(self) -> None:
        self._open: list[_Element] = []
        self._count = 0
        self._root: Value = ""

    def start(self, name: str, attributes: object) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise Malformed("too many elements")
        if len(self._open) == DEEPEST:
            raise Malformed("too deep")
        if not self._open and name != "xml":
            raise Malformed("another document")
        self._open.append(_Element(name))

    def data(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def end(self, name: str) -> None:
        value = self._open.pop().value()
        if self._open:
            self._open[-1].children.setdefault(name, []).append(value)
        else:
            self._root = value

    def close(self) -> Value:
        return self._root
