"""The fake of the Official Account is as strict as WeChat about files, the menu, codes and people."""

import io
from typing import Any

import aiohttp
import pytest

from tests.fakes.wechat_api import Follower
from tests.fixtures.media import picture
from tests.fixtures.official_account import Raw
from tests.fixtures.official_account import ada as ada
from tests.fixtures.official_account import raw as raw

HOUR = 3600


def upload(content: bytes, name: str = "a.jpg") -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("media", io.BytesIO(content), filename=name, content_type="image/jpeg")
    return form


async def test_files_are_kept_for_three_days(raw: Raw, ada: Follower) -> None:
    content = picture()
    kept = await raw.ask("POST", "media/upload", data=upload(content), type="image")
    wanted = {"touser": ada.id, "msgtype": "image", "image": {"media_id": kept["media_id"]}}
    assert await raw.code("message/custom/send", wanted) == 0
    assert ada.received[-1].media is not None
    assert ada.received[-1].media.data == content
    wanted = {"touser": ada.id, "msgtype": "voice", "voice": {"media_id": kept["media_id"]}}
    assert await raw.code("message/custom/send", wanted) == 40121
    raw.wechat.clock.advance(72 * HOUR)
    assert (await raw.get("media/get", media_id=kept["media_id"]))["errcode"] == 40007


async def test_what_people_send_can_be_fetched(raw: Raw, ada: Follower) -> None:
    content = picture()
    sent = await ada.sends_image(content)
    query = {"access_token": raw.wechat.tokens.current()[0], "media_id": sent.fields["MediaId"]}
    async with raw.session.get(f"{raw.wechat.url}/cgi-bin/media/get", params=query) as answer:
        assert (answer.content_type, await answer.read()) == ("image/jpeg", content)
    film = await ada.sends_video(b"film")
    assert "video_url" in await raw.get("media/get", media_id=film.fields["MediaId"])


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [("file", b"x", 40004), ("image", b"", 41005), ("image", bytes(10 * 2**20 + 1), 40006)],
)
async def test_uploads_are_looked_at(raw: Raw, kind: str, content: bytes, errcode: int) -> None:
    answer = await raw.ask("POST", "media/upload", data=upload(content), type=kind)
    assert answer["errcode"] == errcode


CLICK = {"type": "click", "name": "检查", "key": "inspect"}
MENUS: list[tuple[Any, int]] = [
    ([], 40016),
    ([CLICK] * 4, 40016),
    ([{**CLICK, "name": "检" * 6}], 40018),
    ([{**CLICK, "key": "k" * 129}], 40019),
    ([{**CLICK, "type": "sing"}], 40017),
    ([{"type": "view", "name": "x", "url": ""}], 40020),
    ([{"name": "x", "sub_button": [CLICK] * 6}], 40023),
    ([{"name": "x", "sub_button": [{**CLICK, "name": "检" * 21}]}], 40025),
    ([{"name": "x", "sub_button": [{**CLICK, "name": "检" * 20}]}, CLICK, CLICK], 0),
]


@pytest.mark.parametrize(("buttons", "errcode"), MENUS)
async def test_menus_are_looked_at(raw: Raw, buttons: Any, errcode: int) -> None:
    assert await raw.code("menu/create", {"button": buttons}) == errcode


async def test_a_menu_is_kept_and_its_buttons_are_those_that_can_be_tapped(raw: Raw, ada: Follower) -> None:
    assert (await raw.get("menu/get"))["errcode"] == 46003
    await raw.post("menu/create", {"button": [{"name": "馆务", "sub_button": [CLICK]}]})
    assert (await raw.get("menu/get"))["menu"]["button"][0]["name"] == "馆务"
    assert (await ada.taps_menu("inspect")).handled
    with pytest.raises(AssertionError, match="no button"):
        await ada.taps_menu("sing")
    await raw.get("menu/delete")
    assert raw.wechat.menu == []


@pytest.mark.parametrize(
    ("kind", "scene", "errcode"),
    [
        ("QR_STR_SCENE", "p_D3", 0),
        ("QR_LIMIT_STR_SCENE", "检" * 64, 0),
        ("QR_LIMIT_STR_SCENE", "x" * 65, 40053),
        ("QR_STR_SCENE", "", 40053),
        ("QR_SCENE", "1", 40052),
    ],
)
async def test_codes_carry_a_scene_of_1_to_64_characters(
    raw: Raw, kind: str, scene: str, errcode: int
) -> None:
    wanted = {"action_name": kind, "action_info": {"scene": {"scene_str": scene}}}
    answer = await raw.post("qrcode/create", wanted)
    assert answer.get("errcode", 0) == errcode
    assert ("url" in answer) is (errcode == 0)
    assert ("expire_seconds" in answer) is (kind == "QR_STR_SCENE" and errcode == 0)


async def test_whether_somebody_follows_can_be_asked(raw: Raw, ada: Follower) -> None:
    assert (await raw.get("user/info", openid=ada.id))["subscribe"] == 1
    await ada.unfollows()
    assert (await raw.get("user/info", openid=ada.id))["subscribe"] == 0
