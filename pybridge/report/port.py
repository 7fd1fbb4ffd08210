"""`xcheck port`: the changes between two Julia files, and what the Python port has of each."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pybridge import port
from pybridge.case import Case
from pybridge.failing import failing
from pybridge.port import Carried, State
from pybridge.report import trace as stories
from pybridge.report.console import Output, print_line, waiting
from pybridge.running import Plan, Request, plan, start
from pybridge.telling import tell
from pybridge.trace.stories import Story

CASES = 24  # of those asked for that every combination of changes is run on


def run(request: Request, old: str, new: str) -> bool:
    """Print what has been carried over; whether that is everything.

    `old` and `new` are files, or revision:path as git has it. InputError where one cannot be read
    or does not load.
    """
    texts = port.read(old), port.read(new)
    every = port.changes(*texts)
    out, err = Output(), Output(stderr=True)
    if not every:
        print_line(out, f"{old} and {new} have the same lines: there is nothing to carry over")
        return True
    with tempfile.TemporaryDirectory(prefix="xcheck-") as name:
        folder = Path(name)
        file = folder / "new.jl"
        file.write_text(texts[1])
        known_as = Path(new.rpartition(":")[2])  # whose table of an xcheck.toml holds
        planned = plan(replace(request, julia=file, julia_known_as=known_as))
        with start(planned, lambda line: print(f"xcheck: {line}", file=sys.stderr)) as session:
            print_line(out, f"{old} -> {new}; Python: {planned.request.python_file}")
            with waiting("trying the changes", err):
                found = list(
                    port.carried(
                        texts[0],
                        every,
                        [*_some(planned), *port.extreme_cases(planned.draws[0].parameters)],
                        session.python,
                        session.julia,
                        folder,
                    )
                )
                told: list[Story] = []
                if any(one.state in (State.TO_DO, State.NEITHER) for one in found):
                    failures = [f for r in session.results if (f := failing(r)) is not None]
                    named = replace(planned, request=replace(planned.request, julia=Path(new)))
                    told = list(tell(replace(session, plan=named), failures))
            for line in _lines(found, told, old, new):
                print_line(out, line)
    return all(one.state in (State.DONE, State.SILENT) for one in found)


def _some(planned: Plan) -> list[Case]:
    """The cases asked for, or as many of them, spread over all."""
    every = list(planned.cases())
    return every[:: max(1, -(-len(every) // CASES))]


def _lines(found: Sequence[Carried], told: Sequence[Story], old: str, new: str) -> Iterator[str]:
    counts = {state: sum(one.state is state for one in found) for state in State}
    for one in found:
        change = one.change
        yield ""
        moved = f" ({', '.join(one.tensors)}; first in {one.case})" if one.tensors else ""
        yield f"{one.state}{moved}"
        yield from (f"  {old}:{change.old_first + i}  -{line}" for i, line in enumerate(change.old))
        yield from (f"  {new}:{change.new_first + i}  +{line}" for i, line in enumerate(change.new))
        if one.state in (State.TO_DO, State.NEITHER):
            for story in told:
                if any(f.other and change.holds(f.other.line) for f in story.traced.findings):
                    yield from (f"  {line}" for line in stories.lines(story))
    elsewhere = [
        story
        for story in told
        if not any(
            f.other and one.change.holds(f.other.line)
            for f in story.traced.findings
            for one in found
            if one.state in (State.TO_DO, State.NEITHER)
        )
    ]
    for story in elsewhere:
        yield ""
        yield from stories.lines(story)
    yield ""
    yield ", ".join(f"{n} {state}" for state, n in counts.items() if n)
