"""Phones with a browser on them, which people borrow: emptied, one is as good as new, and much sooner so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page


class Phones:
    """Contexts of `browser`, with `scale` real dots to each of the page's; the worker that keeps pages for
    later is not let in, and nothing moves."""

    def __init__(self, browser: Browser, scale: int = 1) -> None:
        self._browser = browser
        self._scale = scale
        self._free: dict[str, list[Page]] = defaultdict(list)

    @asynccontextmanager
    async def lent(self, locale: str, origin: str) -> AsyncIterator[Page]:
        """A page of a phone in this language, to be taken nowhere but to `origin`. One that something went
        wrong with is not lent again."""
        free = self._free[locale]
        page = free.pop() if free else await self._new(locale)
        yield page
        await self._empty(page, origin)
        free.append(page)

    async def _new(self, locale: str) -> Page:
        context = await self._browser.new_context(
            locale="zh-CN" if locale == "zh_CN" else "en-GB",
            viewport={"width": 390, "height": 844},
            device_scale_factor=self._scale,
            timezone_id="Asia/Shanghai",
            permissions=["geolocation", "microphone"],
            reduced_motion="reduce",
            service_workers="block",
        )
        return await context.new_page()

    async def _empty(self, page: Page, origin: str) -> None:
        await page.goto("about:blank")
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        await devtools.detach()
        await page.context.clear_cookies()
        await page.context.set_geolocation(None)
