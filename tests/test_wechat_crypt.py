"""Envelopes of WeChat and WeCom: the provider's own published vectors byte for byte, and all that is none."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_crypt import BadEnvelope, Envelope, is_signed, signature

VECTORS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "fixtures" / "wechat_vectors.json").read_text(encoding="utf-8")
)
SEALED = [name for name, vector in VECTORS.items() if "encrypt" in vector]
KEY, OTHER_KEY = "k" * 42 + "w", "Other0123456789abcdefghijklmnopqrstuvwxyzAg"
RECEIVER = "wx5823bf96d3bd56c7"
HELLO = "<xml>你好</xml>".encode()


def envelope_of(vector: dict[str, str]) -> Envelope:
    return Envelope(vector["token"], vector["aes"], vector["appid"])


def plain_of(aes_key: str, encrypted: str) -> bytes:
    """All that was encrypted, salt and padding included, without the code under test."""
    key = base64.b64decode(aes_key + "=")
    decryptor = Cipher(AES256(key), CBC(key[:16])).decryptor()
    return decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()


def sealed_by_hand(padded: bytes, aes_key: str = KEY) -> str:
    """`padded` encrypted as it stands."""
    key = base64.b64decode(aes_key + "=")
    encryptor = Cipher(AES256(key), CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def packed(message: bytes, receiver: str = RECEIVER, length: int | None = None) -> bytes:
    """Salt, length, message and receiver, padded."""
    stated = len(message) if length is None else length
    plain = b"s" * 16 + stated.to_bytes(4, "big") + message + receiver.encode()
    padding = 32 - len(plain) % 32
    return plain + bytes([padding]) * padding


def encrypted_in(sealed: str) -> str:
    (encrypted,) = re.findall(r"<Encrypt><!\[CDATA\[(.*?)\]\]></Encrypt>", sealed)
    return str(encrypted)


@pytest.fixture
def envelope() -> Envelope:
    return Envelope("token", KEY, RECEIVER)


def test_the_published_signature_of_a_plain_call() -> None:
    """The provider's published example of a plaintext callback."""
    vector = VECTORS["A_doc_signature_plain"]
    assert signature(vector["token"], vector["timestamp"], vector["nonce"]) == vector["signature"]


@pytest.mark.parametrize("name", SEALED)
def test_the_published_messages_are_opened(name: str) -> None:
    """The provider's published vectors, inwards: the signature fits, and every byte of the message."""
    vector = VECTORS[name]
    signed = vector["token"], vector["timestamp"], vector["nonce"], vector["encrypt"]
    assert is_signed(vector["msg_signature"], *signed)
    assert envelope_of(vector).open(vector["encrypt"]) == vector["plain"].encode()


@pytest.mark.parametrize("name", SEALED)
def test_the_published_messages_are_sealed(name: str) -> None:
    """The provider's published vectors, outwards: with the salt of theirs, our envelope is theirs."""
    vector = VECTORS[name]
    salt = plain_of(vector["aes"], vector["encrypt"])[:16]
    assert salt == vector.get("random", salt.decode("latin-1")).encode("latin-1")
    sealed = envelope_of(vector).seal(vector["plain"].encode(), vector["timestamp"], vector["nonce"], salt)
    assert sealed == (
        f"<xml><Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{vector['msg_signature']}]]></MsgSignature>"
        f"<TimeStamp>{vector['timestamp']}</TimeStamp><Nonce><![CDATA[{vector['nonce']}]]></Nonce></xml>"
    )


@given(st.binary(max_size=200))
def test_what_is_sealed_is_opened(message: bytes) -> None:
    envelope = Envelope("token", KEY, RECEIVER)
    encrypted = encrypted_in(envelope.seal(message, "1", "n"))
    assert len(base64.b64decode(encrypted)) % 32 == 0
    assert envelope.open(encrypted) == message


def test_no_two_envelopes_are_alike(envelope: Envelope) -> None:
    assert envelope.seal(HELLO, "1", "n") != envelope.seal(HELLO, "1", "n")


@pytest.mark.parametrize("shown", ["", "0" * 40, "é", "\udc80", signature("a", "b").upper(), signature("a")])
def test_other_signatures_do_not_fit(shown: str) -> None:
    assert not is_signed(shown, "a", "b")


def test_a_signature_over_anything_is_only_wrong() -> None:
    assert not is_signed("x", "\udc80", "\x00", "馆")


GOOD = sealed_by_hand(packed(HELLO))
BAD: dict[str, tuple[str, str]] = {
    "nothing": ("", "blocks"),
    "truncated base64": (GOOD[:-3], "base64"),
    "truncated to a block": (base64.b64encode(base64.b64decode(GOOD)[:16]).decode(), "padding"),
    "half a block": (base64.b64encode(base64.b64decode(GOOD)[:-5]).decode(), "blocks"),
    "no base64": ("!" + GOOD[1:], "base64"),
    "base64 with a line end": (GOOD[:8] + "\n" + GOOD[8:], "base64"),
    "other letters": ("馆" * 44, "base64"),
    "padding 0": (sealed_by_hand(bytes(32)), "padding"),
    "padding 33": (sealed_by_hand(bytes([33]) * 64), "padding"),
    "uneven padding": (sealed_by_hand(b"x" * 30 + b"\x01\x02"), "padding"),
    "nothing but padding": (sealed_by_hand(bytes([32]) * 32), "shorter"),
    "a length beyond the end": (sealed_by_hand(packed(HELLO, length=2**32 - 1)), "shorter"),
    "a length that is too small": (sealed_by_hand(packed(HELLO, length=1)), "another account"),
    "another appid": (sealed_by_hand(packed(HELLO, "wx0000000000000000")), "another account"),
    "no appid": (sealed_by_hand(packed(HELLO, "")), "another account"),
    "an appid that goes on": (sealed_by_hand(packed(HELLO, RECEIVER + "x")), "another account"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_envelope_is_said(envelope: Envelope, case: str) -> None:
    encrypted, why = BAD[case]
    with pytest.raises(BadEnvelope, match=why):
        envelope.open(encrypted)


def test_a_message_under_another_key_is_not_opened(envelope: Envelope) -> None:
    with pytest.raises(BadEnvelope):
        envelope.open(sealed_by_hand(packed(HELLO), OTHER_KEY))


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode()))
def test_nothing_else_is_raised(encrypted: str) -> None:
    with pytest.raises(BadEnvelope):
        Envelope("token", KEY, RECEIVER, OTHER_KEY).open(encrypted)


def test_the_previous_key_still_opens_and_its_reply_is_sealed_with_it() -> None:
    before = Envelope("token", OTHER_KEY, RECEIVER)
    during = Envelope("token", KEY, RECEIVER, OTHER_KEY)
    message, replying = during.opened(encrypted_in(before.seal(HELLO, "1", "n")))
    assert message == HELLO
    assert before.open(encrypted_in(replying.seal(b"reply", "1", "n"))) == b"reply"
    message, replying = during.opened(GOOD)
    assert message == HELLO
    with pytest.raises(BadEnvelope):
        before.open(encrypted_in(replying.seal(b"reply", "1", "n")))


@pytest.mark.parametrize("key", ["", "k" * 42, "k" * 44, "k" * 42 + "!", "馆" * 43])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    given: dict[str, Any] = {"token": "token", "aes_key": key, "receiver": RECEIVER}
    with pytest.raises(ValueError, match="43 letters"):
        Envelope(**given)
