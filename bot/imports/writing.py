"""Writes YAML for people to edit: a key a line, in our order, short lists in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


class Inline(list[str]):
    """A list of words that is written in one line."""


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe one; it knows `Inline` and writes what comes twice twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


_Dumper.add_representer(
    Inline, lambda dumper, words: dumper.represent_sequence("tag:yaml.org,2002:seq", words, flow_style=True)
)


def written(content: Mapping[str, Any]) -> str:
    """`content` as a YAML file."""
    return str(yaml.dump(dict(content), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000))


def filled(entry: Mapping[str, Any]) -> dict[str, Any]:
    """`entry` without what is empty or false, which is what a missing key means."""
    return {key: value for key, value in entry.items() if value}
