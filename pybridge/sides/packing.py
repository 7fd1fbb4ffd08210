"""Many arrays in a few, for a message to Julia: see `examine_packed` in Packed.jl.

An array that crosses the bridge by itself costs 10 microseconds, as much as thousands of its
entries.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from pybridge.adapters import RESULTS
from pybridge.case import Case
from pybridge.sides import Examination, Failure, Probe, Reply, Run, Task, parts
from pybridge.sides.messages import KINDS, arrays_of, flat, letters, message, text
from pybridge.tagger import Indices
from pybridge.weights import Array

ALL = -1  # of rows, or of directions: one an entry


def packed(question: Task) -> bytes:
    """A task and its `more`: names of the parameters, values, directions, layout and steps."""
    case, arrays = question.case, question.case.weights.arrays
    layout = [len(case.words), *(case.words + 1).tolist(), *(case.tags + 1).tolist()]
    layout += [len(case.rows), case.outputs, case.h_prev.size]
    for array in arrays.values():
        layout += array.shape
    values, lines, steps = [*arrays.values(), case.h_prev], [np.empty(0)], []
    number = {name: i for i, name in enumerate(arrays, 1)}
    for task in (question, *question.more):
        if is_own := task.case is not case:
            values += task.case.weights.arrays.values()
        steps.append(task.along)
        is_real = task.along.dtype.kind == "f"
        layout += [is_own, len(task.steps), is_real, len(task.probes)]
        for probe in task.probes:
            layout.append(len(parts(probe)))
            for part in parts(probe):
                layout += _layout(part, number[part.name])
                if part.directions is not None:
                    lines.append(part.directions)
    return message(
        letters(" ".join(arrays)),
        flat(values),
        flat(lines).astype(np.float64, copy=False),
        np.array(layout, np.int64),
        np.concatenate(steps),
    )


def _layout(probe: Probe, number: int) -> list[int]:
    k = ALL if probe.directions is None else len(probe.directions)
    if probe.rows is None:
        return [number, k, ALL]
    return [number, k, len(probe.rows), *(probe.rows + 1).tolist()]


def unpacked(held: Array, layout: Indices) -> Iterator[Array | None]:
    """The arrays in some bytes (uint8), in order; None where there is none."""
    numbers, at = iter(layout.tolist()), 0
    for kind in numbers:
        if not kind:
            yield None
            continue
        shape = tuple(next(numbers) for _ in range(next(numbers)))
        dtype = np.dtype(KINDS[kind - 1])
        end = at + dtype.itemsize * math.prod(shape)
        yield held[at:end].view(dtype).reshape(shape)
        at = end


def read(question: Task, answer: bytes, gives: Sequence[str]) -> Reply:
    """What Julia says of a task and of its `more`; of the results of a run those compared."""
    problem, *rest = arrays_of(answer)
    if problem.size:
        return Failure(text(problem))
    fingerprint, refusals, numbers, layout = rest
    arrays = unpacked(numbers, layout)
    first, *more = _answers(question, text(refusals).split("\n"), arrays, gives)
    return replace(first, fingerprint=text(fingerprint), more=tuple(more))


def _answers(
    question: Task, refusals: Sequence[str], arrays: Iterator[Array | None], gives: Sequence[str]
) -> Iterator[Examination]:
    shared: Run | None = None
    for task, refusal in zip((question, *question.more), refusals, strict=True):
        run = shared
        if run is None or task.case is not question.case:
            run = next_run(arrays, task.case, gives)
        shared = shared or run
        costs = () if refusal else tuple(islice(arrays, len(task.probes)))
        yield Examination("", run, tuple(a for a in costs if a is not None), refusal)


def next_run(arrays: Iterator[Array | None], case: Case, gives: Sequence[str]) -> Run:
    """The run, of arrays that begin with its own; of its results those that are compared."""
    results = {name: next(arrays) for name in RESULTS}
    gradients = {name: next(arrays) for name in case.weights.arrays}
    return Run(
        results={n: a for n, a in results.items() if n in gives and a is not None},
        gradients={n: a for n, a in gradients.items() if a is not None},
    )
