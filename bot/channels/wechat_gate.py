"""Who may come in at a callback: only what the provider signed, in the mode that was agreed with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, Protocol

from bot.channels.wechat_crypt import BadEnvelope, Envelope, is_signed
from bot.channels.wechat_fields import checked
from bot.channels.wechat_xml import Fields, Malformed, fields

Query = Mapping[str, str]  # of the callback's address
Mode = Literal["safe", "compat", "plain"]

_ECHO: Final = re.compile(r"[!-~]{1,1000}")


class Turned(Exception):
    """A call is turned away with the HTTP status, a 4xx; the text says why and quotes nothing of it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Letter(NamedTuple):
    """A message let in, and the envelope that a reply to it goes in, if it came in one."""

    fields: Fields
    envelope: Envelope | None


class Gate(Protocol):
    """`silence` is the answer that says: taken, and no reply in here."""

    silence: str

    def echo(self, query: Query) -> bytes:
        """What proves to the provider that this address is ours. Raises Turned."""
        ...

    def admit(self, query: Query, body: bytes) -> Letter:
        """What was posted. Raises Turned."""
        ...


class OfficialGate:
    """The Official Account's: `mode` as in the account's server settings, all but "plain" with an envelope.

    https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html
    """

    silence = "success"

    def __init__(self, token: str, mode: Mode, envelope: Envelope | None) -> None:
        if mode != "plain" and envelope is None:
            raise ValueError(f"{mode} needs an envelope")
        self._token = token
        self._mode = mode
        self._envelope = envelope

    def echo(self, query: Query) -> bytes:
        """`echostr` as it is, whatever the mode."""
        _demand_signed(query, "signature", self._token)
        echo = query.get("echostr", "")
        if not _ECHO.fullmatch(echo):
            raise Turned(400, "no echostr")
        return echo.encode()

    def admit(self, query: Query, body: bytes) -> Letter:
        """In its envelope, or plain where the mode allows it."""
        if query.get("encrypt_type") == "aes":
            if self._mode == "plain" or self._envelope is None:
                raise Turned(403, "encrypted, and the mode is plain")
            return _from_envelope(query, body, self._token, self._envelope)
        if self._mode == "safe":
            raise Turned(403, "not encrypted, and the mode is safe")
        _demand_signed(query, "signature", self._token)
        return Letter(_read(body), None)


class WeComGate:
    """A WeCom app's: everything comes in an envelope, the proof of the address too.

    https://developer.work.weixin.qq.com/document/path/90930
    """

    silence = ""

    def __init__(self, token: str, envelope: Envelope) -> None:
        self._token = token
        self._envelope = envelope

    def echo(self, query: Query) -> bytes:
        """What is in the envelope that is `echostr`."""
        encrypted = query.get("echostr", "")
        _demand_signed(query, "msg_signature", self._token, encrypted)
        return _opened(self._envelope, encrypted)[0]

    def admit(self, query: Query, body: bytes) -> Letter:
        """In its envelope."""
        return _from_envelope(query, body, self._token, self._envelope)


def _demand_signed(query: Query, name: str, token: str, *more: str) -> None:
    """Raises Turned unless the parameter `name` is the signature of this call and of `more`."""
    try:
        shown, timestamp, nonce = query[name], query["timestamp"], query["nonce"]
    except KeyError:
        raise Turned(400, "not signed") from None
    if not is_signed(shown, token, timestamp, nonce, *more):
        raise Turned(403, "wrong signature")


def _from_envelope(query: Query, body: bytes, token: str, envelope: Envelope) -> Letter:
    encrypted = _encrypted_in(body)
    _demand_signed(query, "msg_signature", token, encrypted)
    message, replying = _opened(envelope, encrypted)
    return Letter(_read(message), replying)


def _encrypted_in(body: bytes) -> str:
    """What stands in the last Encrypt element, found without parsing: until then nothing is signed. In compat
    mode somebody's own text stands before it.
    """
    before, _opening, rest = body.rpartition(b"<Encrypt>")
    inner, closing, _after = rest.partition(b"</Encrypt>")
    if not before or not closing:
        raise Turned(400, "no Encrypt")
    return inner.strip().removeprefix(b"<![CDATA[").removesuffix(b"]]>").decode("latin-1")


def _opened(envelope: Envelope, encrypted: str) -> tuple[bytes, Envelope]:
    try:
        return envelope.opened(encrypted)
    except BadEnvelope as bad:
        raise Turned(400, f"bad envelope: {bad}") from None


def _read(message: bytes) -> Fields:
    try:
        return checked(fields(message))
    except Malformed as bad:
        raise Turned(400, f"malformed: {bad}") from None
