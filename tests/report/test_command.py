"""The order of a run: what is checked first, and what is reported when it breaks off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pybridge import telling
from pybridge.adapters.choose import PORT
from pybridge.checking import CaseResult
from pybridge.errors import InputError
from pybridge.report import command
from pybridge.report.reports import Reports
from pybridge.report.saved import read, read_lines
from pybridge.running import Plan, Request, Session, plan
from pybridge.trace.codes import PythonCode
from pybridge.verdict import Kind
from tests.cli_support import flaws
from tests.report.results import result, session

Start = Callable[..., None]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Replace the two sides by results, or by an exception in their place."""
    made = session(tmp_path)

    def use(*results: CaseResult | BaseException) -> None:
        def give() -> Iterator[CaseResult]:
            for one in results:
                if isinstance(one, BaseException):
                    raise one
                yield one

        @contextmanager
        def fake(planned: Plan, notify: Callable[[str], None]) -> Iterator[Session]:
            notify("starting")
            yield replace(made, plan=planned, results=give())

        monkeypatch.setattr(command, "start", fake)
        same = (PythonCode(PORT, "pybridge/tagger.py"), PythonCode(PORT, "julia/fixed.jl"))
        monkeypatch.setattr(telling, "codes", lambda _: same)

    return use


def run(
    folder: Path,
    *,
    json_file: Path | None = None,
    resume: Path | None = None,
    fail_fast: bool = False,
    trace: bool = False,
    **request: object,
) -> command.Outcome:
    return command.run(
        Request((folder / "made.tagged",), **request),  # type: ignore[arg-type]
        reports=Reports(json=json_file),
        resume=resume,
        fail_fast=fail_fast,
        verbose=False,
        trace=trace,
    )


def test_all_right(start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(result(), result())
    assert run(tmp_path) == command.Outcome(all_right=True, interrupted=False)
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "2 cases: 2 both right"
    assert err == "xcheck: starting\n"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BOTH_RIGHT])
def test_not_all_right(start: Start, tmp_path: Path, kind: Kind) -> None:
    start(result(), result(kind))
    assert not run(tmp_path).all_right


def test_fail_fast(start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = result(), result(Kind.UNDECIDED), result()
    start(*results)
    assert not run(tmp_path, fail_fast=True).all_right
    assert capsys.readouterr().out.splitlines()[-1] == "2 cases: 1 both right, 1 undecided"
    start(*results)
    run(tmp_path)
    assert capsys.readouterr().out.splitlines()[-1] == "3 cases: 2 both right, 1 undecided"


def test_a_run_ends_with_its_stories(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(result(Kind.JULIA_WRONG))  # of two sides that are the same code
    file = tmp_path / "out.json"
    run(tmp_path, json_file=file, trace=True)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("made.tagged:1 made: no culprit: ")
    document = json.loads(file.read_text())
    assert flaws(document) == []
    assert [story["findings"] for story in document["stories"]] == [[]]


def test_interrupted(start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(result(), KeyboardInterrupt())
    file = tmp_path / "out.json"
    assert run(tmp_path, json_file=file).interrupted
    assert capsys.readouterr().out.splitlines()[-1] == "interrupted after 1 case: 1 both right"
    document = json.loads(file.read_text())
    assert flaws(document) == []
    assert document["interrupted"] is True
    assert len(document["cases"]) == 1
    assert document["selected"] == 2


def test_an_error_is_not_swallowed_and_no_file_claims_a_run(start: Start, tmp_path: Path) -> None:
    start(result(), InputError("other weights", "report it"))
    with pytest.raises(InputError, match="other weights"):
        run(tmp_path, json_file=tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_a_file_that_cannot_be_written_is_found_before_anything_runs(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(result())
    with pytest.raises(InputError, match="is a folder"):
        run(tmp_path, json_file=tmp_path)
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_what_cannot_be_written_is_still_printed(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(result())
    with pytest.raises(InputError, match="No space left"):
        run(tmp_path, json_file=Path("/dev/full"))
    assert capsys.readouterr().out.splitlines()[-1] == "1 case: 1 both right"


# A run that is carried on


def made(folder: Path, kinds: Sequence[Kind]) -> list[CaseResult]:
    """A result for each case of the run, in order."""
    cases = list(plan(Request((folder / "made.tagged",))).cases())
    return [result(kind, case=case) for kind, case in zip(kinds, cases, strict=True)]


KINDS = (Kind.JULIA_WRONG, Kind.BOTH_RIGHT)


def test_a_resumed_run_is_as_an_unbroken_one(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = made(tmp_path, KINDS)
    whole, file = tmp_path / "whole.json", tmp_path / "run.jsonl"
    start(first, second)
    unbroken = run(tmp_path, json_file=whole, trace=True)
    printed = capsys.readouterr().out
    for before in ([], [first], [first, second]):
        start(*before, InputError("killed", "resume it"))
        with pytest.raises(InputError, match="killed"):
            run(tmp_path, json_file=file)
        assert len(read_lines(file).cases) == len(before)
        assert read_lines(file).end is None
        capsys.readouterr()
        start(*[first, second][len(before) :])  # those that are there are not asked for again
        again = tmp_path / "again.json"
        assert run(tmp_path, resume=file, json_file=again, trace=True) == unbroken
        assert capsys.readouterr().out == printed
        assert again.read_bytes() == whole.read_bytes()
        assert read(file) == read(whole)


def test_a_complete_run_can_be_carried_on_to_the_same(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    start(*made(tmp_path, KINDS))
    run(tmp_path, json_file=file, trace=True)
    before = file.read_bytes()
    start()
    assert not run(tmp_path, resume=file, trace=True).all_right
    assert file.read_bytes() == before


def test_fail_fast_stops_at_a_case_that_is_there(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    start(*made(tmp_path, KINDS))
    run(tmp_path, json_file=file)
    start(RuntimeError("nothing is asked for"))
    assert not run(tmp_path, resume=file, fail_fast=True).all_right


def test_an_interrupted_run_is_carried_on(start: Start, tmp_path: Path) -> None:
    first, second = made(tmp_path, KINDS)
    file = tmp_path / "run.jsonl"
    start(first, KeyboardInterrupt())
    assert run(tmp_path, json_file=file).interrupted
    assert read(file)["interrupted"] is True
    start(second)
    assert not run(tmp_path, resume=file).interrupted
    assert read(file)["interrupted"] is False
    assert len(read(file)["cases"]) == 2


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"hidden": 3}, r"configurations\.posted\.hidden was 16 and is 3"),
        ({"seed": 3}, r"configurations\.posted\.seed was 2016 and is 3"),
        ({"rtol": 1e-9}, "rtol was None and is 1e-09"),
        ({"method": "difference"}, "method was complex and is difference"),
        ({"julia": Path("julia/original.jl")}, r"julia_file was julia/fixed\.jl and is"),
    ],
)
def test_another_run_is_refused_before_anything_is_printed_or_written(
    start: Start,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, object],
    difference: str,
) -> None:
    file = tmp_path / "run.jsonl"
    start(*made(tmp_path, KINDS))
    run(tmp_path, json_file=file)
    before = file.read_bytes()
    capsys.readouterr()
    start(*made(tmp_path, KINDS))
    with pytest.raises(InputError, match=rf"run\.jsonl: is of another run: {difference}"):
        run(tmp_path, resume=file, **changed)  # type: ignore[arg-type]
    assert capsys.readouterr().out == ""
    assert file.read_bytes() == before


def test_other_sentences_are_another_run(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    start(*made(tmp_path, KINDS))
    run(tmp_path, json_file=file)
    (tmp_path / "made.tagged").write_text("a/X b/Y b/X\n")
    with pytest.raises(InputError, match=r"is of another run: fixtures\.sha256 was "):
        run(tmp_path, resume=file)


def test_another_tagger_file_under_the_same_name_is_another_run(
    start: Start, tmp_path: Path
) -> None:
    file, julia = tmp_path / "run.jsonl", tmp_path / "mine.jl"
    julia.write_text("# one\n")
    start(*made(tmp_path, KINDS))
    run(tmp_path, json_file=file, julia=julia)
    julia.write_text("# two\n")
    with pytest.raises(InputError, match="is of another run: julia_sha256 was "):
        run(tmp_path, resume=file, julia=julia)
