"""One process with Julia in it: started, looked after, ended, and what it said at its end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from pybridge.sides import memory, serving
from pybridge.sides.spawn import Context

CRASHED, OUT_OF_MEMORY = "crashed", "out of memory"
LOG = 4 << 20  # bytes that a process may print before its log is emptied


class EndedError(Exception):
    """A process died over a question, or was ended: `how`, as a verdict says it, and the detail."""

    def __init__(self, how: str, detail: str, *, killed: bool = False) -> None:
        super().__init__(detail)
        self.how = how
        self.killed = killed  # by somebody else, not over what it did


class LoadingError(EndedError):
    """The same while it loaded the tagger file."""


@dataclass(frozen=True)
class Process:
    """A pool of one process, and what is known of it."""

    pool: ProcessPool
    folder: Path  # of its log, which is called by the number of the process
    ended: set[int] = field(default_factory=set)  # because it held too much


@contextmanager
def started(folder: Path) -> Iterator[Process]:
    """A process, which is ended at the end, with all that it has started itself."""
    pool = ProcessPool(
        max_workers=1,
        context=Context(),
        initializer=serving.leave_the_terminal,
        initargs=(folder, os.getpid()),
    )
    try:
        yield Process(pool, folder)
    finally:
        for log in folder.glob("*.log"):  # first, since a child may hold the pipes of the pool
            with suppress(OSError):
                os.killpg(int(log.stem), signal.SIGKILL)
        pool.stop()
        pool.join()
        for log in folder.glob("*.log"):
            log.unlink()


def look_after(process: Process, largest: int | None) -> None:
    """End a process that holds more than `largest` bytes; keep what it prints small."""
    for log in process.folder.glob("*.log"):
        pid = int(log.stem)
        with suppress(OSError):
            if log.stat().st_size > LOG:
                os.truncate(log, 0)
        if largest is not None and memory.held(pid) > largest:
            process.ended.add(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def has_left(process: Process) -> bool:
    """Whether the process is no more, by itself or otherwise."""
    for log in process.folder.glob("*.log"):
        try:
            os.kill(int(log.stem), 0)
        except ProcessLookupError:
            return True
    return False


def ending(process: Process, e: ProcessExpired, largest: int | None) -> EndedError:
    """Why the process is no more."""
    if e.pid in process.ended and largest is not None:
        detail = f"out of memory: held more than {memory.text(largest)}"
        return EndedError(OUT_OF_MEMORY, detail)
    words = _last_words(process.folder / f"{e.pid}.log")
    return EndedError(CRASHED, _epitaph(e.exitcode, words), killed=e.exitcode == -signal.SIGKILL)


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Start threads and processes that never see Ctrl-C: the mask of signals is inherited.

    A worker ignores Ctrl-C by itself, but only once Python has started in it; before that it would
    print a traceback. Nor do they see a terminal that is closed: the command ends them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        resource_tracker.ensure_running()  # it would lift the mask of SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _last_words(log: Path) -> str:
    """The line in which Julia said why it died; empty where it said nothing."""
    if not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    telling = [line for line in lines if line.startswith(("signal (", "fatal", "ERROR"))]
    return telling[-1] if telling else ""


def _epitaph(status: int | None, words: str) -> str:
    """How a process ended and what it said, in one line."""
    how = f"exit status {status}"
    if status is not None and status < 0:
        how = f"signal {-status}, {signal.strsignal(-status)}"
    return f"Julia's process ended ({how})" + (f": {words}" if words else "")
