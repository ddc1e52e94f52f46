"""The log of the calls a provider got, and what a test lets go wrong with the next ones."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """One call: `method` is its path after /cgi-bin/, `query` its query without the token.

    `errcode` is what was answered, None while there is no answer or where it was a page of a proxy.
    """

    method: str
    query: dict[str, str]
    body: bytes = b""
    token: str = ""
    errcode: int | None = None
    status: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Fault:
    """Something that goes wrong with `times` calls of one method, or of any where it is None."""

    times: int
    method: str | None = None
    errcode: int = 0
    status: int = 0
    page: str = ""
    lose_answer: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, method: str) -> bool:
        return self.times > 0 and self.method in (None, method)


class Faults:
    """What goes wrong next. A call meets the oldest fault that fits it; each fault fits `times` calls."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def refuse(self, errcode: int, method: str | None = None, times: int = 1) -> None:
        """Answers with an errcode, without any effect."""
        self._plan(Fault(times, method, errcode=errcode))

    def fail(self, status: int = 502, method: str | None = None, times: int = 1, page: str = "") -> None:
        """Answers with an HTTP status and the page of a proxy, without any effect; 200 is possible too."""
        page = page or f"<html><head><title>{status}</title></head><body>nginx</body></html>"
        self._plan(Fault(times, method, status=status, page=page))

    def lose_answer(self, method: str | None = None, times: int = 1) -> None:
        """Does what is asked, then drops the connection instead of answering."""
        self._plan(Fault(times, method, lose_answer=True))

    def hang(self, method: str | None = None, times: int = 1) -> asyncio.Event:
        """Looks at the next calls only after the returned event is set."""
        fault = Fault(times, method)
        self._planned.append(fault)
        return fault.gate

    def clear(self) -> None:
        """Nothing goes wrong any more, and what hangs goes on."""
        for fault in self._planned:
            fault.gate.set()
        self._planned = []

    def meet(self, method: str) -> Fault:
        """The fault this call meets, used up once more; a harmless one where none is planned for it."""
        fault = next((fault for fault in self._planned if fault.fits(method)), None)
        if fault is None:
            fault = Fault(0)
            fault.gate.set()
        fault.times -= 1
        return fault

    def _plan(self, fault: Fault) -> None:
        fault.gate.set()
        self._planned.append(fault)
