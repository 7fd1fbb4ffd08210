from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pybridge.errors import InputError
from pybridge.report.json import Document, write
from pybridge.report.record import Record
from pybridge.report.reports import Reports
from pybridge.report.saved import Lines, read, read_lines
from tests.cli_support import flaws, line_flaws
from tests.report.runs import a_run

Spoil = Callable[[Document], object]


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def as_lines(run: Document, file: Path, *, end: bool = True) -> Path:
    head = {k: v for k, v in run.items() if k not in ("interrupted", "counts", "cases", "stories")}
    with Record.begin(head, Reports(json=file), None, Lines()) as record:
        for case in run["cases"]:
            record.case(case, known=False)
        for story in run["stories"]:
            record.story(story)
        if end:
            record.end(interrupted=run["interrupted"])
    return file


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_document_and_its_lines_are_read_as_what_was_written(
    tmp_path: Path, interrupted: bool
) -> None:
    run = a_run(tmp_path, interrupted=interrupted)
    write(tmp_path / "run.json", run)
    assert flaws(run) == []
    assert read(tmp_path / "run.json") == run
    lines = as_lines(run, tmp_path / "run.jsonl")
    assert read(lines) == run
    assert list(read(lines)) == list(run)  # in the same order, too


def test_each_line_is_as_the_schema_says(run: Document, tmp_path: Path) -> None:
    text = as_lines(run, tmp_path / "run.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    kinds = [next(iter(line)) for line in lines]
    assert kinds == ["head", *["case"] * len(run["cases"]), "story", "end"]
    assert [flaw for line in lines for flaw in line_flaws(line)] == []
    assert lines[-1]["end"] == {"counts": run["counts"], "interrupted": False}
    spoils: tuple[Spoil, ...] = (
        lambda line: line.update(case={}, head={}),
        lambda line: line["head"].pop("method"),
        lambda line: line["head"].update(surprise=1),
        lambda line: line.clear(),
    )
    for spoil in spoils:
        spoilt = copy.deepcopy(lines[0])
        spoil(spoilt)
        assert line_flaws(spoilt)


def test_a_run_that_was_killed_is_interrupted(run: Document, tmp_path: Path) -> None:
    file = as_lines(run, tmp_path / "run.jsonl", end=False)
    found = read(file)
    assert found["interrupted"] is True
    assert found["cases"] == run["cases"]


def test_a_torn_last_line_is_dropped_wherever_it_is_torn(run: Document, tmp_path: Path) -> None:
    whole = as_lines(run, tmp_path / "run.jsonl").read_bytes()
    starts = [0, *(i + 1 for i, byte in enumerate(whole) if byte == ord("\n"))]
    for start, end in pairwise(starts[:5]):
        for cut in {start, start + 1, (start + end) // 2, end - 1}:
            (tmp_path / "run.jsonl").write_bytes(whole[:cut])
            found = read_lines(tmp_path / "run.jsonl")
            assert len(found.cases) == max(0, starts.index(start) - 1)
            assert found.resumable == start
            assert (found.head is None) == (start == 0)


def test_where_a_run_can_be_carried_on_is_after_its_last_case(
    run: Document, tmp_path: Path
) -> None:
    file = as_lines(run, tmp_path / "run.jsonl")
    lines = file.read_bytes().split(b"\n")
    assert read_lines(file).resumable == sum(len(line) + 1 for line in lines[: len(lines) - 3])


BAD: dict[str, tuple[Spoil, str]] = {
    "a field": (lambda d: d.pop("method"), r"run\.json: is no results of xcheck: .*method"),
    "a verdict": (
        lambda d: d["cases"][0]["verdict"].update(kind="fine"),
        r"cases\[0\]\.verdict\.kind must be one of",
    ),
    "a number": (lambda d: d["cases"][2].update(words="5"), r"cases\[2\]\.words must be integer"),
    "newer": (lambda d: d.update(version=2), "was written by a newer xcheck .*; update xcheck"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_run_is_refused_with_the_place(run: Document, tmp_path: Path, name: str) -> None:
    spoil, problem = BAD[name]
    spoil(run)
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(InputError, match=problem):
        read(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", r"run\.json:1: is not JSON: Expecting value; name a file that `xcheck run --json`"),
        (b'{\n"version": 1,\n}', r"run\.json:3: is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[1, 2]", "is no results of xcheck: must be object"),
        (b'{"version": NaN}', "NaN is no number of JSON"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, text: bytes, problem: str) -> None:
    (tmp_path / "run.json").write_bytes(text)
    with pytest.raises(InputError, match=problem):
        read(tmp_path / "run.json")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.json: cannot be read \(No such file"):
        read(tmp_path / "run.json")
    (tmp_path / "run.jsonl").touch()
    with pytest.raises(InputError, match=r"run\.jsonl: holds no run"):
        read(tmp_path / "run.jsonl")


def swapped(lines: list[Any]) -> list[Any]:
    return [lines[1], lines[0], *lines[2:]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (swapped, r"run\.jsonl:1: is not the line of a run"),
        (lambda lines: [*lines, lines[1]], r"run\.jsonl:18: is not the line of a run"),
        (lambda lines: [*lines[:2], {"surprise": 1}], r"run\.jsonl:3: is not the line of a run"),
        (lambda lines: [*lines[:2], [1]], r"run\.jsonl:3: is not the line of a run"),
        (lambda lines: [lines[0], {"case": {}}], r"run\.jsonl:2: is no results of xcheck"),
        (lambda lines: [lines[0], {"end": {}}], r"run\.jsonl:2: is no results of xcheck"),
    ],
)
def test_a_line_that_is_out_of_place_is_refused(
    run: Document, tmp_path: Path, change: Callable[[list[Any]], list[Any]], problem: str
) -> None:
    file = as_lines(run, tmp_path / "run.jsonl")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
    assert len(lines) == 17
    file.write_text("".join(f"{json.dumps(line)}\n" for line in change(lines)))
    with pytest.raises(InputError, match=problem):
        read(file)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert read(file) == run


def test_a_broken_line_in_the_middle_is_not_a_torn_one(run: Document, tmp_path: Path) -> None:
    file = as_lines(run, tmp_path / "run.jsonl")
    lines = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([*lines[:2], lines[2][:50], *lines[3:]]))
    with pytest.raises(InputError, match=r"run\.jsonl:3: is not JSON"):
        read(file)
