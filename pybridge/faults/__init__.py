"""Planting faults: a copy of a tagger is made wrong, one fault at a time, to see what is noticed.

A check that has never failed proves nothing, and neither do sentences that cannot see. `python/`
and Julia's Faults.jl list what may be planted, `mutants` runs an edited copy, `hunt` looks for the
shortest case that catches it, `spoiled` says independently what is wrong in it, and `ladder` what
would catch what was missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pybridge.edit import Edit
from pybridge.verdict import Kind


class Language(StrEnum):
    """The side in which a fault is planted."""

    PYTHON = "Python"
    JULIA = "Julia"


WRONG = {Language.PYTHON: Kind.PYTHON_WRONG, Language.JULIA: Kind.JULIA_WRONG}


@dataclass(frozen=True)
class Fault:
    """One fault: the statement that changes, and the edit that changes it."""

    language: Language
    operator: str  # of which kind it is, or the name under which it is known
    file: str  # as the report prints it
    line: int
    old: str
    new: str  # empty where a wrapper does it
    edit: Edit

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def change(self) -> str:
        """`old -> new`."""
        return f"{self.old} -> {self.new}" if self.new else f"{self.old}, wrapped"


@dataclass(frozen=True)
class Skipped:
    """A named fault that this file leaves no room for."""

    language: Language
    name: str
    why: str


class Fate(StrEnum):
    """What became of a fault."""

    CAUGHT = "caught"
    MISSED = "missed"
    EQUIVALENT = "equivalent"  # it changes no number on any random case


@dataclass(frozen=True)
class Caught:
    """How a fault was caught, and what is really wrong."""

    case: str  # the shortest that caught it
    words: int
    kind: Kind
    failed: tuple[str, ...]  # the gradients that failed on the mutated side
    differing: tuple[str, ...]  # the tensors in which the sides differ
    spoiled: tuple[str, ...] | None  # the gradients that are really wrong; None: no telling
    problem: str = ""  # the one line with which the mutated side gave no answer

    def attributed(self, language: Language) -> bool:
        """Whether the right side is blamed, for exactly what is wrong.

        A change of the cost and its gradient alike leaves a tagger right by itself: then the sides
        differ, and neither is to be blamed. A cost that is a staircase has no derivative: then the
        side is to be blamed, for its precision, and none of its gradients.
        """
        wrong = WRONG[language]
        if self.problem or self.spoiled is None:
            return self.kind is wrong and not self.failed
        if not self.spoiled:
            return self.kind is Kind.UNDECIDED and not self.failed and bool(self.differing)
        return self.kind is wrong and set(self.failed) == set(self.spoiled)


@dataclass(frozen=True)
class Outcome:
    """A fault and its fate."""

    fault: Fault
    fate: Fate
    caught: Caught | None = None
    would_see: str = ""  # for one that was missed: the smallest case that catches it

    @property
    def right(self) -> bool:
        """Whether this fault says nothing against the check: equivalent, or caught and rightly."""
        if self.fate is Fate.CAUGHT:
            assert self.caught is not None
            return self.caught.attributed(self.fault.language)
        return self.fate is Fate.EQUIVALENT


Notify = Callable[[str], None]
