"""Runs that end otherwise than by themselves, on a Julia file that takes its time."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli_support import fixture_runs, flaws, xcheck
from tests.making import julia_with

if sys.platform == "win32":
    pytest.skip("no process groups", allow_module_level=True)

from tests.test_cli_terminal import SLOW, Running, started

FULL = Path("/dev/full")
KILLS = 50


@contextmanager
def under_way(tmp_path: Path, *more: str | Path) -> Iterator[Running]:
    """A slow run of 72 cases, once the first of them is printed."""
    julia = julia_with(tmp_path / "slow.jl", SLOW)
    run = ("fixtures", "-k", "telling", "--julia", julia, *more)
    with started(tmp_path, *run) as running:
        assert running.process.stdout is not None
        for line in running.process.stdout:
            if line.rstrip().endswith("  both right"):
                break
        yield running


def test_the_terminal_is_closed(tmp_path: Path) -> None:
    with under_way(tmp_path, "--json", tmp_path / "out.jsonl") as running:
        assert running.leaves_something()  # the twin
        _, err = running.end(signal.SIGHUP)
        assert running.process.returncode == 128 + signal.SIGHUP
        assert running.leaves_nothing()
    assert err == ""
    first, *lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert "head" in json.loads(first)
    assert lines  # what is done so far is there, and can be carried on


def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    with under_way(tmp_path, "-j", "2", "--json", tmp_path / "out.json") as running:
        os.killpg(running.process.pid, signal.SIGINT)
        _, err = running.end(signal.SIGINT)
        assert running.process.returncode == 130, err
        assert running.leaves_nothing()
    assert err == "xcheck: interrupted\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a process of its parent")
def test_the_command_itself_is_killed(tmp_path: Path) -> None:
    """Nobody is left to end Julia, so that it has to end by itself. Its folder stays."""
    with under_way(tmp_path, "-j", "2") as running:
        os.kill(running.process.pid, signal.SIGKILL)
        for _ in range(200):
            if not running.members():
                break
            time.sleep(0.05)
        assert running.members() == []


def test_workers_are_killed(tmp_path: Path) -> None:
    """At random moments: each costs a case at the most, and the others are what they are."""
    rng, file = random.Random(3), tmp_path / "out.json"
    with under_way(tmp_path, "-j", "2", "--no-trace", "--json", file) as running:
        killed: set[int] = set()
        while len(killed) < KILLS and running.process.poll() is None:
            workers = {int(log.stem) for log in running.temporary.rglob("*.log")} - killed
            if workers:
                killed.add(pid := rng.choice(sorted(workers)))
                os.kill(pid, signal.SIGKILL)
            time.sleep(rng.uniform(0, 0.3))
        _, err = running.process.communicate(timeout=250)
        assert running.leaves_nothing()
    assert len(killed) == KILLS
    assert err == ""
    document = json.loads(file.read_text())
    assert flaws(document) == []
    right = fixture_runs()["fixed"].cases
    kinds = Counter(case["verdict"]["kind"] for case in document["cases"])
    assert len(document["cases"]) == 72
    assert set(kinds) == {"both right", "crashed"}
    assert kinds["crashed"] <= KILLS
    assert running.process.returncode == (1 if kinds["crashed"] else 0)
    for case in document["cases"]:
        if "ended" in case["julia"]:
            assert re.search(
                r"Julia's process ended \(signal 9, Killed\)", case["julia"]["problem"]
            )
        else:
            assert case == right[case["name"]]


def test_a_worker_is_killed_while_it_starts(tmp_path: Path) -> None:
    """Another is started, and nothing is missing."""
    with started(tmp_path, "fixtures", "-k", "telling", "-j", "1") as running:
        while not (logs := list(running.temporary.rglob("*.log"))):
            assert running.process.poll() is None
            time.sleep(0.02)
        os.kill(int(logs[0].stem), signal.SIGKILL)
        out, err = running.process.communicate(timeout=250)
        assert running.leaves_nothing()
    assert (running.process.returncode, err) == (0, "")
    assert out.endswith("72 cases: 72 both right\n")


@pytest.fixture(scope="module")
def two_workers() -> tuple[int, str, bytes]:
    """Exit status, text and JSON of all cases with two workers."""
    found = xcheck("run", "fixtures", "-j", "2", "--json", "{json}")
    return found.status, found.out, json.dumps(found.document).encode()


def test_the_results_do_not_depend_on_the_workers(two_workers: tuple[int, str, bytes]) -> None:
    """Bit for bit, and in the same order."""
    one = fixture_runs()["fixed"]
    assert two_workers == (one.status, one.out, json.dumps(one.document).encode())


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("option", ["--json", "--html"])
def test_the_disk_is_full(option: str) -> None:
    """The text is there all the same; the file is named."""
    result = xcheck("run", "fixtures", "--limit", "2", option, FULL)
    assert result.status == 2
    assert "2 cases: 2 both right" in result.out.splitlines()
    (line,) = result.err.splitlines()
    named = f"name another for {option}"
    assert line == f"xcheck: error: {FULL}: cannot be written (No space left on device); {named}"


def test_a_size_that_is_none_and_a_number_of_workers_that_is_none() -> None:
    for options, said in (
        (("--max-memory", "much"), "--max-memory much is no size; give one such as 2G or 512M"),
        (("-j", "0"), "--jobs 0 is no number of workers; give 1, 2, ... or auto"),
    ):
        result = xcheck("run", "fixtures", *options)
        assert (result.status, result.err) == (2, f"xcheck: error: {said}\n")


def test_too_little_memory_to_start() -> None:
    result = xcheck("run", "fixtures", "--max-memory", "60M")
    assert result.status == 2
    assert "out of memory: held more than 60 MiB; give it more with --max-memory" in result.err
