"""A relative debugger: where two implementations part, and what would mend it.

`python.py` and Julia's Recording.jl record every assignment of a tagger; `match` says which value
on one side stands for which on the other; `culprits` finds the statements whose inputs agree while
their result does not; `suggest` tries rewrites of those; `walk` leads from a failing case to a
verified suggestion. What they hand each other is here. Times and steps count from 0.

Source of the idea: relative debugging, D. Abramson and others, "Relative debugging: a new
methodology for debugging scientific applications", CACM 39(11), 1996.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pybridge.edit import Edit, Replacement
from pybridge.sides import Run
from pybridge.weights import Array


class Kind(StrEnum):
    """What a statement does."""

    ASSIGNMENT = "assignment"  # plain, updating, indexed, broadcast, destructuring
    CALL = "call"  # a call for its effect: np.add.at(...), push!(...)
    RETURN = "return"
    LOOP = "loop"  # its header alone: the range or the condition
    CONDITION = "condition"  # of an if or a ternary statement, alone


@dataclass(frozen=True)
class Statement:
    """A piece of code that may be at fault, small enough to be shown in one line.

    `address` leads through the syntax tree of the file as `pybridge.edit` has it: to the whole
    statement, or to the range or condition alone where it is a LOOP or a CONDITION.
    """

    address: tuple[int, ...]
    function: str
    line: int  # from 1
    text: str  # in one line
    kind: Kind
    targets: tuple[str, ...]  # what it assigns to, as written: dhnext, h[time]
    within: tuple[int, ...]  # the LOOPs and CONDITIONs around it, outermost first, by index


@dataclass(frozen=True)
class Sketch:
    """What is kept of an array that is too large to be kept: enough to tell two of them apart."""

    shape: tuple[int, ...]
    norm: float  # the root of the summed squares
    projection: float  # sum of entry i times cos(i), i from 0 in row-major order
    digest: str  # SHA-256 of the row-major little-endian bytes; equal for equal bits


Value = Array | Sketch


@dataclass(frozen=True)
class Access:
    """A variable, or one entry of it, as it was read or written."""

    name: str  # of the variable: h, of h[time-1]
    step: int | None  # the entry from 0, where the index is one integer: 4, of h[time-1] at 6
    value: Value | None  # None: no number or array of numbers, or not there yet
    unset: bool = False  # written: memory to which nothing has been written yet
    alias: str = ""  # the name under which it was read or written, of a row that has one of its own


@dataclass(frozen=True)
class Event:
    """One execution of a statement, in order."""

    statement: int  # index into the statements of the recording
    phase: str  # "forward" or "backward": which of the two functions was running
    call: int  # which call of a function this was, from 0 over the whole recording
    step: int | None  # time step from 0; None outside of loops
    reads: tuple[Access, ...]  # before it ran
    writes: tuple[Access, ...]  # after it ran; empty where it threw
    scope: Mapping[str, object]  # all local variables before it ran, where that was asked for
    threw: bool = False


@dataclass(frozen=True)
class Recording:
    """Everything that happened on one side in one case."""

    language: str  # "Python" or "Julia"
    file: str
    statements: tuple[Statement, ...]
    events: tuple[Event, ...]
    run: Run | None  # None where it broke off
    problem: str = ""  # why
    columns: bool = False  # matrices are transposed: weights (to, from), states columns


@dataclass(frozen=True)
class Keep:
    """How much of it is kept."""

    sketch_over: int = 1 << 62  # entries above which an array is kept as a Sketch
    full: frozenset[int] = frozenset()  # steps from 0 in which none is
    scopes_of: frozenset[tuple[int, ...]] = frozenset()  # addresses of statements whose events
    #                                                      come with all local variables


@dataclass(frozen=True)
class Trial:
    """Run the statement at `address` over these variables: what should it come to?

    `scope` maps names to numbers, arrays, or lists of arrays and None. Trials of one search run in
    order: the variables named in `carried` are not those of the scope, but what the latest trial
    with such a target before came to, if there is one. Where what it should come to is not
    known, its shape may be. `rows` names what stands for a row of a variable: the variable, and
    which one.
    """

    address: tuple[int, ...]
    scope: Mapping[str, object]
    target: str  # as written: the value of this expression afterwards is what counts
    wanted: Array | None  # None: not known at this step
    carried: tuple[str, ...] = ()
    shape: tuple[int, ...] | None = None
    rows: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewrite:
    """Other code for a statement."""

    address: tuple[int, ...]
    code: str  # of the whole statement, or the whole range or condition
    what: str  # in words: "W transposed"
    cost: int  # the simplest first
    distance: float = float("nan")  # largest over the trials, relative; NaN: not tried

    @property
    def edit(self) -> Edit:
        """The edit that puts it in."""
        return Edit((Replacement(self.address, self.code),))
