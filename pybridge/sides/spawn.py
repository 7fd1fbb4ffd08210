"""New processes that do not run the script that this one runs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

_one_at_a_time = threading.Lock()


class Alone(SpawnProcess):
    """A process that does not import the `__main__` of its parent, and needs nothing from it.

    multiprocessing would have it run the user's script down to a guard that few scripts have, and
    the command's own, with all that only the command needs.
    """

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:
        with _main_hidden():
            return SpawnProcess._Popen(process_obj)


class Context(SpawnContext):
    """What pebble asks for its processes."""

    Process = Alone


@contextmanager
def _main_hidden() -> Iterator[None]:
    with _one_at_a_time:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
