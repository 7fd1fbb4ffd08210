"""The plugin in a project of its own, by real runs of pytest against real Julia."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.making import FIXED, ORIGINAL

SENTENCES = "the/DET cat/NOUN sat/VERB\na/DET dog/NOUN saw/VERB a/DET cat/NOUN\n"
TEST = """
from pybridge import check

def test_a_sentence(julia_tagger):
    result = check("the cat sat".split(), ["DET", "NOUN", "VERB"], julia_tagger)
    assert result.verdict.kind == "both right", result.verdict.rule

def test_without_julia():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sentences").mkdir()
    (tmp_path / "sentences" / "some.tagged").write_text(SENTENCES)
    (tmp_path / "test_mine.py").write_text(TEST)
    return tmp_path


def ran(project: Path, julia: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (project / "pytest.ini").write_text(
        f"[pytest]\naddopts = -p no:faulthandler\nxcheck_julia = {julia}\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_case_is_an_item_and_the_fixture_is_there(project: Path) -> None:
    done = ran(project, FIXED, "--xcheck", "sentences")
    assert done.returncode == 0, done.stdout
    for name in ("::xcheck::some.tagged:1 posted", "test_mine.py::test_a_sentence"):
        assert f"PASSED {name}" in done.stdout
    assert "collected 6 items" in done.stdout
    assert "6 passed" in done.stdout


def test_a_wrong_case_fails_and_names_the_line(project: Path) -> None:
    done = ran(project, ORIGINAL, "--xcheck", "sentences", "-k", "telling and 2")
    assert done.returncode == 1
    assert "FAILED ::xcheck::some.tagged:2 telling" in done.stdout
    assert "original.jl:53  dhnext = dhRaw*Whh" in done.stdout
    assert "suggested: dhnext = dhRaw * Whh'" in done.stdout
    assert "Traceback" not in done.stdout
    assert "collected 6 items / 5 deselected / 1 selected" in done.stdout
    assert "1 failed, 5 deselected" in done.stdout


def test_workers_of_xdist_share_the_cases(project: Path) -> None:
    """Each with a Julia of its own, and none that is left behind."""
    done = ran(project, ORIGINAL, "--xcheck", "sentences", "-n", "2", "-k", "xcheck and 2")
    assert done.returncode == 1, done.stdout
    assert {"[gw0]", "[gw1]"} <= {line.split()[0] for line in done.stdout.splitlines() if line}
    assert "FAILED ::xcheck::some.tagged:2 telling" in done.stdout
    assert "2 failed" in done.stdout


def test_without_the_option_there_is_no_item_and_no_julia(project: Path) -> None:
    done = ran(project, project / "no_such_file.jl", "-k", "without_julia")
    assert done.returncode == 0
    assert "1 passed" in done.stdout


def test_bad_input_is_one_line(project: Path) -> None:
    done = ran(project, FIXED, "--xcheck", "nowhere")
    assert done.returncode == 4
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    assert "nowhere: there is no such file or folder" in line
