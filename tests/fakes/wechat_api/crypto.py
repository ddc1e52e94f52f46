"""The cipher of callbacks, made from its description alone: the fake must not trust the code under test.

Official Account: https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
WeCom: https://developer.work.weixin.qq.com/document/path/90968
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 32  # bytes to which messages are padded, not the 16 of AES
SALT = 16


def signature(*parts: str) -> str:
    """The SHA-1 of the sorted parts, in hexadecimal."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


@dataclass(frozen=True)
class Box:
    """What both sides know: the token, the 43 characters of the AES key, and the app id or corp id."""

    token: str
    aes_key: str
    receiver: str

    def sign(self, timestamp: str, nonce: str, *encrypted: str) -> str:
        """`signature` of a callback, or its `msg_signature` where there is something encrypted in it."""
        return signature(self.token, timestamp, nonce, *encrypted)

    def seal(self, message: bytes, salt: bytes | None = None) -> str:
        """`message` encrypted, in base64; `salt` are the 16 bytes that are random otherwise."""
        salt = secrets.token_bytes(SALT) if salt is None else salt
        plain = salt + len(message).to_bytes(4, "big") + message + self.receiver.encode()
        pad = BLOCK - len(plain) % BLOCK
        run = self._cipher().encryptor()
        return base64.b64encode(run.update(plain + bytes([pad]) * pad) + run.finalize()).decode()

    def open(self, sealed: str) -> bytes:
        """The message. Raises ValueError for what was not sealed for this receiver with this key."""
        run = self._cipher().decryptor()
        padded = run.update(base64.b64decode(sealed, validate=True)) + run.finalize()
        pad = padded[-1] if padded else 0
        if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise ValueError("the padding is wrong")
        plain = padded[SALT:-pad]
        size = int.from_bytes(plain[:4], "big")
        message, receiver = plain[4 : 4 + size], plain[4 + size :]
        if len(message) != size or receiver != self.receiver.encode():
            raise ValueError("sealed for another receiver")
        return message

    def _cipher(self) -> Cipher[CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(AES(key), CBC(key[:16]))
