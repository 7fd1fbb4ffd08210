"""What differs between the heads of two runs: versions, files, configurations, what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pybridge.report.json import Document

ABSENT = "none"
LONG = 60  # characters of a value that are shown


@dataclass(frozen=True)
class Change:
    """One field, before and after, as texts that can be shown."""

    field: str
    before: str
    after: str


def changes(before: Document, after: Document) -> list[Change]:
    """The fields of two heads that differ, each configuration under its name."""
    a, b = dict(fields(_named(before))), dict(fields(_named(after)))
    names = [*a, *(name for name in b if name not in a)]
    return [
        Change(name, *_shown(name, a, b))
        for name in names
        if (name in a) != (name in b) or a.get(name) != b.get(name)
    ]


def _named(head: Document) -> Document:
    """The head with its configurations by name."""
    return {**head, "configurations": {c["name"]: c for c in head["configurations"]}}


def fields(part: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no table, with the way to it."""
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield from fields(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _shown(name: str, *sides: Mapping[str, Any]) -> tuple[str, str]:
    values = [side.get(name, ABSENT) for side in sides]
    if name.endswith("sha256"):
        values = [str(value)[:12] for value in values]
    if all(isinstance(value, list) for value in values):  # what the other one lacks
        values = [[v for v in one if v not in other] for one, other in _each_way(*values)]
    before, after = (_short(value) for value in values)
    return before, after


def _each_way(a: list[Any], b: list[Any]) -> list[tuple[list[Any], list[Any]]]:
    same = sorted(map(str, a)) == sorted(map(str, b))  # in another order
    return [(a, []), (b, [])] if same else [(a, b), (b, a)]


def _short(value: object) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = text or ABSENT
    return text if len(text) <= LONG else f"{text[: LONG - 3]}..."
