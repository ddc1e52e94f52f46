"""The queue of updates that wait for the bot: ids, lines, confirmation, expiry, repeated delivery."""

import json
from dataclasses import dataclass

from tests.fakes.bot_api.rules import CALLBACK_LIFE, Json, Params
from tests.fakes.bot_api.world import Changes, Clock

MESSAGE_LIFE = 24 * 3600  # seconds an update waits for the bot

# Update kinds that come only when allowed_updates names them.
_ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(eq=False)
class Pending:
    """An update not yet confirmed. `queue` names the line it stands in when a webhook is called."""

    update_id: int
    body: Json
    queue: str
    born: float
    again: bool = False  # a deliberate second delivery: handed out whatever the offset

    @property
    def life(self) -> float:
        return CALLBACK_LIFE if "callback_query" in self.body else MESSAGE_LIFE


class Updates:
    """The updates that wait for the bot, in order; ids are int32 and sequential."""

    def __init__(self, clock: Clock, changes: Changes, first_id: int) -> None:
        self._clock = clock
        self._changes = changes
        self._next_id = first_id
        self.allowed: set[str] | None = None
        self.waiting: list[Pending] = []
        self.sent: dict[int, Json] = {}

    def push(self, body: Json) -> int | None:
        """Queues an update, giving it the next id unless it brings its own; None when it is not allowed."""
        kind = next((key for key in body if key != "update_id"), "")
        if kind in _ON_REQUEST if self.allowed is None else kind not in self.allowed:
            return None
        given = body.get("update_id")
        update_id = given if isinstance(given, int) else self._next_id
        self._next_id = max(self._next_id, update_id) + 1
        body = {"update_id": update_id, **body}
        self.sent[update_id] = body
        self._add(Pending(update_id, body, _queue_of(body), self._clock.now()))
        return update_id

    def repeat(self, update_id: int, times: int) -> None:
        """Delivers an update again, as happens when a confirmation is lost on the way."""
        body = self.sent[update_id]
        for _ in range(times):
            self._add(Pending(update_id, body, _queue_of(body), self._clock.now(), again=True))

    def _add(self, pending: Pending) -> None:
        self.waiting.append(pending)
        self._changes.notify()

    def allow(self, params: Params) -> None:
        """Takes `allowed_updates`; absent or broken it changes nothing, empty means the default kinds."""
        try:
            kinds = json.loads(params.text("allowed_updates") or "null")
        except ValueError:
            return
        if isinstance(kinds, list):
            self.allowed = set(kinds) or None

    def current(self) -> list[Pending]:
        now = self._clock.now()
        self.waiting = [pending for pending in self.waiting if now - pending.born <= pending.life]
        return self.waiting

    def forget(self, pending: Pending) -> None:
        self.waiting = [other for other in self.waiting if other is not pending]
        self._changes.notify()

    def take(self, offset: int, limit: int) -> list[Json]:
        """The updates a poll is answered with. An offset confirms, that is deletes, all below it."""
        waiting = self.current()
        if offset < 0:
            self.waiting = waiting[offset:]
        elif offset > 0:
            self.waiting = [pending for pending in waiting if pending.again or pending.update_id >= offset]
        handed = self.waiting[:limit]
        self.waiting = [pending for pending in self.waiting if not (pending.again and pending in handed)]
        return [pending.body for pending in handed]


def _queue_of(body: Json) -> str:
    """Messages stand in line per chat, taps apart from them per user; anything else stands alone."""
    for kind, holder in (("callback_query", "from"), ("message", "chat"), ("edited_message", "chat")):
        part = body.get(kind)
        owner = part.get(holder) if isinstance(part, dict) else None
        if isinstance(owner, dict) and "id" in owner:
            return f"{holder} {owner['id']}"
    return f"update {body['update_id']}"
