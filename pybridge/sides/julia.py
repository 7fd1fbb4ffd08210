"""The Julia side: a tagger file, in a worker process that may crash without ending the run."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from pybridge.errors import InputError
from pybridge.sides import Failure, Reply, Task, worker
from pybridge.weights import Array


@dataclass(frozen=True)
class JuliaSide:
    """A worker process with Julia in it; `start` makes one, leaving the `with` block ends it."""

    setup: worker.Setup
    version: str  # of the Julia that runs
    pool: ProcessPool
    log: Path
    name: str = "Julia"

    @classmethod
    def start(cls, setup: worker.Setup) -> Self:
        """Start Julia and load the tagger file.

        InputError where the file cannot be loaded or Julia does not start.
        """
        log = Path(tempfile.mkdtemp(prefix="xcheck-")) / "julia.log"
        pool = ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),
            initializer=worker.leave_the_terminal,
            initargs=(log,),
        )
        side = cls(setup, "", pool, log)
        try:
            started = pool.schedule(worker.start, args=(setup,)).result()
        except BaseException as e:
            side.stop()
            if not isinstance(e, Exception):
                raise
            raise InputError(
                f"Julia {setup.runtime.version} ({setup.runtime.origin}, "
                f"{setup.runtime.executable}) did not start: {_what(e, side.last_words())}",
                "`xcheck julia remove` and run again, or set XCHECK_JULIA to another Julia",
            ) from e
        if started.problem:
            side.stop()
            raise InputError(started.problem, "mend the Julia file")
        return cls(setup, started.julia, pool, log)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the worker process at once, whatever it is doing."""
        self.pool.stop()
        self.pool.join()
        self.log.unlink(missing_ok=True)
        self.log.parent.rmdir()

    def fingerprint(self, arrays: Mapping[str, Array]) -> str:
        """SHA-256 of the arrays as Julia holds them, see pybridge.weights.fingerprint."""
        future = self.pool.schedule(worker.fingerprint, args=(self.setup, dict(arrays)))
        return str(future.result())

    def submit(self, task: Task) -> Future[Reply]:
        """Ask the worker. A crash of Julia becomes a Failure, and the next task a new worker."""
        reply: Future[Reply] = Future()

        def hand_over(done: Future[Reply]) -> None:
            try:
                reply.set_result(done.result())
            except BaseException as e:  # also CancelledError, when the pool is stopped
                reply.set_result(Failure(f"{self.setup.tagger}: {_what(e, self.last_words())}"))

        self.pool.schedule(worker.examine, args=(self.setup, task)).add_done_callback(hand_over)
        return reply

    def last_words(self) -> str:
        """The line in which Julia said why it died; empty where it said nothing."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        telling = [line for line in lines if line.startswith(("signal (", "fatal", "ERROR"))]
        return telling[-1] if telling else ""


def _what(e: BaseException, last_words: str) -> str:
    """A dead process in one line: how it ended, and what it said."""
    if not isinstance(e, ProcessExpired):
        return f"{type(e).__name__}: {' '.join(str(e).split())}"
    how = f"exit status {e.exitcode}"
    if e.exitcode is not None and e.exitcode < 0:
        how = f"signal {-e.exitcode}, {signal.strsignal(-e.exitcode)}"
    return f"Julia's process ended ({how})" + (f": {last_words}" if last_words else "")
