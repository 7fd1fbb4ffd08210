"""A run in a terminal, and a run that is interrupted."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli_support import COMMAND, Call, environment, flaws
from tests.making import julia_with

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals and no process groups", allow_module_level=True)

import fcntl
import pty
import termios

CURSOR = re.compile(r"\x1b\[\?25([hl])")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Screen:
    """A pseudo-terminal, and what was written to it."""

    inside: int  # the end for the command
    written: bytearray

    @property
    def text(self) -> str:
        return self.written.decode()

    @property
    def plain(self) -> str:
        return ESCAPE.sub("", self.text).replace("\r\n", "\n")

    @property
    def cursor_is_shown(self) -> bool:
        switches: list[str] = CURSOR.findall(self.text)
        return not switches or switches[-1] == "h"


@contextmanager
def screen(columns: int) -> Iterator[Screen]:
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    found = Screen(inside, bytearray())

    def read() -> None:
        while True:
            try:
                found.written.extend(os.read(outside, 65536) or b"")
            except OSError:  # Linux: the other end is closed
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    yield found
    os.close(inside)
    reader.join(timeout=10)
    os.close(outside)


@dataclass(frozen=True)
class Seen:
    """A run in two terminals: the report on one, errors and the bar on the other."""

    status: int
    out: Screen
    err: Screen


@pytest.fixture(scope="module")
def seen(runtime: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Seen]]:
    """Goes on beside the tests that do not look at it yet."""
    file = tmp_path_factory.mktemp("terminal") / "[red]bold[-red].tagged"
    file.write_text("the/DET cat/NOUN saw/VERB the/DET dog/NOUN\nWait/VERB\n")

    def run() -> Seen:
        with screen(160) as out, screen(100) as err:
            done = subprocess.run(
                [*COMMAND, "run", str(file), "--julia", "julia/original.jl"],
                cwd=file.parent,
                stdin=subprocess.DEVNULL,
                stdout=out.inside,
                stderr=err.inside,
                env=environment(TERM="xterm-256color"),
                check=False,
                timeout=120,
            )
        return Seen(done.returncode, out, err)

    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(run)


# Interrupted

SLOW = ("  cost = 0;\n", "  cost = 0;\n  sleep(0.004);\n")  # a tenth of a second and more a case


@dataclass
class Running:
    """A command in a session of its own, with a temporary folder of its own."""

    process: subprocess.Popen[str]
    temporary: Path

    def wait_for_folder(self) -> Path:
        """The first thing that is there to be cleaned up."""
        while not (found := list(self.temporary.glob("xcheck-*"))):
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.01)
        return found[0]

    def members(self) -> list[str]:
        """The processes of the session that are alive."""
        listed = subprocess.run(
            ["ps", "-A", "-o", "sess=,stat=,args="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        own = [line.split(None, 2) for line in listed]
        return [line[-1] for line in own if line[0] == str(self.process.pid) and line[1][0] != "Z"]

    def end(self, which: signal.Signals) -> tuple[str, str]:
        """Send a signal to the group in the foreground, as Ctrl-C does, and wait."""
        os.killpg(self.process.pid, which)
        self.process.wait(timeout=60)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        # And not `communicate`, which loses what was read ahead of the lines taken so far.
        return self.process.stdout.read(), self.process.stderr.read()

    def leaves_something(self) -> bool:
        """Whether there is something to be cleaned up now."""
        return bool(self.members()) and bool(list(self.temporary.iterdir()))

    def leaves_nothing(self) -> bool:
        """Whether no process and no folder is left."""
        for _ in range(100):  # multiprocessing's tracker ends a moment after its process
            if not self.members():
                break
            time.sleep(0.05)
        return not self.members() and not list(self.temporary.iterdir())


@contextmanager
def started(tmp_path: Path, *arguments: str | Path, command: str = "run") -> Iterator[Running]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [*COMMAND, command, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(TMPDIR=str(temporary)),
        start_new_session=True,
    )
    with process:
        try:
            yield Running(process, temporary)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_ctrl_c_in_the_middle(seen: Future[Seen], tmp_path: Path) -> None:
    julia = julia_with(tmp_path / "slow.jl", SLOW)
    file = tmp_path / "out.json"
    run = ("fixtures", "-k", "telling", "--julia", julia, "--json", file)
    with started(tmp_path, *run) as running:
        assert running.process.stdout is not None
        head = []
        for line in running.process.stdout:
            head.append(line)
            if line.endswith("both right\n"):
                break
        # The twin: there is something to be cleaned up.
        assert len(running.members()) >= 2
        assert running.leaves_something()
        out, err = running.end(signal.SIGINT)
        assert running.process.returncode == 130, err
        assert running.leaves_nothing()
    assert err == "xcheck: interrupted\n"
    document: dict[str, Any] = json.loads(file.read_text())
    assert flaws(document) == []
    assert document["interrupted"] is True
    done = len(document["cases"])
    assert 1 <= done < document["selected"] == 72
    assert out.splitlines()[-1] == (
        f"interrupted after {done} case{'s' * (done > 1)}: {done} both right"
    )
    rows = [line for line in [*head, *out.splitlines()] if line.rstrip().endswith("  both right")]
    assert len(rows) == done


@pytest.mark.parametrize(
    ("which", "status", "said"),
    [(signal.SIGINT, 130, "xcheck: interrupted\n"), (signal.SIGTERM, 143, "")],
)
def test_a_signal_while_julia_starts(
    runtime: object, tmp_path: Path, which: signal.Signals, status: int, said: str
) -> None:
    file = tmp_path / "out.json"
    with started(tmp_path, "fixtures", "--json", file) as running:
        running.wait_for_folder()
        time.sleep(0.1)  # Python begins to start in the worker: its tracebacks must not show
        assert running.end(which) == ("", said)
        assert running.process.returncode == status
        assert running.leaves_nothing()
    assert not file.exists()


def test_what_is_not_read_is_not_said(tmp_path: Path) -> None:
    """A reader that goes away is no verdict: the status is that of SIGPIPE."""
    code = (
        "from pybridge.report.console import Output\n"
        "out = Output()\n"
        "while True: out.print('a line')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "a line\n"
        process.stdout.close()
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == ""


def test_a_name_that_the_terminal_cannot_show(tmp_path: Path) -> None:
    env = {
        "XCHECK_HOME": str(tmp_path / "שוק"),
        "XCHECK_JULIA": "",
        "PYTHON_JULIAPKG_PROJECT": str(tmp_path),
        "PYTHONIOENCODING": "latin-1",
    }
    result = Call(("julia", "where"), env=env)()
    assert result.status == 1, result.err
    assert rf"nothing in {tmp_path}/\u05e9\u05d5\u05e7/private-julia" in result.out


# In a terminal


def test_a_terminal_gets_a_table(seen: Future[Seen]) -> None:
    out = seen.result().out
    assert seen.result().status == 1, seen.result().err.plain
    lines = [line.rstrip() for line in out.plain.splitlines()]
    (head,) = (i for i, line in enumerate(lines) if line.startswith("case "))
    assert lines[head].split()[-1] == "verdict"
    rows = lines[head + 1 : head + 5]
    assert rows[0].startswith("[red]bold[-red].tagged:1 posted ")
    assert [row.split("  ")[-1] for row in rows] == ["julia wrong"] * 2 + ["both right"] * 2
    assert "\x1b[31mjulia wrong" in out.text
    assert "\x1b[32mboth right" in out.text
    assert "4 cases: 2 both right, 2 julia wrong" in lines
    assert "━" not in out.plain
    assert out.cursor_is_shown


def test_the_progress_bar_goes_to_stderr_and_leaves_nothing_behind(seen: Future[Seen]) -> None:
    """Drawn while the cursor is hidden; then wiped, and the cursor shown again."""
    err = seen.result().err
    assert "━" in err.plain
    assert "4/4" in err.plain
    assert "\x1b[?25l" in err.text
    assert err.cursor_is_shown
    assert err.text.rstrip().endswith("\x1b[2K")
    # At the most, before it, how to make a system image.
    said = [line for line in err.plain.splitlines() if "xcheck: " in line]
    assert [line for line in said if "`xcheck julia compile`" not in line] == []
