from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pybridge.errors import InputError
from pybridge.report.json import Document
from pybridge.report.record import Record
from pybridge.report.reports import Reports
from pybridge.report.saved import Lines, read, read_lines
from tests.report.runs import a_run

FULL = Path("/dev/full")


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def head(run: Document) -> Document:
    return {k: v for k, v in run.items() if k not in ("interrupted", "counts", "cases", "stories")}


def test_a_line_is_in_the_file_at_once(run: Document, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    with Record.begin(head(run), Reports(json=file), None, Lines()) as record:
        assert file.read_bytes().count(b"\n") == 1
        for i, case in enumerate(run["cases"], start=2):
            record.case(case, known=False)
            assert file.read_bytes().count(b"\n") == i
        assert record.cases == []  # memory stays flat over a treebank


def test_whole_files_need_the_cases(run: Document, tmp_path: Path) -> None:
    reports = Reports(json=tmp_path / "run.json", html=tmp_path / "run.html")
    with Record.begin(head(run), reports, None, Lines()) as record:
        for case in run["cases"]:
            record.case(case, known=False)
        record.story(run["stories"][0])
        assert not (tmp_path / "run.json").exists()
        record.end(interrupted=False)
    assert read(tmp_path / "run.json") == run
    assert (tmp_path / "run.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_run_is_carried_on_in_its_own_file(run: Document, tmp_path: Path) -> None:
    """After its last case: what came after it, and a torn line, go."""
    file = tmp_path / "run.jsonl"
    with Record.begin(head(run), Reports(json=file), None, Lines()) as record:
        for case in run["cases"][:3]:
            record.case(case, known=False)
        record.story(run["stories"][0])
    with file.open("ab") as stream:
        stream.write(b'{"end": {"cou')
    lines = read_lines(file)
    other = tmp_path / "other.jsonl"
    for reports in (Reports(json=other), Reports(json=file), Reports()):
        with Record.begin(head(run), reports, file, lines) as record:
            for i, case in enumerate(run["cases"]):
                record.case(case, known=i < 3)
            record.story(run["stories"][0])
            record.end(interrupted=False)
        assert read(file) == run
    assert other.read_bytes() == file.read_bytes()


def test_a_file_without_a_head_is_begun(run: Document, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_bytes(b'{"head": {"ver')
    with Record.begin(head(run), Reports(), file, read_lines(file)) as record:
        for case in run["cases"]:
            record.case(case, known=False)
        record.story(run["stories"][0])
        record.end(interrupted=False)
    assert read(file) == run


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told_at_the_end_and_after_the_other_files(
    run: Document, tmp_path: Path
) -> None:
    full = tmp_path / "run.jsonl"
    full.symlink_to(FULL)
    reports = Reports(json=full, html=tmp_path / "run.html")
    with Record.begin(head(run), reports, None, Lines()) as record:
        record.case(run["cases"][0], known=False)
        with pytest.raises(InputError, match=r"run\.jsonl: cannot be written \(No space left"):
            record.end(interrupted=False)
    assert (tmp_path / "run.html").exists()
    assert FULL.is_char_device()


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_one_file_that_cannot_be_written_does_not_cost_the_others(
    run: Document, tmp_path: Path
) -> None:
    reports = Reports(json=FULL, html=tmp_path / "run.html", junit=tmp_path / "run.xml")
    with pytest.raises(InputError, match=r"^/dev/full: cannot be written"):
        reports.write(run)
    assert (tmp_path / "run.html").exists()
    assert (tmp_path / "run.xml").exists()


def test_a_folder_that_is_gone_is_told_at_the_end(run: Document, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    reports = Reports(json=folder / "run.jsonl")
    reports.check()
    folder.rmdir()
    with Record.begin(head(run), reports, None, Lines()) as record:
        record.case(run["cases"][0], known=False)
        with pytest.raises(InputError, match=r"run\.jsonl: cannot be written \(No such file"):
            record.end(interrupted=False)


def test_each_file_is_checked_under_the_name_of_its_option(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for option, bad, good in (
        ("json", Reports(json=tmp_path), Reports(json=file)),
        ("html", Reports(html=tmp_path), Reports(html=file)),
        ("junit", Reports(junit=tmp_path), Reports(junit=file)),
    ):
        with pytest.raises(InputError, match=f"is a folder; name a file for --{option}$"):
            bad.check()
        good.check()
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_not_utf8(run: Document, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    odd = head(run) | {"julia_file": os.fsdecode(b"caf\xe9.jl")}
    with Record.begin(odd, Reports(json=file), None, Lines()):
        pass
    assert json.loads(file.read_bytes())["head"]["julia_file"] == "caf\udce9.jl"
