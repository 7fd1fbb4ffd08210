"""Ctrl-C during training: the update under way is finished, and then what is there is saved."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pybridge.train import Stop


@contextmanager
def heeding_interrupts() -> Iterator[Stop]:
    """A function that says whether Ctrl-C was pressed. A second Ctrl-C interrupts at once."""
    asked = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
