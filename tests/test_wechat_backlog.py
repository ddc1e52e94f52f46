"""WeChat takes five messages behind each of a person's own: words come before the photos of what waited."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot import outbox
from bot.outbox import Parcel
from handlers.kit.messages import Attached, Message
from handlers.work import Sending
from models import Account, Outbox
from tests.fixtures.media import picture
from tests.test_wechat_app import WAIT, Desk, delivery, desk


async def news(here: Desk, name: str, *texts: str, photos: int = 3) -> None:
    """Write to somebody, with photos."""
    kept = [await here.app.media.keep_photo(picture(colour=(0, n, 0))) for n in range(photos)]
    shown = tuple(Attached(one.sha, f"{number}.jpg", one.mime) for number, one in enumerate(kept))
    async with here.app.database.transaction() as db:
        account = await db.scalar(select(Account.id).where(Account.external_id == name))
        assert account is not None
        sendings = [Sending(account, Message(text, photos=shown)) for text in texts]
        await outbox.post(db, [Parcel(sendings)], here.app.languages, datetime.now(UTC), pulling={"web"})
    here.app.ring([account])


async def all_sent(here: Desk) -> None:
    waiting = select(Outbox.id).where(Outbox.status != "sent")
    async with asyncio.timeout(WAIT):
        while await here.rows(waiting):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)


async def test_words_are_pushed_before_photos(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        await news(here, "o-ada", "one", "two", "three")
        await ada.hears("three")
        pushed = [said for said in here.pushed("o-ada") if said]
        assert [said.split("\n")[0] for said in pushed] == ["one", "two", "three"]
        assert "/file/" in pushed[0]


async def test_a_message_with_more_photos_than_may_be_sent_is_sent(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        await news(here, "o-ada", "nine photos", photos=9)
        await ada.hears("nine photos")
        await all_sent(here)
        assert "".join(here.pushed("o-ada")).count("/file/") == 9


async def test_few_photos_are_pictures(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        await news(here, "o-ada", "three photos")
        assert "/file/" not in (await ada.hears("three photos")).text
        assert [one.kind for one in ada.received if one.via == "push"] == ["image"] * 3 + ["text"]


async def test_the_answer_is_heard_behind_photo_news(database_url: str, tmp_path: Path) -> None:
    """As by a reviewer who has a backlog of it, and taps; the same again where the delivery comes again."""
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        await here.shuts("o-ada")
        await news(here, "o-ada", *(f"news {number}" for number in range(1, 4)))
        sent = delivery(ada, "/language")
        first, again = [await here.wechat.callbacks.attempt(sent) for _time in range(2)]
        assert first.answer is not None
        assert first.answer == again.answer
        for words in ("news 1", "/file/"):
            assert words in first.answer.content
        await all_sent(here)
        heard = first.answer.content + "".join(here.pushed("o-ada"))
        for words in ("news 2", "news 3", "Choose a language"):
            assert words in heard
