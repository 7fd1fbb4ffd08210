from __future__ import annotations

import io
from pathlib import Path

import pytest

from pybridge.report import json, show
from pybridge.report.console import Output, Report
from pybridge.report.reports import Reports
from tests.report.results import session
from tests.report.runs import a_run, results


@pytest.mark.parametrize("verbose", [False, True])
def test_a_saved_run_is_printed_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verbose: bool
) -> None:
    out = Output(file=io.StringIO(), width=80, _environ={})
    run = a_run(tmp_path)
    report = Report(out, run["name_width"], verbose)
    report.begin(json.head(session(tmp_path)))
    for one in results():
        report.add(json.case(one))
    report.end(interrupted=False)
    assert isinstance(out.file, io.StringIO)
    json.write(tmp_path / "run.json", run)
    assert not show.run(tmp_path / "run.json", Reports(), verbose=verbose)
    printed = capsys.readouterr().out
    story = run["stories"][0]["printed"]
    assert printed == out.file.getvalue() + "".join(f"{line}\n" for line in ["", *story])
    assert "5.250 | inf" in printed  # which JSON has no number for


@pytest.mark.parametrize(
    ("right", "interrupted", "expected"),
    [(True, False, True), (False, False, False), (True, True, False)],
)
def test_whether_all_is_right(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    right: bool,
    interrupted: bool,
    expected: bool,
) -> None:
    json.write(tmp_path / "run.json", a_run(tmp_path, right=right, interrupted=interrupted))
    assert show.run(tmp_path / "run.json", Reports(), verbose=False) is expected
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("interrupted after ") == (interrupted and right)


def test_the_other_reports_are_made_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    run = a_run(tmp_path)
    json.write(tmp_path / "run.json", run)
    reports = Reports(
        json=tmp_path / "again.json",
        html=tmp_path / "run.html",
        junit=tmp_path / "run.xml",
        github=True,
    )
    show.run(tmp_path / "run.json", reports, verbose=False)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "run.json").read_bytes()
    assert (tmp_path / "run.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "run.xml").read_text(encoding="utf-8").startswith("<?xml ")
    assert capsys.readouterr().out.splitlines()[-1].startswith("::error file=")
