"""Worker processes that hold Julia: as many as asked for, each replaced where it dies.

Each has a pebble pool of its own, which is thrown away with it: a shared pool would go on with the
pipe of the dead process, in which half an answer may be left, and takes a process that dies between
two questions for the end of all of them.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pebble import ProcessExpired

from pybridge.sides import serving, worker
from pybridge.sides.process import (
    CRASHED,
    EndedError,
    LoadingError,
    Process,
    ending,
    has_left,
    interrupts_held_back,
    look_after,
    started,
)
from pybridge.sides.worker import Setup

# Questions that go to a process in one message, since a message costs half a millisecond, where the
# last one took less than QUICK seconds; messages that lie ready in it, so that it never waits.
TOGETHER = 8
QUICK = 0.1
DEPTH = 2
TRIES = 3  # deaths in a row after which nobody tries again; or so many of one question
KILLS = 99  # the same of deaths that may be kills from outside, once the file was seen to load
OWN = KILLS // TRIES
LOADING = 60.0  # seconds that loading the tagger file may take, or the limit where that is longer
# The same of the first answers of a process, for which Julia compiles all that no image holds.
COMPILING = 30.0
NOTICE = 2.0  # seconds in which pebble will have said how a process ended
LOOK = 0.05  # seconds from one look at a process to the next; at its memory

Asked = tuple[tuple["_Question", ...], "Future[Any]"]


@dataclass(eq=False)
class _Question:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    limit: float | None = None  # seconds
    about: object = None
    reply: Future[Any] = field(default_factory=Future)
    deaths: int = 0  # of processes that may have been busy with it
    alone: bool = False  # to be asked by itself, since a process died over it and others


class _GoneError(Exception):
    """The process is no more.

    `strikes`, of KILLS, tells how much that says against starting another: nothing where a question
    was its end.
    """

    def __init__(self, strikes: int) -> None:
        super().__init__()
        self.strikes = strikes


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
        # Each process ends with the thread that has started it, see serving.leave_the_terminal.
        self.threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(size)]
        with interrupts_held_back():
            for thread in self.threads:
                thread.start()

    def ask(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        limit: float | None = None,
        about: object = None,
    ) -> Future[Any]:
        """Ask for `function(*arguments)` in some process; EndedError where it dies over it.

        An answer may take `limit` seconds. Where a process dies over one question, others that wait
        and are `about` the same are not asked: they would end one more.
        """
        question = _Question(function, arguments, limit, about)
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
        shutil.rmtree(self.folder, ignore_errors=True)

    def _serve(self) -> None:
        """Keep one process: start it, hand it questions, replace it."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))  # of its log
        strikes, reason = 0, _does_not_start()
        while not self.over and strikes < KILLS:
            asked: deque[Asked] = deque()
            with started(folder) as process:
                try:
                    self._start(process)
                    least = COMPILING if self.setup.runtime.image is None else 0.0
                    together = 1
                    while not self.over:
                        self._hand_out(process, asked, least, together)
                        if asked:
                            begun = time.monotonic()
                            self._collect(asked, process)
                            together = TOGETHER if time.monotonic() - begun < QUICK else 1
                            strikes, least = 0, 0.0
                except _GoneError as e:
                    again = e.strikes if self.started.done() else OWN
                    strikes = strikes + again if e.strikes else 0
                    reason = e.__cause__ if isinstance(e.__cause__, EndedError) else reason
                with self.news:
                    left = [question for questions, _ in asked for question in questions]
                    self.waiting.extendleft(reversed(left))
        with self.news:
            self.serving -= 1
            left = [] if self.serving else list(self.waiting)
        if not (self.serving or self.over):
            self._first(reason)
        for question in left:  # nobody is there to answer
            if self.over:
                question.reply.cancel()
            else:
                question.reply.set_exception(_does_not_start())

    def _start(self, process: Process) -> None:
        """Start Julia, then load the file; neither is a part of the time for an answer."""
        loading = None if self.limit is None else max(self.limit, LOADING)
        begin = _Question(serving.guarded, (worker.boot, self.setup))
        load = _Question(serving.guarded, (worker.start, self.setup), loading)
        try:
            self._wait(_schedule(process, begin), (begin,), process)
            try:
                answer = self._wait(_schedule(process, load), (load,), process)
            except EndedError as e:
                raise LoadingError(e.how, str(e), killed=e.killed) from e
        except _GoneError:
            raise
        except Exception as e:  # it died, or it is Julia's own complaint
            if isinstance(e, EndedError) and e.killed:
                raise _GoneError(1) from e
            self._first(e)
            raise _GoneError(OWN) from e
        self._first(answer)

    def _first(self, outcome: worker.Started | Exception) -> None:
        with self.news:
            if self.started.done():
                return
            if isinstance(outcome, Exception):
                self.started.set_exception(outcome)
            else:
                self.started.set_result(outcome)

    def _hand_out(self, process: Process, asked: deque[Asked], least: float, together: int) -> None:
        """Ask what is waiting, `together` in a message; wait where nothing is.

        What has a limit may take `least` seconds.
        """
        with self.news:
            if not (asked or self.waiting):
                self.news.wait(LOOK)
            # What waits behind a message waits until it fills another.
            while len(asked) < DEPTH and len(self.waiting) >= (together if asked else 1):
                questions = self._next(together)
                try:
                    asked.append((questions, _schedule_all(process, questions, least)))
                except _GoneError:
                    self.waiting.extendleft(reversed(questions))
                    raise

    def _next(self, together: int) -> tuple[_Question, ...]:
        """The questions of the next message, leaving the other processes their share."""
        share = min(together, -(-len(self.waiting) // self.size))
        found = [self.waiting.popleft()]
        while len(found) < share and not (found[0].alone or self.waiting[0].alone):
            found.append(self.waiting.popleft())
        return tuple(found)

    def _collect(self, asked: deque[Asked], process: Process) -> None:
        """Wait for the first answers and pass them on."""
        questions, answer = asked[0]
        try:
            results = self._wait(answer, questions, process)
        except EndedError as e:
            if len(questions) == 1:
                asked.popleft()
                questions[0].reply.set_exception(e)
                self._drop(questions[0].about, asked, e)
            for question in questions:  # over one of them: which one, the next process tells
                question.alone = True
            raise _GoneError(0) from e
        except _GoneError:
            raise
        except Exception as e:  # the answers could not be sent
            results = [(None, e)] * len(questions)
        asked.popleft()
        for question, (result, problem) in zip(questions, results, strict=True):
            if problem is None:
                question.reply.set_result(result)
            else:
                question.reply.set_exception(problem)

    def _drop(self, about: object, asked: deque[Asked], e: EndedError) -> None:
        """Answer what else is about the same in the same way."""
        if about is None:
            return
        with self.news:
            asked_too = [question for questions, _ in asked for question in questions]
            alike = [q for q in (*asked_too, *self.waiting) if q.about == about]
            kept = [(tuple(q for q in qs if q not in alike), answer) for qs, answer in asked]
            asked.clear()
            asked.extend(kept)
            for question in alike:
                with suppress(ValueError):
                    self.waiting.remove(question)
        for question in alike:
            question.reply.set_exception(e)

    def _wait(self, answer: Future[Any], questions: tuple[_Question, ...], process: Process) -> Any:
        """The answer; EndedError where the process died over it, _GoneError where it just died."""
        while not wait([answer], LOOK).done:
            if self.over:
                raise _GoneError(0)
            look_after(process, self.largest)
            # Of one that ends with a status of 0 pebble says nothing, and waits.
            if has_left(process) and not wait([answer], NOTICE).done:
                raise EndedError(CRASHED, "Julia's process ended (exit status 0)")
        try:
            return answer.result()
        except TimeoutError as e:  # of pebble: what it says, and the seconds
            how = f"timed out after {e.args[-1]:g} s"
            raise EndedError(how, how) from e
        except ProcessExpired as e:
            raise ending(process, e, self.largest) from e
        except (BrokenProcessPool, CancelledError) as e:  # nobody knows over what
            for question in questions:
                question.deaths += 1
            if max(question.deaths for question in questions) < TRIES:
                raise _GoneError(1) from e
            raise EndedError(CRASHED, "Julia's process ended, again and again") from e


def _schedule(process: Process, question: _Question, least: float = 0.0) -> Future[Any]:
    limit = None if question.limit is None else max(question.limit, least)
    try:
        return process.pool.schedule(question.function, args=question.arguments, timeout=limit)
    except RuntimeError as e:  # the process died with nothing to do
        raise _GoneError(1) from e


def _schedule_all(
    process: Process, questions: tuple[_Question, ...], least: float
) -> Future[list[serving.Outcome]]:
    """Ask several questions in one message; the time for all of them is that for one."""
    limits = [question.limit for question in questions if question.limit is not None]
    every = tuple((question.function, question.arguments) for question in questions)
    together = _Question(serving.each, every, min(limits, default=None))
    return _schedule(process, together, least)


def _does_not_start() -> EndedError:
    return EndedError(CRASHED, "Julia's process ended, and Julia does not start again")
