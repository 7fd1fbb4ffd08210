"""`xcheck gradcheck`: the evidence by parameter, or the question's own check line by line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from pybridge.case import Case
from pybridge.evidence import ask, collect
from pybridge.gradcheck import ParameterCheck, Status, posted
from pybridge.report.console import Output, print_line, progress
from pybridge.report.plain import visible
from pybridge.report.tables import entry
from pybridge.running import Plan, Request, method_of, plan, sides
from pybridge.second_look import is_misleading, second_look
from pybridge.sides import Failure, Side

COLUMNS = (
    "side",
    "configuration",
    "gradient",
    "verdict",
    "entries",
    "exercised",
    "error",
    "bound",
    "worst entry",
    "passes",
)
LEGEND = (
    "error: largest |analytic - numeric| over the largest entry of the gradient; "
    "bound: how far off the check itself may be, over the same",
)
ORDER = (Status.FAILED, Status.UNDECIDED, Status.PASSED, Status.NOT_EXERCISED)


@dataclass(frozen=True)
class Checked:
    """One parameter of one side in one case."""

    side: str
    case: Case
    check: ParameterCheck


def run(request: Request, names: Sequence[str]) -> bool:
    """Check the sides of these names alone; True where nothing is wrong or undecided."""
    planned = plan(request)
    for note in planned.chosen.notes:
        print_line(Output(), f"note: {note}")
    with ExitStack() as stack:
        asked = [stack.enter_context(side) for side in sides(planned, names, _notify)]
        if request.method == "posted":
            return _print_posted(planned, asked)
        return _print_table(planned, asked)


def _print_table(planned: Plan, asked: Sequence[Side]) -> bool:
    out, method = Output(), method_of(planned.request)
    checked: list[Checked] = []
    failures: list[str] = []
    with progress(len(planned.selected), Output(stderr=True)) as bar:
        for case in planned.cases():
            for side, waiting in [(side, ask(side, case, method)) for side in asked]:
                evidence = collect(waiting)
                if isinstance(evidence, Failure):
                    failures.append(f"{side.name}, {case.name}: {evidence.problem}")
                    continue
                checked += [Checked(side.name, case, p) for p in evidence.gradient.parameters]
            bar.add()
    rows = [_row(group) for group in _groups(checked)]
    if out.is_terminal:
        table = Table(*COLUMNS, box=SIMPLE_HEAD)
        for row in rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        out.print(table)
    else:
        widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
        for row in (COLUMNS, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print_line(out, "  ".join(cells).rstrip())
    for line in (*LEGEND, *failures):
        print_line(out, line)
    decided = (Status.PASSED, Status.NOT_EXERCISED)
    return not failures and bool(checked) and all(c.check.status in decided for c in checked)


def _groups(checked: Sequence[Checked]) -> Iterator[list[Checked]]:
    groups: dict[tuple[str, str, str], list[Checked]] = {}
    for c in checked:
        groups.setdefault((c.side, c.case.configuration.name, c.check.name), []).append(c)
    return iter(groups.values())


def _row(group: Sequence[Checked]) -> tuple[str, ...]:
    """One parameter over all sentences of a configuration: its worst case."""
    exercised = [c for c in group if c.check.status is not Status.NOT_EXERCISED]
    worst = min(group, key=lambda c: (ORDER.index(c.check.status), -_nan_first(c.check.error)))
    at = worst.check.wrong[0] if worst.check.wrong else worst.check.worst
    return (
        worst.side,
        worst.case.configuration.name,
        worst.check.name,
        str(worst.check.status),
        str(sum(c.check.entries for c in group)),
        f"{len(exercised)} of {len(group)}",
        f"{worst.check.error:.1e}",
        f"{worst.check.bound:.1e}",
        f"{entry(worst.case, worst.check.name, at)} ({worst.case.sentence.name})" if at else "",
        str(sum(c.check.passes for c in group)),
    )


def _nan_first(error: float) -> float:
    return error if error == error else float("inf")


def _print_posted(planned: Plan, asked: Sequence[Side]) -> bool:
    out = Output()
    lines = misleading = failed = 0
    for case in planned.cases():
        for side in asked:
            looks = second_look(side, case)
            if isinstance(looks, Failure):
                print_line(out, f"{case.name}  {side.name}  {looks.problem}")
                failed += 1
                continue
            for look in looks:
                place = ", ".join(str(i + 1) for i in look.pick.entry.index)
                where = f"{case.name}  {side.name}  {look.parameter}[{place}]"
                print_line(out, f"{where}  {look.pick.line}  evidence: {look.remark}")
                lines += 1
                misleading += is_misleading(look)
                failed += not look.pick.passed
    print_line(
        out,
        f"{lines} lines of the question's check (delta {posted.DELTA:g}, threshold "
        f"{posted.THRESHOLD:g}): {misleading} mislead, {failed} fail",
    )
    return not failed


def _notify(line: str) -> None:
    print(f"xcheck: {line}", file=sys.stderr)
