"""The Julia side: a tagger file, in a worker process that may crash without ending the run."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from pybridge import runtime
from pybridge.case import Case
from pybridge.edit import Edit
from pybridge.errors import InputError
from pybridge.sides import Failure, Reference, Reply, Task, recorder, worker
from pybridge.trace import Keep, Recording, Rewrite, Trial
from pybridge.weights import Array

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class JuliaSide:
    """A worker process with Julia in it; `start` makes one, leaving the `with` block ends it."""

    setup: worker.Setup
    version: str  # of the Julia that runs
    pool: ProcessPool
    log: Path
    name: str = "Julia"
    limit: float | None = None  # seconds an answer may take; Julia is ended and started anew then

    @classmethod
    def start(cls, setup: worker.Setup, limit: float | None = None) -> Self:
        """Start Julia and load the tagger file. An answer may take `limit` seconds.

        InputError where the file cannot be loaded or Julia does not start. A system image that does
        not start is left aside, with a line on stderr.
        """
        found = runtime.with_image(setup.runtime, setup.library)
        try:
            return cls._start(replace(setup, runtime=found), limit)
        except InputError as e:
            if found.image is None or e.__cause__ is None:
                raise
            print(
                f"xcheck: the system image does not start ({_what(e.__cause__, '')}); going on "
                "without it, `xcheck julia compile` makes another",
                file=sys.stderr,
            )
            return cls._start(replace(setup, runtime=replace(found, image=None)), limit)

    @classmethod
    def _start(cls, setup: worker.Setup, limit: float | None) -> Self:
        log = Path(tempfile.mkdtemp(prefix="xcheck-")) / "julia.log"
        pool = ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),
            initializer=worker.leave_the_terminal,
            initargs=(log,),
        )
        side = cls(setup, "", pool, log)
        try:
            with _interrupts_held_back():
                starting = pool.schedule(worker.guarded, args=(worker.start, setup))
            started = starting.result()
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
            raise InputError(started.problem, _remedy(setup, started.problem))
        return cls(setup, started.julia, pool, log, limit=limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def edited(self, edit: Edit, limit: float) -> Self:
        """A side with an edited copy of the file, in the same process; stopping one stops both."""
        return replace(self, setup=replace(self.setup, edit=edit), limit=limit)

    def wake(self) -> None:
        """Wait until Julia runs and the file is loaded, also after a crash."""
        self.pool.schedule(worker.guarded, args=(worker.start, self.setup)).result()

    def faults(self, case: Case) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]], str]:
        """What may be planted in the file, see worker.faults."""
        asked = self.pool.schedule(worker.guarded, args=(worker.faults, self.setup, case))
        found: tuple[list[tuple[Any, ...]], list[tuple[str, str]], str] = asked.result()
        return found

    def stop(self) -> None:
        """End the worker process at once, whatever it is doing."""
        self.pool.stop()
        self.pool.join()
        shutil.rmtree(self.log.parent, ignore_errors=True)

    def fingerprint(self, arrays: Mapping[str, Array]) -> str:
        """SHA-256 of the arrays as Julia holds them, see pybridge.weights.fingerprint."""
        asked = (worker.fingerprint, self.setup, dict(arrays))
        return str(self.pool.schedule(worker.guarded, args=asked).result())

    def submit(self, task: Task) -> Future[Reply]:
        """Ask the worker. A crash of Julia becomes a Failure, and the next task a new worker."""
        return self._ask(worker.examine, task)

    def referee(self, task: Task) -> Future[Reference | Failure]:
        """The same functions in 256 bits, along the directions of a task's probes."""
        return self._ask(worker.referee, task)

    def record(self, case: Case, keep: Keep) -> Recording | Failure:
        """Everything that the file, as edited by the setup, does in one case."""
        return self._ask(recorder.record, case, keep).result()

    def rewrites(
        self, case: Case, address: tuple[int, ...], trials: Sequence[Trial]
    ) -> list[Rewrite] | Failure:
        """Other code for the statement at an address that comes to what the trials want.

        The simplest first; without trials all that could be tried.
        """
        return self._ask(recorder.rewrites, case, address, tuple(trials)).result()

    def patched(self, edit: Edit) -> str | Failure:
        """The text of the file with an edit put in, changed in as few places as possible."""
        return self._ask(recorder.patched, edit).result()

    def _ask(
        self, answer: Callable[..., Answer | Failure], *question: object
    ) -> Future[Answer | Failure]:
        reply: Future[Answer | Failure] = Future()

        def hand_over(done: Future[Answer | Failure]) -> None:
            try:
                reply.set_result(done.result())
            except TimeoutError:
                problem = f"no answer within {self.limit:g} s"
                reply.set_result(Failure(f"{self.setup.tagger}: {problem}", fatal=True))
            except BaseException as e:
                problem = _what(e, self.last_words())
                fatal = isinstance(e, ProcessExpired)
                reply.set_result(Failure(f"{self.setup.tagger}: {problem}", fatal))

        asked = self.pool.schedule(
            worker.guarded, args=(answer, self.setup, *question), timeout=self.limit
        )
        asked.add_done_callback(hand_over)
        return reply

    def last_words(self) -> str:
        """The line in which Julia said why it died; empty where it said nothing.

        The log is emptied, so that the next death is not put down to the same line.
        """
        if not self.log.exists():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()
        os.truncate(self.log, 0)
        telling = [line for line in lines if line.startswith(("signal (", "fatal", "ERROR"))]
        return telling[-1] if telling else ""


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start threads and processes that never see Ctrl-C: the mask of signals is inherited.

    A worker ignores Ctrl-C by itself, but only once Python has started in it; before that it would
    print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would lift the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _remedy(setup: worker.Setup, problem: str) -> str:
    if setup.adapter is not None and setup.adapter.tagger:
        return f"mend it, or the [julia] table of {setup.adapter.file}"
    if "defines no function" in problem:
        return f"define it, or run `xcheck init {setup.tagger}` where it is called otherwise"
    return "mend the Julia file"


def _what(e: BaseException, last_words: str) -> str:
    """A dead process in one line: how it ended, and what it said."""
    if not isinstance(e, ProcessExpired):
        return f"{type(e).__name__}: {' '.join(str(e).split())}"
    how = f"exit status {e.exitcode}"
    if e.exitcode is not None and e.exitcode < 0:
        how = f"signal {-e.exitcode}, {signal.strsignal(-e.exitcode)}"
    return f"Julia's process ended ({how})" + (f": {last_words}" if last_words else "")
