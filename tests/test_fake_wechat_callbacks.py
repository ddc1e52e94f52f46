"""The fakes tell of what people do as WeChat and WeCom do: signed, sealed, and again without an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.wechat_api import FakeWeChat, FakeWeCom
from tests.fakes.wechat_api.crypto import Box, signature
from tests.fakes.wechat_api.envelope import Mode
from tests.fakes.wechat_api.person import BROKEN
from tests.fakes.wechat_api.program import Program, listening
from tests.fixtures.media import picture

# Published by the providers: what is sealed, under which token, key and receiver, and its signature.
PUBLISHED = [
    (
        Box("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7"),
        ("1409659589", "263014780", "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"),
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
        b"1616140317555161061",
    ),
    (
        Box("AAAAA", "A" * 43, "wxba5fad812f8e6fb9"),
        ("1713424427", "415670741", "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"),
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
        b'{"demo_resp":"good luck"}',
    ),
]


@pytest.mark.parametrize(("box", "signed", "sealed", "message"), PUBLISHED)
def test_the_cipher_is_the_published_one(
    box: Box, signed: tuple[str, str, str], sealed: str, message: bytes
) -> None:
    timestamp, nonce, proof = signed
    assert box.open(sealed) == message
    assert box.sign(timestamp, nonce, sealed) == proof
    assert box.open(box.seal(message)) == message


def test_the_cipher_seals_to_the_published_bytes() -> None:
    box, _, sealed, message = PUBLISHED[1]
    assert box.seal(message, b"707722b803182950") == sealed


def test_the_plain_signature_is_the_published_one() -> None:
    assert signature("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


@pytest.mark.parametrize("sealed", ["", "x", "AAAA", PUBLISHED[1][2]])
def test_what_was_sealed_for_others_is_not_opened(sealed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        PUBLISHED[0][0].open(sealed)


@asynccontextmanager
async def account(mode: Mode = "safe") -> AsyncIterator[tuple[FakeWeChat, Program]]:
    """An account and the program its callbacks go to."""
    async with FakeWeChat(mode) as wechat, listening(wechat) as program:
        yield wechat, program


@asynccontextmanager
async def app() -> AsyncIterator[tuple[FakeWeCom, Program]]:
    """A WeCom app and the program its callbacks go to."""
    async with FakeWeCom() as wecom, listening(wecom) as program:
        yield wecom, program


# -- how it travels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "sealed", "readable"), [("plain", False, True), ("compat", True, True), ("safe", True, False)]
)
async def test_every_mode_travels_as_described(mode: Mode, sealed: bool, readable: bool) -> None:
    async with account(mode) as (wechat, program):
        assert await wechat.callbacks.verifies()
        program.says("好的 ]]> <b>", sealed=sealed)
        delivery = await wechat.person("o-ada").says("你好 ]]> &")
        [posted] = program.posts
        assert (posted.sealed, posted.readable) == (sealed, readable)
        assert (posted["Content"], posted["MsgType"]) == ("你好 ]]> &", "text")
        assert posted.query["openid"] == posted["FromUserName"] == "o-ada"
        assert ("msg_signature" in posted.query) is sealed
        assert delivery.text == "好的 ]]> <b>"
        assert [(one.via, one.text) for one in wechat.person("o-ada").received] == [("reply", "好的 ]]> <b>")]


async def test_wecom_is_always_sealed() -> None:
    async with app() as (wecom, program):
        assert await wecom.callbacks.verifies()
        program.says("yes")
        assert (await wecom.person("ada").says("hi")).text == "yes"
        [posted] = program.posts
        assert (posted.sealed, posted.readable) == (True, False)
        assert "signature" not in posted.query
        assert (posted["ToUserName"], posted["AgentID"]) == (wecom.corp_id, str(wecom.agent_id))


async def test_a_wrong_echo_fails_the_check_of_the_address() -> None:
    async with account() as (wechat, _), app() as (wecom, _program):
        wecom.callbacks.url = f"{wecom.callbacks.url}/elsewhere"
        assert not await wecom.callbacks.verifies()
        wechat.callbacks.url = wecom.callbacks.url
        assert not await wechat.callbacks.verifies()


# -- resends ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 404])
async def test_what_fails_is_sent_again_three_times_and_then_the_person_is_told(status: int) -> None:
    async with account() as (wechat, program):
        program.reply = lambda _: status
        ada = wechat.person("o-ada")
        delivery = await ada.says("hi")
        assert [attempt.status for attempt in delivery.attempts] == [status] * 4
        assert len({posted["MsgId"] for posted in program.posts}) == 1
        assert len({posted.query["nonce"] for posted in program.posts}) == 4
        assert (ada.texts, ada.received[0].via) == ([BROKEN], "system")


async def test_nobody_there_is_a_failure_too() -> None:
    async with account() as (wechat, _):
        wechat.callbacks.url = "http://127.0.0.1:1/callback"
        delivery = await wechat.person("o-ada").says("hi")
        assert [(attempt.outcome, attempt.status) for attempt in delivery.attempts] == [("failed", 0)] * 4


async def test_five_seconds_without_an_answer_are_a_resend_and_the_late_answer_is_lost() -> None:
    async with account() as (wechat, program):
        program.gate.clear()
        program.reply = lambda posted: program.text(posted, f"answer {len(program.posts)}")
        ada = wechat.person("o-ada")
        saying = asyncio.create_task(ada.says("hi"))
        await wechat.wait_for(lambda: len(program.posts) == 1)
        wechat.clock.advance(4.9)
        assert not saying.done()
        wechat.clock.advance(0.1)
        await wechat.wait_for(lambda: len(program.posts) == 2)
        program.gate.set()
        delivery = await saying
        assert [attempt.outcome for attempt in delivery.attempts] == ["late", "done"]
        assert ada.texts == ["answer 2"]


async def test_all_four_may_arrive_at_once_and_one_reply_is_shown() -> None:
    async with account() as (wechat, program):
        program.says("once")
        delivery = await wechat.person("o-ada").says("hi")
        again = await asyncio.gather(*[wechat.callbacks.attempt(delivery) for _each in range(3)])
        assert {attempt.answer.content for attempt in again if attempt.answer} == {"once"}
        assert wechat.person("o-ada").texts == ["once"]


ODD = ["{}", "ok", "<xml></xml>", "<xml><Encrypt>x</Encrypt></xml>", "<a/>"]


@pytest.mark.parametrize("body", ODD)
async def test_an_answer_that_is_none_is_seen_at_once(body: str) -> None:
    async with account() as (wechat, program):
        program.reply = lambda _: body
        delivery = await wechat.person("o-ada").says("hi")
        assert [attempt.outcome for attempt in delivery.attempts] == ["odd"]
        assert wechat.person("o-ada").texts == [BROKEN]
        assert wechat.odd == delivery.attempts
        wechat.odd.clear()


@pytest.mark.parametrize(("mode", "sealed"), [("safe", False), ("plain", True)])
async def test_an_answer_of_another_mode_is_odd(mode: Mode, sealed: bool) -> None:
    async with account(mode) as (wechat, program):
        program.says("hi", sealed=sealed)
        await wechat.person("o-ada").says("hi")
        assert wechat.odd
        wechat.odd.clear()


@pytest.mark.parametrize("text", ["检" * 683, " "])
async def test_a_text_that_cannot_be_shown_is_odd(text: str) -> None:
    async with account() as (wechat, program):
        program.says(text)
        await wechat.person("o-ada").says("hi")
        assert wechat.odd
        wechat.odd.clear()


async def ends_badly() -> None:
    """An account whose odd answer nobody looked at."""
    async with account() as (wechat, program):
        program.reply = lambda _: "{}"
        await wechat.person("o-ada").says("hi")


async def test_odd_answers_that_nobody_looked_at_fail_the_test() -> None:
    with pytest.raises(AssertionError, match="not understood"):
        await ends_badly()


# -- what people do -----------------------------------------------------------------------------------------


async def test_everything_a_follower_does_is_told_of() -> None:
    async with account() as (wechat, program):
        ada = wechat.person("o-ada", following=False)
        await ada.scans("p_D3")
        await ada.scans("p_D4")
        await ada.follows()
        await ada.sends_image(picture())
        await ada.sends_voice(b"#!AMR", "灯坏了")
        await ada.sends_video(b"film", short=True)
        await ada.sends_location(30.56, 114.36, "东湖")
        await ada.sends_link("T", "D", "https://museum.test")
        await ada.taps_menu("inspect")
        await ada.opens_link("https://museum.test")
        await ada.scans_for_menu("scan", "p_D3")
        await ada.photographs_for_menu("photo", picture(), picture())
        await ada.picks_location_for_menu("where", 30.5, 114.3)
        await ada.unfollows()
        told = [(one["MsgType"], one["Event"], one["EventKey"]) for one in program.posts]
        assert told == [
            ("event", "subscribe", "qrscene_p_D3"),
            ("event", "SCAN", "p_D4"),
            ("event", "subscribe", ""),
            ("image", "", ""),
            ("voice", "", ""),
            ("shortvideo", "", ""),
            ("location", "", ""),
            ("link", "", ""),
            ("event", "CLICK", "inspect"),
            ("event", "VIEW", "https://museum.test"),
            ("event", "scancode_waitmsg", "scan"),
            ("event", "pic_sysphoto", "photo"),
            ("image", "", ""),
            ("image", "", ""),
            ("event", "location_select", "where"),
            ("location", "", ""),
            ("event", "unsubscribe", ""),
        ]
        assert program.posts[4]["Recognition"] == "灯坏了"
        assert program.posts[10]["ScanCodeInfo/ScanResult"] == "p_D3"
        assert len(program.posts[11].fields.findall("SendPicsInfo/PicList/item")) == 2
        assert program.posts[14]["SendLocationInfo/Location_X"] == "30.5"
        assert len({one["CreateTime"] for one in program.posts}) == len(program.posts)


async def test_everything_a_member_does_is_told_of() -> None:
    async with app() as (wecom, program):
        ada = wecom.person("ada")
        await ada.enters()
        await ada.sends_image(picture())
        await ada.sends_voice(b"#!AMR")
        await ada.sends_location(30.56, 114.36, "东湖")
        await ada.taps_menu("inspect")
        await ada.scans_for_menu("scan", "p_D3")
        await ada.unfollows()
        with pytest.raises(RuntimeError):
            await ada.says("?")
        await ada.follows()
        told = [(one["MsgType"], one["Event"], one["EventKey"]) for one in program.posts]
        assert told == [
            ("event", "enter_agent", ""),
            ("image", "", ""),
            ("voice", "", ""),
            ("location", "", ""),
            ("event", "click", "inspect"),
            ("event", "scancode_waitmsg", "scan"),
            ("event", "unsubscribe", ""),
            ("event", "subscribe", ""),
        ]
        assert all(one["AgentID"] == str(wecom.agent_id) for one in program.posts)


async def test_a_member_is_not_told_that_the_app_is_broken() -> None:
    async with app() as (wecom, program):
        program.reply = lambda _: 500
        delivery = await wecom.person("ada").says("hi")
        assert not delivery.handled
        assert wecom.person("ada").received == []


async def test_what_came_since_the_last_action_can_be_waited_for() -> None:
    async with account() as (wechat, program):
        program.says("first")
        ada = wechat.person("o-ada")
        await ada.says("1")
        assert (await ada.hears("first")).via == "reply"
        program.reply = lambda _: "success"
        await ada.says("2")
        hearing = asyncio.create_task(ada.hears("first"))
        ada.gets("text", "first again", "push")
        assert (await hearing).text == "first again"
        with pytest.raises(AssertionError):
            await ada.hears("second", timeout=0.01)
