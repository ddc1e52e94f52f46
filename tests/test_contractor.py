"""A contractor without an account: a link made in the chat, a page of one hazard, a fix handed in once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from sqlalchemy import func, select, update

from bot.app import App
from bot.engine import utc_now
from handlers.codes import hashed
from models import Hazard, HazardLink
from tests.fixtures.contractors import CHIEF, GUARD, Job, job
from tests.fixtures.media import picture
from tests.fixtures.web_client import app as app
from tests.fixtures.web_client import http as http
from tests.fixtures.web_client import url as url

pytestmark = pytest.mark.asyncio(loop_scope="module")

AFTER = picture(colour=(0, 200, 0))


async def page(http: ClientSession, address: str, **headers: str) -> tuple[int, str]:
    async with http.get(address, headers=headers) as response:
        return response.status, await response.text()


async def hands_in(
    http: ClientSession, one: Job, note: str = "Socket replaced", photos: Any = (AFTER,), **headers: str
) -> tuple[int, str]:
    """Send the form; the status and page of the answer, a redirection followed."""
    form = FormData(default_to_multipart=True)
    form.add_field("note", note)
    for content in photos:
        form.add_field("photo", BytesIO(content), filename="after.jpg", content_type="image/jpeg")
    async with http.post(one.url, data=form, headers=headers) as response:
        return response.status, await response.text()


async def test_the_page_shows_one_hazard_and_nobody_s_name(app: App, http: ClientSession) -> None:
    one = await job(app)
    status, shown = await page(http, one.url)
    hazard = await one.hazard()
    assert status == 200
    for said in (
        hazard.number,
        "East escape stairs",
        "Loose socket",
        "Replace the socket",
        "Socket taped over",
    ):
        assert said in shown
    assert "It sparks &lt;b&gt;badly&lt;/b&gt;" in shown
    assert GUARD not in shown
    assert CHIEF not in shown
    _status, chinese = await page(http, one.url, **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-CN">' in chinese
    assert "插座松动" in chinese
    assert "提交" in chinese


async def test_every_answer_is_fenced_in(app: App, http: ClientSession) -> None:
    one = await job(app)
    for address in (one.url, f"{one.url}/1", f"{app.url}/fix/{'x' * 43}"):
        async with http.get(address) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "script-src 'none'" in policy
            assert "form-action 'self'" in policy
            assert "unsafe" not in policy
            assert response.headers["Referrer-Policy"] == "same-origin"
            assert response.headers["Cache-Control"] == "private, no-store"
            assert response.headers["X-Robots-Tag"] == "noindex"


async def test_its_photos_are_to_be_had_with_the_link_alone(app: App, http: ClientSession) -> None:
    one = await job(app, photos=2)
    _status, shown = await page(http, one.url)
    assert f'src="{one.code}/2"' in shown
    async with http.get(f"{one.url}/2") as response:
        assert (response.status, response.content_type) == (200, "image/jpeg")
        assert (await response.read()).startswith(b"\xff\xd8")
    for absent in (f"{one.url}/3", f"{one.url}/0", f"{app.url}/fix/{'x' * 43}/1"):
        assert (await page(http, absent))[0] == 404


async def test_a_fix_is_handed_in_once_in_the_contractor_s_name(app: App, http: ClientSession) -> None:
    one = await job(app)
    status, shown = await hands_in(http, one)
    assert status == 200, "sent on to the page"
    assert "Thank you. The fix was handed in" in shown
    assert "<form" not in shown
    assert "Loose socket" not in shown
    assert "<img" not in shown
    assert (await page(http, f"{one.url}/1"))[0] == 404
    hazard, [fix] = await one.hazard(), await one.fixes()
    assert (hazard.status, hazard.fixed_by) == ("pending_review", hazard.responsible_id)
    assert (fix.contractor, fix.person_id, fix.note) == ("鲁班电气 王师傅", None, "Socket replaced")
    kept = await app.media.read(fix.photos[0]["sha"])
    assert kept.startswith(b"\xff\xd8")
    assert "鲁班电气 王师傅" in await one.told()
    status, shown = await hands_in(http, one)
    assert (status, len(await one.fixes())) == (400, 1)
    assert "handed in" in shown


async def test_of_two_that_hand_in_at_once_one_does(app: App, http: ClientSession) -> None:
    one = await job(app)
    answers = await asyncio.gather(*(hands_in(http, one) for _copy in range(3)))
    assert sorted(status for status, _page in answers) == [200, 400, 400]
    assert len(await one.fixes()) == 1


@pytest.mark.parametrize(
    ("note", "photos", "said"),
    [
        ("", (AFTER,), "Please write what was done."),
        ("  \n", (AFTER,), "Please write what was done."),
        ("Done <it>", (), "Please add a photo"),
        ("Done <it>", (b"",), "Please add a photo"),
        ("Done <it>", (b"no picture",), "This file is not a photo"),
        ("Done <it>", (AFTER, b"GIF89a"), "A GIF cannot be kept"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_written_stays(
    app: App, http: ClientSession, note: str, photos: tuple[bytes, ...], said: str
) -> None:
    one = await job(app)
    status, shown = await hands_in(http, one, note, photos)
    assert (status, said in shown) == (400, True)
    assert ("Done &lt;it&gt;</textarea>" in shown) == bool(note.strip())
    assert await one.fixes() == []
    assert (await hands_in(http, one))[0] == 200, "the link is still good"


async def test_a_body_that_is_none_or_too_much_is_refused(app: App, http: ClientSession) -> None:
    one = await job(app)
    bodies: list[dict[str, Any]] = [{"json": {"note": "x"}}, {"data": b"x"}]
    for body in bodies:
        async with http.post(one.url, **body) as response:
            assert response.status == 400
    assert (await hands_in(http, one, photos=[AFTER] * 10))[0] == 400
    assert await one.fixes() == []


async def test_another_page_cannot_hand_in(app: App, http: ClientSession) -> None:
    one = await job(app)
    assert (await hands_in(http, one, Origin="https://evil.example"))[0] == 403
    assert (await hands_in(http, one, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert await one.fixes() == []


async def test_a_link_ends(app: App, http: ClientSession) -> None:
    one = await job(app, ends=timedelta(seconds=-1))
    for status, shown in (await page(http, one.url), await hands_in(http, one)):
        assert (status, "does not work any more" in shown) == (404, True)
    unknown = await page(http, f"{app.url}/fix/{'x' * 43}", **{"Accept-Language": "zh"})
    assert unknown[0] == 404
    assert "链接" in unknown[1]


async def test_what_is_not_being_rectified_takes_nothing(app: App, http: ClientSession) -> None:
    one = await job(app)
    async with app.database.transaction() as db:
        await db.execute(update(Hazard).where(Hazard.id == one.hazard_id).values(status="ordered"))
    _status, shown = await page(http, one.url)
    assert "Nothing can be handed in" in shown
    assert "<form" not in shown
    assert (await hands_in(http, one))[0] == 400
    async with app.database.reading() as db:
        mine = (HazardLink.hazard_id == one.hazard_id, HazardLink.used_at.is_not(None))
        assert await db.scalar(select(func.count()).select_from(HazardLink).where(*mine)) == 0


async def test_only_a_code_s_hash_is_kept(app: App) -> None:
    one = await job(app)
    async with app.database.reading() as db:
        [link] = (await db.execute(select(HazardLink).where(HazardLink.hazard_id == one.hazard_id))).all()
    assert link.code_hash == hashed(one.code)
    assert one.code not in str(tuple(link))
    assert link.expires_at > utc_now()
