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
NO_ANSWER = "(no answer)"  # of one side of two; in place of the name of a tensor


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
        if len(loud) > MOST:
            return self._by_descent(ports, loud)
        for size in range(len(loud), -1, -1):
            for chosen in combinations(loud, size):
                if not self._misfit(ports, chosen):
                    return chosen
        return None

    def _by_descent(
        self, ports: Sequence[Run | Failure], loud: Sequence[Change]
    ) -> tuple[Change, ...] | None:
        """The same for many: from all of them, leave out the one that brings it nearest."""
        chosen = tuple(loud)
        misfit = self._misfit(ports, chosen)
        while misfit and chosen:
            fewer = [tuple(c for c in chosen if c != left_out) for left_out in chosen]
            misfits = [self._misfit(ports, some) for some in fewer]
            if min(misfits) >= misfit:
                return None
            misfit = min(misfits)
            chosen = fewer[misfits.index(misfit)]
        return None if misfit else chosen

    def _misfit(self, ports: Sequence[Run | Failure], chosen: Sequence[Change]) -> int:
        """In how many tensors of all cases the old file with some changes is not the port."""
        found = zip(self.cases, self.runs(chosen), ports, strict=True)
        return sum(len(_differing(case, run, port)) for case, run, port in found)

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
            if not differing & {*names, NO_ANSWER}:
                return state
        return State.NEITHER


def _run(side: Side, case: Case) -> Run | Failure:
    with np.errstate(all="ignore"):  # the extreme case overflows where the port lacks a change
        reply = side.submit(Task(case)).result()
    return reply.run if isinstance(reply, Examination) else reply


def _differing(case: Case, a: Run | Failure, b: Run | Failure) -> tuple[str, ...]:
    """The tensors in which two runs differ; two that give no answer do not."""
    if isinstance(a, Failure) or isinstance(b, Failure):
        both = isinstance(a, Failure) and isinstance(b, Failure)
        return () if both else (NO_ANSWER,)
    first, second = tensors(a), tensors(b)
    near = NEAR * case.precision.agreement
    return tuple(
        name
        for name in {**first, **second}
        if name not in first or name not in second or not _same(first[name], second[name], near)
    )


def _same(a: Array, b: Array, near: float) -> bool:
    """Whether two tensors agree, or both have entries that are no finite numbers.

    Which entries these are is not compared: 0 * NaN is NaN where a product runs over all words, and
    is not there where it runs over the words of the sentence alone.
    """
    if a.shape != b.shape:
        return False
    odd = ~(np.isfinite(a) & np.isfinite(b))
    if odd.any():
        return bool(not np.isfinite(a).all() and not np.isfinite(b).all())
    return distance(a, b) <= near
