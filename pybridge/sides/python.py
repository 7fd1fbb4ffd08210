"""The Python side: the port, in this process."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from pybridge import tagger
from pybridge.adapters import RESULTS, AdapterError
from pybridge.adapters.python import Adapted
from pybridge.case import Case, own_copy
from pybridge.sides import (
    Examination,
    Failure,
    Probe,
    Reply,
    Run,
    Task,
    Together,
    parts,
    tensors,
)
from pybridge.sides.deadline import OverdueError, within
from pybridge.sides.tangents import Seed, Tangents
from pybridge.weights import LARGE, Array, Weights, largest

MANY = 200  # entries from which on they are not moved one by one
AT_ONCE = 128  # directions that share a forward pass: the fastest, and little memory
TINY = 1e-18  # imaginary steps up to here leave nothing but the derivative
# How far tangents may be from the complex step, in parts of what the gradient check lets pass.
ALIKE = 0.1

Room = dict[np.dtype[Any], dict[str, Array]]  # weights by dtype, made once for all tasks of a case


class _RuleError(Exception):
    """The tagger did what none may do."""


@dataclass(frozen=True)
class PythonSide:
    """A module with `forward` and `backward`, pybridge.tagger unless another is given."""

    tagger: ModuleType | Adapted = tagger
    name: str = "Python"
    gives: tuple[str, ...] = RESULTS  # what of the forward pass is compared
    limit: float | None = None  # seconds that an answer may take

    def submit(self, task: Task) -> Future[Reply]:
        """Answer at once; an exception of the tagger, or none in time, becomes a Failure."""
        reply: Future[Reply] = Future()
        try:
            with within(self.limit), warnings.catch_warnings():
                # The verdict says what is not finite; a line for each on stderr does not help.
                warnings.simplefilter("ignore", RuntimeWarning)
                reply.set_result(self._examine(task))
        except OverdueError:
            reply.set_result(Failure(f"{self._file}: timed out after {self.limit:g} s"))
        except (Exception, SystemExit) as e:  # whatever a tagger throws is an answer too
            reply.set_result(Failure(self._where_and_what(e)))
        return reply

    def _examine(self, task: Task) -> Examination:
        case = own_copy(task.case)
        run = _copy(self._run(case))  # a tagger may hand out the same arrays at every call
        changed = _changed(run, self._run(case))
        if changed:
            raise _RuleError(f"keeps state between calls: the same input gives another {changed}")
        more = []
        room: Room = {}
        for one in (task, *task.more):
            own, its_run = case, run
            if one.case is not task.case:
                own = own_copy(one.case)
                its_run = _copy(self._run(own))
            costs, refusal = self._all_costs(own, one, room)
            if not all(map(_same_bits, *(c.weights.arrays.values() for c in (own, one.case)))):
                raise _RuleError("the weights are not what they were before the run")
            more.append(Examination("", its_run, costs, refusal))
        # What was held has the bits of what was handed over, as was just seen.
        return replace(more[0], fingerprint=task.case.weights.fingerprint, more=tuple(more[1:]))

    def _run(self, case: Case) -> Run:
        trace = self.tagger.forward(case.weights, case.words, case.tags, case.h_prev)
        gradients = self.tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)
        return Run(
            results={name: np.asarray(getattr(trace, name)) for name in self.gives},
            gradients={name: np.asarray(array) for name, array in gradients.arrays.items()},
        )

    def _cost(self, case: Case, arrays: Mapping[str, Any], h_prev: Any = None) -> Any:
        before = case.h_prev if h_prev is None else h_prev
        return self.tagger.forward(Weights(**arrays), case.words, case.tags, before).cost

    def _all_costs(self, case: Case, task: Task, room: Room) -> tuple[tuple[Array, ...], str]:
        """The costs of every probe, or the reason why they cannot be had."""
        steps = task.along
        # All parameters of one dtype: a port may well allocate by that of the first.
        arrays = _of_kind(steps.dtype, case.weights.arrays, room)
        try:
            with warnings.catch_warnings():
                # numpy drops an imaginary part with no more than a warning.
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                return tuple(self._costs(case, probe, steps, arrays) for probe in task.probes), ""
        except Exception as e:  # a forward pass that cannot take complex weights
            return (), self._where_and_what(e)

    def _costs(
        self, case: Case, probe: Probe | Together, steps: Array, arrays: dict[str, Array]
    ) -> Array:
        """Cost at `value + step * direction`, for every direction (rows) and step (columns).

        `arrays` are the weights in the dtype of the steps, and are so again afterwards.
        """
        imaginary = all(step.real == 0 != step.imag for step in steps)
        if isinstance(probe, Probe) and probe.directions is None and imaginary:
            found = self._by_tangents(case, probe.name, steps, arrays)
            if found is not None:
                return found
        moving = [_Moving(part, case.weights.arrays, arrays) for part in parts(probe)]
        costs = np.empty((moving[0].count, len(steps)), dtype=steps.dtype)
        for i, directions in enumerate(zip(*(one.lines for one in moving), strict=True)):
            for j, step in enumerate(steps):
                for one, direction in zip(moving, directions, strict=True):
                    one.move(direction, step, imaginary=imaginary)
                costs[i, j] = self._cost(case, arrays)
        for one in moving:
            one.restore()
        return costs

    def _by_tangents(
        self, case: Case, name: str, steps: Array, arrays: dict[str, Array]
    ) -> Array | None:
        """The same for every entry by itself and tiny imaginary steps, many entries a pass.

        To the cost comes the step times its derivative, which is what a complex step leaves. None
        where the steps are not tiny, where the forward pass does not take tangents, or where they
        do not add up to what complex steps say of two random directions.
        """
        if case.weights.arrays[name].size <= MANY or np.abs(steps).max() > TINY:
            return None
        try:
            cost, slopes = self._slopes(case, name)
        except Exception:  # what it does with an array is not known for tangents
            return None
        shape = case.weights.arrays[name].shape
        rng = np.random.default_rng(case.configuration.seed + 5)
        directions = rng.uniform(-1.0, 1.0, (2, *shape))
        seen = self._costs(case, Probe(name, directions), steps[:1], arrays)[:, 0].imag
        apart = np.abs(directions.reshape(2, -1) @ slopes - seen / steps[0].imag)
        limit = ALIKE * case.precision.complex_step * largest(slopes)
        return cost + np.outer(slopes, steps) if np.all(apart <= limit) else None

    def _slopes(self, case: Case, name: str) -> tuple[Array, Array]:
        """The cost, and its derivative along every entry of a parameter, row-major."""
        shape, size = case.weights.arrays[name].shape, case.weights.arrays[name].size
        entries = np.arange(size).reshape(shape)
        found: list[Array] = []
        for first in range(0, size, AT_ONCE):
            k = min(AT_ONCE, size - first)
            seed = Seed(entries - first, k)
            weights = {
                n: Tangents(a, seed if n == name else None, k)
                for n, a in case.weights.arrays.items()
            }
            with np.errstate(all="ignore"):  # what is not finite is found out below
                # So that numpy finds out that what h_prev is multiplied with has tangents.
                cost = self._cost(case, weights, Tangents(case.h_prev, None, k))
            found.append(cost.tangent)
        return cost.value, np.concatenate(found)

    @property
    def _file(self) -> str:
        if isinstance(self.tagger, Adapted):
            return self.tagger.__file__
        code = getattr(getattr(self.tagger, "forward", None), "__code__", None)
        return str(code.co_filename) if code else self.tagger.__name__

    def _where_and_what(self, e: BaseException) -> str:
        """`file:line: Type: message`, of the innermost frame in the tagger, if it got there."""
        if isinstance(e, AdapterError | _RuleError):  # which are thrown outside of it
            return f"{self._file}: {e}"
        frame, place = e.__traceback__, ""
        while frame is not None:
            name = frame.tb_frame.f_code.co_filename
            if name == self._file or not place.startswith(self._file):
                place = f"{name}:{frame.tb_lineno}: "
            frame = frame.tb_next
        return f"{place}{type(e).__name__}: {' '.join(str(e).split())}"


class _Moving:
    """The rows of a parameter that a probe moves, in the arrays that the tagger is handed."""

    def __init__(
        self, probe: Probe, values: Mapping[str, Array], arrays: Mapping[str, Array]
    ) -> None:
        value, self._whole = values[probe.name], arrays[probe.name]
        self._place = slice(None) if probe.rows is None else probe.rows
        self._start = value[self._place]
        # Some rows alone are written into the whole; all of them are moved where they are.
        whole = probe.rows is None
        self._moved = self._whole if whole else self._start.astype(self._whole.dtype)
        own = probe.directions
        self.lines: Iterable[Array] = _every_entry(value.shape) if own is None else own
        self.count = value.size if own is None else len(own)

    def move(self, direction: Array, step: Any, *, imaginary: bool) -> None:
        """To `value + step * direction`."""
        moved = self._moved
        if imaginary:  # what is real stays as it is
            np.multiply(direction, step.imag, out=moved.imag, casting="same_kind")
        else:
            np.multiply(direction, step, out=moved, casting="same_kind")
            moved += self._start
        if moved is not self._whole:
            self._whole[self._place] = moved

    def restore(self) -> None:
        """Back to where it was."""
        self._whole[self._place] = self._start


def _of_kind(kind: np.dtype[Any], arrays: Mapping[str, Array], room: Room) -> dict[str, Array]:
    """A copy of the arrays in another dtype; `room` is where copies made before can be reused."""
    kept = room.setdefault(kind, {})
    for name, array in arrays.items():
        if name not in kept:
            kept[name] = np.empty(array.shape, kind)
        kept[name][...] = array
    return kept


def _copy(run: Run) -> Run:
    return Run(
        *({name: np.array(a) for name, a in d.items()} for d in (run.results, run.gradients))
    )


def _changed(run: Run, again: Run) -> str:
    """The first tensor whose bits a second run changed; empty where none did."""
    once, twice = tensors(run), tensors(again)
    return next((name for name, a in once.items() if not _same_bits(a, twice[name])), "")


def _same_bits(a: Array, b: Array) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.size <= LARGE or a.itemsize % 8:
        return a.tobytes() == b.tobytes()
    one, other = (np.ascontiguousarray(array).view(np.uint64) for array in (a, b))
    return bool((one == other).all())


def _every_entry(shape: tuple[int, ...]) -> Iterator[Array]:
    """1 in one entry and 0 elsewhere, in row-major order; always the same array."""
    direction = np.zeros(shape)
    for entry in np.ndindex(shape):
        direction[entry] = 1
        yield direction
        direction[entry] = 0
