"""Many arrays in a few, for the way over the bridge to Julia: see `examine_packed` in Packed.jl.

An array that crosses it by itself costs 10 microseconds, as much as thousands of its entries.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from pybridge.adapters import RESULTS
from pybridge.case import Case
from pybridge.sides import Probe, Run, Task
from pybridge.tagger import Indices
from pybridge.weights import Array

ALL = -1  # of rows, or of directions: one an entry
KINDS = ("f8", "f4", "f2", "c16", "c8", "i8", "?")  # by number, from 1, as in Packed.jl

Packed = tuple[list[str], Array, Array, Indices, Array]


def packed(task: Task) -> Packed:
    """Names of the parameters, their values and h_prev, directions, layout, steps of a task."""
    case, arrays = task.case, task.case.weights.arrays
    layout = [len(case.words), *(case.words + 1).tolist(), *(case.tags + 1).tolist()]
    layout += [len(case.rows), case.outputs, case.h_prev.size]
    for array in arrays.values():
        layout += array.shape
    number = {name: i for i, name in enumerate(arrays, 1)}
    for probe in task.probes:
        layout += _layout(probe, number[probe.name])
    lines = [p.directions.ravel() for p in task.probes if p.directions is not None]
    return (
        list(arrays),
        np.concatenate([array.ravel() for array in (*arrays.values(), case.h_prev)]),
        np.concatenate(lines, dtype=np.float64) if lines else np.empty(0),
        np.array(layout, np.int64),
        task.along,
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


def first_run(arrays: Iterator[Array | None], case: Case, gives: Sequence[str]) -> Run:
    """The run, of arrays that begin with its own; of its results those that are compared."""
    results = {name: next(arrays) for name in RESULTS}
    gradients = {name: next(arrays) for name in case.weights.arrays}
    return Run(
        results={n: a for n, a in results.items() if n in gives and a is not None},
        gradients={n: a for n, a in gradients.items() if a is not None},
    )
