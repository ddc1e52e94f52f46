"""The chat page in a real browser: read and used by everybody, on any screen, with the keyboard alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Response, expect

from bot.app import App
from tests.fixtures.browsing import Chat, device, opened, said, worker_is_ready
from tests.fixtures.browsing import app as app
from tests.fixtures.browsing import browser as browser
from tests.fixtures.browsing import context as context
from tests.fixtures.media import picture
from tests.fixtures.web_chat import MUSEUM

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
MOST_BYTES = 80 * 1024


async def test_older_messages_come_when_one_scrolls_up(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.writes("/tour")
    await chat.hears("Which hall")
    await chat.writes("/much 130")
    await chat.hears("You have an unfinished draft")
    await chat.page.reload()
    await expect(chat.messages.nth(49)).to_be_attached()
    tour = chat.messages.filter(has_text="/tour")
    await expect(tour).to_have_count(0)
    await chat.page.locator("#log").hover()
    while not await tour.count():
        await chat.page.mouse.wheel(0, -4000)
        await chat.page.wait_for_timeout(20)
    # A button of long ago still does its work, in place.
    await chat.page.get_by_role("button", name="Hall 4").click()
    await expect(tour.locator("+ .message")).to_contain_text("How is it?")


async def test_what_arrives_while_one_reads_above_is_announced(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.writes("/much 30")
    await chat.hears("Address:")
    other = await opened(context, app)
    await chat.page.bring_to_front()
    await chat.page.locator("#log").hover()
    await chat.page.mouse.wheel(0, -800)
    pill = chat.page.locator("#newest")
    await expect(pill).to_be_visible()
    await other.writes("/papers")
    await expect(chat.page.locator("#unread")).to_have_text("1")
    await pill.click()
    await expect(pill).to_be_hidden()
    await expect(chat.messages.last).to_be_in_viewport()


async def test_a_photo_opens_large(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.attaches(picture())
    await chat.page.locator("#send").click()
    photo = chat.page.get_by_role("button", name="Photo 1")
    await photo.click()
    await expect(chat.page.locator("#large")).to_be_visible()
    await chat.page.keyboard.press("Escape")
    await expect(chat.page.locator("#large")).to_be_hidden()
    await expect(photo).to_be_focused()


async def test_a_dialogue_with_the_keyboard_alone(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    keys = chat.page.keyboard
    await expect(chat.field).to_be_focused()
    await keys.type("/tour")
    await keys.press("Enter")
    await chat.hears("Which hall")
    await expect(chat.field).to_be_focused()
    await tab_to(chat, "Hall 2")
    await keys.press("Enter")
    await chat.hears("How is it?")
    assert await focus_is_in_last(chat)
    await tab_to(chat, "😄")
    await keys.press("Space")
    await chat.hears("What would you like to say?")
    assert await focus_is_in_last(chat)
    await tab_to(chat, "‹ Back")
    await keys.press("Enter")
    await chat.hears("How is it?")
    await expect(chat.choice("‹ Back")).to_be_focused()  # the same button of what came in its place
    await chat.field.focus()
    await keys.type("5")
    await keys.press("Enter")
    await chat.hears("What would you like to say?")
    await keys.type("one")
    await keys.press("Shift+Enter")
    await keys.type("two")
    await keys.press("Enter")
    await chat.hears("Any photos?")
    assert "one\ntwo" in await said(app, context)


async def tab_to(chat: Chat, label: str) -> None:
    """Go back with Tab from where the focus is, as from the field, until it is on the button."""
    for key in ["Shift+Tab"] * 12 + ["Tab"] * 24:
        if await chat.choice(label).evaluate("(button) => button === document.activeElement"):
            return
        await chat.page.keyboard.press(key)
    raise AssertionError(f"Tab never reached {label}")


async def focus_is_in_last(chat: Chat) -> bool:
    inside = "(message) => message.contains(document.activeElement)"
    return bool(await chat.page.locator(".message.desk").last.evaluate(inside))


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["normal", "large"])
async def test_axe_finds_nothing(app: App, browser: Browser, locale: str, scheme: str, size: str) -> None:
    async with device(browser, locale=locale, color_scheme=scheme) as context:
        chat = await opened(context, app)
        if size == "large":
            await chat.page.locator("#size").click()
        await expect(chat.page.locator("html")).to_have_attribute("data-theme", scheme)
        await expect(chat.page.locator("html")).to_have_attribute("data-size", size)
        await chat.writes("/papers")
        await chat.attaches(picture())
        await chat.writes("photo")
        await chat.writes("/much")
        await expect(chat.page.locator(".choice.danger")).to_be_visible()
        await chat.writes("x" * 10_001)
        await expect(chat.page.locator(".amends")).to_be_visible()
        await finds_nothing(chat)
        await chat.page.locator("#more").click()
        await chat.attaches(picture())
        await context.set_offline(True)
        await expect(chat.page.locator("#banner")).not_to_be_empty()
        await finds_nothing(chat)
        await chat.page.locator(".photo").first.click()
        await finds_nothing(chat)


async def finds_nothing(chat: Chat) -> None:
    results = await Axe().run(chat.page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("size", ["normal", "large"])
async def test_it_fits_a_small_phone(app: App, browser: Browser, size: str) -> None:
    async with device(browser, viewport={"width": 320, "height": 568}) as context:
        chat = await opened(context, app)
        if size == "large":
            await chat.page.locator("#size").click()
        await chat.writes("/tour")
        await chat.hears("Which hall")
        await chat.writes("/much")
        await chat.hears("unfinished draft")
        await chat.page.locator("#more").click()
        wide = "[document.documentElement, document.getElementById('log')].map((one) => one.scrollWidth)"
        assert max(await chat.page.evaluate(wide)) <= 320
        sizes = """(all) => all.filter((one) => one.checkVisibility() && !one.matches('.command'))
            .map((one) => [one.textContent.trim() || one.id, one.offsetWidth, one.offsetHeight])"""
        found = await chat.page.locator("button, a.choice").evaluate_all(sizes)
        assert [one for one in found if min(one[1:]) < 44] == []


async def test_choices_are_remembered(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.page.locator("#size").click()
    await chat.page.locator("#theme").click()
    await chat.page.reload()
    root = chat.page.locator("html")
    await expect(root).to_have_attribute("data-size", "large")
    await expect(root).to_have_attribute("data-theme", "dark")
    await expect(chat.page.locator("#size")).to_have_attribute("aria-pressed", "true")


async def test_the_page_is_light_and_needs_no_other_host(app: App, context: BrowserContext) -> None:
    page = await context.new_page()
    sizes: dict[str, int] = {}
    faults: list[str] = []
    context.on("response", lambda answer: sizes.update({answer.url: length(answer)}))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
    await page.goto(f"{app.url}/chat")
    await Chat(page).hears(MUSEUM)
    await worker_is_ready(page)
    print(f"{sum(sizes.values())} bytes in {len(sizes)} answers")
    assert {urlsplit(url).netloc for url in sizes} == {urlsplit(app.url).netloc}
    assert len([url for url in sizes if "/static/" in url]) > 10
    assert MOST_BYTES / 10 < sum(sizes.values()) <= MOST_BYTES
    assert faults == []


def length(answer: Response) -> int:
    """How many bytes a response took, compressed as it came; the stream of events has no end to count to."""
    return int(answer.headers.get("content-length", 0))
