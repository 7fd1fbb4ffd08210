"""The Python side: the port, in this process."""

from __future__ import annotations

import warnings
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from pybridge import tagger
from pybridge.case import Case
from pybridge.sides import Examination, Failure, Probe, Reply, Run, Task, tensors
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
            reply.set_result(Failure(self._where_and_what(e)))
        return reply

    def _examine(self, task: Task) -> Reply:
        case = _own_copy(task.case)
        held = fingerprint(case.weights.arrays)
        run = self._run(case)
        changed = _changed(run, self._run(case))
        if changed:
            problem = f"keeps state between calls: the same input gives another {changed}"
            return Failure(f"{self._file}: {problem}")
        costs, refusal = self._all_costs(case, task)
        if fingerprint(case.weights.arrays) != held:
            return Failure(f"{self._file}: the weights are not what they were before the run")
        return Examination(held, run, costs, refusal)

    def _run(self, case: Case) -> Run:
        trace = self.tagger.forward(case.weights, case.words, case.tags, case.h_prev)
        gradients = self.tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)
        return Run(
            # Copies: a tagger may hand out the same array at every call.
            results={name: np.array(getattr(trace, name)) for name in ("cost", "h", "p")},
            gradients={name: np.array(array) for name, array in gradients.arrays.items()},
        )

    def _all_costs(self, case: Case, task: Task) -> tuple[tuple[Array, ...], str]:
        """The costs of every probe, or the reason why they cannot be had."""
        try:
            with warnings.catch_warnings():
                # numpy drops an imaginary part with no more than a warning.
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                return tuple(self._costs(case, probe, task.along) for probe in task.probes), ""
        except Exception as e:  # a forward pass that cannot take complex weights
            return (), self._where_and_what(e)

    def _costs(self, case: Case, probe: Probe, steps: Array) -> Array:
        """Cost at `value + step * direction`, for every direction (rows) and step (columns)."""
        # All parameters of one dtype: a port may well allocate by that of the first.
        arrays = {n: a.astype(steps.dtype) for n, a in case.weights.arrays.items()}
        value = arrays[probe.name]
        directions = probe.directions
        if directions is None:
            directions = np.eye(value.size).reshape(-1, *value.shape)
        costs = np.empty((len(directions), len(steps)), dtype=steps.dtype)
        for i, direction in enumerate(directions):
            for j, step in enumerate(steps):
                moved = value + (step * direction).astype(steps.dtype)
                weights = Weights(**{**arrays, probe.name: moved})
                trace = self.tagger.forward(weights, case.words, case.tags, case.h_prev)
                costs[i, j] = trace.cost
        return costs

    @property
    def _file(self) -> str:
        code = getattr(getattr(self.tagger, "forward", None), "__code__", None)
        return str(code.co_filename) if code else self.tagger.__name__

    def _where_and_what(self, e: BaseException) -> str:
        """`file:line: Type: message`, of the innermost frame in the tagger, if it got there."""
        frame, place = e.__traceback__, ""
        while frame is not None:
            name = frame.tb_frame.f_code.co_filename
            if name == self._file or not place.startswith(self._file):
                place = f"{name}:{frame.tb_lineno}: "
            frame = frame.tb_next
        return f"{place}{type(e).__name__}: {' '.join(str(e).split())}"


def _changed(run: Run, again: Run) -> str:
    """The first tensor whose bits a second run changed; empty where none did."""
    once, twice = tensors(run), tensors(again)
    return next((n for n, a in once.items() if a.tobytes() != twice[n].tobytes()), "")


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
