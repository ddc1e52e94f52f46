"""The chat page in a real browser: a conversation by taps and words, and what the device keeps of it."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from bot.app import App
from tests.fixtures.browsing import Chat, opened, said, stored
from tests.fixtures.browsing import app as app
from tests.fixtures.browsing import browser as browser
from tests.fixtures.browsing import context as context
from tests.fixtures.media import picture
from tests.fixtures.web_chat import MUSEUM

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


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
    await chat.attaches(picture(colour="red"), picture(colour="green"))
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
