"""The report on a terminal (a table at the end, progress meanwhile) or in a pipe (plain lines)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pybridge.report.json import Document
from pybridge.report.plain import visible
from pybridge.report.tables import COLUMNS, LEGEND, Tally, details, head, row, summary
from pybridge.verdict import Kind

NOBODY_READS = 141  # 128 + SIGPIPE
STYLES = {
    Kind.BOTH_RIGHT: "green",
    Kind.BOTH_WRONG: "red",
    Kind.PYTHON_WRONG: "red",
    Kind.JULIA_WRONG: "red",
    Kind.UNDECIDED: "yellow",
    Kind.CRASHED: "magenta",
    Kind.TIMED_OUT: "magenta",
    Kind.OUT_OF_MEMORY: "magenta",
}


class Output(Console):
    """A console whose reader may go away, as `head` does."""

    def on_broken_pipe(self) -> None:
        """End as a command does that SIGPIPE has killed; rich would say 1, some case not right."""
        with suppress(SystemExit):
            super().on_broken_pipe()
        raise SystemExit(NOBODY_READS)


@dataclass
class Report:
    """Prints a run to `out` as it goes on; `end` prints what is left."""

    out: Console
    name_width: int  # of the longest case name
    verbose: bool
    tally: Tally = field(default_factory=Tally)
    table: Table | None = None

    def begin(self, begun: Document) -> None:
        """What runs, on what, and the header of the cases."""
        for line in head(begun):
            print_line(self.out, line)
        print_line(self.out, "")
        if self.out.is_terminal and not self.verbose:
            self.table = Table(box=None, pad_edge=False, header_style="bold")
            for i, column in enumerate(COLUMNS):
                self.table.add_column(column, justify="right" if i in (1, 2) else "left")
        else:
            print_line(self.out, self._line(COLUMNS))

    def add(self, case: Document) -> None:
        """One case more."""
        self.tally.add(case)
        cells = row(case)
        more = details(case) if self.verbose else []
        if self.table is not None:
            verdict = Text(cells[-1], STYLES[Kind(case["verdict"]["kind"])])
            self.table.add_row(*map(Text, map(visible, cells[:-1])), verdict)  # a name is no markup
            return
        for line in [self._line(cells), *(f"    {line}" for line in more)]:
            print_line(self.out, line)

    def end(self, interrupted: bool) -> None:
        """The table, and what the cases come to."""
        if self.table is not None and self.tally.cases:
            self.out.print(self.table)
        print_line(self.out, "")
        if self.tally.cases:
            for line in LEGEND:
                print_line(self.out, line)
        *lines, last = summary(self.tally)
        if interrupted:
            last = f"interrupted after {last}" if self.tally.cases else "interrupted at once"
        for line in [*lines, last]:
            print_line(self.out, line)

    def _line(self, cells: tuple[str, ...]) -> str:
        widths = (self.name_width, 5, 11, 22, 32, 32)
        first, *rest = (c.ljust(w) for c, w in zip(cells, (*widths, 0), strict=True))
        rest[0:2] = (c.rjust(w) for c, w in zip(cells[1:3], widths[1:3], strict=True))
        return "  ".join([first, *rest]).rstrip()


class Pace(TextColumn):
    """Cases a second, over the last of them."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        """Nothing before the first."""
        return Text(f"{task.speed:.3g}/s" if task.speed else "")


@dataclass
class Bar:
    """Counts the cases of a run on a terminal."""

    shown: Progress
    task: TaskID
    wrong: int = 0

    def add(self, *, right: bool | None = None) -> None:
        """One case more; `right` where it is judged."""
        self.wrong += right is False
        text = "" if right is None else f"{self.wrong} not right"
        self.shown.update(self.task, advance=1, wrong=text)


@contextmanager
def progress(total: int, err: Console) -> Iterator[Bar]:
    """Cases, pace, time left and how many are not right, on a terminal; nothing in a pipe or CI.

    It is wiped at the end.
    """
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Pace(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[wrong]}"),
        console=err,
        transient=True,
        disable=not err.is_terminal or in_ci(),
    )
    with shown:
        yield Bar(shown, shown.add_task("cases", total=total, wrong=""))


def in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a job of some CI, which may well say that it has a terminal."""
    return environment.get("CI", "").lower() not in ("", "0", "false")


@contextmanager
def waiting(what: str, err: Console) -> Iterator[None]:
    """A sign of life on a terminal while something takes some seconds; nothing in a pipe."""
    with err.status(what) if err.is_terminal and not in_ci() else nullcontext():
        yield


def print_line(out: Console, line: str) -> None:
    """A line as it is: no markup, no wrapping, no highlighting, nothing that steers a terminal."""
    if out.is_terminal:
        out.print(visible(line), markup=False, highlight=False, soft_wrap=True, emoji=False)
        return
    try:  # what rich does with a line takes as long as comparing two tensors
        out.file.write(f"{visible(line)}\n")
        out.file.flush()
    except BrokenPipeError:
        out.on_broken_pipe()
