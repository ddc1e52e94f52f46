"""The fake of WeCom is as strict as WeCom: tokens, messages and their pace, cards and their codes, files."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.wechat_api import FakeWeCom, Member
from tests.fakes.wechat_api.program import listening

HOUR = 3600
BUTTONS = [{"text": "正常", "key": "ok"}, {"text": "异常", "key": "bad", "style": 2}]


class Raw:
    """Plain calls of an app's methods, with the token that holds."""

    def __init__(self, wecom: FakeWeCom, session: aiohttp.ClientSession) -> None:
        self.wecom = wecom
        self.session = session

    async def ask(self, verb: str, method: str, data: Any = None, **query: Any) -> dict[str, Any]:
        query = {"access_token": self.wecom.tokens.current()[0], **query}
        url = f"{self.wecom.url}/cgi-bin/{method}"
        body = json.dumps(data, ensure_ascii=False).encode() if isinstance(data, dict) else data
        async with self.session.request(verb, url, params=query, data=body) as answer:
            assert answer.status == 200
            return dict(json.loads(await answer.read()))

    async def send(self, to: str, **message: Any) -> dict[str, Any]:
        given = {"touser": to, "agentid": self.wecom.agent_id, **message}
        return await self.ask("POST", "message/send", given)

    async def says(self, to: str, text: str = "hello") -> dict[str, Any]:
        return await self.send(to, msgtype="text", text={"content": text})

    async def shows(self, to: str, task: str = "task-1", **card: Any) -> dict[str, Any]:
        """Sends a card with buttons."""
        whole = {"card_type": "button_interaction", "main_title": {"title": "1. 门"}, "task_id": task}
        return await self.send(
            to, msgtype="template_card", template_card={**whole, "button_list": BUTTONS, **card}
        )

    async def changes(self, code: str, *to: str, **more: Any) -> dict[str, Any]:
        """Changes a card."""
        given = {"userids": to, "agentid": self.wecom.agent_id, "response_code": code, **more}
        return await self.ask("POST", "message/update_template_card", given)


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with (
        FakeWeCom() as wecom,
        aiohttp.ClientSession() as session,
        listening(wecom),
    ):
        yield Raw(wecom, session)


@pytest.fixture
def ada(raw: Raw) -> Member:
    return raw.wecom.person("Ada")


async def test_a_token_is_the_same_until_it_ends(raw: Raw, ada: Member) -> None:
    asks = {"corpid": raw.wecom.corp_id, "corpsecret": raw.wecom.secret}
    first = await raw.ask("GET", "gettoken", **asks)
    assert (first["errcode"], first["expires_in"]) == (0, 7200)
    raw.wecom.clock.advance(7199)
    assert (await raw.ask("GET", "gettoken", **asks))["access_token"] == first["access_token"]
    raw.wecom.clock.advance(1)
    assert (await raw.ask("GET", "gettoken", **asks))["access_token"] != first["access_token"]
    old = await raw.ask("POST", "message/send", {}, access_token=first["access_token"])
    assert old["errcode"] == 42001
    assert (await raw.ask("GET", "gettoken", **{**asks, "corpsecret": "?"}))["errcode"] == 40001
    assert (await raw.ask("GET", "gettoken", **{**asks, "corpid": "?"}))["errcode"] == 40013


async def test_texts_reach_who_can_see_the_app(raw: Raw, ada: Member) -> None:
    bob = raw.wecom.person("Bob")
    await bob.unfollows()
    answer = await raw.says("Ada|Bob|Nobody", "检" * 700)
    assert (answer["errcode"], answer["invaliduser"]) == (0, "bob|nobody")
    assert ada.texts == ["检" * 682], "cut at 2048 bytes, and no half character"
    assert bob.received == []
    assert (await raw.says("Bob"))["errcode"] == 81013


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"touser": ""}, 40032),
    ({"agentid": 7}, 40056),
    ({"msgtype": "voice"}, 40008),
    ({"text": {"content": ""}}, 44004),
    ({"msgtype": "image", "image": {"media_id": "?"}}, 40007),
]


@pytest.mark.parametrize(("wrong", "errcode"), REFUSED)
async def test_send_refuses(raw: Raw, ada: Member, wrong: dict[str, Any], errcode: int) -> None:
    right = {"touser": ada.id, "msgtype": "text", "text": {"content": "?"}}
    assert (await raw.send(**{"to": ada.id, **right, **wrong}))["errcode"] == errcode


async def test_thirty_a_minute_and_then_a_minute_of_nothing(raw: Raw, ada: Member) -> None:
    codes = [(await raw.says(ada.id))["errcode"] for _each in range(31)]
    assert codes == [0] * 30 + [45009]
    raw.wecom.clock.advance(59)
    assert (await raw.says(ada.id))["errcode"] == 45009
    raw.wecom.clock.advance(1)
    assert (await raw.says(ada.id))["errcode"] == 0


async def test_a_thousand_an_hour_and_then_an_hour_of_nothing(raw: Raw, ada: Member) -> None:
    for _each in range(1000):
        raw.wecom.clock.advance(3)
        ada.take_push()
    assert (await raw.says(ada.id))["errcode"] == 45009
    raw.wecom.clock.advance(HOUR - 1)
    assert (await raw.says(ada.id))["errcode"] == 45009
    raw.wecom.clock.advance(1)
    assert (await raw.says(ada.id))["errcode"] == 0


async def test_a_card_is_tapped_and_changed_once(raw: Raw, ada: Member) -> None:
    sent = await raw.shows(ada.id)
    assert ada.received[-1].labels == ["正常", "异常"]
    tap = await ada.taps_card("异常")
    assert (tap.fields["EventKey"], tap.fields["TaskId"]) == ("bad", "task-1")
    label = {"button": {"replace_name": "已记录"}}
    assert (await raw.changes(tap.fields["ResponseCode"], ada.id, **label))["errcode"] == 0
    assert ada.received[-1].replaced == "已记录"
    with pytest.raises(AssertionError, match="no choice"):
        await ada.taps_card("正常")
    assert (await raw.changes(tap.fields["ResponseCode"], ada.id, **label))["errcode"] == 40058
    assert (await raw.changes(sent["response_code"], ada.id, **label))["errcode"] == 0, "a code of its own"


async def test_a_code_is_good_for_three_days(raw: Raw, ada: Member) -> None:
    sent = await raw.shows(ada.id)
    raw.wecom.clock.advance(72 * HOUR)
    answer = await raw.changes(sent["response_code"], ada.id, button={"replace_name": "x"})
    assert answer["errcode"] == 40058


async def test_a_card_can_become_another(raw: Raw, ada: Member) -> None:
    bob = raw.wecom.person("Bob")
    sent = await raw.shows("Ada|Bob")
    fresh = {"main_title": {"title": "2. 窗"}, "button_list": [{"text": "好", "key": "fine"}]}
    answer = await raw.changes(sent["response_code"], "Ada", "Eve", template_card=fresh)
    assert answer["invaliduser"] == ["eve"]
    assert (ada.received[-1].text, ada.received[-1].labels) == ("2. 窗", ["好"])
    assert bob.received[-1].text == "1. 门"


CARDS: list[tuple[dict[str, Any], int]] = [
    ({"task_id": ""}, 42014),
    ({"task_id": "检"}, 42014),
    ({"task_id": "x" * 129}, 42014),
    ({"card_type": "vote_interaction"}, 40008),
    ({"main_title": {}}, 40058),
    ({"button_list": []}, 40058),
    ({"button_list": [BUTTONS[0]] * 2}, 40058),
    ({"button_list": [{"text": str(n), "key": str(n)} for n in range(7)]}, 40058),
    ({"button_list": [{"text": "x", "key": "k" * 1025}]}, 40058),
    ({"button_list": [{"text": "x", "key": "k", "style": 5}]}, 40058),
]


@pytest.mark.parametrize(("wrong", "errcode"), CARDS)
async def test_cards_are_looked_at(raw: Raw, ada: Member, wrong: dict[str, Any], errcode: int) -> None:
    assert (await raw.shows(ada.id, **wrong))["errcode"] == errcode
    assert ada.received == []


async def test_a_task_has_one_card(raw: Raw, ada: Member) -> None:
    assert [(await raw.shows(ada.id))["errcode"] for _each in range(2)] == [0, 42014]


def upload(content: bytes, name: str) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("media", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    return form


async def test_files_are_sent_under_their_names(raw: Raw, ada: Member) -> None:
    kept = await raw.ask("POST", "media/upload", upload(b"PK table", "汇总 2026.xlsx"), type="file")
    assert isinstance(kept["created_at"], str)
    await raw.send(ada.id, msgtype="file", file={"media_id": kept["media_id"]})
    [file] = ada.received
    assert file.media is not None
    assert (file.text, file.media.data) == ("汇总 2026.xlsx", b"PK table")


@pytest.mark.parametrize(
    ("kind", "content", "errcode"), [("thumb", b"123456", 40005), ("file", b"12345", 40006)]
)
async def test_uploads_are_looked_at(raw: Raw, kind: str, content: bytes, errcode: int) -> None:
    assert (await raw.ask("POST", "media/upload", upload(content, "a"), type=kind))["errcode"] == errcode


async def test_the_menu_belongs_to_the_app(raw: Raw) -> None:
    menu = {"button": [{"type": "click", "name": "检查", "key": "inspect"}]}
    app = {"agentid": str(raw.wecom.agent_id)}
    assert (await raw.ask("POST", "menu/create", menu))["errcode"] == 40056
    assert (await raw.ask("POST", "menu/create", menu, **app))["errcode"] == 0
    assert (await raw.ask("GET", "menu/get", **app))["button"] == menu["button"]
    await raw.ask("GET", "menu/delete", **app)
    assert (await raw.ask("GET", "menu/get", **app))["errcode"] == 46003
