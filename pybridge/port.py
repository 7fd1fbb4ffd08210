"""Carry a Julia fix over: which changes between two Julia files has the Python port, and which not.

The numeric counterpart of a three-way merge. Each change is put into the old file by itself, and
with others; the port has those changes with which the old file comes to the port's numbers.
"""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from pathlib import Path

import numpy as np

from pybridge.agreement import distance
from pybridge.case import Case
from pybridge.errors import InputError
from pybridge.faults import ladder
from pybridge.sides import Examination, Failure, Run, Side, Task, tensors
from pybridge.sides.julia import JuliaSide
from pybridge.weights import Array, Parameters, Weights

NEAR = 1e3  # times the tolerance of the agreement
MOST = 6  # changes of which every combination is tried; of more, one after the other


class State(StrEnum):
    """What the port has of a change."""

    TO_DO = "to be carried over"
    DONE = "carried over"
    NEITHER = "differs from both"
    SILENT = "changes no number"


@dataclass(frozen=True)
class Change:
    """Lines that differ between two files, from 1; either may be empty."""

    old_first: int
    old: tuple[str, ...]
    new_first: int
    new: tuple[str, ...]

    def holds(self, line: int) -> bool:
        """Whether a line of the new file is one of the change."""
        return self.new_first <= line < self.new_first + max(1, len(self.new))


@dataclass(frozen=True)
class Carried:
    """A change, the tensors it changes, and what the port has of it."""

    change: Change
    state: State
    tensors: tuple[str, ...]
    case: str = ""  # in which the change shows first


def read(source: str) -> str:
    """The text of a file, or of `revision:path` as git has it; InputError where there is none."""
    file = Path(source)
    if file.is_file():
        try:
            return file.read_text()
        except UnicodeDecodeError as e:
            raise InputError("is not UTF-8", "save it as UTF-8", file=source) from e
    if ":" not in source:
        raise InputError("no such file", "name a file, or revision:path as git does", file=source)
    revision, path = source.split(":", 1)
    shown = subprocess.run(
        ["git", "show", f"{revision}:./{path}" if not path.startswith("/") else source],
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        problem = " ".join(shown.stderr.split()) or "git knows no such file"
        raise InputError(problem, "name a file, or revision:path as git does", file=source)
    return shown.stdout


def changes(old: str, new: str) -> tuple[Change, ...]:
    """The lines that differ; those that differ in blanks and comments alone are not told apart."""
    a, b = old.splitlines(), new.splitlines()
    blocks = difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes()
    return tuple(
        Change(i + 1, tuple(a[i:j]), k + 1, tuple(b[k:m]))
        for tag, i, j, k, m in blocks
        if tag != "equal"
    )


def with_changes(old: str, every: Sequence[Change], chosen: Sequence[Change]) -> str:
    """The old file with some of the changes."""
    lines = old.splitlines()
    for change in reversed(every):
        if change in chosen:
            first = change.old_first - 1
            lines[first : first + len(change.old)] = change.new
    return "\n".join(lines) + "\n"


def extreme_cases(parameters: Parameters) -> list[Case]:
    """Short sentences with biases so large that exp overflows: only stable code has numbers then.

    Of the output alone: large recurrent weights would leave nothing of a gradient but rounding.
    """
    case = ladder.case("a b a c", ladder.TELLING, parameters)
    biases = [name for name, (rows, to) in parameters.items() if (rows, to) == ("1", "out")]
    large = {name: case.weights.arrays[name] + np.array([0, 800, -800, 400]) for name in biases}
    return [replace(case, weights=Weights(**{**case.weights.arrays, **large}))]


def carried(
    old: str,
    every: Sequence[Change],
    cases: Sequence[Case],
    python: Side,
    julia: JuliaSide,
    folder: Path,
) -> Iterator[Carried]:
    """What the port has of each change, in order. `folder` takes the files in between."""
    bench = _Bench(old, tuple(every), tuple(cases), julia, folder)
    base = bench.runs(())
    effects = {change: bench.effect(base, change) for change in every}
    loud = [change for change in every if effects[change][0]]
    ports = [_run(python, case) for case in cases]
    have = bench.subset(ports, loud)
    for change in every:
        names, case = effects[change]
        if change not in loud:
            yield Carried(change, State.SILENT, ())
        elif have is None:
            yield Carried(change, bench.alone(ports, change, names), names, case)
        else:
            state = State.DONE if change in have else State.TO_DO
            yield Carried(change, state, names, case)


@dataclass(frozen=True)
class _Bench:
    old: str
    every: tuple[Change, ...]
    cases: tuple[Case, ...]
    julia: JuliaSide
    folder: Path

    def runs(self, chosen: Sequence[Change]) -> list[Run | Failure]:
        """What the old file with some changes comes to in every case."""
        number = sum(1 << self.every.index(change) for change in chosen)
        file = self.folder / f"with_{number}.jl"
        file.write_text(with_changes(self.old, self.every, chosen))
        side = replace(self.julia, setup=replace(self.julia.setup, tagger=file))
        return [_run(side, case) for case in self.cases]

    def effect(self, base: Sequence[Run | Failure], change: Change) -> tuple[tuple[str, ...], str]:
        """The tensors that a change moves, put into the old file or taken from the new one."""
        rest = [other for other in self.every if other != change]
        pairs = [
            *zip(self.cases, base, self.runs((change,)), strict=True),
            *zip(self.cases, self.runs(rest), self.runs(self.every), strict=True),
        ]
        moved: dict[str, str] = {}
        for case, before, after in pairs:
            for name in _differing(case, before, after):
                moved.setdefault(name, case.name)
        return tuple(moved), next(iter(moved.values()), "")

    def subset(
        self, ports: Sequence[Run | Failure], loud: Sequence[Change]
    ) -> tuple[Change, ...] | None:
        """The changes with which the old file comes to the port's numbers; None: there are none.

        Of several that do, the one with most changes: what the port cannot tell apart it has.
        """
        sizes = range(len(loud), -1, -1) if len(loud) <= MOST else (len(loud), 0)
        for size in sizes:
            for chosen in combinations(loud, size):
                runs = self.runs(chosen)
                if all(
                    not _differing(case, run, port)
                    for case, run, port in zip(self.cases, runs, ports, strict=True)
                ):
                    return chosen
        return None

    def alone(
        self, ports: Sequence[Run | Failure], change: Change, names: tuple[str, ...]
    ) -> State:
        """What the port has of a change, by the tensors that it moves alone."""
        rest = [other for other in self.every if other != change]
        for chosen, state in ((self.every, State.DONE), (rest, State.TO_DO), ((), State.TO_DO)):
            differing = {
                name
                for case, run, port in zip(self.cases, self.runs(chosen), ports, strict=True)
                for name in _differing(case, run, port)
            }
            if not differing & set(names):
                return state
        return State.NEITHER


def _run(side: Side, case: Case) -> Run | Failure:
    reply = side.submit(Task(case)).result()
    return reply.run if isinstance(reply, Examination) else reply


def _differing(case: Case, a: Run | Failure, b: Run | Failure) -> tuple[str, ...]:
    """The tensors in which two runs differ; two that give no answer do not."""
    if isinstance(a, Failure) or isinstance(b, Failure):
        both = isinstance(a, Failure) and isinstance(b, Failure)
        return () if both else ("(no answer)",)
    first, second = tensors(a), tensors(b)
    near = NEAR * case.precision.agreement
    return tuple(
        name
        for name in {**first, **second}
        if name not in first or name not in second or not _same(first[name], second[name], near)
    )


def _same(a: Array, b: Array, near: float) -> bool:
    """Whether two tensors agree, a NaN or an Inf on both sides being the same number here."""
    if a.shape != b.shape:
        return False
    odd = ~(np.isfinite(a) & np.isfinite(b))
    if not np.array_equal(a[odd], b[odd], equal_nan=True):
        return False
    return distance(np.where(odd, 0, a), np.where(odd, 0, b)) <= near
