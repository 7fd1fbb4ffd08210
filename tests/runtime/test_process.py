import os
import sys
import time
from pathlib import Path

import pytest

from pybridge.runtime.process import RouteError, gist, run


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_of_both_streams_come_back_and_are_passed_on() -> None:
    said: list[str] = []
    code = "import sys; print('a', flush=True); print(file=sys.stderr); print('b', file=sys.stderr)"
    assert run(python(code), timeout=60, each=said.append) == ["a", "", "b"]
    assert said == ["a", "b"]


def test_a_failure_is_told_by_its_last_line() -> None:
    with pytest.raises(RouteError, match=r"^ValueError: no luck$"):
        run(python("raise ValueError('no luck')"), timeout=60)


def test_a_failure_without_a_word() -> None:
    with pytest.raises(RouteError, match="ended with 3 and said nothing"):
        run(python("raise SystemExit(3)"), timeout=60)


def test_a_crash_is_a_failure() -> None:
    with pytest.raises(RouteError, match="ended by signal 6"):
        run(python("import os; os.abort()"), timeout=60)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(RouteError, match="cannot be started"):
        run(["/nowhere/julia"], timeout=60)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().split()[2] == "Z")  # ended, nobody asked yet


def test_a_hang_is_ended_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(RouteError, match="without a result"):
        run(python(code), timeout=2)
    pid = int(note.read_text())
    for _ in range(1000):  # the system takes a moment to end it
        if not alive(pid):
            break
        time.sleep(0.01)
    assert not alive(pid)


def test_an_interrupt_ends_the_program_too() -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        run(python(code), timeout=60, each=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ([], ""),
        (["", "  "], ""),
        (["Reading", "E: Unable to fetch", "hint"], "E: Unable to fetch"),
        (["ERROR: LoadError: x", "Stacktrace:", " [1] top"], "ERROR: LoadError: x"),
        (
            ["ERROR: error: decoding address ranges: 0x1", "could not open a"],
            "ERROR: could not open a",
        ),
        (["Traceback (most recent call last):", "  File x", "KeyError: 'a'"], "KeyError: 'a'"),
        (["x" * 300], "x" * 199 + "…"),
    ],
)
def test_gist(lines: list[str], line: str) -> None:
    assert gist(lines) == line
