"""What a reporter said of a hazard, corrected by themselves until there is an order."""

from __future__ import annotations

from typing import Any

from handlers import catalogue
from handlers.hazard_moving import Moving, facts_of
from handlers.hazard_report import MOST_WORDS, says_nothing
from handlers.hazard_talk import movable
from handlers.hazard_words import severity_of
from handlers.kit.form import Form, Start
from handlers.kit.kinds import photos, place, text
from handlers.kit.kinds.photos import as_json
from handlers.kit.words import _
from handlers.routes import Routes
from handlers.work import Opening, Work

routes = Routes()


@routes.form
class Amend(Moving, Form, name="hazard_amend", opens=_("Correction of a hazard report"), needs="hazards"):
    """Facts: also `places`, and the `severity` it has."""

    words: str = text(
        _("What is wrong, then?"),
        label=_("What is wrong"),
        most=MOST_WORDS,
        photos="photos",
        unfit=says_nothing,
    )
    photos: list[Any] | None = photos(_("Send a photo of it, or skip."), label=_("Photos"), optional=True)
    place: str = place(_("Where is it? Tap, or type the name."), label=_("Place"), whole=True)

    async def submit(self, work: Work) -> None:
        """Words of danger make it critical; to call it less severe is for a leader."""
        worse = severity_of(self.words) == "critical" != self.facts["severity"]
        given = {"note": self.words, "photos": as_json(self.photos or []), "place": self.place}
        await self.make(work, "amend", severity="critical" if worse else None, **given)


@routes.action("hz_amend", needs="hazards")
async def ask(work: Work, argument: str) -> None:
    """What was said stands there already: it can be kept, or said anew, before all of it is looked at."""
    hazard = await movable(work, "amend", argument)
    if hazard is None:
        return
    tree = await catalogue.place_tree(work.db)
    facts = {**await facts_of(work, "amend", hazard), "places": tree, "severity": hazard.severity}
    said = {"words": hazard.note, "photos": hazard.photos or None, "place": hazard.place}
    work.opening = Opening(Amend, Start(facts, said, "words"))
