"""Sheets of QR codes to cut out and hang up: one card for each point, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

import segno
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import place_codes
from handlers.kit.words import Both, _, p_
from handlers.paper import Card, Cards, Paper, moment
from handlers.work import Rules
from models import Place

DO: Both = Both("巡查人员：扫码开始巡查", "Guards: scan to begin the round")
ALSO: Both = Both("观众：扫码留言", "Visitors: scan to leave a comment")


async def codes(db: AsyncConnection, rules: Rules, now: datetime, below: str = "") -> Paper | None:
    """The sheets for all points in use, or for those at or below a place; None where there are none."""
    places = list(await db.execute(select(Place).where(Place.active).order_by(Place.position)))
    parents = {place.code: place.parent for place in places}
    points = [place for place in places if place.kind == "point" and _is_below(place.code, below, parents)]
    if not points:
        return None
    return Paper(
        title=p_("paper", "{museum}: codes of the points", museum=rules.museum),
        about=_("Cut out, cover against wet, hang up at eye level at the very point."),
        name=p_("file", "qr-codes"),
        blocks=[Cards([_card(place, rules) for place in points])],
        note=p_("paper", "Printed {when}", when=moment(now, rules.zone)),
    )


def address_of(place: Row[Any], rules: Rules) -> str:
    """Where the code of a point leads: to the web chat, from which Telegram and WeChat are one tap away."""
    return f"{rules.public_url.rstrip('/')}/chat?p={place_codes.carried(place.code, place.token)}"


def _card(place: Row[Any], rules: Rules) -> Card:
    drawing = BytesIO()
    segno.make(address_of(place, rules), error="q", micro=False).save(drawing, kind="svg", scale=10, border=4)
    names = [place.name_zh, *([place.name_en] if place.name_en else []), place.code]
    both = [f"{one.zh} · {one.en}" for one in (DO, ALSO)]
    return Card(drawing.getvalue(), [*names, *both])


def _is_below(code: str, above: str, parents: Mapping[str, str]) -> bool:
    """Whether a place is `above`, or somewhere in it; all are, where that is empty."""
    while above and code and code != above:
        code = parents.get(code, "")
    return bool(code)
