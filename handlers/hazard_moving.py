"""What the forms about one hazard have in common: which it is, and how it stands once it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, select

from handlers import catalogue
from handlers.hazard_card import hazard_card, may_see
from handlers.hazard_moves import Moved, move
from handlers.hazard_table import GONE
from handlers.kit.kinds.checklist import short
from handlers.kit.words import Both, Text, _, joined, lines
from handlers.work import Work
from models import Hazard

DONE: Final = _("✔ Done.")


class Moving:
    """What the forms about one hazard have in common. Facts: `id`, `seq`, `number`, `title`, `place`."""

    facts: Mapping[str, Any]

    def head(self) -> Text | None:
        """Which hazard it is about."""
        facts = self.facts
        what = joined(short(Both(*facts["title"])), Both(*facts["place"]))
        wanted = _("Protection wanted: {wanted}", wanted=facts["wanted"]) if facts.get("wanted") else None
        return lines(joined(f"⚠️ {facts['number']}", what), wanted)

    async def make(self, work: Work, name: str, **given: Any) -> None:
        """Make the move with what was answered, and show what came of it."""
        await show(work, self.facts["id"], await move(work, self.facts["id"], name, **given))


async def facts_of(work: Work, name: str, hazard: Row[Any]) -> dict[str, Any]:
    """What the form of a move keeps of the hazard."""
    place = await catalogue.place_name(work.db, hazard.place)
    return {
        "id": hazard.id,
        "seq": hazard.seq,
        "number": hazard.number,
        "move": name,
        "title": [hazard.title_zh, hazard.title_en],
        "place": [place.zh, place.en] if isinstance(place, Both) else [place, place],
        "has_photos": bool(hazard.photos),
    }


async def show(work: Work, hazard_id: int, done: Moved | Text) -> None:
    """The card as it stands now, under what came of a move; over the chat, too, where that was refused."""
    refused = None if isinstance(done, Moved) else done
    query = select(Hazard.__table__).where(Hazard.id == hazard_id)
    hazard = done.hazard if isinstance(done, Moved) else (await work.db.execute(query)).first()
    if hazard is None or not await may_see(work, hazard):
        work.reply(GONE)
        return
    if refused is not None and work.given.data is not None:
        work.toast = refused
    work.reply(await hazard_card(work, hazard, head=DONE if refused is None else refused))
