"""Worker processes that hold Julia: as many as asked for, each replaced where it dies.

Each has a pebble pool of its own, which is thrown away with it: a shared pool would go on with the
pipe of the dead process, in which half an answer may be left, and takes a process that dies between
two questions for the end of all of them.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from pybridge.sides import memory, worker
from pybridge.sides.worker import Setup

DEPTH = 6  # questions that lie ready in a process, so that it never waits for this one
TRIES = 3  # deaths in a row that are not put down to the file, but to chance
LOADING = 60.0  # seconds that loading the tagger file may take, or the limit where that is longer
LOOK = 0.05  # seconds from one look at a process to the next; at its memory
LOG = 4 << 20  # bytes that a process may print before its log is emptied

CRASHED, OUT_OF_MEMORY = "crashed", "out of memory"
Asked = tuple["_Question", "Future[Any]"]


class EndedError(Exception):
    """A process died over a question, or was ended: `how`, as a verdict says it, and the detail."""

    def __init__(self, how: str, detail: str) -> None:
        super().__init__(detail)
        self.how = how


@dataclass(eq=False)
class _Question:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    limit: float | None = None  # seconds
    reply: Future[Any] = field(default_factory=Future)
    deaths: int = 0  # of processes that may have been busy with it


@dataclass(frozen=True)
class _Process:
    """One process, and what is known of it."""

    pool: ProcessPool
    folder: Path  # of its log, which is called by the number of the process
    ended: set[int] = field(default_factory=set)  # because it held too much


class _GoneError(Exception):
    """The process is no more; `chance` where nothing says that a question was its end."""

    def __init__(self, *, chance: bool) -> None:
        super().__init__()
        self.chance = chance


class Crew:
    """Processes that answer questions: each of them once, whatever happens to a process."""

    def __init__(self, size: int, setup: Setup, limit: float | None, largest: int | None) -> None:
        """Start `size` processes with Julia and the tagger file.

        An answer may take `limit` seconds, a process hold `largest` bytes. `started` is what came
        of the first start.
        """
        self.setup, self.limit, self.largest, self.size = setup, limit, largest, size
        self.folder = Path(tempfile.mkdtemp(prefix="xcheck-"))
        self.started: Future[worker.Started] = Future()
        self.waiting: deque[_Question] = deque()
        self.news = threading.Condition()
        self.over = False
        self.serving = size
        # Each process ends with the thread that has started it, see worker.leave_the_terminal.
        self.threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(size)]
        with _interrupts_held_back():
            for thread in self.threads:
                thread.start()

    def ask(
        self, function: Callable[..., Any], *arguments: Any, limit: float | None = None
    ) -> Future[Any]:
        """Ask for `function(*arguments)` in some process; EndedError where it dies over it.

        An answer may take `limit` seconds.
        """
        question = _Question(function, arguments, limit)
        with self.news:
            if self.serving:
                self.waiting.append(question)
                self.news.notify()
            else:
                question.reply.set_exception(_does_not_start())
        return question.reply

    def stop(self) -> None:
        """End all processes at once, whatever they are doing."""
        with self.news:
            self.over = True
            self.news.notify_all()
        for thread in self.threads:
            thread.join()
        for question in self.waiting:
            question.reply.cancel()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _serve(self) -> None:
        """Keep one process: start it, hand it questions, replace it."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))  # of its log
        deaths = 0
        while not self.over and deaths < TRIES:
            asked: deque[Asked] = deque()
            with _process(folder) as process:
                try:
                    self._start(process)
                    while not self.over:
                        self._hand_out(process, asked)
                        if asked:
                            self._collect(asked, process)
                            deaths = 0
                except _GoneError as e:
                    deaths = deaths + 1 if e.chance else 0
                with self.news:
                    self.waiting.extendleft(question for question, _ in reversed(asked))
        with self.news:
            self.serving -= 1
            while self.waiting and not self.serving:
                self.waiting.popleft().reply.set_exception(_does_not_start())

    def _start(self, process: _Process) -> None:
        """Start Julia, then load the file; neither is a part of the time for an answer."""
        loading = None if self.limit is None else max(self.limit, LOADING)
        begin = _Question(worker.guarded, (worker.boot, self.setup))
        load = _Question(worker.guarded, (worker.start, self.setup), loading)
        try:
            for question in (begin, load):
                answer = self._wait(_schedule(process, question), question, process)
        except _GoneError:
            raise
        except Exception as e:  # it died, or it is Julia's own complaint
            self._first(e)
            raise _GoneError(chance=True) from e
        self._first(answer)

    def _first(self, outcome: worker.Started | Exception) -> None:
        with self.news:
            if self.started.done():
                return
            if isinstance(outcome, Exception):
                self.started.set_exception(outcome)
            else:
                self.started.set_result(outcome)

    def _hand_out(self, process: _Process, asked: deque[Asked]) -> None:
        """Ask what is waiting, leaving the other processes their share; wait where nothing is."""
        with self.news:
            if not (asked or self.waiting):
                self.news.wait(LOOK)
            while self.waiting and len(asked) < min(DEPTH, 1 + len(self.waiting) // self.size):
                question = self.waiting.popleft()
                try:
                    asked.append((question, _schedule(process, question)))
                except _GoneError:
                    self.waiting.appendleft(question)
                    raise

    def _collect(self, asked: deque[Asked], process: _Process) -> None:
        """Wait for the first answer and pass it on."""
        question, answer = asked[0]
        try:
            result = self._wait(answer, question, process)
        except _GoneError:
            raise
        except Exception as e:
            asked.popleft()
            question.reply.set_exception(e)
            if isinstance(e, EndedError):
                raise _GoneError(chance=False) from e
        else:
            asked.popleft()
            question.reply.set_result(result)

    def _wait(self, answer: Future[Any], question: _Question, process: _Process) -> Any:
        """The answer; EndedError where the process died over it, _GoneError where it just died."""
        while not wait([answer], LOOK).done:
            if self.over:
                raise _GoneError(chance=False)
            _look_after(process, self.largest)
        try:
            return answer.result()
        except TimeoutError as e:
            how = f"timed out after {question.limit:g} s"
            raise EndedError(how, how) from e
        except ProcessExpired as e:
            words = last_words(process.folder / f"{e.pid}.log")
            if e.pid in process.ended:
                assert self.largest is not None
                detail = f"out of memory: held more than {memory.text(self.largest)}"
                raise EndedError(OUT_OF_MEMORY, detail) from e
            raise EndedError(CRASHED, _epitaph(e.exitcode, words)) from e
        except (BrokenProcessPool, CancelledError) as e:  # nobody knows over what
            question.deaths += 1
            if question.deaths < TRIES:
                raise _GoneError(chance=True) from e
            raise EndedError(CRASHED, "Julia's process ended, again and again") from e


def last_words(log: Path) -> str:
    """The line in which Julia said why it died; empty where it said nothing."""
    if not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    telling = [line for line in lines if line.startswith(("signal (", "fatal", "ERROR"))]
    return telling[-1] if telling else ""


@contextmanager
def _process(folder: Path) -> Iterator[_Process]:
    """A process, which is ended at the end."""
    pool = ProcessPool(
        max_workers=1,
        context=multiprocessing.get_context("spawn"),
        initializer=worker.leave_the_terminal,
        initargs=(folder, os.getpid()),
    )
    try:
        yield _Process(pool, folder)
    finally:
        pool.stop()
        pool.join()
        for log in folder.glob("*.log"):
            log.unlink()


def _schedule(process: _Process, question: _Question) -> Future[Any]:
    try:
        return process.pool.schedule(
            question.function, args=question.arguments, timeout=question.limit
        )
    except RuntimeError as e:  # the process died with nothing to do
        raise _GoneError(chance=True) from e


def _look_after(process: _Process, largest: int | None) -> None:
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


def _does_not_start() -> EndedError:
    return EndedError(CRASHED, "Julia's process ended, and Julia does not start again")


def _epitaph(status: int | None, words: str) -> str:
    """How a process ended and what it said, in one line."""
    how = f"exit status {status}"
    if status is not None and status < 0:
        how = f"signal {-status}, {signal.strsignal(-status)}"
    return f"Julia's process ended ({how})" + (f": {words}" if words else "")
