"""The Python side: the port, in this process."""

from __future__ import annotations

import warnings
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from pybridge import tagger
from pybridge.case import Case
from pybridge.sides import Examination, Failure, Probe, Reply, Run, Task
from pybridge.weights import Array, Weights, fingerprint


@dataclass(frozen=True)
class PythonSide:
    """A module with `forward` and `backward`, pybridge.tagger unless another is given."""

    tagger: ModuleType = tagger
    name: str = "Python"

    def submit(self, task: Task) -> Future[Reply]:
        """Answer at once; an exception of the tagger becomes a Failure."""
        reply: Future[Reply] = Future()
        try:
            reply.set_result(self._examine(task))
        except Exception as e:  # whatever a user's tagger throws is an answer too
            reply.set_result(Failure(_where_and_what(e)))
        return reply

    def _examine(self, task: Task) -> Examination:
        case = _own_copy(task.case)
        held = fingerprint(case.weights.arrays)
        run = self._run(case)
        try:
            with warnings.catch_warnings():
                # numpy drops an imaginary part with no more than a warning.
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                costs = tuple(self._costs(case, probe, task.steps) for probe in task.probes)
        except Exception as e:  # a forward pass that cannot take complex weights
            return Examination(held, run, (), refusal=_where_and_what(e))
        return Examination(held, run, costs)

    def _run(self, case: Case) -> Run:
        trace = self.tagger.forward(case.weights, case.words, case.tags, case.h_prev)
        gradients = self.tagger.backward(
            case.weights, case.words, case.tags, case.h_prev, trace
        )
        return Run(
            results={"cost": np.array(trace.cost), "h": trace.h, "p": trace.p},
            gradients=gradients.arrays,
        )

    def _costs(self, case: Case, probe: Probe, steps: tuple[complex, ...]) -> Array:
        """Cost at `value + step * direction`, for every direction (rows) and step (columns)."""
        along = _real_if_real(steps)
        # All parameters of one dtype: a port may well allocate by that of the first.
        arrays = {n: a + 0 * along[0] for n, a in case.weights.arrays.items()}
        value = arrays[probe.name]
        directions = probe.directions
        if directions is None:
            directions = np.eye(value.size).reshape(-1, *value.shape)
        costs = np.empty((len(directions), len(along)), dtype=value.dtype)
        for i, direction in enumerate(directions):
            for j, step in enumerate(along):
                weights = Weights(**{**arrays, probe.name: value + step * direction})
                trace = self.tagger.forward(weights, case.words, case.tags, case.h_prev)
                costs[i, j] = trace.cost
        return costs


def _real_if_real(steps: tuple[complex, ...]) -> Array:
    array = np.array(steps)
    return array.real if not array.imag.any() else array


def _own_copy(case: Case) -> Case:
    """A case that shares no memory with the one handed over."""
    weights = Weights(**{name: array.copy() for name, array in case.weights.arrays.items()})
    return replace(
        case,
        weights=weights,
        words=case.words.copy(),
        tags=case.tags.copy(),
        h_prev=case.h_prev.copy(),
    )


def _where_and_what(e: BaseException) -> str:
    """`file:line: Type: message`, of the innermost frame."""
    frame = e.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}: " if frame else ""
    return f"{place}{type(e).__name__}: {' '.join(str(e).split())}"
