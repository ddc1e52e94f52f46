"""Nothing that is posted to a callback gets anything but a 2xx if it is valid, and a 4xx if it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.wechat_fields import checked
from bot.channels.wechat_xml import Fields, Malformed, fields
from tests.fixtures.wechat import Call, Provider, Site, callback_site, event, message, official, wecom

WECHAT = Provider()
EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SAFE = "safe", "compat", "wecom"
PLAIN = "compat", "plain"
GATES: dict[str, Any] = {"safe": official(), "compat": official("compat"), "plain": official("plain")}

NAMES = ("signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr", "openid", "x")
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
QUERIES = st.dictionaries(st.sampled_from(NAMES), ANY_TEXT | st.just("aes")).map(urlencode) | st.binary(
    max_size=60
).map(quote)
PIECES = st.sampled_from(
    [b"<", b">", b"</", b"&", b"]]>", b"<![CDATA[", b"<Encrypt>", b"</Encrypt>", b"xml", b"\x00", b"\xc4\xe3"]
)
BODIES = st.binary(max_size=400) | st.lists(PIECES, max_size=30).map(b"".join)
MESSAGES = [
    message(),
    message("a]]]]><![CDATA[>b"),
    event("CLICK", EventKey="menu"),
    event("subscribe", EventKey="qrscene_H1-P1"),
]


@st.composite
def damage(draw: st.DrawFn, body: bytes) -> bytes:
    """`body` with bytes replaced, left out, put in, or said twice."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 20)))
        between = draw(BODIES.filter(lambda raw: len(raw) < 40) | st.just(body[start:end] * 2))
        body = body[:start] + between + body[end:]
    return body


@pytest.fixture(params=[*GATES, "wecom"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    async with callback_site(GATES.get(request.param) or wecom()) as site:
        site.desk.reply = None
        yield site


@pytest.fixture(params=SAFE)
async def sealing(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    async with callback_site(GATES.get(request.param) or wecom()) as site:
        yield site


@pytest.fixture(params=PLAIN)
async def plain(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    async with callback_site(GATES[request.param]) as site:
        yield site


def valid(body: bytes) -> Fields | None:
    """What a message says, if it is one."""
    try:
        return checked(fields(body))
    except Malformed:
        return None


async def post(site: Site, call: Call) -> tuple[int, list[Fields]]:
    """The status of the answer, and what was taken."""
    site.desk.taken.clear()
    status = (await site.post(call)).status
    return status, site.desk.taken


def fits(status: int, taken: list[Fields], said: Fields | None) -> bool:
    """Whether `said` was taken with a 2xx, or nothing with a 4xx."""
    if said is None:
        return 400 <= status < 500 and taken == []
    return 200 <= status < 300 and taken == [said]


@EXAMPLES
@given(query=QUERIES, body=BODIES)
async def test_any_call_is_turned_away(site: Site, query: str, body: bytes) -> None:
    answer = await site.post_to(query, body)
    assert fits(answer.status, site.desk.taken, None)


@EXAMPLES
@given(query=QUERIES)
async def test_any_look_is_turned_away(site: Site, query: str) -> None:
    async with site.session.get(f"{site.url}?{query}") as answer:
        assert 400 <= answer.status < 500


@EXAMPLES
@given(st.data())
async def test_what_is_encrypted_is_taken_whole_or_not_at_all(sealing: Site, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(MESSAGES)).encode()
    call = WECHAT.sealed(body)
    assert fits(*await post(sealing, call), valid(body))
    status, taken = await post(sealing, Call(call.query, data.draw(damage(call.body))))
    # Damage beside what is encrypted changes nothing.
    assert fits(status, taken, None) or fits(status, taken, valid(body))


@EXAMPLES
@given(st.data())
async def test_what_is_rightly_signed_and_sealed_is_taken_if_it_is_a_message(
    sealing: Site, data: st.DataObject
) -> None:
    body = data.draw(BODIES | damage(data.draw(st.sampled_from(MESSAGES)).encode()))
    assert fits(*await post(sealing, WECHAT.sealed(body)), valid(body))


@EXAMPLES
@given(st.data())
async def test_what_is_no_envelope_is_turned_away_though_it_is_signed(
    sealing: Site, data: st.DataObject
) -> None:
    body = data.draw(st.sampled_from(MESSAGES))
    encrypted = data.draw(
        ANY_TEXT | damage(WECHAT.encrypted(body).encode()).map(lambda raw: raw.decode("latin-1"))
    )
    status, taken = await post(sealing, WECHAT.enveloped(encrypted))
    assert fits(status, taken, None) or fits(status, taken, valid(body.encode()))


@EXAMPLES
@given(st.data())
async def test_what_is_plain_is_taken_if_it_is_a_message(plain: Site, data: st.DataObject) -> None:
    body = data.draw(BODIES | damage(data.draw(st.sampled_from(MESSAGES)).encode()))
    assert fits(*await post(plain, WECHAT.plain(body)), valid(body))


@EXAMPLES
@given(st.data())
async def test_what_is_signed_for_another_call_is_turned_away(sealing: Site, data: st.DataObject) -> None:
    call = WECHAT.sealed(data.draw(st.sampled_from(MESSAGES)))
    name = data.draw(st.sampled_from(["msg_signature", "timestamp", "nonce"]))
    other = data.draw(ANY_TEXT.filter(lambda text: text != call.query[name]))
    assert fits(*await post(sealing, Call({**call.query, name: other}, call.body)), None)
