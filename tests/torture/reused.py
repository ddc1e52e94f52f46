"""Ordinary tests of faults, run again and again by pytest: each run of a test is a try."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from functools import partial
from xml.etree import ElementTree

from tests.fixtures.killing import ROOT
from tests.fixtures.seeds import SEED
from tests.torture.cases import Case, Try
from tests.torture.tally import Tally

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
        "-p": "no:cacheprovider",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", *(str(word) for option in options.items() for word in option)),
        *tests,
        cwd=ROOT,
        env=os.environ | {SEED: seed, "CI": "1"},  # there a test that is skipped has failed
        stdout=PIPE,
        stderr=STDOUT,
    )
    said, _ = await process.communicate()
    made = ElementTree.parse(told).findall("*/testcase") if told.exists() else []
    failures = [said.decode("utf-8", "replace")] if process.returncode else []
    return Tally(tries=len(made) or 1, failures=failures)


def _case(name: str, title: str, *tests: str, tries: int = 5) -> Case:
    return Case(name, title, partial(run_again, tuple(f"tests/{test}" for test in tests)), tries)


CASES = [
    _case(
        "migration",
        "kill -9 in a migration",
        "test_migrations.py::test_a_kill_in_the_middle_leaves_everything_as_it_was",
    ),
    _case("export", "kill -9 in an export", "test_kill_export.py"),
    _case(
        "backup", "kill -9 in a backup", "test_backup.py::test_a_killed_backup_is_none_and_the_next_clears_up"
    ),
    _case(
        "backup-writing",
        "people write while a backup is made",
        "test_backup.py::test_what_people_write_meanwhile_harms_no_backup",
    ),
    _case("redelivery", "redelivery, shuffled, two workers", "test_redelivery.py"),
    _case("taps", "fifty taps at once", "test_taps.py"),
    _case("devices", "two devices, in any order", "test_two_devices.py"),
    _case("clock", "the clock jumps an hour", "test_jumps.py"),
    _case("bad-chat", "one bad chat", "test_storms.py::test_one_bad_chat_delays_no_other_by_a_second"),
    _case(
        "poison",
        "poison update",
        "test_engine.py::test_what_fails_for_good_is_given_up_with_an_apology",
        "test_engine.py::test_one_update_that_fails_takes_no_other_of_its_transaction_with_it",
        "test_telegram_polling.py::test_malformed_updates_are_dead_letters_and_block_nobody",
    ),
    _case("drafts", "a new version, drafts half done", "test_drafts.py"),
]
