"""Ordinary tests of faults, run again and again by pytest: each run of a test is a try."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from functools import partial
from typing import Final
from xml.etree import ElementTree

from tests.fixtures.killing import ROOT
from tests.fixtures.seeds import SEED
from tests.torture.cases import Case, Try
from tests.torture.tally import Tally

TIMES = 5  # that each test is run
SECONDS = 600  # that a test may take beside much else; those that need more say so themselves


async def run_again(tests: tuple[str, ...], tried: Try) -> Tally:
    """Run `tests` (files or tests, as pytest names them) on both databases, with a seed of this try."""
    seed, told = str(tried.chance.randrange(2**32)), tried.folder / "tests.xml"
    options = {
        "--basetemp": tried.folder / "tests",
        "--hypothesis-profile": "default",  # where CI is set it would go by no seed
        "--hypothesis-seed": seed,
        "--junitxml": told,
        "--timeout": SECONDS,
        "-o": "junit_family=xunit1",
        "-p": "no:cacheprovider",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", *(str(word) for option in options.items() for word in option)),
        *tests,
        cwd=ROOT,
        env=os.environ | {SEED: seed},
        stdout=PIPE,
        stderr=STDOUT,
    )
    said, _ = await process.communicate()
    made = ElementTree.parse(told).findall("*/testcase") if told.exists() else []
    whole = process.returncode == 0 and all(one.find("skipped") is None for one in made)
    failures = [] if whole else [said.decode("utf-8", "replace")]
    return Tally(tries=len(made) or 1, failures=failures)


# What a row is called on the command line and in the table, and the tests behind it.
REUSED: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    (
        "migration",
        "kill -9 in a migration",
        ("tests/test_migrations.py::test_a_kill_in_the_middle_leaves_everything_as_it_was",),
    ),
    ("export", "kill -9 in an export", ("tests/test_kill_export.py",)),
    (
        "backup",
        "kill -9 in a backup",
        ("tests/test_backup.py::test_a_killed_backup_is_none_and_the_next_clears_up",),
    ),
    (
        "restore",
        "backup while people write, restored",
        (
            "tests/test_backup.py::test_what_people_write_meanwhile_harms_no_backup",
            "tests/test_restore.py::test_a_restored_museum_is_as_it_was",
        ),
    ),
    ("redelivery", "redelivery, shuffled, two workers", ("tests/test_redelivery.py",)),
    ("taps", "fifty taps at once", ("tests/test_taps.py",)),
    ("devices", "two devices, in any order", ("tests/test_two_devices.py",)),
    ("clock", "the clock jumps an hour", ("tests/test_jumps.py",)),
    (
        "bad-chat",
        "one bad chat",
        ("tests/test_storms.py::test_one_bad_chat_delays_no_other_by_a_second",),
    ),
    (
        "poison",
        "poison update",
        (
            "tests/test_engine.py::test_what_fails_for_good_is_given_up_with_an_apology",
            "tests/test_engine.py::test_one_update_that_fails_takes_no_other_of_its_transaction_with_it",
            "tests/test_telegram_polling.py::test_malformed_updates_are_dead_letters_and_block_nobody",
        ),
    ),
    ("drafts", "a new version, drafts half done", ("tests/test_drafts.py",)),
)
CASES = [Case(name, title, partial(run_again, tests), TIMES) for name, title, tests in REUSED]
