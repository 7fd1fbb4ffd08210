"""The order of a run: what is checked first, and what is reported when it breaks off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pybridge.check import CaseResult
from pybridge.errors import InputError
from pybridge.report import command
from pybridge.run import Plan, Request, Session
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

    return use


def run(folder: Path, *, json_file: Path | None = None, fail_fast: bool = False) -> command.Outcome:
    request = Request((folder / "made.tagged",))
    return command.run(request, json_file=json_file, fail_fast=fail_fast, verbose=False)


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
