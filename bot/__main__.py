"""The command line of Docent: `python -m bot VERB`, `docent VERB` or `python3 run.py VERB`."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from collections.abc import Sequence
from typing import Final

from bot.cli import backup, demo, doctor, messages, people, places, serve, summary, tables, verify, wechat
from bot.cli.console import Console, Problem, Verb
from bot.config import SettingError, Settings, load_settings
from bot.errors import Unavailable
from bot.migrate import MigrationError
from bot.tuning import new_loop
from handlers.kit.words import _

FAMILIES: Final = (serve, tables, backup, verify, people, places, wechat, demo, summary, doctor, messages)
FAILED, WRONG_SETTING, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for, or serve where it asks for nothing; returns the exit code."""
    _speak_utf8()
    wrong = None
    try:
        settings = load_settings()
    except SettingError as error:
        wrong, settings = error, Settings()  # the help is still to be had
    console = Console(settings)
    given = _parser(console).parse_args((sys.argv[1:] if arguments is None else arguments) or ["serve"])
    if wrong is not None:
        return _end(str(wrong), WRONG_SETTING)
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(given.run(console, given)) or 0
    except SettingError as error:
        return _end(str(error), WRONG_SETTING)
    except (Problem, MigrationError) as error:
        return _end(console.words(error.text), FAILED)
    except Unavailable as error:
        if isinstance(error.__cause__, BrokenPipeError):  # whoever reads us, such as `head`, has had enough
            sys.stdout = None  # or Python complains once more at the very end
            return 0
        return _end(console.words(_("The database cannot be reached: {why}", why=str(error))), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser(console: Console) -> argparse.ArgumentParser:
    about = console.words(_("The museum's duty desk as a chatbot."))
    parser = argparse.ArgumentParser(prog="docent", description=about)
    verbs = Verb(parser, console.words)
    for family in FAMILIES:
        family.declare(verbs)
    return parser


def _end(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


def _speak_utf8() -> None:
    """Chinese goes everywhere: into a console that cannot show it all, and into a pipe on Windows."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
