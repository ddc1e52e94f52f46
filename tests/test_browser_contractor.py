"""The page for contractors in a real browser: read and used without a script."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from bot.app import App
from tests.fixtures.browsing import app as app
from tests.fixtures.browsing import browser as browser
from tests.fixtures.browsing import device
from tests.fixtures.contractors import job
from tests.fixtures.media import picture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_fix_is_handed_in_on_a_phone(app: App, browser: Browser) -> None:
    one = await job(app)
    async with device(browser, java_script_enabled=False) as phone:
        page = await phone.new_page()
        await page.goto(one.url)
        await expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
        await page.get_by_label("What was done?").fill("Socket replaced")
        photo: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()}
        await page.get_by_label("Photos of the place").set_input_files([photo])
        await page.get_by_role("button", name="Hand in").click()
        await expect(page.get_by_role("status")).to_contain_text("Thank you. The fix was handed in")
    assert (await one.hazard()).status == "pending_review"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_read_it(app: App, browser: Browser, scheme: str) -> None:
    one = await job(app)
    async with device(browser, color_scheme=scheme) as phone:
        page = await phone.new_page()
        await page.goto(one.url)
        loaded = "() => document.images[0].complete && document.images[0].naturalWidth > 0"
        await page.wait_for_function(loaded)
        results = await Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
