"""Other programs, run so that a hang, a crash or an endless output stays theirs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pybridge.runtime.model import Notify

_NOISE = re.compile(r"error: decoding address ranges.*")


class RouteError(Exception):
    """Why one way to a Julia is closed, in one line. The next way is tried."""


def run(
    command: Sequence[str | Path],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    each: Notify | None = None,
) -> list[str]:
    """Run a program and return the lines it printed, on either stream; RouteError if it fails."""
    name = Path(command[0]).name
    try:
        child = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            text=True,
            errors="replace",
            start_new_session=True,  # so that its children can be ended with it
        )
    except OSError as error:
        raise RouteError(f"{name} cannot be started ({error.strerror})") from None
    late = threading.Event()
    lines: list[str] = []
    with _ended_with_its_children(child), _alarm(child, timeout, late):
        assert child.stdout is not None
        for line in child.stdout:
            lines.append(line.rstrip())
            if each is not None and lines[-1]:
                each(lines[-1])
        child.wait()
    if late.is_set():
        raise RouteError(f"{name} was ended after {timeout:.0f} s without a result")
    if child.returncode < 0:
        raise RouteError(f"{name} was ended by signal {-child.returncode}; last: {gist(lines)}")
    if child.returncode > 0:
        raise RouteError(gist(lines) or f"{name} ended with {child.returncode} and said nothing")
    return lines


def gist(lines: Sequence[str]) -> str:
    """Return the one line of a failed program's output that says most, shortened."""
    # apt, pip and Julia mark the line; behind it come hints and stack frames. Python's own
    # tracebacks end with the message. LLVM 9 puts its own complaint into Julia's line.
    plain = [" ".join(_NOISE.sub("", line).split()) for line in lines]
    plain = [line for line in plain if line]
    marked = [at for at, line in enumerate(plain) if line.startswith(("ERROR", "E: ", "error: "))]
    line = plain[marked[0]] if marked else plain[-1] if plain else ""
    if line == "ERROR:":
        line = " ".join(plain[marked[0] :][:2])
    return line if len(line) <= 200 else line[:199] + "…"


@contextlib.contextmanager
def _ended_with_its_children(child: subprocess.Popen[str]) -> Iterator[None]:
    """End the whole group if we leave early: Ctrl-C reaches us, not a session of its own."""
    with child:
        try:
            yield
        except BaseException:
            _end(child)
            raise


@contextlib.contextmanager
def _alarm(child: subprocess.Popen[str], seconds: float, late: threading.Event) -> Iterator[None]:
    def ring() -> None:
        late.set()
        _end(child)

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(child: subprocess.Popen[str]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
