"""The Julia side: a tagger file, in a worker process that may crash without ending the run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pybridge import runtime
from pybridge.case import Case
from pybridge.edit import Edit
from pybridge.errors import InputError
from pybridge.sides import Failure, Probe, Reference, Reply, Task, serving, worker
from pybridge.sides.crew import Crew
from pybridge.sides.messages import to_hash
from pybridge.sides.packing import packed, read
from pybridge.sides.process import CRASHED, OUT_OF_MEMORY, EndedError, LoadingError
from pybridge.weights import Array

if TYPE_CHECKING:  # most runs trace nothing
    from pybridge.trace import Keep, Recording, Rewrite, Trial

Answer = TypeVar("Answer")
Meanwhile = Callable[[Callable[[], bool]], None]


def _nothing(_: Callable[[], bool]) -> None:
    """What is done meanwhile by default."""


@dataclass(frozen=True)
class JuliaSide:
    """Worker processes with Julia in them; `start` makes them, leaving the `with` ends them."""

    setup: worker.Setup
    version: str  # of the Julia that runs
    crew: Crew
    name: str = "Julia"
    limit: float | None = None  # seconds an answer may take; Julia is ended and started anew then

    @classmethod
    def start(
        cls,
        setup: worker.Setup,
        limit: float | None = None,
        *,
        workers: int = 1,
        largest: int | None = None,
        meanwhile: Meanwhile = _nothing,
    ) -> Self:
        """Start Julia in `workers` processes and load the tagger file.

        An answer may take `limit` seconds, and a process hold `largest` bytes. `meanwhile` is
        called while it starts, and told how to ask whether it has. InputError where the file cannot
        be loaded or Julia does not start. A system image that does not start is left aside, with a
        line on stderr.
        """
        found = runtime.with_image(setup.runtime, setup.library)
        try:
            return cls._start(replace(setup, runtime=found), limit, workers, largest, meanwhile)
        except InputError as e:
            if found.image is None or e.__cause__ is None or not _may_be_the_image(e.__cause__):
                raise
            print(
                f"xcheck: the system image does not start ({_what(e.__cause__)}); going on "
                "without it, `xcheck julia compile` makes another",
                file=sys.stderr,
            )
            setup = replace(setup, runtime=replace(found, image=None))
            return cls._start(setup, limit, workers, largest)

    @classmethod
    def _start(
        cls,
        setup: worker.Setup,
        limit: float | None,
        workers: int,
        largest: int | None,
        meanwhile: Meanwhile = _nothing,
    ) -> Self:
        crew = Crew(workers, setup, limit, largest)
        with ExitStack() as undo:
            undo.callback(crew.stop)
            meanwhile(crew.started.done)
            try:
                started = crew.started.result()
            except Exception as e:
                raise _unstarted(setup, e) from e
            if started.problem:
                raise InputError(started.problem, _remedy(setup, started.problem))
            undo.pop_all()
        return cls(setup, started.julia, crew, limit=limit)

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
        self.crew.ask(serving.guarded, worker.start, self.setup).result()

    def faults(self, case: Case) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]], str]:
        """What may be planted in the file, see worker.faults."""
        asked = self.crew.ask(serving.guarded, worker.faults, self.setup, case)
        found: tuple[list[tuple[Any, ...]], list[tuple[str, str]], str] = asked.result()
        return found

    def stop(self) -> None:
        """End the worker processes at once, whatever they are doing."""
        self.crew.stop()

    def fingerprints(self, held: Iterable[Mapping[str, Array]]) -> list[str]:
        """SHA-256 of each of these as Julia holds them, see pybridge.weights.fingerprint."""
        asked = [
            self.crew.ask(serving.guarded, worker.fingerprint, self.setup, to_hash(arrays))
            for arrays in held
        ]
        return [str(one.result()) for one in asked]

    def submit(self, task: Task) -> Future[Reply]:
        """Ask a worker. A crash of Julia becomes a Failure, and a new worker takes over."""
        asked = self._ask(worker.examine, packed(task), about=task.case)
        return _then(asked, lambda answer: self._read(task, answer))

    def _read(self, task: Task, answer: bytes | Failure) -> Reply:
        if isinstance(answer, Failure):
            return answer
        try:
            return read(task, answer, self.setup.gives)
        except Exception as e:  # else nobody would hear of it, and wait for ever
            return Failure(f"{self.setup.tagger}: the answer cannot be read: {_what(e)}")

    def referee(self, case: Case, lines: tuple[Probe, ...]) -> Future[Reference | Failure]:
        """The same functions in 256 bits, and their derivatives along these lines."""
        return self._ask(worker.referee, case, lines, about=case)

    def record(self, case: Case, keep: Keep) -> Recording | Failure:
        """Everything that the file, as edited by the setup, does in one case."""
        from pybridge.sides import recorder

        return self._ask(recorder.record, case, keep, about=case).result()

    def rewrites(
        self, case: Case, address: tuple[int, ...], trials: Sequence[Trial]
    ) -> list[Rewrite] | Failure:
        """Other code for the statement at an address that comes to what the trials want.

        The simplest first; without trials all that could be tried.
        """
        from pybridge.sides import recorder

        return self._ask(recorder.rewrites, case, address, tuple(trials), about=case).result()

    def patched(self, edit: Edit) -> str | Failure:
        """The text of the file with an edit put in, changed in as few places as possible."""
        from pybridge.sides import recorder

        return self._ask(recorder.patched, edit).result()

    def _ask(
        self,
        answer: Callable[..., Answer | Failure],
        *question: object,
        about: Case | None = None,
    ) -> Future[Answer | Failure]:
        reply: Future[Answer | Failure] = Future()

        def hand_over(done: Future[Answer | Failure]) -> None:
            try:
                reply.set_result(done.result())
            except EndedError as e:
                reply.set_result(Failure(f"{self.setup.tagger}: {e}", e.how))
            except CancelledError:
                reply.set_result(Failure(f"{self.setup.tagger}: the run has ended"))
            except BaseException as e:
                reply.set_result(Failure(f"{self.setup.tagger}: {_what(e)}"))

        asked = self.crew.ask(
            serving.guarded,
            answer,
            self.setup,
            *question,
            limit=self.limit,
            about=about and (self.setup, about.sentence, about.configuration),
        )
        asked.add_done_callback(hand_over)
        return reply


def _then(asked: Future[Answer], read: Callable[[Answer], Reply]) -> Future[Reply]:
    """What the answer says, once it is there."""
    reply: Future[Reply] = Future()
    asked.add_done_callback(lambda done: reply.set_result(read(done.result())))
    return reply


def _may_be_the_image(e: BaseException) -> bool:
    """Whether Julia might start without it: not where the file is the reason, or the memory."""
    if isinstance(e, EndedError):
        return e.how == CRASHED and not isinstance(e, LoadingError)
    return True


def _unstarted(setup: worker.Setup, e: Exception) -> InputError:
    """Why there is no Julia, or no end of loading the file."""
    memory = isinstance(e, EndedError) and e.how == OUT_OF_MEMORY
    if isinstance(e, LoadingError):
        remedy = "mend the Julia file" + (", or give it more with --max-memory" if memory else "")
        return InputError(f"{setup.tagger}: while it was loaded: {e}", remedy)
    remedy = "`xcheck julia remove` and run again, or set XCHECK_JULIA to another Julia"
    if memory:
        remedy = "give it more with --max-memory"
    found = setup.runtime
    return InputError(
        f"Julia {found.version} ({found.origin}, {found.executable}) did not start: {_what(e)}",
        remedy,
    )


def _remedy(setup: worker.Setup, problem: str) -> str:
    if setup.adapter is not None and setup.adapter.tagger:
        return f"mend it, or the [julia] table of {setup.adapter.file}"
    if "defines no function" in problem:
        return f"define it, or run `xcheck init {setup.tagger}` where it is called otherwise"
    return "mend the Julia file"


def _what(e: BaseException) -> str:
    """What went wrong, in one line."""
    said = " ".join(str(e).split())
    return said if isinstance(e, EndedError) else f"{type(e).__name__}: {said}"
