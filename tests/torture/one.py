"""One try of one case in a process of its own: `python -m tests.torture.one CASE SEED KILLS SECONDS FOLDER`.

It writes what came of it to FOLDER/tally.json; the address of PostgreSQL comes in the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import traceback
from pathlib import Path
from typing import Final

from tests.fixtures.postgres import SHARED, Postgres
from tests.torture import backups, disk, kills, outages, reused, wechat
from tests.torture.cases import Case, Try
from tests.torture.tally import Tally

CASES: Final = {
    case.name: case
    for cases in (kills.CASES, outages.CASES, disk.CASES, backups.CASES, reused.CASES, wechat.CASES)
    for case in cases
}
RESULT: Final = "tally.json"


async def tried(case: Case, seed: int, count: int, seconds: float, folder: Path) -> Tally:
    """What came of it, whatever that is."""
    postgres = Postgres(**json.loads(os.environ[SHARED]))
    tally = Tally(seeds=[seed])
    try:
        tally.add(await case.run(Try(random.Random(seed), folder, postgres, count, seconds)))
    except Exception:  # it goes into the table, and the other tries go on
        tally.add(Tally(tries=count or 1, failures=[traceback.format_exc()]))
    return tally


def main(name: str, seed: str, count: str, seconds: str, folder: str) -> None:
    tally = asyncio.run(tried(CASES[name], int(seed), int(count), float(seconds), Path(folder)))
    (Path(folder) / RESULT).write_text(json.dumps(vars(tally)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
