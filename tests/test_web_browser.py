"""The chat page in a real browser: writing, tapping, without a network, with the keyboard alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Locator, Page, Response, expect
from sqlalchemy import select

from bot.app import App
from bot.channels.web_session import COOKIE, account_of
from bot.errors import Unavailable
from models import Account, Outbox
from tests.fixtures.chromium import launched
from tests.fixtures.web_chat import MUSEUM, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
PHONE = {"width": 390, "height": 844}
SLOW = 20_000  # milliseconds: the machine may be busy with other tests
MOST_BYTES = 80 * 1024

expect.set_options(timeout=SLOW)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """A program that the tests of this file share: each has a browser context, so a session, of its own."""
    folder = tmp_path_factory.mktemp("web")
    async with serving(f"sqlite+aiosqlite:///{(folder / 'docent.db').as_posix()}", folder) as app:
        yield app


@asynccontextmanager
async def device(browser: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """Somebody's phone, English unless told otherwise."""
    given = {"locale": "en-GB", "viewport": PHONE, "permissions": ["geolocation", "microphone"], **options}
    context = await browser.new_context(**given)
    context.set_default_timeout(SLOW)
    try:
        yield context
    finally:
        await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with device(browser) as context:
        yield context


class Chat:
    """The page as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.field = page.locator("#field")
        self.messages = page.locator("#messages .message")

    async def writes(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def taps(self, label: str) -> None:
        await self.choice(label).click()

    def choice(self, label: str) -> Locator:
        return self.page.get_by_role("button", name=label, exact=True).last

    async def attaches(self, *photos: bytes) -> None:
        files: list[Any] = [
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo} for photo in photos
        ]
        await self.page.locator("#files").set_input_files(files)

    async def hears(self, text: str) -> None:
        """Wait until the newest message from the desk has this in it."""
        await expect(self.page.locator(".message.desk").last).to_contain_text(text)

    async def texts(self) -> list[str]:
        """The messages from top to bottom, one's own marked with >."""
        script = """(all) => all.map((one) => (one.classList.contains("mine") ? "> " : "")
            + (one.querySelector(".text")?.textContent ?? ""))"""
        found: list[str] = await self.messages.evaluate_all(script)
        return found


async def opened(context: BrowserContext, app: App, query: str = "") -> Chat:
    """The chat in a new tab, greeted."""
    page = await context.new_page()
    await page.goto(f"{app.url}/chat{query}")
    chat = Chat(page)
    await expect(page.locator(".message.desk").first).to_be_visible()
    return chat


def picture(colour: str = "red", size: tuple[int, int] = (320, 240)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


async def stored(app: App, context: BrowserContext) -> list[dict[str, Any]]:
    """What the desk has of this device's conversation."""
    (cookie,) = [cookie for cookie in await context.cookies() if cookie["name"] == COOKIE]
    query = (
        select(Outbox.payload)
        .join(Account, Account.id == Outbox.account_id)
        .where(Account.external_id == account_of(str(cookie["value"])))
        .order_by(Outbox.seq)
    )
    async with app.database.reading() as db:
        return list(await db.scalars(query))


async def said(app: App, context: BrowserContext) -> list[str]:
    """The person's own messages as the desk has them, with the number of photos."""
    echoes = [payload for payload in await stored(app, context) if payload["kind"] == "echo"]
    return [f"{echo['text']}{'+' * len(echo['photos'])}" for echo in echoes]


# Talking


async def test_a_conversation_by_taps_and_words(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.hears(MUSEUM)
    await chat.writes("/tour")
    await chat.taps("Hall 2")
    await chat.hears("How is it?")
    await chat.taps("😄")
    await chat.hears("What would you like to say?")
    await chat.writes("Lovely light")
    await chat.hears("Any photos?")
    await chat.attaches(picture("red"), picture("green"))
    await chat.page.locator("#send").click()
    await chat.hears("2 photos")
    await expect(chat.page.locator(".mine .photo img")).to_have_count(2)
    await chat.taps("✔ Submit")
    await chat.hears("Thank you! Record CG-0001")
    assert await said(app, context) == ["/tour", "Lovely light", "++"]
    # What was tapped was edited in place: one message for hall and rating, one for the review and the thanks.
    assert (await chat.texts())[2:] == [
        "(3/4) What would you like to say?",
        "> Lovely light",
        "(4/4) Any photos?",
        "> ",
        "Thank you! Record CG-0001, 2 photos.",
    ]
    await expect(chat.page.locator("#typing")).to_be_hidden()


async def test_a_reload_and_a_second_tab_show_the_same(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.writes("/tour")
    await chat.taps("Hall 1")
    await chat.hears("How is it?")
    await chat.writes("/papers")
    await chat.hears("unfinished draft")
    before = await chat.texts()
    await chat.page.reload()
    await expect(chat.messages).to_have_count(len(before))
    assert await chat.texts() == before
    second = await opened(context, app)
    await expect(second.messages).to_have_count(len(before))
    assert await second.texts() == before
    await second.writes("/help")
    await expect(chat.messages).to_have_count(len(before) + 2)
    await expect(second.messages).to_have_count(len(before) + 2)
    assert await chat.texts() == await second.texts()


async def test_a_reply_goes_to_the_message_it_answers(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    for text in ("/tour", "2", "5", "skip", "skip", "submit"):
        await chat.writes(text)
    await chat.hears("Thank you!")
    await chat.page.get_by_role("button", name="Reply", exact=True).click()
    await expect(chat.page.locator("#quoted")).to_contain_text("Thank you!")
    await chat.writes("You are welcome")
    await chat.hears("tour 1: You are welcome")
    await expect(chat.page.locator("#quote")).to_be_hidden()


async def test_a_toast_is_shown(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.writes("/much")
    await chat.taps("danger")
    await expect(chat.page.locator("#toast")).to_have_text("Signed")
    await expect(chat.choice("danger")).not_to_have_attribute("aria-busy", "true")


async def test_commands_and_addresses_in_a_text_are_live(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.writes("/much")
    link = chat.page.get_by_role("link", name="https://museum.test/a?b=1")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await chat.taps("/help")
    await chat.hears("These are your commands")


async def test_a_scanned_code_is_followed_once(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app, "?p=H1-P3")
    assert chat.page.url == f"{app.url}/chat"
    count = len(await stored(app, context))
    await chat.page.reload()
    await expect(chat.messages).to_have_count(count)
    assert len(await stored(app, context)) == count


async def test_the_language_switches_for_page_and_desk(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    await chat.page.locator("#language").click()
    await expect(chat.page.locator("html")).to_have_attribute("lang", "zh-CN")
    await chat.hears("好的，以后用中文。")
    await chat.writes("/tour")
    await chat.hears("您在哪个展厅？")
    assert chat.page.url == f"{app.url}/chat"


@pytest.mark.parametrize("tapped", [False, True], ids=["typed", "tapped"])
async def test_a_language_asked_for_in_the_chat_is_the_pages_too(
    app: App, context: BrowserContext, tapped: bool
) -> None:
    chat, second = await opened(context, app), await opened(context, app)
    await chat.page.bring_to_front()
    await chat.writes("/papers")
    await chat.hears("Summary")
    before = await chat.texts()
    await chat.writes("/language" if tapped else "/language zh")
    if tapped:
        await chat.hears("Choose a language")  # the header has a button of the same name
        await chat.taps("简体中文")
    for tab in (chat, second):
        await expect(tab.page.locator("html")).to_have_attribute("lang", "zh-CN")
        await expect(tab.page.locator("#language")).to_have_attribute("lang", "en")
        await expect(tab.page.locator("#menu")).to_have_text("菜单")
        await tab.hears("好的，以后用中文。")
        asked = "> /language" if tapped else "> /language zh"
        assert await tab.texts() == [*before, asked, "好的，以后用中文。"]
    assert len(await said(app, context)) == 2
    # What was switched by an earlier message is not switched again when that is read once more.
    await chat.page.goto(f"{app.url}/chat?lang=en")
    await chat.hears("好的，以后用中文。")
    await chat.writes("/papers")
    await chat.hears("汇总")
    await expect(chat.page.locator("html")).to_have_attribute("lang", "en")


async def test_what_is_erased_is_gone_from_the_device_too(app: App, context: BrowserContext) -> None:
    chat, second = await opened(context, app), await opened(context, app)
    await chat.page.bring_to_front()
    await chat.writes("my secret")
    await chat.hears("How was your visit?")
    await second.field.fill("half a secret")
    await expect(second.page.locator(".mine").filter(has_text="my secret")).to_be_visible()
    await holds(chat, "my secret")
    await chat.writes("x" * 10_001)  # refused, it waits to be mended
    await expect(chat.page.locator(".amends")).to_be_visible()
    await chat.writes("/mydata")
    await chat.taps("🗑 Erase")
    await chat.taps("Erase for good")
    for tab in (chat, second):
        await expect(tab.messages).to_have_count(1)
        await tab.hears("Erased.")
        await expect(tab.field).to_have_value("")
    assert [payload["text"][:7] for payload in await stored(app, context)] == ["Erased."]
    await chat.writes("anew")
    await chat.hears("How was your visit?")
    await holds(chat, "anew")
    assert "secret" not in await kept(chat)
    assert "xxx" not in await kept(chat)
    after = await chat.texts()
    assert "> anew" in after
    for tab in (chat, second):
        await tab.page.reload()
        await expect(tab.messages).to_have_count(len(after))
        assert await tab.texts() == after
        await holds(tab, '"text":"anew"')
        assert "secret" not in await kept(tab)


KEPT = """async () => {
    const asked = (request) =>
        new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const database = await asked(indexedDB.open("docent"));
    const stores = database.transaction(["queue", "media", "kept"]);
    const found = [...stores.objectStoreNames].map((name) => asked(stores.objectStore(name).getAll()));
    const all = JSON.stringify([await Promise.all(found), {...sessionStorage}, {...localStorage}]);
    database.close();
    return all;
}"""


async def kept(chat: Chat) -> str:
    """All that the page keeps on the device, as JSON."""
    return str(await chat.page.evaluate(KEPT))


async def holds(chat: Chat, text: str) -> None:
    """Wait until the device keeps this."""
    await chat.page.wait_for_function(f"async (text) => (await ({KEPT})()).includes(text)", arg=text)


async def test_only_what_can_be_answered_offers_a_reply(app: App, context: BrowserContext) -> None:
    chat = await opened(context, app)
    for text in ("/papers", "/tour", "2", "5", "skip", "skip", "submit"):
        await chat.writes(text)
    await chat.hears("Thank you!")
    replies = chat.page.locator(".message .reply")
    await expect(replies).to_have_count(1)
    await expect(chat.messages.last.locator(".reply")).to_be_visible()


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
    buffer = BytesIO()
    Image.new("L", (4000, 3000)).save(buffer, "PNG")
    assert await chat.page.evaluate(script, list(buffer.getvalue())) == ["image/jpeg", 2560, 1920]
    buffer = BytesIO()
    Image.new("L", (40, 30)).save(buffer, "PNG")
    assert await chat.page.evaluate(script, list(buffer.getvalue())) == ["image/png", 40, 30]


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


# Without a network


async def worker_is_ready(page: Page) -> None:
    """Wait until the page could be opened without a network."""
    await page.evaluate("navigator.serviceWorker.ready")
    kept = "async () => Boolean(await caches.match('chat', {ignoreVary: true}))"
    await page.wait_for_function(kept)


async def test_what_is_written_without_a_network_goes_out_once_in_order(
    app: App, context: BrowserContext
) -> None:
    chat = await opened(context, app)
    await worker_is_ready(chat.page)
    second = await opened(context, app)
    await context.set_offline(True)
    await expect(chat.page.locator("#banner")).to_contain_text("No network")
    await chat.writes("one")
    await chat.attaches(picture("blue"))
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


# Reading


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


# For everybody


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
