"""A run that is carried on where it was killed: is it the same run, and what of it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pybridge.case import Case
from pybridge.errors import InputError
from pybridge.failing import Failing
from pybridge.report import saved
from pybridge.report.changes import changes
from pybridge.report.facts import is_right, signature
from pybridge.report.json import Document
from pybridge.report.saved import LINES, Lines
from pybridge.running import Plan
from pybridge.verdict import Kind

# No number depends on these.
FREE = ("versions.juliacall", "versions.julia_origin")
NAMED = 3  # differences that a refusal names


def resumed(file: Path | None) -> Lines:
    """The lines of a run that is to be carried on; none where none is."""
    if file is None:
        return Lines()
    if file.suffix != LINES:
        problem = "is no file of JSON lines"
        raise InputError(problem, f"name one that ends in {LINES} for --resume", file=file)
    if not file.is_file():
        raise InputError("no such file", f"begin one with --json {file}", file=file)
    return saved.read_lines(file)


def rest(planned: Plan, lines: Lines) -> Plan:
    """The plan without the cases that are there, nor the referee where it was heard."""
    heard = {c["configuration"] for c in lines.cases if c["referee"] is not None}
    done = frozenset(c["name"] for c in lines.cases)
    return replace(planned, done=done, heard=frozenset(heard))


def same_run(file: Path, lines: Lines, begun: Document, names: Sequence[str]) -> None:
    """InputError, with the difference named, where a file is of another run than `begun`.

    `names` are those of the cases of this run.
    """
    if lines.head is None:
        return
    different = [c for c in changes(lines.head, begun) if c.field not in FREE]
    if different:
        named = ", ".join(f"{c.field} was {c.before} and is {c.after}" for c in different[:NAMED])
        more = f", and {len(different) - NAMED} more differ" if len(different) > NAMED else ""
        remedy = "run it as it was, or begin anew with --json"
        raise InputError(f"is of another run: {named}{more}", remedy, file=file)
    known, seen = set(names), set[str]()
    for number, case in enumerate(lines.cases, start=2):
        name = case["name"]
        if name not in known or name in seen:
            problem = f"{name} is {'there twice' if name in seen else 'no case of this run'}"
            raise InputError(problem, "begin anew with --json", file=file, line=number)
        seen.add(name)


def failing_before(planned: Plan, lines: Lines) -> Iterator[Failing]:
    """What `trace.stories.failing` has said of the cases that are there."""
    wrong = {c["name"]: c for c in lines.cases if not is_right(c)}
    wrong = {name: c for name, c in wrong.items() if not Kind(c["verdict"]["kind"]).is_end}
    if wrong:
        for case in planned.cases():
            if case.name in wrong:
                yield failing_again(case, wrong[case.name])


def failing_again(case: Case, found: Document) -> Failing:
    """The same from a saved case."""
    return Failing(case, Kind(found["verdict"]["kind"]), signature(found))
