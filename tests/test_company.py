"""Several people's updates in one transaction: none waits in vain, none pays for another."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.company import MOST, Company
from bot.errors import Unavailable
from bot.messages import Accepted, Sender, Update
from handlers.kit.messages import Input

WAIT = 20  # seconds, far more than anything here takes


def said(who: str, text: str) -> Update:
    return Update("web", f"{who}:{text}", Sender(who), Input(text=text))


class Transactions:
    """Stands for the engine: remembers who came together; fails for words that are `bad`."""

    def __init__(self) -> None:
        self.companies: list[list[str]] = []
        self.open = asyncio.Event()
        self.bad: dict[str, Exception] = {}

    async def together(self, updates: Sequence[Update]) -> list[Accepted]:
        self.companies.append([update.input.text for update in updates])
        await self.open.wait()
        for update in updates:
            if update.input.text in self.bad:
                raise self.bad[update.input.text]
        return [Accepted(fresh=True, toast=update.input.text) for update in updates]


async def gathered(*joins: "asyncio.Task[Accepted]") -> list[str | BaseException | None]:
    async with asyncio.timeout(WAIT):
        results = await asyncio.gather(*joins, return_exceptions=True)
    return [result if isinstance(result, BaseException) else result.toast for result in results]


async def begun(company: Company, *updates: Update) -> list["asyncio.Task[Accepted]"]:
    """Tasks that have joined, one after the other."""
    tasks = []
    for update in updates:
        tasks.append(asyncio.create_task(company.join(update)))
        await asyncio.sleep(0)
    return tasks


async def test_those_who_wait_share_the_next_transaction() -> None:
    transactions = Transactions()
    company = Company(transactions.together, 1)
    tasks = await begun(company, said("a", "1"), said("b", "2"), said("c", "3"), said("d", "4"))
    transactions.open.set()
    assert await gathered(*tasks) == ["1", "2", "3", "4"]
    assert transactions.companies == [["1"], ["2", "3", "4"]]


async def test_a_second_transaction_gathers_company_beside_the_first() -> None:
    transactions = Transactions()
    company = Company(transactions.together, 2)
    tasks = await begun(company, said("a", "1"), said("b", "2"), said("c", "3"))
    async with asyncio.timeout(WAIT):
        while len(transactions.companies) < 2:  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0)
    assert transactions.companies == [["1"], ["2", "3"]]
    transactions.open.set()
    assert await gathered(*tasks) == ["1", "2", "3"]


async def test_one_sender_is_never_twice_in_a_company_and_stays_in_order() -> None:
    transactions = Transactions()
    company = Company(transactions.together, 2)
    updates = (said("a", "a1"), said("a", "a2"), said("b", "b1"), said("a", "a3"), said("b", "b2"))
    tasks = await begun(company, *updates)
    transactions.open.set()
    assert await gathered(*tasks) == ["a1", "a2", "b1", "a3", "b2"]
    order = [text for texts in transactions.companies for text in texts]
    assert [text for text in order if text[0] == "a"] == ["a1", "a2", "a3"]
    assert all(len({text[0] for text in texts}) == len(texts) for texts in transactions.companies)


async def test_one_that_fails_takes_no_other_with_it() -> None:
    transactions = Transactions()
    transactions.bad["3"] = fault = RuntimeError("a fault of its own")
    company = Company(transactions.together, 1)
    tasks = await begun(company, said("a", "1"), said("b", "2"), said("c", "3"), said("d", "4"))
    transactions.open.set()
    assert await gathered(*tasks) == ["1", "2", fault, "4"]
    assert transactions.companies == [["1"], ["2", "3", "4"], ["2"], ["3"], ["4"]]


async def test_without_the_database_nobody_is_tried_again() -> None:
    transactions = Transactions()
    transactions.bad["2"] = away = Unavailable("away")
    company = Company(transactions.together, 1)
    tasks = await begun(company, said("a", "1"), said("b", "2"), said("c", "3"))
    transactions.open.set()
    assert await gathered(*tasks) == ["1", away, away]
    assert transactions.companies == [["1"], ["2", "3"]]


async def test_whoever_stops_waiting_holds_up_nobody() -> None:
    transactions = Transactions()
    company = Company(transactions.together, 1)
    gone, *others = await begun(company, said("a", "1"), said("a", "2"), said("b", "3"))
    gone.cancel()
    transactions.open.set()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await company.settle()
    assert transactions.companies == [["1"], ["2", "3"]]
    assert await gathered(*others) == ["2", "3"]


async def test_a_company_has_its_limit() -> None:
    transactions = Transactions()
    company = Company(transactions.together, 1)
    updates = [said(f"p{number}", str(number)) for number in range(MOST + 10)]
    tasks = await begun(company, *updates)
    transactions.open.set()
    assert await gathered(*tasks) == [update.input.text for update in updates]
    assert [len(texts) for texts in transactions.companies] == [1, MOST, 9]
