"""The chat page in a real browser: files go out, and nothing is lost or doubled without a network."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, expect
from sqlalchemy import select

from bot.app import App
from bot.errors import Unavailable
from models import Outbox
from tests.fixtures.browsing import app as app
from tests.fixtures.browsing import browser as browser
from tests.fixtures.browsing import context as context
from tests.fixtures.browsing import device, opened, said, worker_is_ready
from tests.fixtures.media import picture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_place_and_a_recording_go_out(app: App, browser: Browser) -> None:
    async with device(browser, geolocation={"latitude": 31.23, "longitude": 121.47}) as context:
        chat = await opened(context, app)
        await chat.page.locator("#more").click()
        await chat.page.locator("#place").click()
        await expect(chat.page.locator(".mine .text")).to_have_text("📍 31.23000, 121.47000")
        await chat.page.locator("#record").click()
        await expect(chat.page.locator("#elapsed")).to_have_text("Recording 0:01")
        await chat.page.locator("#finish").click()
        player = chat.page.locator(".mine audio")
        await expect(player).to_be_visible()
        await expect(chat.page.locator(".mine").last.get_by_label("Sent")).to_be_visible()
    assert any(payload["file"] for payload in await recorded(app))


async def recorded(app: App) -> list[dict[str, Any]]:
    async with app.database.reading() as db:
        return list(await db.scalars(select(Outbox.payload)))


async def test_a_large_photo_is_made_smaller_before_it_goes(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    script = """async (bytes) => {
        const { fitted } = await import("/static/photo.js");
        const { type, bytes: made } = await fitted({ type: "image/png", bytes: new Uint8Array(bytes) });
        const bitmap = await createImageBitmap(new Blob([made], { type }));
        return [type, bitmap.width, bitmap.height];
    }"""
    large = picture("PNG", (4000, 3000), "L")
    assert await chat.page.evaluate(script, list(large)) == ["image/jpeg", 2560, 1920]
    small = picture("PNG", (40, 30), "L")
    assert await chat.page.evaluate(script, list(small)) == ["image/png", 40, 30]


async def test_what_is_refused_can_be_mended(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.writes("x" * 10_001)
    await expect(chat.page.locator(".amends p")).to_contain_text("too long for one message")
    await chat.writes("/papers")  # the next one goes its way
    await chat.hears("Summary")
    await chat.page.reload()
    await chat.page.get_by_role("button", name="Edit").click()
    await expect(chat.field).to_have_value("x" * 10_001)
    await expect(chat.page.locator(".amends")).to_have_count(0)
    assert await said(app, context) == ["/papers"]


async def test_a_draft_survives_a_reload(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.field.fill("half a sent")
    await chat.page.reload()
    await expect(chat.field).to_have_value("half a sent")


async def test_what_is_written_without_a_network_goes_out_once_in_order(
    app: App, context: BrowserContext
) -> None:
    chat = await opened(context, app)
    await worker_is_ready(chat.page)
    second = await opened(context, app)
    await context.set_offline(True)
    await expect(chat.page.locator("#banner")).to_contain_text("No network")
    await chat.writes("one")
    await chat.attaches(picture(colour="blue"))
    await chat.writes("two")
    await chat.writes("/papers")
    await expect(second.messages).to_have_count(4)
    await second.writes("four")
    await expect(chat.messages).to_have_count(5)
    await expect(chat.page.get_by_label("Waiting for the network")).to_have_count(4)
    await chat.page.reload()
    await expect(chat.page.get_by_label("Waiting for the network")).to_have_count(4)
    await expect(chat.page.locator(".mine .photo img")).to_be_visible()
    assert await said(app, context) == []
    await context.set_offline(False)
    await expect(chat.page.get_by_label("Sent")).to_have_count(4)
    await expect(second.page.get_by_label("Sent")).to_have_count(4)
    assert await said(app, context) == ["one", "two+", "/papers", "four"]
    for tab in (chat, second):
        mine = [text for text in await tab.texts() if text.startswith(">")]
        assert mine == ["> one", "> two", "> /papers", "> four"]


async def test_a_tap_without_a_network_waits_too(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.writes("/tour")
    await chat.hears("Which hall")
    await context.set_offline(True)
    await chat.taps("Hall 3")
    await expect(chat.choice("Hall 3")).to_have_attribute("aria-busy", "true")
    await context.set_offline(False)
    await chat.hears("How is it?")


async def test_a_lost_answer_does_not_double_a_message(
    app: App, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await opened(context, app)
    accept = app.engine.accept
    lost: list[Any] = []

    async def forgetful(update: Any) -> Any:
        accepted = await accept(update)
        if len(lost) < 2:
            lost.append(update)
            raise Unavailable  # after the commit: the page cannot know
        return accepted

    monkeypatch.setattr(app.engine, "accept", forgetful)
    await chat.writes("first")
    await chat.writes("second")
    await expect(chat.page.get_by_label("Sent")).to_have_count(2)
    await expect(chat.page.locator(".mine")).to_have_count(2)
    assert len(lost) == 2
    assert await said(app, context) == ["first", "second"]


async def test_it_works_where_the_browser_offers_little(app: App, context: BrowserContext) -> None:
    """As over plain http, or in a private window."""
    await context.add_init_script(
        """for (const name of ["locks", "serviceWorker", "mediaDevices"]) delete Navigator.prototype[name];
        for (const name of ["indexedDB", "BroadcastChannel"]) delete window[name];"""
    )
    chat = await opened(context, app)
    await expect(chat.page.locator("#send")).to_be_visible()
    await chat.writes("one")
    await chat.attaches(picture())
    await chat.writes("two")
    await expect(chat.page.get_by_label("Sent")).to_have_count(2)
    assert await said(app, context) == ["one", "two+"]
