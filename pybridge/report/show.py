"""`xcheck show`: a saved run printed again, and written as any other report."""

from __future__ import annotations

from pathlib import Path

from pybridge.report import saved
from pybridge.report.console import Output, Report, print_line
from pybridge.report.reports import Reports


def run(file: Path, reports: Reports, *, verbose: bool) -> bool:
    """Whether all cases were there and right."""
    document = saved.read(file)
    reports.check()
    out = Output()
    report = Report(out, document["name_width"], verbose)
    report.begin(document)
    for case in document["cases"]:
        report.add(case)
    report.end(document["interrupted"])
    for story in document["stories"]:
        for line in ["", *story["printed"]]:
            print_line(out, line)
    reports.write(document)
    return report.tally.all_right and not document["interrupted"]
