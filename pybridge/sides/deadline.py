"""A time limit for code that runs in this process, as the Python side does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OverdueError(BaseException):
    """The time is over. No Exception: a tagger's own `except` must not swallow it."""


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Raise OverdueError in the block once it has taken so long; None stands for no limit.

    Between two bytecodes, that is: a single call of C code ends first. Outside of the main thread,
    and where there are no interval timers, there is no limit.
    """
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_: int, __: FrameType | None) -> None:
        raise OverdueError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
