from __future__ import annotations

import copy
from pathlib import Path

import pytest

from pybridge.report import diff
from pybridge.report.json import Document, write
from tests.report.runs import a_run


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def lines(before: Document, after: Document, shown: int | None = None) -> list[str]:
    return diff.lines(diff.compare(before, after), shown)


def test_two_runs_that_are_the_same(run: Document) -> None:
    found = diff.compare(run, copy.deepcopy(run))
    assert found.same
    assert lines(run, copy.deepcopy(run)) == ["14 cases in both: 0 verdicts differ"]


def test_a_verdict_that_changed(run: Document) -> None:
    other = copy.deepcopy(run)
    other["cases"][0]["verdict"]["kind"] = "julia wrong"
    found = diff.compare(run, other)
    assert not found.same
    assert lines(run, other) == [
        "made0.tagged:1 posted: both right -> julia wrong",
        "14 cases in both: 1 verdict differs (1 both right -> julia wrong)",
    ]
    assert lines(other, run)[0].endswith(": julia wrong -> both right")


def test_new_and_gone_cases_are_no_verdicts_that_differ(run: Document) -> None:
    other = copy.deepcopy(run)
    other["cases"][3]["name"] = "new.tagged:1 posted"
    found = diff.compare(run, other)
    assert found.same
    assert lines(run, other) == [
        "new.tagged:1 posted: new",
        "made3.tagged:1 telling: gone",
        "13 cases in both: 0 verdicts differ, 1 new, 1 gone",
    ]


def test_two_runs_without_a_common_case_are_not_the_same(run: Document) -> None:
    assert not diff.compare(run, {**run, "cases": []}).same
    assert not diff.compare({**run, "cases": []}, run).same


def test_a_tensor_that_moved_over_its_tolerance(run: Document) -> None:
    other = copy.deepcopy(run)
    tensor = other["cases"][0]["agreement"]["tensors"][0]
    tensor.update(match="differs", distance=2e-9)
    assert lines(run, other)[0] == ("made0.tagged:1 posted: h: 4e-16 -> 2e-09, tolerance 1e-12")
    assert diff.compare(run, other).same  # no verdict differs
    tensor.update(distance=None, tolerance=None, not_finite={"distance": "nan", "tolerance": "nan"})
    tensor["rule"] = "missing on the Julia side"
    assert lines(run, other)[0] == (
        "made0.tagged:1 posted: h: 4e-16 -> (missing on the Julia side), tolerance 1e-12"
    )


def test_a_tensor_that_moved_below_it_is_not_named(run: Document) -> None:
    other = copy.deepcopy(run)
    other["cases"][0]["agreement"]["tensors"][0].update(distance=9e-13)
    assert lines(run, other) == ["14 cases in both: 0 verdicts differ"]


def test_versions_hashes_and_configurations(run: Document) -> None:
    other = copy.deepcopy(run)
    other["versions"]["numpy"] = "3.0"
    other["weights_sha256"] = "f" * 64
    other["configurations"][1]["hidden"] = 5
    assert lines(run, other)[:3] == [
        "versions.numpy: 2.0 -> 3.0",
        "configurations.telling.hidden: 16 -> 5",
        "weights_sha256: 0123456789ab -> ffffffffffff",
    ]
    assert diff.compare(run, other).same


def test_many_cases_are_counted_and_not_named(run: Document) -> None:
    other = copy.deepcopy(run)
    for case in other["cases"]:
        case["verdict"]["kind"] = "both wrong"
    changed = sum(case["verdict"]["kind"] != "both wrong" for case in run["cases"])
    assert lines(run, other, 5)[5] == f"... and {changed - 5} cases more, see -v"
    assert len(lines(run, other, 5)) == 7
    assert len(lines(run, other)) == changed + 1


def test_through_files(run: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "a.json", run)
    run["cases"][0]["verdict"]["kind"] = "undecided"
    write(tmp_path / "b.json", run)
    assert not diff.run(tmp_path / "a.json", tmp_path / "b.json", verbose=False)
    assert capsys.readouterr().out.splitlines()[0].endswith("both right -> undecided")
    assert diff.run(tmp_path / "a.json", tmp_path / "a.json", verbose=False)
