"""Record every assignment of a Python tagger.

The file stays as it is; the calls in the copy only read, so that the results keep their bits.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from pybridge.adapters import RESULTS, AdapterError
from pybridge.adapters.form import Tagger, module_of
from pybridge.adapters.python import Adapted
from pybridge.case import Case, own_copy
from pybridge.sides import Run
from pybridge.trace import Access, Event, Keep, Kind, Recording, Statement, Value
from pybridge.trace.python.instrument import HOOK, Instrumented, Watched
from pybridge.trace.python.places import Place
from pybridge.trace.values import kept, scope_value, value_of
from pybridge.weights import Array


def record(
    tagger: Tagger,
    instrumented: Instrumented,
    file: str,
    case: Case,
    keep: Keep,
    gives: tuple[str, ...] = RESULTS,
) -> Recording:
    """Run forward and backward of an instrumented tagger once on a case and record what they do.

    `file` is what the report calls it. What the tagger throws ends the recording and becomes its
    problem.
    """
    recorder = Recorder(
        instrumented.statements,
        instrumented.watched,
        keep,
        words=len(case.words),
        rows=instrumented.rows,
    )
    vars(module_of(tagger))[HOOK] = recorder
    run, problem = None, ""
    case = own_copy(case)  # a tagger may write where it should only read
    try:
        recorder.phase = "forward"
        trace = tagger.forward(case.weights, case.words, case.tags, case.h_prev)
        results = {name: _numbers(getattr(trace, name), name) for name in gives}
        recorder.returned(results)
        recorder.phase = "backward"
        gradients = tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)
        arrays = {name: _numbers(a, f"d{name}") for name, a in gradients.arrays.items()}
        recorder.returned({f"d{name}": array for name, array in arrays.items()})
        run = Run(results, arrays)
    except (Exception, SystemExit) as e:  # whatever a tagger throws
        line = _line(e, str(tagger.__file__))
        place = f"{file}:{line}" if line else file
        what = "" if isinstance(e, AdapterError) else f"{type(e).__name__}: "
        problem = f"{place}: {what}{' '.join(str(e).split())}"
        recorder.threw()
    return Recording(
        "Python",
        file,
        instrumented.statements,
        tuple(recorder.events),
        run,
        problem,
        columns=isinstance(tagger, Adapted) and tagger.adapter.columns,
    )


@dataclass
class Recorder:
    """Takes the calls of an instrumented module."""

    statements: tuple[Statement, ...]
    watched: tuple[Watched, ...]
    keep: Keep
    words: int  # of the sentence
    rows: frozenset[str]  # see Instrumented
    phase: str = "forward"
    events: list[Event] = field(default_factory=list)
    calls: dict[FrameType, int] = field(default_factory=dict)
    steps: dict[FrameType, int | None] = field(default_factory=dict)
    outer: dict[FrameType, int | None] = field(default_factory=dict)  # the step of the caller
    turns: dict[tuple[FrameType, int], int] = field(default_factory=dict)
    open: list[tuple[int, FrameType, dict[str, bytes]]] = field(default_factory=list)

    def before(self, k: int) -> None:
        """A statement is about to run."""
        frame = sys._getframe(1)
        watched, scope = self.watched[k], _scope(frame)
        self._step(frame)  # while the statement that called this function is the last one opened
        found = [self._access(place, frame) for place in watched.reads]
        reads = [access for access in found if access is not None]
        mapped = len(reads) == len(watched.outputs)
        event = Event(
            statement=k,
            phase=self.phase,
            call=self.calls.setdefault(frame, len(self.calls)),
            step=self._step(frame),
            reads=tuple(reads),
            # of a RETURN: the names alone, until the values are there
            writes=tuple(Access(o, None, None) for o in watched.outputs) if mapped else (),
            scope={
                name: value for name, v in scope.items() if (value := scope_value(v)) is not None
            }
            if self.statements[k].address in self.keep.scopes_of
            else {},
            threw=True,
        )
        held = (
            {p.name: _bytes(scope.get(p.name)) for p in watched.writes} if watched.changed else {}
        )
        self.open.append((len(self.events), frame, held))
        self.events.append(event)

    def after(self, k: int) -> None:
        """It has run."""
        frame = sys._getframe(1)
        at, _, held = self.open.pop()
        scope = _scope(frame)
        writes = [
            access
            for place in self.watched[k].writes
            if not (place.name in held and held[place.name] == _bytes(scope.get(place.name)))
            and (access := self._access(place, frame, written=True)) is not None
        ]
        writes = list({(access.name, access.step): access for access in writes}.values())
        if self.watched[k].unwritten:
            writes = [replace(access, value=None, unset=True) for access in writes]
        self.events[at] = replace(self.events[at], writes=tuple(writes), threw=False)

    def result(self, k: int, value: Any) -> Any:
        """What a function returns, on its way."""
        at, *_ = self.open.pop()
        event = self.events[at]
        assert event.statement == k
        writes = event.writes or (Access("return", None, self._kept(value, sys._getframe(1))),)
        self.events[at] = replace(event, writes=writes, threw=False)
        return value

    def enter(self, k: int) -> None:
        """A loop is about to begin."""
        self._step(sys._getframe(1))
        self.turns[sys._getframe(1), k] = 0

    def leave(self, k: int) -> None:
        """A loop has ended."""
        if not self._in_loop(k):
            self.steps[sys._getframe(1)] = None

    def turn(self, k: int) -> None:
        """A turn of a loop begins. The outermost loop of a function counts the time steps."""
        frame = sys._getframe(1)
        count = self.turns[frame, k]
        self.turns[frame, k] = count + 1
        if not self._in_loop(k):
            self.steps[frame] = self._step_of(self.statements[k].targets, frame.f_locals, count)

    def _step_of(self, targets: tuple[str, ...], scope: Mapping[str, Any], count: int) -> int:
        """The step that a loop over time is at: its number, or that of the row it goes along."""
        values = [scope.get(name) for name in targets]
        with suppress(TypeError):  # of several only the first: in zip(rows, words) a word is none
            return _whole_number(values[0] if values else None)
        for value in values:
            for whole in scope.values():  # for row in reversed(h), or over a zip of several
                at = _position(value, whole, self.words)
                if at is not None:
                    return at
        return count

    def returned(self, outputs: dict[str, Any]) -> None:
        """The function of this phase has returned; its last RETURN made the outputs."""
        for at in reversed(range(len(self.events))):
            event = self.events[at]
            if event.phase != self.phase:
                break
            if self.statements[event.statement].kind is Kind.RETURN and event.call == self._top:
                given = {a.name for a in event.writes}
                order = [a.name for a in event.writes] if given == set(outputs) else outputs
                writes = [Access(n, None, outputs[n]) for n in order]
                self.events[at] = replace(event, writes=tuple(writes))
                break

    def threw(self) -> None:
        """The innermost open statement is the one that threw; those around it only called it."""
        for at, _, _ in self.open[:-1]:
            self.events[at] = replace(self.events[at], threw=False)

    @property
    def _top(self) -> int:
        """The first activation of this phase: that of `forward` or `backward` itself."""
        return next(e.call for e in self.events if e.phase == self.phase)

    def _in_loop(self, k: int) -> bool:
        return any(self.statements[i].kind is Kind.LOOP for i in self.statements[k].within)

    def _kept(self, value: object, frame: FrameType) -> Value | None:
        """A copy. What is large and made anew at each step is sketched."""
        copied = value_of(value)
        step = self._step(frame)
        whole = step is None or step in self.keep.full
        return copied if whole else kept(copied, self.keep)

    def _step(self, frame: FrameType) -> int | None:
        """The time step; of a function that a loop calls that of the loop."""
        if frame not in self.outer:
            self.outer[frame] = self.events[self.open[-1][0]].step if self.open else None
        outer = self.outer[frame]
        return self.steps.get(frame) if outer is None else outer

    def _access(self, place: Place, frame: FrameType, written: bool = False) -> Access | None:
        """The access, or None where the name stands for no data, such as a module."""
        scope = _scope(frame)
        try:
            whole = eval(place.whole, frame.f_globals, scope)
        except Exception:  # not there yet
            return Access(place.name, None, None)
        if callable(whole) or isinstance(whole, ModuleType):
            return None
        if place.index is None:
            if written and isinstance(whole, list) and whole:  # what was appended
                return Access(place.name, len(whole) - 1, self._kept(whole[-1], frame))
            row = self._row(place, whole, frame, written) if place.name in self.rows else None
            if row is not None:
                return row
            return Access(place.name, None, self._kept(whole, frame))
        try:
            index = eval(place.index, frame.f_globals, scope)
            step = _whole_number(index)
            if place.several and step != self._step(frame):
                raise TypeError  # H[t, j] is of step t, X[word, j] is not
            entry = whole[index]
            at = step + len(whole) if step < 0 and not isinstance(whole, dict) else step
            return Access(place.name, at, self._kept(entry, frame))
        except Exception:  # no entry of a sequence: the whole variable counts
            return Access(place.name, None, self._kept(whole, frame))

    def _row(self, place: Place, value: object, frame: FrameType, written: bool) -> Access | None:
        """The access to an entry of a variable, where a name stands for a row of it in numpy.

        After `row = h[t]` what is written to the one is written to the other. Only of an array with
        a row for each step: h_prev[0] is no step of h_prev.
        """
        for name, whole in _scope(frame).items():
            step = _position(value, whole, self.words)
            if step is None:
                continue
            if not written or step == self._step(frame):
                return Access(name, step, self._kept(value, frame), alias=place.name)
            if place.in_place:
                return Access(name, None, self._kept(whole, frame), alias=place.name)
        return None


def _position(row: object, whole: object, words: int) -> int | None:
    """Which row of an array another one is, in the same memory; None where it is none.

    The array has a row for each word, and one more perhaps.
    """
    if not (isinstance(row, np.ndarray) and isinstance(whole, np.ndarray)):
        return None
    if row.base is None or whole.ndim != row.ndim + 1 or whole.shape[1:] != row.shape:
        return None
    if len(whole) not in (words, words + 1):
        return None
    if whole.strides[1:] != row.strides or not np.may_share_memory(row, whole):
        return None
    start, first = row.__array_interface__["data"][0], whole.__array_interface__["data"][0]
    n, rest = divmod(start - first, whole.strides[0]) if whole.strides[0] else (0, 1)
    return n if not rest and 0 <= n < len(whole) and row.dtype == whole.dtype else None


def _numbers(value: object, name: str) -> Array:
    found = value_of(value)
    if found is None:
        raise TypeError(f"{name} is no array of numbers but a {type(value).__name__}")
    return found


def _scope(frame: FrameType) -> dict[str, Any]:
    return dict(frame.f_locals)


def _whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError
    return int(value)


def _bytes(value: object) -> bytes:
    """What tells whether a call has changed a variable."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, list):
        return str(len(value)).encode()
    return b""


def _line(e: BaseException, file: str) -> int:
    """Line of the innermost frame in a file; 0 where it never got there."""
    line, frame = 0, e.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == file:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
