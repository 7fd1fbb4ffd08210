"""Cases over which Julia's process ended, in every report."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pybridge.checking import CaseResult
from pybridge.failing import failing
from pybridge.report import github, html, json, junit
from pybridge.report.json import Document
from pybridge.report.tables import details, row
from pybridge.sides import Failure
from pybridge.verdict import Kind
from tests.cli_support import flaws
from tests.report.results import named, result, session
from tests.report.test_console import printed

ENDS = {
    Kind.CRASHED: "crashed",
    Kind.TIMED_OUT: "timed out after 5 s",
    Kind.OUT_OF_MEMORY: "out of memory",
}


def ended(kind: Kind) -> CaseResult:
    how = ENDS[kind]
    found = result(kind, julia=Failure(f"mine.jl: {how}, and more of it", ended=how))
    return replace(found, case=named(found.case, file=f"{kind.name}.tagged"))


@pytest.fixture
def run(tmp_path: Path) -> Document:
    cases = [json.case(one) for one in (result(), *map(ended, ENDS))]
    return json.document(json.head(session(tmp_path)), cases, interrupted=False)


def test_the_document(run: Document) -> None:
    assert flaws(run) == []
    assert {kind: run["counts"][kind] for kind in ENDS} == dict.fromkeys(map(str, ENDS), 1)
    for case, how in zip(run["cases"][1:], ENDS.values(), strict=True):
        assert case["julia"]["ended"] == how
        assert "gradient" in case["python"]  # which is there all the same


def test_how_else_a_process_may_end_is_no_document(run: Document) -> None:
    run["cases"][1]["julia"]["ended"] = "bored"
    assert flaws(run) != []


@pytest.mark.parametrize("kind", ENDS)
def test_the_text(tmp_path: Path, kind: Kind) -> None:
    case = json.case(ended(kind))
    assert row(case)[-1] == ENDS[kind]
    assert details(case)[0].startswith(f"{ENDS[kind]}: ")
    for terminal in (False, True):
        text = printed(tmp_path, ended(kind), result(), terminal=terminal)
        assert re.search(rf"{kind.name}.tagged:1 made .*{ENDS[kind]}", text)
        assert text.splitlines()[-1] == f"2 cases: 1 both right, 1 {kind}"


def test_the_page(run: Document) -> None:
    page = html.page(run)
    assert "Julia crashed in 1, Julia timed out in 1, Julia ran out of memory in 1 of 4" in page
    for kind, how in ENDS.items():
        assert f'data-verdict="{str(kind).replace(" ", "-")}"' in page
        assert how in page


def test_junit_and_github(run: Document) -> None:
    results = junit.document(run)
    assert 'failures="3"' in results
    for kind, how in ENDS.items():
        assert f'type="{kind}"' in results
        assert f'message="{how}: ' in results
        assert f"| {how} |" in github.markdown(run)


@pytest.mark.parametrize("kind", ENDS)
def test_there_is_no_line_to_look_for(kind: Kind) -> None:
    """To walk along the case would be to end the process once more."""
    assert failing(ended(kind)) is None
    assert failing(result(Kind.JULIA_WRONG, julia=Failure("mine.jl:3: no"))) is not None
