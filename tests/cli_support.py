"""The real command in processes of its own, for the tests of the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

ROOT = Path(__file__).parents[1]
SCRIPT = Path(sys.executable).with_name("xcheck")
COMMAND = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "pybridge"]
# Which Julia runs is the choice of whoever runs the tests; no other setting of theirs counts.
KEPT = ("XCHECK_HOME", "XCHECK_JULIA", "XCHECK_DEBIAN_MIRROR")
COLOURS = ("CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "TERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@dataclass(frozen=True)
class Result:
    """What a command came to."""

    status: int
    out: str
    err: str
    document: dict[str, Any]  # what --json wrote; empty without it

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        """The cases of the document by name."""
        return {case["name"]: case for case in self.document["cases"]}

    @property
    def last(self) -> str:
        """The last line on stdout."""
        return self.out.splitlines()[-1]


@dataclass(frozen=True)
class Call:
    """A command line, with {json} for a file that is read back afterwards."""

    arguments: tuple[str | Path, ...]
    cwd: Path | None = None  # an empty folder
    env: Mapping[str, str] | None = None
    command: Sequence[str] = tuple(COMMAND)

    def __call__(self) -> Result:
        """Run it."""
        with tempfile.TemporaryDirectory(prefix="cli-test-") as folder:
            file = Path(folder, "out.json")
            (empty := Path(folder, "empty")).mkdir()
            done = subprocess.run(
                [*self.command, *(str(a).replace("{json}", str(file)) for a in self.arguments)],
                cwd=self.cwd or empty,
                env=environment(**(self.env or {})),
                capture_output=True,
                text=True,
                encoding="utf-8",
                stdin=subprocess.DEVNULL,
                timeout=300,
                check=False,
            )
            text = file.read_text(encoding="utf-8") if file.exists() else "{}"
        return Result(done.returncode, done.stdout, done.stderr, json.loads(text))


def call(*arguments: str | Path, cwd: Path | None = None, **env: str) -> Call:
    """A call of xcheck."""
    return Call(arguments, cwd, env)


def xcheck(*arguments: str | Path, cwd: Path | None = None, **env: str) -> Result:
    """Call xcheck and wait for it."""
    return call(*arguments, cwd=cwd, **env)()


def environment(**changes: str) -> dict[str, str]:
    """The environment of a command: that of the tests without what would change its course."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in COLOURS and (not name.startswith("XCHECK_") or name in KEPT)
    }
    return kept | {"PYTHONIOENCODING": "utf-8"} | changes


@contextmanager
def side_by_side(calls: Mapping[str, Call]) -> Iterator[dict[str, Future[Result]]]:
    """Start all calls, two at a time: Julia takes its while to start."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        try:
            yield {name: threads.submit(one) for name, one in calls.items()}
        finally:
            threads.shutdown(cancel_futures=True)


@cache
def fixture_runs() -> dict[str, Result]:
    """`xcheck run fixtures` with each of the two Julia files, side by side, once for all tests."""
    run = ("run", "fixtures", "--json", "{json}")
    calls = {"fixed": call(*run), "original": call(*run, "--julia", "julia/original.jl")}
    with side_by_side(calls) as running:
        return {name: future.result() for name, future in running.items()}


def refused(result: Result, *parts: str) -> str:
    """The one line on stderr of a run that could not be made; it must hold all `parts`."""
    assert result.status == 2, result
    assert result.out == ""
    (line,) = result.err.splitlines()
    problem = line.removeprefix("xcheck: error: ")
    assert problem != line
    assert "; " in problem, "no remedy"
    for part in parts:
        assert part in problem
    return problem


@cache
def schema(name: str = "schema.json") -> dict[str, Any]:
    """A schema of docs/."""
    found = json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def flaws(document: Mapping[str, Any], name: str = "schema.json") -> list[str]:
    """Where a document is not as a schema of docs/ says, or has a key that it does not name."""
    validator = jsonschema.Draft202012Validator(_strict(schema(name)))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def line_flaws(line: Mapping[str, Any]) -> list[str]:
    """The same of one line of a file of JSON lines."""
    strict = _strict(schema())
    shared = {"$defs": strict["$defs"], "properties": strict["properties"]}
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/json_line", **shared})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(line)]


def _strict(part: Any) -> Any:
    """A schema under which a key that is not described is an error."""
    if isinstance(part, list):
        return [_strict(item) for item in part]
    if not isinstance(part, dict):
        return part
    closed = {"additionalProperties": False} if isinstance(part.get("properties"), dict) else {}
    return closed | {key: _strict(value) for key, value in part.items()}
