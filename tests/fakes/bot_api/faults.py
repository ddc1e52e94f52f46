"""The log of a bot's method calls, and the faults a test lets them meet."""

import json
from dataclasses import dataclass
from typing import Any

from tests.fakes.bot_api.rules import ApiError, too_many


@dataclass
class Call:
    """One method call as it came in. `status` is the HTTP status decided; `answered`, that it was sent."""

    method: str
    params: dict[str, str]
    at: float  # time.monotonic()
    via: str = "http"  # or "webhook": put into the answer to an update
    status: int = 0
    error: str = ""
    answered: bool = False

    def json(self, name: str) -> Any:
        """A nested argument, for example reply_markup."""
        return json.loads(self.params[name])


@dataclass
class Fault:
    """Something that goes wrong `times` times, for one method or chat or, where None, for any."""

    times: int
    method: str | None = None
    chat_id: int | None = None
    error: ApiError | None = None
    delay: float = 0  # seconds before the server looks at the request
    lose_answer: bool = False

    def meets(self, call: Call) -> bool:
        """Without a method a fault meets only calls that address a chat."""
        if self.lose_answer and call.via == "webhook":
            return False  # there is no answer to lose
        method = call.method.lower() == self.method.lower() if self.method else "chat_id" in call.params
        return method and self.times > 0 and self.chat_id in (None, _chat_of(call))


def _chat_of(call: Call) -> int | None:
    raw = call.params.get("chat_id", "")
    return int(raw) if raw.lstrip("-").isdigit() else None


class Faults:
    """What goes wrong next. A call meets the oldest fault that fits it; each fault fits `times` calls."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def flood(self, retry_after: int = 1, chat_id: int | None = None, times: int = 1) -> None:
        """429 for the next calls to one chat, or to any."""
        self._planned.append(Fault(times, chat_id=chat_id, error=too_many(retry_after)))

    def fail(self, method: str | None = None, error: ApiError | None = None, times: int = 1) -> None:
        """Refuses the next calls without any effect, with a 500 unless told otherwise."""
        self._planned.append(Fault(times, method, error=error or ApiError(500, "Internal Server Error")))

    def lose_answer(self, method: str | None = None, times: int = 1) -> None:
        """Does what the next calls ask but drops the connection instead of answering."""
        self._planned.append(Fault(times, method, lose_answer=True))

    def delay(self, seconds: float, method: str | None = None, times: int = 1) -> None:
        """Lets the next calls wait before anything happens."""
        self._planned.append(Fault(times, method, delay=seconds))

    def clear(self) -> None:
        self._planned = []

    def meet(self, call: Call) -> Fault:
        """The fault this call meets, used up once more; a harmless one when none is planned for it."""
        fault = next((fault for fault in self._planned if fault.meets(call)), Fault(0))
        fault.times -= 1
        return fault
