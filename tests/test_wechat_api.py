"""The clients of both APIs: what they send and fetch, and one token for all."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_client import encoded
from bot.channels.wechat_errors import ApiError, NoAnswer, send_error
from bot.channels.wecom_api import WeComApi
from bot.db import Database
from bot.errors import TryLater
from tests.fakes.wechat_api import FakeWeChat, FakeWeCom, Follower
from tests.fixtures.media import picture
from tests.fixtures.wechat_clients import SEND, text
from tests.fixtures.wechat_clients import ada as ada
from tests.fixtures.wechat_clients import api as api
from tests.fixtures.wechat_clients import database as database
from tests.fixtures.wechat_clients import session as session
from tests.fixtures.wechat_clients import wechat as wechat
from tests.fixtures.wechat_clients import wecom as wecom
from tests.fixtures.wechat_clients import work as work

WAIT = 20  # seconds, far more than anything here takes


# -- calls --------------------------------------------------------------------------------------------------


async def test_a_message_arrives_in_real_utf8(api: WeChatApi, ada: Follower) -> None:
    strange = "灯坏了 😀 \x01\x1f\x7f\u2028\ud83d C:\\u4f60 \\\x02 \"'</a>\n\tend"
    assert (await api.call(SEND, text(ada.id, strange)))["errmsg"] == "ok"
    assert ada.texts == ["灯坏了 😀 \x7f\u2028? C:\\u4f60 \\ \"'</a>\n\tend"]


def test_what_has_to_be_escaped_in_json_stays_so() -> None:
    body = {"a": "\\u0001", "b": "\x01\x02\\\x03", "c": "\r\n\t\b\f"}
    assert json.loads(encoded(body)) == {"a": "\\u0001", "b": "\\", "c": "\r\n\t\b\f"}


async def test_files_go_there_and_back(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    content = picture(size=(640, 480)) + bytes(2**20)
    media_id = await api.upload("image", "现场.jpg", "image/jpeg", content)
    await api.call(SEND, {"touser": ada.id, "msgtype": "image", "image": {"media_id": media_id}})
    assert ada.received[-1].media is not None
    assert (ada.received[-1].media.data, ada.received[-1].media.name) == (content, "现场.jpg")
    sent = await ada.sends_voice(b"#!AMR voice")
    assert await api.download(sent.fields["MediaId"]) == b"#!AMR voice"
    wechat.clock.advance(72 * 3600)
    with pytest.raises(ApiError, match="40007"):
        await api.download(media_id)


async def test_a_film_and_a_page_are_no_files(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    film = await ada.sends_video(b"film")
    with pytest.raises(NoAnswer):
        await api.download(film.fields["MediaId"])
    voice = await ada.sends_voice(b"#!AMR voice")
    wechat.faults.fail(200, "media/get", page="<html>please log in</html>")
    with pytest.raises(NoAnswer):
        await api.download(voice.fields["MediaId"])


async def test_menus_and_codes(api: WeChatApi, wechat: FakeWeChat) -> None:
    menu = {"button": [{"type": "click", "name": "检查", "key": "inspect"}]}
    await api.call("/cgi-bin/menu/create", menu)
    assert wechat.menu == menu["button"]
    assert (await api.call("/cgi-bin/menu/get"))["menu"]["button"][0]["name"] == "检查"
    wanted = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "p_D3"}}}
    assert (await api.call("/cgi-bin/qrcode/create", wanted))["url"].startswith("http://weixin.qq.com/q/")
    assert "p_D3" in wechat.codes


async def test_wecom_sends_texts_cards_and_files(work: WeComApi, wecom: FakeWeCom) -> None:
    ada = wecom.person("ada")
    to = {"touser": ada.id, "agentid": wecom.agent_id}
    await work.call("/cgi-bin/message/send", {**to, "msgtype": "text", "text": {"content": "你好"}})
    media_id = await work.upload("file", '汇总 "2026"\r\n.xlsx', "application/vnd.ms-excel", b"PK table")
    await work.call("/cgi-bin/message/send", {**to, "msgtype": "file", "file": {"media_id": media_id}})
    card: dict[str, Any] = {"card_type": "button_interaction", "task_id": "t1"}
    card |= {"main_title": {"title": "1. 门"}}
    card |= {"button_list": [{"text": "正常", "key": "ok"}]}
    sent = await work.call("/cgi-bin/message/send", {**to, "msgtype": "template_card", "template_card": card})
    change = {"userids": [ada.id], "agentid": wecom.agent_id, "response_code": sent["response_code"]}
    change |= {"button": {"replace_name": "已记录"}}
    await work.call("/cgi-bin/message/update_template_card", change)
    assert ada.texts == ["你好", "汇总 2026.xlsx", "1. 门"]
    assert ada.received[-1].replaced == "已记录"
    menu = {"button": [{"type": "click", "name": "检查", "key": "inspect"}]}
    await work.call("/cgi-bin/menu/create", menu, agentid=str(wecom.agent_id))
    assert wecom.menu == menu["button"]
    assert len(wecom.calls_of("gettoken")) == 1


# -- the token ----------------------------------------------------------------------------------------------


async def test_fifty_calls_at_once_fetch_one_token(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    async with asyncio.timeout(WAIT):
        await asyncio.gather(*[api.call("/cgi-bin/user/info", openid=ada.id) for _each in range(50)])
    assert len(wechat.calls_of("stable_token")) == 1


async def test_two_workers_share_one_token(
    api: WeChatApi, wechat: FakeWeChat, ada: Follower, database_url: str
) -> None:
    await api.call(SEND, text(ada.id))
    other = Database(database_url)
    async with aiohttp.ClientSession() as session:
        second = WeChatApi(session, wechat.url, wechat.app_id, wechat.secret, other)
        await second.call(SEND, text(ada.id))
    await other.close()
    assert len(wechat.calls_of("stable_token")) == 1
    assert len({call.token for call in wechat.calls_of("message/custom/send")}) == 1


@pytest.mark.parametrize("how", ["revoked", "old"])
async def test_a_token_that_is_refused_is_renewed_once_for_all(
    api: WeChatApi, wechat: FakeWeChat, ada: Follower, how: str
) -> None:
    await api.call("/cgi-bin/user/info", openid=ada.id)
    if how == "revoked":
        wechat.tokens.revoke()
    else:
        wechat.clock.advance(7200)
    async with asyncio.timeout(WAIT):
        await asyncio.gather(*[api.call("/cgi-bin/user/info", openid=ada.id) for _each in range(20)])
    assert len(wechat.calls_of("stable_token")) == 2
    assert len(wechat.calls_of("user/info")) == 1 + 2 * 20


async def test_a_refusal_that_stays_is_tried_twice_and_never_in_a_loop(
    api: WeChatApi, wechat: FakeWeChat, ada: Follower
) -> None:
    wechat.faults.refuse(40001, "message/custom/send", times=100)
    for _each in range(10):
        with pytest.raises(ApiError, match="40001"):
            await api.call(SEND, text(ada.id))
    assert len(wechat.calls_of("message/custom/send")) == 2 + 9, "the second token is not renewed for a while"
    forced = [call for call in wechat.calls_of("stable_token") if call.json.get("force_refresh")]
    assert (len(wechat.calls_of("stable_token")), len(forced)) == (3, 1)


async def test_a_wrong_secret_is_told_by_the_first_call(
    wechat: FakeWeChat, session: aiohttp.ClientSession, database: Database
) -> None:
    api = WeChatApi(session, wechat.url, wechat.app_id, "wrong", database)
    with pytest.raises(ApiError, match="40125") as raised:
        await api.call(SEND, text("o-ada"))
    with capture_logs() as logs:
        assert isinstance(send_error(raised.value), TryLater)
    assert "WECHAT_APP_SECRET" in logs[0]["remedy"]
    assert [call.method for call in wechat.calls] == ["stable_token"]


async def test_wecom_renews_its_token_too(work: WeComApi, wecom: FakeWeCom) -> None:
    to = {"touser": wecom.person("ada").id, "agentid": wecom.agent_id, "msgtype": "text"}
    await work.call("/cgi-bin/message/send", {**to, "text": {"content": "1"}})
    wecom.tokens.revoke()
    await work.call("/cgi-bin/message/send", {**to, "text": {"content": "2"}})
    assert wecom.person("ada").texts == ["1", "2"]
    assert len(wecom.calls_of("gettoken")) == 2
