"""An edit of a file's syntax tree: what is evaluated in place of the file, which stays as it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Replacement:
    """A node of the syntax tree and the code that takes its place."""

    address: tuple[int, ...]  # which child of which child; the language says where it counts from
    code: str


@dataclass(frozen=True)
class Edit:
    """Replacements of nodes that do not lie inside each other, and code that comes after the file.

    Small, hashable and picklable, so that it may stand for the edited file on its way to the
    process that runs it. The file named beside it is the one whose tree the addresses lead through.
    """

    replacements: tuple[Replacement, ...] = ()
    appended: str = ""


UNCHANGED = Edit()
