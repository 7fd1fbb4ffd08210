"""The command without a run: help, version, which Julia, and what it imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pybridge import __version__
from tests.cli_support import Call, environment, fixture_runs, refused, xcheck

IN_RUN = """
paths --julia --julia-exe --hidden --scale --seed --rtol -k --limit --method --vocabulary --json
--skip-untagged --fail-fast --verbose XCHECK_JULIA XCHECK_JULIA_FILE XCHECK_HIDDEN XCHECK_SCALE
XCHECK_SEED XCHECK_RTOL XCHECK_METHOD XCHECK_VOCABULARY XCHECK_SKIP_UNTAGGED
--resume --html --junit --github XCHECK_JSON XCHECK_HTML XCHECK_JUNIT XCHECK_GITHUB
"""
IN_SHOW = "RESULTS --json --html --junit --github --verbose XCHECK_HTML XCHECK_JUNIT XCHECK_GITHUB"


def test_without_a_command_it_helps_and_does_not_report_success() -> None:
    result = xcheck()
    assert result.status == 2
    assert result.out == ""
    assert "Usage: " in result.err
    assert " run " in result.err
    assert " julia " in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--help",), ["run", "julia", "--version"]),
        (
            ("run", "--help"),
            IN_RUN.split(),
        ),
        (("show", "--help"), IN_SHOW.split()),
        (("diff", "--help"), ["A", "B", "--verbose"]),
        (("julia", "--help"), ["where", "install", "compile", "remove"]),
    ],
)
def test_help(arguments: tuple[str, ...], words: list[str]) -> None:
    result = xcheck(*arguments)
    assert result.status == 0
    assert result.err == ""
    assert [word for word in words if word not in result.out] == []


def test_version() -> None:
    assert xcheck("--version").out == f"xcheck {__version__}\n"
    module = [sys.executable, "-m", "pybridge", "--version"]
    done = subprocess.run(module, capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout == f"xcheck {__version__}\n"


def test_where_names_the_julia_that_runs(runtime: object) -> None:
    result = xcheck("julia", "where")
    assert result.status == 0, result
    versions = fixture_runs()["fixed"].document["versions"]
    julia = f"Julia {versions['julia']}, juliacall {versions['juliacall']}: "
    *_, named, image = result.out.splitlines()
    assert named.startswith(julia)
    assert image.startswith("system image: ")
    assert [line[:3] for line in result.out.splitlines()].count("-> ") == 1


def test_where_without_a_julia(tmp_path: Path) -> None:
    nothing = {
        "XCHECK_HOME": str(tmp_path),
        "XCHECK_JULIA": "",
        "PYTHON_JULIAPKG_PROJECT": str(tmp_path),
    }
    result = Call(("julia", "where"), env=nothing)()
    assert result.status == 1
    assert "`xcheck julia install` gets one" in result.last


def test_where_with_a_julia_that_is_none() -> None:
    refused(xcheck("julia", "where", XCHECK_JULIA="/bin/ls"), "is not a Julia", "set XCHECK_JULIA")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import pybridge.cli", []),
        ("import pybridge.running", ["numpy", "pebble"]),
        # The command's own process never has Julia in it.
        ("import pybridge.report.command, pybridge.sides.worker", ["numpy", "pebble"]),
    ],
)
def test_help_need_not_wait_for_numpy(code: str, expected: list[str]) -> None:
    ask = "print(*[m for m in ('numpy', 'juliacall', 'pebble', 'conllu') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; {ask}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == expected
