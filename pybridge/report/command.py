"""`xcheck run` from a request to its reports."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pybridge.report import json
from pybridge.report.console import Output, Report, progress
from pybridge.run import Request, plan, start
from pybridge.verdict import Kind


@dataclass(frozen=True)
class Outcome:
    """What the exit status follows from."""

    all_right: bool
    interrupted: bool


def run(request: Request, *, json_file: Path | None, fail_fast: bool, verbose: bool) -> Outcome:
    """Run, print, write. Ctrl-C ends the run, and what is done so far is reported all the same."""
    planned = plan(request)
    if json_file is not None:
        json.check_writable(json_file)
    out, err = Output(), Output(stderr=True)
    cases: list[dict[str, Any]] = []
    interrupted = False
    names = [f"{s.name} {d.configuration.name}" for s, d in planned.selected]
    report = Report(out, max(map(len, names)), verbose)
    with start(planned, lambda line: print(f"xcheck: {line}", file=sys.stderr)) as session:
        report.begin(session)
        try:
            with progress(len(planned.selected), err) as bar:
                for result in session.results:
                    report.add(result)
                    if json_file is not None:
                        cases.append(json.case(result))
                    bar.advance(bar.task_ids[0])
                    if fail_fast and result.verdict.kind is not Kind.BOTH_RIGHT:
                        break
        except KeyboardInterrupt:
            interrupted = True
        report.end(interrupted)  # first, since the file may turn out not to be writable
        if json_file is not None:
            json.write(json_file, json.document(session, cases, interrupted=interrupted))
    return Outcome(report.tally.all_right, interrupted)
