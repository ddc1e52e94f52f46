"""What another server answers, read into memory only as far as fits."""

from __future__ import annotations

import aiohttp


async def body(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The content of an answer. Raises aiohttp.ClientPayloadError where it has more than `most` bytes."""
    told = answer.content_length  # before it is unpacked, if it is packed
    if told is not None and told <= most and "Content-Encoding" not in answer.headers:
        return await answer.read()
    content = bytearray()
    async for chunk in answer.content.iter_chunked(2**16):
        content += chunk
        if len(content) > most:
            raise aiohttp.ClientPayloadError("too long")
    return bytes(content)
