"""The torture's own workings: its cases, and the ordinary tests that it runs again."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.killing import ROOT
from tests.fixtures.postgres import Postgres
from tests.torture import reused
from tests.torture.cases import Try
from tests.torture.one import CASES

SAMPLE = """
import os
import pytest

@pytest.mark.parametrize("number", [1, 2])
def test_passes(number):
    assert os.environ["SEED"]

def test_fails():
    raise AssertionError("a fault that is found")

@pytest.mark.skip
def test_is_left_out(): ...
"""


def a_try(folder: Path) -> Try:
    return Try(random.Random(1), folder, Postgres(0, ""), kills=0, seconds=0.0)


@pytest.fixture
def sample(tmp_path: Path) -> str:
    file = tmp_path / "test_sample.py"
    file.write_text(SAMPLE, encoding="utf-8")
    return str(file)


async def test_each_run_of_a_test_is_a_try(sample: str, tmp_path: Path) -> None:
    tally = await reused.run_again((f"{sample}::test_passes",), a_try(tmp_path))
    assert tally.is_clean, tally.failures
    assert tally.tries == 2


@pytest.mark.parametrize("test", ["test_fails", "test_is_left_out", "test_is_not_there"])
async def test_what_fails_or_is_not_run_has_failed(sample: str, tmp_path: Path, test: str) -> None:
    tally = await reused.run_again((f"{sample}::{test}",), a_try(tmp_path))
    assert not tally.is_clean
    assert "test_sample.py" in tally.failures[0]


def test_the_tests_that_are_run_again_are_there() -> None:
    tests = [test for _name, _title, tests in reused.REUSED for test in tests]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout


def test_every_case_has_a_name_and_a_row_of_its_own() -> None:
    titles = {case.title for case in CASES.values()}
    assert len(titles) == len(CASES)
