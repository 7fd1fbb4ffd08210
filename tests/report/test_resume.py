from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pybridge.agreement import Match
from pybridge.errors import InputError
from pybridge.failing import failing
from pybridge.report import json
from pybridge.report.json import Document
from pybridge.report.resume import failing_again, failing_before, rest, resumed, same_run
from pybridge.report.saved import Lines
from pybridge.running import Plan
from pybridge.verdict import Kind
from tests.report.results import result, session
from tests.report.runs import a_run, results


@pytest.fixture
def planned(tmp_path: Path) -> Plan:
    return session(tmp_path, "a/X b/Y a/X\nb/Y\n").plan


@pytest.fixture
def begun(tmp_path: Path) -> Document:
    return json.head(session(tmp_path))


@pytest.mark.parametrize("i", range(len(results())))
def test_what_a_story_needs_is_in_the_saved_case(i: int) -> None:
    one = results()[i]
    found = failing(one)
    if found is None:
        assert one.verdict.kind in (Kind.BOTH_RIGHT, Kind.UNDECIDED)
        assert one.agreement is not None
        assert one.agreement.match is not Match.DIFFERS
    else:
        assert failing_again(one.case, json.case(one)) == found


def test_the_cases_that_are_there_are_not_due(planned: Plan) -> None:
    names = [case.name for case in planned.cases()]
    assert len(names) == 4
    done = [json.case(replace(result(), case=case)) for case in planned.cases()][:3]
    left = rest(planned, Lines(cases=tuple(done)))
    assert [case.name for case in left.due()] == names[3:]
    assert [case.name for case in left.cases()] == names  # a suggestion is tried on all
    assert [case.name for case in planned.due()] == names


def test_the_referee_is_not_heard_twice(planned: Plan) -> None:
    cases = [json.case(one) for one in results()]
    assert rest(planned, Lines(cases=tuple(cases))).heard == {"posted", "telling"}
    assert rest(planned, Lines(cases=tuple(cases[:7]))).heard == frozenset()


def test_failures_of_before(planned: Plan) -> None:
    every = list(planned.cases())
    kinds = [Kind.BOTH_RIGHT, Kind.JULIA_WRONG, Kind.BOTH_RIGHT, Kind.UNDECIDED]
    made = [result(kind, case=case) for kind, case in zip(kinds, every, strict=True)]
    lines = Lines(cases=tuple(map(json.case, made)))
    assert [f.case.name for f in failing_before(planned, lines)] == [every[1].name, every[3].name]
    assert list(failing_before(planned, Lines())) == []


def test_the_same_run_is_carried_on(begun: Document, tmp_path: Path) -> None:
    case = a_run(tmp_path)["cases"][0]
    same_run(tmp_path, Lines(), begun, [])
    same_run(tmp_path, Lines(head=begun), begun, [])
    same_run(tmp_path, Lines(head=begun, cases=(case,)), begun, [case["name"]])
    other = copy.deepcopy(begun)
    other["versions"] |= {"juliacall": "9", "julia_origin": "juliapkg"}
    same_run(tmp_path, Lines(head=begun), other, [])


Change = Callable[[Document], object]
CHANGES: dict[str, tuple[Change, str]] = {
    "weights": (
        lambda d: d.update(weights_sha256="f" * 64),
        "weights_sha256 was 0123456789ab and is ffffffffffff;",
    ),
    "julia file": (lambda d: d.update(julia_sha256="f" * 64), "julia_sha256 was .* and is ffff"),
    "python file": (lambda d: d.update(python_sha256="f" * 64), "python_sha256 was .* and is ffff"),
    "fixtures": (lambda d: d["fixtures"].update(sha256="f" * 64), r"fixtures\.sha256 was "),
    "configuration": (
        lambda d: d["configurations"][1].update(hidden=3),
        r"configurations\.telling\.hidden was 16 and is 3;",
    ),
    "one configuration less": (
        lambda d: d["configurations"].pop(),
        r"configurations\.telling\.name was telling and is none, .*, and 5 more differ;",
    ),
    "julia": (lambda d: d["versions"].update(julia="1.9"), r"versions\.julia was 1\.5\.3 and is 1"),
    "numpy": (lambda d: d["versions"].update(numpy="3"), r"versions\.numpy was 2\.0 and is 3"),
    "method": (lambda d: d.update(method="posted"), "method was complex and is posted"),
    "rtol": (lambda d: d.update(rtol=1e-9), "rtol was None and is 1e-09"),
    "limit": (lambda d: d.update(limit=3, selected=3), "limit was None and is 3, selected was"),
    "keyword": (lambda d: d.update(keyword="x"), "keyword was none and is x"),
    "referee": (lambda d: d.update(referee=True), "referee was False and is True"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_run_is_refused_with_the_difference_named(
    begun: Document, tmp_path: Path, name: str
) -> None:
    change, named = CHANGES[name]
    now = copy.deepcopy(begun)
    change(now)
    file = tmp_path / "run.jsonl"
    with pytest.raises(InputError, match=f"run.jsonl: is of another run: .*{named}") as raised:
        same_run(file, Lines(head=begun), now, [])
    assert str(raised.value).endswith("; run it as it was, or begin anew with --json")


def test_a_case_that_is_not_of_the_run_is_refused(begun: Document, tmp_path: Path) -> None:
    case = a_run(tmp_path)["cases"][0]
    with pytest.raises(InputError, match=r"run\.jsonl:2: made0.tagged:1 posted is no case of this"):
        same_run(tmp_path / "run.jsonl", Lines(head=begun, cases=(case,)), begun, ["other"])
    twice = Lines(head=begun, cases=(case, case))
    with pytest.raises(InputError, match=r"run\.jsonl:3: made0.tagged:1 posted is there twice"):
        same_run(tmp_path / "run.jsonl", twice, begun, [case["name"]])


def test_the_file_to_carry_on(tmp_path: Path) -> None:
    assert resumed(None) == Lines()
    with pytest.raises(InputError, match=r"a\.jsonl: no such file; begin one with --json"):
        resumed(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match=r"a\.json: is no file of JSON lines; name one that ends"):
        resumed(tmp_path / "a.json")
    (tmp_path / "a.jsonl").touch()
    assert resumed(tmp_path / "a.jsonl") == Lines()
