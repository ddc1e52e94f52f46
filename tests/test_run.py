"""`run.py`: the environment is made once, never trusted half made, and every failure says what to do."""

import ast
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).parent.parent
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


class Checkout:
    """A folder that `run` takes for its own, with the slow steps recorded instead of done."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.venv, self.steps = folder / ".venv", list[str]()
        self.run_lock, self.test_lock = folder / "requirements.lock", folder / "requirements-dev.lock"
        self.run_lock.write_text("a", encoding="utf-8")
        self.test_lock.write_text("b", encoding="utf-8")
        monkeypatch.setattr(run, "VENV", self.venv)
        monkeypatch.setattr(run, "STAMP", self.venv / run.STAMP.name)
        monkeypatch.setattr(run, "create", self.create)
        monkeypatch.setattr(run, "install", self.install)
        self.failing: BaseException | None = None

    def create(self) -> None:
        self.steps.append("create")
        shutil.rmtree(self.venv, ignore_errors=True)
        run.interpreter().parent.mkdir(parents=True)
        run.interpreter().touch()

    def install(self, lock: Path) -> None:
        self.steps.append(lock.name)
        if self.failing:
            raise self.failing

    def prepare(self, *locks: Path) -> list[str]:
        """The steps it took to be ready for `locks`."""
        self.steps.clear()
        run.prepare(list(locks))
        return list(self.steps)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path, monkeypatch)


def test_it_installs_once(checkout: Checkout) -> None:
    assert checkout.prepare(checkout.run_lock) == ["create", "requirements.lock"]
    assert checkout.prepare(checkout.run_lock) == []


def test_the_tests_add_their_own(checkout: Checkout) -> None:
    checkout.prepare(checkout.run_lock)
    assert checkout.prepare(checkout.run_lock, checkout.test_lock) == ["requirements-dev.lock"]
    assert checkout.prepare(checkout.run_lock) == []


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.prepare(checkout.run_lock, checkout.test_lock)
    checkout.run_lock.write_text("a2", encoding="utf-8")
    assert checkout.prepare(checkout.run_lock) == ["requirements.lock"]
    assert checkout.prepare(checkout.run_lock, checkout.test_lock) == []


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), run.SetupError("no")])
@pytest.mark.parametrize("before", [True, False])
def test_what_was_cut_short_is_made_anew(checkout: Checkout, failure: BaseException, before: bool) -> None:
    if before:
        checkout.prepare(checkout.run_lock)
    checkout.failing = failure
    with pytest.raises(type(failure)):
        checkout.prepare(checkout.run_lock, checkout.test_lock)
    checkout.failing = None
    assert checkout.prepare(checkout.run_lock) == ["create", "requirements.lock"]


@pytest.mark.parametrize("stamp", ["", "[]", '{"python": "2.7"}', "\x00"])
def test_a_spoilt_stamp_is_not_trusted(checkout: Checkout, stamp: str) -> None:
    checkout.prepare(checkout.run_lock)
    run.STAMP.write_text(stamp, encoding="utf-8")
    assert checkout.prepare(checkout.run_lock) == ["create", "requirements.lock"]


def test_an_environment_without_its_python_is_made_anew(checkout: Checkout) -> None:
    checkout.prepare(checkout.run_lock)
    run.interpreter().unlink()
    assert checkout.prepare(checkout.run_lock) == ["create", "requirements.lock"]


def test_the_stamp_of_this_python_names_it(checkout: Checkout) -> None:
    checkout.prepare(checkout.run_lock)
    stamp = json.loads(run.STAMP.read_text(encoding="utf-8"))
    assert stamp == run.fingerprints([checkout.run_lock])
    assert stamp["python"] == f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_an_older_python_can_read_that_it_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; this one is 3\.9"):
        runpy.run_path(str(ROOT / "run.py"))


PROGRAM = """
import os, sys
print(sys.argv[1:], os.getcwd(), sys.prefix)
sys.exit(7)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A real `run.py` beside a small program that needs no package."""
    shutil.copy(ROOT / "run.py", tmp_path)
    (tmp_path / "requirements.lock").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    return tmp_path


def start(copy: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(copy / "run.py"), *arguments]
    pipe, elsewhere = subprocess.PIPE, copy.parent
    return subprocess.Popen(
        command, cwd=elsewhere, env={**os.environ, **environment}, stdout=pipe, stderr=pipe, text=True
    )


def finish(copy: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run to the end; returns the exit code, the output, the errors."""
    with start(copy, *arguments, **environment) as process:
        output, errors = process.communicate()
        return process.returncode, output, errors


def test_killed_half_way_then_run_twice(copy: Path) -> None:
    with start(copy) as process:
        assert process.stderr is not None
        assert any("Installing" in line for line in iter(process.stderr.readline, ""))
        process.kill()
    code, output, errors = finish(copy, "summary", "今天")
    assert (code, output) == (7, f"['summary', '今天'] {copy} {copy / '.venv'}\n")
    assert "Making" in errors
    code, output, errors = finish(copy)
    assert (code, errors) == (7, "")
    assert output.startswith("['serve']")


def test_without_a_network_it_says_so(copy: Path) -> None:
    locked = "docent-is-not-a-package==1 --hash=sha256:" + "0" * 64
    (copy / "requirements.lock").write_text(locked, encoding="utf-8")
    code, _, errors = finish(
        copy, PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="1", PIP_CONFIG_FILE=os.devnull
    )
    assert code == 2
    assert errors.endswith(
        "No package index can be reached. Check the network or the proxy, then run this again.\n"
    )


def test_a_missing_ensurepip_names_the_package(copy: Path) -> None:
    patch = 'import sys\nsys.modules["ensurepip"] = None\n'
    (copy / "sitecustomize.py").write_text(patch, encoding="utf-8")
    code, _, errors = finish(copy, PYTHONPATH=str(copy))
    assert code == 2
    assert f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in errors
    assert not (copy / ".venv").exists()


AS_A_CHILD = """
import sys, run
run.WINDOWS = True
sys.exit(run.launch([sys.executable, "-c", sys.argv[1]]))
"""
CLOSES_DOWN = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
print("up", flush=True)
signal.pause()
"""


def test_as_on_windows_the_exit_code_comes_through() -> None:
    command = [sys.executable, "-c", AS_A_CHILD, "import sys; sys.exit(9)"]
    assert subprocess.run(command, cwd=ROOT).returncode == 9


@POSIX_ONLY
def test_as_on_windows_ctrl_c_waits_for_the_program() -> None:
    command = [sys.executable, "-c", AS_A_CHILD, CLOSES_DOWN]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 5
