"""The callback of WeChat and WeCom: who may come in, in every mode."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels.wechat_gate import Mode, OfficialGate
from bot.channels.wechat_xml import fields
from bot.errors import Unavailable
from tests.fixtures.wechat import (
    ADA,
    APP_ID,
    KEY,
    OLD_KEY,
    TOKEN,
    Call,
    Provider,
    Site,
    callback_site,
    document,
    event,
    message,
    official,
    wecom,
)

WECHAT = Provider()
SECRETS = (TOKEN, KEY, APP_ID, ADA, "灯坏了", "passwd", WECHAT.nonce)
ENTITY = '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + message("&e;")
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with callback_site(official()) as site:
        yield site


@pytest.fixture
async def plain() -> AsyncIterator[Site]:
    async with callback_site(official("plain")) as site:
        yield site


# The look at the address


@pytest.mark.parametrize("mode", ["safe", "compat", "plain"])
async def test_the_address_is_verified_in_every_mode(mode: Mode) -> None:
    async with callback_site(official(mode)) as site:
        answer = await site.get({**WECHAT.signed("signature"), "echostr": "5838479218127813673"})
        assert (answer.status, answer.body) == (200, b"5838479218127813673")
        assert answer.kind == "text/plain"


async def test_wecoms_look_is_encrypted() -> None:
    async with callback_site(wecom()) as site:
        echo = WECHAT.encrypted("1616140317555161061+/=")
        answer = await site.get({**WECHAT.signed("msg_signature", echo), "echostr": echo})
        assert (answer.status, answer.body) == (200, b"1616140317555161061+/=")
        assert (await site.get({**WECHAT.signed("signature"), "echostr": echo})).status == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"signature": "0" * 40}, 403),
        ({"signature": ""}, 403),
        ({"nonce": "1"}, 403),
        ({"signature": None}, 400),
        ({"timestamp": None}, 400),
        ({"echostr": None}, 400),
        ({"echostr": "<script>alert(1)</script>\n"}, 400),
        ({"echostr": "馆"}, 400),
    ],
)
async def test_others_learn_nothing_at_the_address(
    site: Site, change: dict[str, str | None], status: int
) -> None:
    asked: dict[str, str | None] = {**WECHAT.signed("signature"), "echostr": "58384", **change}
    answer = await site.get({name: value for name, value in asked.items() if value is not None})
    assert (answer.status, answer.body) == (status, b"")


async def test_wecoms_look_with_another_account_in_it_is_refused() -> None:
    async with callback_site(wecom()) as site:
        echo = Provider(receiver="wx0000000000000000").encrypted("1616140317555161061")
        assert (await site.get({**WECHAT.signed("msg_signature", echo), "echostr": echo})).status == 400


# What is let in


async def test_plain_mode(plain: Site) -> None:
    answer = await plain.post(WECHAT.plain(message()))
    reply = fields(answer.body)
    assert (answer.status, answer.kind) == (200, "application/xml")
    assert (reply["ToUserName"], reply["FromUserName"]) == (ADA, "gh_10f6c3c3ac5a")
    assert (reply["MsgType"], reply["Content"]) == ("text", "您好")
    assert plain.desk.taken == [fields(message().encode())]


@pytest.mark.parametrize("gate", [official("safe"), official("compat"), wecom()])
async def test_what_comes_in_an_envelope_is_answered_in_one(gate: Any) -> None:
    async with callback_site(gate) as site:
        site.desk.reply = "a]]>b"
        answer = await site.post(WECHAT.sealed(message()))
        assert answer.status == 200
        assert WECHAT.opened(answer.body)["Content"] == "a]]>b"
        assert site.desk.taken == [fields(message().encode())]


async def test_compat_mode_takes_both_and_believes_the_envelope() -> None:
    async with callback_site(official("compat")) as site:
        forged = "<Content><![CDATA[forged <Encrypt>x</Encrypt>]]></Content>"
        answer = await site.post(WECHAT.sealed(message("sealed", 1), beside=forged))
        assert WECHAT.opened(answer.body)["Content"] == "您好"
        answer = await site.post(WECHAT.plain(message("plain", 2)))
        assert fields(answer.body)["Content"] == "您好"
        assert [found["Content"] for found in site.desk.taken] == ["sealed", "plain"]


async def test_the_previous_key_is_understood_and_answered() -> None:
    before = Provider(key=OLD_KEY)
    async with callback_site(official(old_key=OLD_KEY)) as site:
        answer = await site.post(before.sealed(message()))
        assert before.opened(answer.body)["Content"] == "您好"
        answer = await site.post(WECHAT.sealed(message(number=2)))
        assert WECHAT.opened(answer.body)["Content"] == "您好"


async def test_without_a_reply_it_is_said_that_all_is_well(site: Site) -> None:
    site.desk.reply = None
    answer = await site.post(WECHAT.sealed(message()))
    assert (answer.status, answer.body) == (200, b"success")
    async with callback_site(wecom()) as other:
        other.desk.reply = None
        answer = await other.post(WECHAT.sealed(event("enter_agent")))
        assert (answer.status, answer.body) == (200, b"")


def test_an_encrypting_mode_without_a_key_is_not_made() -> None:
    with pytest.raises(ValueError, match="envelope"):
        OfficialGate(TOKEN, "safe", None)


# What is not


def changed(call: Call, **query: str) -> Call:
    return Call({name: value for name, value in {**call.query, **query}.items() if value}, call.body)


def cut(call: Call, end: int) -> Call:
    return Call(call.query, call.body[:end])


SEALED = WECHAT.sealed(message())
CIPHER = WECHAT.encrypted(message())
TURNED: dict[str, tuple[Call, int]] = {
    "plain in safe mode": (WECHAT.plain(message()), 403),
    "plain that claims to be encrypted": (changed(WECHAT.plain(message()), encrypt_type="aes"), 400),
    "no signature": (changed(SEALED, msg_signature=""), 400),
    "wrong signature": (changed(SEALED, msg_signature="0" * 40), 403),
    "signature in capitals": (changed(SEALED, msg_signature=SEALED.query["msg_signature"].upper()), 403),
    "the other signature": (changed(SEALED, msg_signature=SEALED.query["signature"]), 403),
    "another token": (Provider(token="another").sealed(message()), 403),
    "another time": (changed(SEALED, timestamp="1"), 403),
    "another key": (Provider(key=OLD_KEY).sealed(message()), 400),
    "another appid": (Provider(receiver="wx0000000000000000").sealed(message()), 400),
    "truncated base64": (WECHAT.enveloped(CIPHER[:-3]), 400),
    "bad padding": (WECHAT.enveloped(base64.b64encode(base64.b64decode(CIPHER)[:-32]).decode()), 400),
    "no cipher": (WECHAT.enveloped(""), 400),
    "no base64": (WECHAT.enveloped("!" + CIPHER[1:]), 400),
    "no letters of base64": (WECHAT.enveloped("馆务通"), 403),
    "truncated body": (cut(SEALED, -10), 400),
    "empty body": (cut(SEALED, 0), 400),
    "GBK": (WECHAT.sealed(message().encode("gbk")), 400),
    "JSON": (WECHAT.sealed('{"ToUserName": "gh_1"}'), 400),
    "XXE": (WECHAT.sealed(ENTITY), 400),
    "billion laughs": (WECHAT.sealed(f'<!DOCTYPE xml [<!ENTITY l0 "a">{LAUGHS}]>{message("&l9;")}'), 400),
    "XXE outside": (Call(SEALED.query, ENTITY.encode()), 400),
    "20 MB": (Call(SEALED.query, b"x" * 20_000_000), 413),
    "a byte over a MiB": (Call(SEALED.query, SEALED.body.ljust(2**20 + 1)), 413),
    "no sender": (WECHAT.sealed(document(FromUserName="", MsgType="text", MsgId="1")), 400),
    "no receiver": (WECHAT.sealed(document(ToUserName="", MsgType="text", MsgId="1")), 400),
    "no time": (WECHAT.sealed(document(CreateTime="", MsgType="text", MsgId="1")), 400),
    "no kind": (WECHAT.sealed(document(MsgId="1")), 400),
    "no number": (WECHAT.sealed(document(MsgType="text", Content="灯坏了")), 400),
    "no event": (WECHAT.sealed(document(MsgType="event")), 400),
    "a time that is none": (WECHAT.sealed(message(CreateTime="now")), 400),
    "two senders": (
        WECHAT.sealed(message().replace("<CreateTime>", "<FromUserName>b</FromUserName><CreateTime>")),
        400,
    ),
    "an endless sender": (WECHAT.sealed(message(FromUserName="o" * 101)), 400),
}


@pytest.mark.parametrize("case", TURNED)
@pytest.mark.timeout(20)
async def test_what_is_turned_away_leaves_one_line_and_no_secret(site: Site, case: str) -> None:
    call, status = TURNED[case]
    with capture_logs() as logs:
        answer = await site.post(call)
    assert (answer.status, answer.body) == (status, b"")
    assert site.desk.taken == []
    (line,) = logs
    assert (line["log_level"], line["status"]) == ("warning", status)
    assert not any(secret in str(line) for secret in (*SECRETS, *SEALED.query.values()) if len(secret) > 3)
    assert (await site.post(SEALED)).status == 200


PLAINLY_TURNED: dict[str, tuple[Call, int]] = {
    "encrypted": (SEALED, 403),
    "wrong signature": (changed(WECHAT.plain(message()), signature="0" * 40), 403),
    "no signature": (Call({}, message().encode()), 400),
    "signature before the body": (changed(WECHAT.plain(b"no message"), signature="0" * 40), 403),
    "GBK": (WECHAT.plain(message().encode("gbk")), 400),
    "XXE": (WECHAT.plain(ENTITY), 400),
    "nothing": (WECHAT.plain(b""), 400),
}


@pytest.mark.parametrize("case", PLAINLY_TURNED)
async def test_what_plain_mode_turns_away(plain: Site, case: str) -> None:
    call, status = PLAINLY_TURNED[case]
    assert (await plain.post(call)).status == status
    assert plain.desk.taken == []


async def test_bodies_that_break_off_or_deceive(site: Site) -> None:
    """What an HTTP client cannot send, and nobody sends by accident."""
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    for query in (b"signature=\xff", b"signature=%ff&timestamp=%ED%A0%80&nonce=%00&encrypt_type=%u"):
        head = b"POST /callback?" + query + b" HTTP/1.1\r\nHost: x\r\n"
        assert 400 <= await site.raw(head + b"Content-Length: 2\r\n\r\nhi") < 500
        assert 400 <= await site.raw(head + chunked + b"zz\r\nhi") < 500
    endless = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    good = b"POST /callback HTTP/1.1\r\nHost: x\r\n"
    assert await site.raw(good + chunked + endless * 20 + b"0\r\n\r\n") == 413
    # Nothing of it has to come.
    assert await site.raw(good + b"Content-Length: 20000000\r\n\r\n") == 413
    for packed in (b"gzip", b"deflate", b"br"):
        request = good + b"Content-Encoding: " + packed + b"\r\nContent-Length: 4\r\n\r\nnope"
        assert 400 <= await site.raw(request) < 500
    assert site.desk.taken == []


async def test_a_body_that_does_not_end_is_not_waited_for() -> None:
    async with callback_site(official(), patience=0.05) as site:
        assert await site.raw(b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhi") == 408


async def test_while_the_database_is_away_the_provider_keeps_the_message(site: Site) -> None:
    site.desk.failures = [Unavailable("away"), RuntimeError("a bug")]
    with capture_logs() as logs:
        assert [(await site.post(SEALED)).status for _ in range(3)] == [503, 503, 200]
    assert [line["event"] for line in logs] == ["a message has to wait", "a message could not be taken"]
