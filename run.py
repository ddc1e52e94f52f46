"""Start Docent with nothing but Python: make `.venv`, install the locked dependencies, run a command.

- `python3 run.py` serves;
- `python3 run.py test ...` runs the whole suite, and gives what follows to pytest;
- `python3 run.py bench ...` measures speed, `python3 run.py torture ...` what it survives;
- `python3 run.py VERB ...` is any other command of the program.
"""

import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    found = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Docent needs Python 3.11 or newer; this one is {found} ({sys.executable}).")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "docent-installed.json"
RUN_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-dev.lock"
# What a checkout can run beside the program, with the tests' dependencies.
CHECKS = {
    "test": ["pytest", "-n", "logical"],
    "bench": ["tests.bench"],
    "torture": ["tests.torture"],
}
WINDOWS = os.name == "nt"
OFFLINE = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout", "ProxyError")


class SetupError(Exception):
    """The environment cannot be made; the text tells the person what to do."""


def main(arguments: list[str]) -> int:
    """Prepare the environment and run what was asked for; returns the exit code of that."""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("serve", [])
    try:
        prepare([RUN_LOCK, TEST_LOCK] if verb in CHECKS else [RUN_LOCK])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. The same command starts over.", file=sys.stderr)
        return 130
    if verb in CHECKS:  # they start the program a hundred times, which is not to be compiled as often
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    module = CHECKS.get(verb, ["bot", verb])
    return launch([str(interpreter()), "-m", *module, *rest])


def prepare(locks: list[Path]) -> None:
    """Make the environment match `locks`, doing nothing when it already does.

    The stamp goes first and comes back last, so an interrupted installation is never trusted.
    """
    wanted = fingerprints(locks)
    present = installed()
    if wanted.items() <= present.items():
        return
    if not present:
        create()
    STAMP.unlink(missing_ok=True)
    for lock in locks:
        if present.get(lock.name) != wanted[lock.name]:
            install(lock)
    STAMP.write_text(json.dumps({**present, **wanted}), encoding="utf-8")
    say("Ready.")


def fingerprints(locks: list[Path]) -> dict[str, str]:
    """What the stamp must say for `locks`: the Python in use and the hash of each file."""
    hashes = {lock.name: hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks}
    return {"python": python_version(), **hashes}


def installed() -> dict[str, str]:
    """What the environment holds; empty when it is absent, broken, half made or of another Python."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    usable = isinstance(stamp, dict) and stamp.get("python") == python_version() and interpreter().exists()
    return stamp if usable else {}


def create() -> None:
    """A new, empty environment in place of whatever is there."""
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            f"This Python cannot make a virtual environment: its module ensurepip is missing.\n"
            f"On Debian or Ubuntu:  sudo apt install python{python_version()}-venv\n"
            f"Then run the same command again."
        )
    say(f"Making {VENV} (Python {python_version()})")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode:
        raise SetupError(
            f"Could not make {VENV}. Stop what is using that folder, see that you may write there, "
            f"and run the same command again."
        )


def install(lock: Path) -> None:
    """Install exactly what `lock` lists: hashes checked, wheels only, from the index pip is set up for."""
    say(f"Installing what {lock.name} lists; once, about a minute")
    command = [str(interpreter()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    done = subprocess.run(command, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    if done.returncode == 0:
        return
    lines = done.stderr.splitlines()
    reasons = [line for line in lines if line.startswith("ERROR")] or lines
    advice = f"Could not install {lock.name}; pip's reason is above."
    if any(word in done.stderr for word in OFFLINE):
        advice = "No package index can be reached. Check the network or the proxy, then run this again."
    raise SetupError("\n".join([*reasons, advice]))


def launch(command: list[str]) -> int:
    """Run `command` in the checkout: in this very process where the system can, else as a child."""
    os.chdir(ROOT)
    os.environ.setdefault("PYTHONUTF8", "1")  # Chinese in pipes and logs, on Windows too
    if not WINDOWS:
        os.execv(command[0], command)
    # Ctrl+C reaches the child too: that one closes down, and its exit code counts.
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run(command, check=False).returncode


def interpreter() -> Path:
    """The Python of the environment."""
    return VENV / "Scripts" / "python.exe" if WINDOWS else VENV / "bin" / "python"


def python_version() -> str:
    """Such as `3.11`; an environment serves one minor version."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def say(text: str) -> None:
    """One line of progress, on stderr so that a command's own output stays clean."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
