"""`xcheck run` from a request to its reports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pybridge.failing import Failing, failing
from pybridge.report import json
from pybridge.report.console import Output, Report, print_line, progress, waiting
from pybridge.report.facts import is_right
from pybridge.report.json import Document
from pybridge.report.record import Record
from pybridge.report.reports import Reports
from pybridge.report.resume import failing_before, rest, resumed, same_run
from pybridge.report.saved import Lines
from pybridge.running import Request, Session, plan, start
from pybridge.verdict import Kind


@dataclass(frozen=True)
class Outcome:
    """What the exit status follows from."""

    all_right: bool
    interrupted: bool


def run(
    request: Request,
    *,
    reports: Reports = Reports(),  # noqa: B008  # frozen
    resume: Path | None = None,
    fail_fast: bool,
    verbose: bool,
    trace: bool = True,
) -> Outcome:
    """Run, print, write. Ctrl-C ends the run, and what is done so far is reported all the same.

    `resume` is the file of a run that was killed: what it holds is not computed again. With
    `trace` a run in which not all is right ends with the line where each fault is made.
    """
    planned = plan(request)
    lines = resumed(resume)
    reports.check()
    out, err = Output(), Output(stderr=True)
    failures: list[Failing] = []
    ended: set[str] = set()  # cases
    interrupted = False
    names = [f"{s.name} {d.configuration.name}" for s, d in planned.selected]
    report = Report(out, max(map(len, names)), verbose)
    left = rest(planned, lines)
    with start(left, _notify) as session, ExitStack() as stack:
        begun = json.head(session)
        if resume is not None:
            same_run(resume, lines, begun, names)
        record = stack.enter_context(Record.begin(begun, reports, resume, lines))
        report.begin(begun)
        try:
            with progress(len(planned.selected), err) as bar:
                for i, (case, found) in enumerate(_cases(session, lines)):
                    report.add(case)
                    record.case(case, known=i < len(lines.cases))
                    if found is not None:
                        failures.append(found)
                    if Kind(case["verdict"]["kind"]).is_end:
                        ended.add(case["name"])
                    bar.add(right=is_right(case))
                    if fail_fast and not is_right(case):
                        break
        except KeyboardInterrupt:
            interrupted = True
        report.end(interrupted)  # first, since the file may turn out not to be writable
        try:
            if trace and failures and not interrupted:
                from pybridge.report import trace as stories
                from pybridge.telling import tell

                with waiting("looking for the line", err):
                    for story in tell(session, failures, ended):
                        record.story(stories.document(story))
                        for line in ["", *stories.lines(story)]:
                            print_line(out, line)
        except KeyboardInterrupt:
            interrupted = True
        record.end(interrupted=interrupted)
    return Outcome(report.tally.all_right, interrupted)


def _notify(line: str) -> None:
    print(f"xcheck: {line}", file=sys.stderr)


def _cases(session: Session, lines: Lines) -> Iterator[tuple[Document, Failing | None]]:
    """All cases in JSON, those of a resumed run first, and what a story needs of each."""
    before = {found.case.name: found for found in failing_before(session.plan, lines)}
    for case in lines.cases:
        yield case, before.get(case["name"])
    for result in session.results:
        yield json.case(result), failing(result)
