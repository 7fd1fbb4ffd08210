"""Runs that are killed and carried on, shown again, compared: through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pybridge.report.saved import read_lines
from tests.cli_support import (
    COMMAND,
    Call,
    call,
    environment,
    fixture_runs,
    line_flaws,
    refused,
    xcheck,
)

CASES = 40  # at least, when the run is killed


@pytest.fixture(scope="module")
def saved(runtime: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with fixed.json and original.json."""
    folder = tmp_path_factory.mktemp("saved")
    for name, result in fixture_runs().items():
        (folder / f"{name}.json").write_text(json.dumps(result.document), encoding="utf-8")
    return folder


# Killed and carried on


@pytest.fixture(scope="module")
def killed(runtime: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is left of `xcheck run fixtures` when it is killed, with its Julia, in the middle."""
    if sys.platform == "win32":
        pytest.skip("no process groups")
    file = tmp_path_factory.mktemp("killed") / "run.jsonl"
    arguments = ["run", "fixtures", "--julia", "julia/original.jl", "--json", str(file)]
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=file.parent,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 200
    while not file.exists() or file.read_bytes().count(b"\n") <= CASES:
        assert process.poll() is None, "it has ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return file


def test_a_killed_run_leaves_valid_lines(killed: Path) -> None:
    lines = killed.read_bytes().split(b"\n")
    whole = [json.loads(line) for line in lines[:-1]]  # what is after the last end of line is torn
    assert [flaw for line in whole for flaw in line_flaws(line)] == []
    found = read_lines(killed)
    assert found.end is None
    assert CASES <= len(found.cases) < 360
    unbroken = fixture_runs()["original"].document["cases"]
    assert list(found.cases) == unbroken[: len(found.cases)]


def test_it_is_shown_as_interrupted(killed: Path) -> None:
    shown = xcheck("show", killed)
    assert shown.status == 1
    assert shown.last.startswith(f"interrupted after {len(read_lines(killed).cases)} cases: ")


def test_the_resumed_run_equals_an_unbroken_one(killed: Path) -> None:
    before = read_lines(killed)
    arguments = ("run", "fixtures", "--julia", "julia/original.jl", "--json", "{json}")
    resumed = call(*arguments, "--resume", killed)()
    unbroken = fixture_runs()["original"]
    assert resumed.document == unbroken.document
    assert resumed == unbroken  # all that was printed, and the status
    after = read_lines(killed)
    assert after.cases[: len(before.cases)] == before.cases
    assert len(after.cases) == 360
    assert after.end == {"counts": unbroken.document["counts"], "interrupted": False}


def test_what_cannot_be_carried_on(saved: Path, tmp_path: Path) -> None:
    run = ("run", "fixtures", "--resume")
    refused(xcheck(*run, saved / "none.jsonl"), "none.jsonl: no such file; begin one with --json")
    refused(xcheck(*run, saved / "fixed.json"), "fixed.json: is no file of JSON lines; name one")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"head": {}}\n')
    refused(xcheck(*run, broken), "broken.jsonl:1: is no results of xcheck")


# Shown again


@pytest.mark.parametrize("name", ["fixed", "original"])
def test_a_saved_run_is_printed_as_it_was(saved: Path, name: str) -> None:
    run = fixture_runs()[name]
    shown = xcheck("show", saved / f"{name}.json")
    assert (shown.status, shown.out, shown.err) == (run.status, run.out, "")


def reports(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_each_variable_does_what_its_option_does(saved: Path, tmp_path: Path) -> None:
    names = {"json": "a.json", "html": "a.html", "junit": "a.xml"}
    results = []
    for way in ("options", "variables"):
        folder = tmp_path / way
        folder.mkdir()
        files = {option: str(folder / name) for option, name in names.items()}
        summary = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
        if way == "options":
            options = [part for o, file in files.items() for part in (f"--{o}", file)]
            found = Call(("show", saved / "original.json", *options, "--github"), env=summary)()
        else:
            env = {f"XCHECK_{option.upper()}": file for option, file in files.items()}
            env |= {"XCHECK_GITHUB": "1", **summary}
            found = Call(("show", saved / "original.json"), env=env)()
        assert found.status == 1, found
        results.append((found.out, reports(folder)))
    assert results[0] == results[1]
    out, written = results[0]
    assert list(written) == ["a.html", "a.json", "a.xml", "summary.md"]
    assert json.loads(written["a.json"]) == fixture_runs()["original"].document
    assert out.splitlines()[-1].startswith("::error file=julia/original.jl,line=")


def test_a_run_that_is_right_shows_no_annotation(saved: Path) -> None:
    shown = xcheck("show", saved / "fixed.json", "--github")
    assert shown.status == 0
    assert "::" not in shown.out


# Compared


def test_diff(saved: Path) -> None:
    found = xcheck("diff", saved / "original.json", saved / "fixed.json")
    assert (found.status, found.err) == (1, "")
    assert found.last == "360 cases in both: 183 verdicts differ (183 julia wrong -> both right)"
    lines = found.out.splitlines()
    assert "julia_file: julia/original.jl -> julia/fixed.jl" in lines
    assert any(line.startswith("julia_sha256: ") for line in lines)
    assert "... and 163 cases more, see -v" in lines
    assert any("dhnext" not in line and ": dWxh: " in line for line in lines)
    every = xcheck("diff", "-v", saved / "original.json", saved / "fixed.json")
    assert every.out.count(": julia wrong -> both right\n") == 183


def test_a_run_does_not_differ_from_itself(saved: Path) -> None:
    found = xcheck("diff", saved / "fixed.json", saved / "fixed.json")
    assert (found.status, found.out) == (0, "360 cases in both: 0 verdicts differ\n")


# Bad input


def test_what_is_no_saved_run(saved: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{\n"version": 1\n')
    refused(
        xcheck("show", bad), "bad.json:3: is not JSON", "; name a file that `xcheck run --json`"
    )
    refused(xcheck("diff", saved / "fixed.json", bad), "bad.json:3: is not JSON")
    refused(xcheck("show", tmp_path), "cannot be read (Is a directory)")
    bad.write_text('{"version": 1}')
    refused(xcheck("show", bad), "bad.json: is no results of xcheck: must contain")
    for option in ("--html", "--junit", "--json"):
        found = xcheck("show", saved / "fixed.json", option, tmp_path)
        refused(found, "is a folder", f"name a file for {option}")
