"""Photos, one or several; an album counts as one answer and later ones are added to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from handlers.kit.asking import Asking
from handlers.kit.messages import Input, Media
from handlers.kit.question import Answer, Misfit, Question, Reading, Step
from handlers.kit.words import Text, _, n_


class Photos(Question):
    """Up to `most` photos, stored as `[{sha, mime, size, ...}]`."""

    gives = list

    def __init__(self, prompt: Any, *, most: int = 9, **common: Any) -> None:
        super().__init__(prompt, **common)
        self.most = most

    def asking(self, step: Step) -> Asking:
        return Asking(
            step.path, self.wording(step), _("Send a photo."), frozenset({"photo"}), optional=self.optional
        )

    def read(self, given: Input, step: Step) -> Reading:
        return Answer(as_json(given.photos[: self.most])) if given.photos else Misfit()

    def load(self, raw: Any) -> list[Media]:
        if not isinstance(raw, list):
            raise ValueError(raw)
        return [Media(**one) for one in raw]

    def adds(self, given: Input, step: Step) -> Answer | None:
        """The photos with the newly sent ones behind them, each once, up to `most`."""
        if not given.photos:
            return None
        kept: list[Media] = list(step.value or [])
        known = {media.sha for media in kept}
        kept += [media for media in given.photos if media.sha not in known]
        return Answer(as_json(kept[: self.most]), note=_("Photo added."))

    def show(self, step: Step) -> Text:
        return n_("{count} photo", "{count} photos", len(step.value))


class Recording(Photos):
    """A voice message kept as a file; it is never asked for, only sent instead of words."""

    def read(self, given: Input, step: Step) -> Reading:
        return Answer(as_json((given.voice,))) if given.voice else Misfit()

    def adds(self, given: Input, step: Step) -> Answer | None:
        return None

    def show(self, step: Step) -> Text:
        return _("🎤 voice message")


def as_json(media: Iterable[Media]) -> list[dict[str, object]]:
    """Media as answers store them."""
    return [
        {
            "sha": one.sha,
            "mime": one.mime,
            "size": one.size,
            "original_sha": one.original_sha,
            "name": one.name,
        }
        for one in media
    ]


def photos(prompt: Any, **settings: Any) -> Any:
    """Up to `most` (9) photos."""
    return Photos(prompt, **settings)


def recording(**settings: Any) -> Any:
    """Room for a voice message sent instead of words."""
    return Recording(_("Send a voice message."), asks=False, **settings)


def sent_with(given: Input) -> dict[str, Any]:
    """The photos and the recording that came with words, as answers to questions of these names."""
    sent = {"photos": given.photos, "voice": (given.voice,) if given.voice else ()}
    return {name: as_json(media) for name, media in sent.items() if media}
