"""The commands for runs that were saved: `xcheck show`, `xcheck diff`. No Julia is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pybridge.options import Github, HtmlFile, JsonFile, JunitFile, Verbose

SAME, DIFFERENT = 0, 1
Results = Annotated[Path, typer.Argument(metavar="RESULTS", help="What `run --json` has written.")]


def show(
    results: Results,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    junit_file: JunitFile = None,
    github: Github = False,
    verbose: Verbose = False,
) -> None:
    """Print a saved run again, and make the other reports of it; exit status as of the run."""
    from pybridge.report import show as report
    from pybridge.report.reports import Reports

    reports = Reports(json_file, html_file, junit_file, github)
    all_right = report.run(results, reports, verbose=verbose)
    raise typer.Exit(SAME if all_right else DIFFERENT)


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A saved run.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Name every case, however many.")
    ] = False,
) -> None:
    """Say what changed between two saved runs; exit status 1 where a verdict did."""
    from pybridge.report import diff as report

    same = report.run(before, after, verbose=verbose)
    raise typer.Exit(SAME if same else DIFFERENT)
