"""The signatures of WeChat and WeCom, and the envelope around their encrypted messages.

By https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
and https://developer.work.weixin.qq.com/document/path/90968, which agree.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

AES_BLOCK: Final = 16  # bytes
PADDED_TO: Final = 32  # bytes: PKCS7 as if blocks were twice AES's
SALT: Final = 16  # random bytes before the message
LENGTH: Final = 4  # bytes of the message's length, big-endian


class BadEnvelope(Exception):
    """What claims to be an encrypted message is none for us; the text says why and quotes nothing of it."""


def signature(*parts: str) -> str:
    """SHA-1, in hexadecimal, of the parts sorted and joined: the token, the timestamp, the nonce, and of what
    is encrypted also that.
    """
    # Lone surrogates come from addresses that are no UTF-8; they only have to fit nothing.
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined).hexdigest()  # noqa: S324 - the provider's protocol knows no other


def is_signed(shown: str, *parts: str) -> bool:
    """Whether `shown` is the signature of `parts`, in a time that does not tell how nearly."""
    return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), signature(*parts).encode())


class Envelope:
    """Encrypts for and decrypts from one account: its Token, its EncodingAESKey, and its AppID or CorpID.

    `old_aes_key` is the EncodingAESKey before the current one, which messages may still come under while it
    is being changed. Raises ValueError for a key that is not 43 letters and digits.
    """

    def __init__(self, token: str, aes_key: str, receiver: str, old_aes_key: str = "") -> None:
        self._token = token
        self._receiver = receiver
        self._key = _key(aes_key)
        self._old = Envelope(token, old_aes_key, receiver) if old_aes_key else None

    def open(self, encrypted: str) -> bytes:
        """The message in `encrypted`, which is base64. Raises BadEnvelope."""
        return self.opened(encrypted)[0]

    def opened(self, encrypted: str) -> tuple[bytes, Envelope]:
        """The message in `encrypted`, and the envelope for a reply to it, with the key that it came under:
        while keys change, the provider may not know the other one yet. Raises BadEnvelope.
        """
        try:
            return _unpacked(_decrypted(self._key, encrypted), self._receiver.encode()), self
        except BadEnvelope:
            if self._old is None:
                raise
        return self._old.opened(encrypted)

    def seal(self, message: bytes, timestamp: str, nonce: str, salt: bytes | None = None) -> str:
        """The XML of a passive reply: `message` encrypted, with its signature.

        `timestamp` and `nonce` are digits and letters of our own; `salt` is 16 random bytes unless given.
        """
        encrypted = self.encrypt(message, salt)
        signed = signature(self._token, timestamp, nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signed}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        )

    def encrypt(self, message: bytes, salt: bytes | None = None) -> str:
        """`message` encrypted, in base64; `salt` is 16 random bytes unless given."""
        salted = secrets.token_bytes(SALT) if salt is None else salt
        length = len(message).to_bytes(LENGTH, "big")
        return _encrypted(self._key, salted + length + message + self._receiver.encode())


def _key(encoded: str) -> bytes:
    wrong = "an EncodingAESKey is 43 letters and digits"
    try:
        key = base64.b64decode(encoded + "=", validate=True)
    except ValueError:
        raise ValueError(wrong) from None
    if len(key) != 32:
        raise ValueError(wrong)
    return key


def _cipher(key: bytes) -> Cipher[CBC]:
    return Cipher(AES256(key), CBC(key[:AES_BLOCK]))


def _encrypted(key: bytes, plain: bytes) -> str:
    padding = PADDED_TO - len(plain) % PADDED_TO
    encryptor = _cipher(key).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def _decrypted(key: bytes, encrypted: str) -> bytes:
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise BadEnvelope("no base64") from None
    if not sealed or len(sealed) % AES_BLOCK:
        raise BadEnvelope("no whole blocks")
    decryptor = _cipher(key).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    padding = padded[-1]
    if not 1 <= padding <= PADDED_TO or not padded.endswith(bytes([padding]) * padding):
        raise BadEnvelope("bad padding")
    return padded[:-padding]


def _unpacked(plain: bytes, receiver: bytes) -> bytes:
    start = SALT + LENGTH
    end = start + int.from_bytes(plain[SALT:start], "big")
    if len(plain) < start or end > len(plain):
        raise BadEnvelope("shorter than it says")
    if not hmac.compare_digest(plain[end:], receiver):
        raise BadEnvelope("meant for another account")
    return plain[start:end]
