"""The museum's printed WeChat codes, read with the scanner in the chat's menu: what each leads to is kept.

WeChat's own scanner opens such a code and tells its scene; the one in the menu tells its address only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.words import _
from handlers.routes import Routes
from handlers.work import Work
from models import Note

routes = Routes()

CODES: Final = "wechat-codes"  # the note with the links by the addresses of their codes
PLACE: Final = "weixin.qq.com/q/"


@routes.recognises(needs="talk", order=4, first=True)
async def read(work: Work, said: str) -> bool:
    """The address of a code. One that is not ours must not become somebody's comment."""
    address = said.strip()
    if not address.startswith(("http://", "https://")) or PLACE not in address:
        return False
    prefix, _sep, code = (await _known(work.db)).get(_bare(address), "").partition("_")
    if prefix in work.routes.links:
        await work.routes.links[prefix](work, code)
    else:
        work.reply(_("This code is not known here. Scan it with WeChat's own scanner, or write."))
    return True


async def remember(db: AsyncConnection, address: str, link: str, now: datetime) -> None:
    """Keep that the code with `address` is that of `link`."""
    codes = {**await _known(db), _bare(address): link}
    await db.execute(delete(Note).where(Note.key == CODES))
    await db.execute(insert(Note).values(key=CODES, value=codes, updated_at=now))


async def _known(db: AsyncConnection) -> dict[str, str]:
    return dict(await db.scalar(select(Note.value).where(Note.key == CODES)) or {})


def _bare(address: str) -> str:
    return address.partition("://")[2]
