"""How a process that answers questions behaves: what it prints, how it ends, what it raises."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Outcome = tuple[Any, RuntimeError | None]
PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal at the end of the parent


def leave_the_terminal(folder: Path, parent: int) -> None:
    """Send what Julia and the tagger print to a file; leave Ctrl-C to the command's process.

    The file is called by the number of this process, and so is its group, in which all is that the
    tagger starts by itself. On Linux the process ends where the thread that has started it ends,
    which nobody else could see to while Julia is busy.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    log = folder / f"{os.getpid()}.log"
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def guarded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; what it raises leaves this process as a RuntimeError with one line.

    A JuliaError that crossed the border would make the other process import juliacall.
    """
    try:
        return function(*arguments)
    except Exception as e:
        first = next(iter(str(e).splitlines()), "")
        raise RuntimeError(f"{type(e).__name__}: {first}") from None


def each(*questions: tuple[Callable[..., Any], tuple[Any, ...]]) -> list[Outcome]:
    """Answer some questions: of each its answer and None, or else None and what it raised."""
    outcomes: list[Outcome] = []
    for function, arguments in questions:
        try:
            outcomes.append((function(*arguments), None))
        except RuntimeError as e:  # see `guarded`
            outcomes.append((None, e))
    return outcomes
