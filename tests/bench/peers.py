"""The peers' own virtual environment: aiogram wants an older pydantic than the program."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / ".venv-bench"
LOCK: Final = ROOT / "requirements-bench.lock"
STAMP: Final = FOLDER / "docent-installed.txt"


class NotMade(Exception):
    """The environment could not be made; the text is pip's reason."""


def interpreter() -> Path:
    """The Python of the environment."""
    return FOLDER / "bin" / "python"


def prepare() -> None:
    """Make the environment as the lock says, where it is not so already. Raises NotMade."""
    wanted = f"{sys.version} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    print(f"Making {FOLDER.name} from {LOCK.name}; once, about a minute", file=sys.stderr, flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)]).returncode:
        raise NotMade(f"Could not make {FOLDER.name}; the reason is above.")
    command = [str(interpreter()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise NotMade(f"Could not install {LOCK.name}:\n{done.stderr}")
    STAMP.write_text(wanted, encoding="utf-8")


def versions(*names: str) -> dict[str, str]:
    """The installed version of each distribution."""
    code = "import sys; from importlib.metadata import version as v; print(*map(v, sys.argv[1:]), sep='\\n')"
    command = [str(interpreter()), "-c", code, *names]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return dict(zip(names, found, strict=True))
