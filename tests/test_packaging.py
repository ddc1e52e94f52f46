"""The locks agree with pyproject.toml and with each other, name no host, and hash every file."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-bench.lock"]


def entries(lock: str) -> list[str]:
    """The entries of a lock, one line each: requirement, then its hashes."""
    return (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "").splitlines()


def pins(lock: str) -> dict[str, Requirement]:
    requirements = [Requirement(entry.partition(" --hash")[0]) for entry in entries(lock)]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def declared() -> dict[str, list[Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run, groups = project["project"]["dependencies"], project["dependency-groups"]
    return {
        "requirements.lock": list(map(Requirement, run)),
        "requirements-dev.lock": list(map(Requirement, run + groups["dev"])),
        "requirements-bench.lock": list(map(Requirement, groups["bench"])),
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_is_declared(lock: str) -> None:
    locked = pins(lock)
    for requirement in declared()[lock]:
        version = str(locked[canonicalize_name(requirement.name)].specifier).removeprefix("==")
        assert requirement.specifier.contains(version), f"{requirement}: {lock} has {version}; lock again"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_pinned_and_hashed(lock: str) -> None:
    for entry in entries(lock):
        assert re.fullmatch(r"[\w.-]+==[\w.]+( ; [^-]+?)? *( +--hash=sha256:[0-9a-f]{64})+", entry), entry


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_path(lock: str) -> None:
    assert not re.search(r"://|^-|^#|/", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)


def test_the_tests_run_on_what_is_served() -> None:
    serving, testing = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: testing.get(name) for name in serving} == serving
