"""`python3 run.py bench [PART]`: measure one part, or the conversations beside their peers."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

# Each part is a module with `declare(parser)` and `run(given) -> exit code`.
PARTS = {
    "conversations": "tests.bench.conversations",
    "summaries": "tests.bench.summaries",
    "export": "tests.bench.export",
    "holiday": "tests.bench.holiday",
}


def main(arguments: list[str]) -> int:
    """Run the part named first; returns its exit code."""
    name = arguments[0] if arguments and arguments[0] in PARTS else "conversations"
    rest = arguments[1:] if arguments and arguments[0] in PARTS else arguments
    part = import_module(PARTS[name])
    parser = argparse.ArgumentParser(prog=f"run.py bench {name}", description=part.__doc__)
    part.declare(parser)
    return int(part.run(parser.parse_args(rest)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
