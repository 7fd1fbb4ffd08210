"""Sides with a fault in them, and what keeps a run going past them.

Whatever a fault does, it must not end the run: the edited copy runs in a process of its own, with a
time limit, in either language.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from pebble import ProcessPool

from pybridge.adapters import RESULTS
from pybridge.adapters.form import OWN, Form
from pybridge.edit import Edit
from pybridge.faults.python.tree import planted
from pybridge.sides import Failure, Reply, Side, Task
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.sides.spawn import Context


@dataclass(frozen=True)
class Remembered:
    """A side that is asked each question once."""

    side: Side
    answers: dict[str, Future[Reply]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """That of the side."""
        return self.side.name

    def submit(self, task: Task) -> Future[Reply]:
        """The answer given before to the same task, or a new one."""
        key = hashlib.sha256(pickle.dumps(task)).hexdigest()
        if key not in self.answers:
            self.answers[key] = self.side.submit(task)
        return self.answers[key]


@dataclass
class Mutant:
    """A side with a fault in it: one question at a time, and none after it has hung or crashed."""

    name: str
    answer: Callable[[Task], Reply]
    died: Failure | None = None

    def submit(self, task: Task) -> Future[Reply]:
        """The answer, waited for."""
        reply: Future[Reply] = Future()
        try:
            reply.set_result(self.died or self.answer(task))
        except _DeadError as e:
            self.died = Failure(str(e))
            reply.set_result(self.died)
        return reply


class _DeadError(Exception):
    """A process that hung or crashed; it has been started anew."""


def julia_mutant(side: JuliaSide, edit: Edit, limit: float) -> Mutant:
    """The Julia side with an edited copy of its file. `limit` is in seconds an answer."""
    edited = side.edited(edit, limit)

    def answer(task: Task) -> Reply:
        reply = edited.submit(task).result()
        if isinstance(reply, Failure) and reply.ended:
            side.wake()
            raise _DeadError(reply.problem)
        return reply

    return Mutant(side.name, answer)


@dataclass(frozen=True)
class PythonNursery:
    """A process for edited copies of a Python tagger; leaving the `with` block ends it."""

    source: str  # a file, or the name of a module
    pool: ProcessPool
    form: Form = OWN
    gives: tuple[str, ...] = RESULTS

    @classmethod
    def of(cls, source: str, form: Form = OWN, gives: tuple[str, ...] = RESULTS) -> PythonNursery:
        """The process for copies of the file, or of the module of this name."""
        pool = ProcessPool(max_workers=1, context=Context(), initializer=_stay_quiet)
        return cls(source, pool, form, gives)

    def __enter__(self) -> PythonNursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.stop()
        self.pool.join()

    def mutant(self, edit: Edit, limit: float) -> Mutant:
        """The Python side with an edited copy of its module."""

        def answer(task: Task) -> Reply:
            question = (self.source, self.form, self.gives, edit, task)
            asked = self.pool.schedule(_examine, args=question, timeout=limit)
            try:
                reply: Reply = asked.result()
            except TimeoutError as e:
                raise _DeadError(f"no answer within {limit:g} s") from e
            except Exception as e:
                raise _DeadError(f"{type(e).__name__}: {' '.join(str(e).split())}") from e
            return reply

        return Mutant(PythonSide().name, answer)


def _stay_quiet() -> None:
    """Leave Ctrl-C to the command's process, and the terminal to it as well."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _examine(source: str, form: Form, gives: tuple[str, ...], edit: Edit, task: Task) -> Reply:
    try:
        tagger = planted(source, edit, form)
    except Exception as e:  # an edited copy may fail where it is loaded, too
        return Failure(f"{type(e).__name__}: {' '.join(str(e).split())}")
    return PythonSide(tagger, gives=gives).submit(task).result()
