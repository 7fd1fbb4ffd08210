"""What a fault really makes wrong, found without the code that judges.

A gradient is *spoiled* where it is not the derivative of the forward pass of the same side, the
fault being in both. The derivative is taken at every entry of every parameter, by central
differences over seven points on real weights: no complex step, no random direction, no bound and no
judge. Where five points give another one, and the results are nearly those without the fault, the
cost is a staircase and has none. Where the forward pass with the fault gives the same bits as the
one without, at every point of all these differences, its derivative is the gradient of the side
without the fault, and smaller faults can be told.
"""

from __future__ import annotations

import numpy as np

from pybridge.agreement import distance
from pybridge.case import Case
from pybridge.sides import Examination, Failure, Probe, Side, Task
from pybridge.weights import Array, largest

H = 1e-3
STEPS = tuple(complex(s) for s in (H, -H, 2 * H, -2 * H, 3 * H, -3 * H))
# Weights of f(x + nH) - f(x - nH), in 60ths of H.
FIVE, SEVEN = (40, -5, 0), (45, -9, 1)
# Relative to the largest entry: what differences over five points at H can tell (they are off by
# 1e-10), and what counts as wrong at all.
DIFFERENCED, WRONG = 1e-8, 1e-9
NEAR = 1e-5  # single precision is, and no fault of a formula
NOTHING = 1e-12  # a gradient so much smaller than the largest one is rounding


def spoiled(mutant: Side, unchanged: Side, case: Case) -> tuple[str, ...] | None:
    """The gradients that are wrong in a side with a fault; None where it has nothing to be held to.

    That is so where it gives no answer, or its cost is a staircase.
    """
    task = Task(case, tuple(Probe(name, None) for name in case.weights.arrays), STEPS)
    faulty, right = mutant.submit(task).result(), unchanged.submit(task).result()
    if isinstance(faulty, Failure) or faulty.refusal:
        return None
    assert isinstance(right, Examination)
    same = _same_forward(faulty, right)
    true = dict(right.run.gradients) if same else _derivatives(case, faulty, SEVEN)
    largest = max(_size(array) for array in [*true.values(), *faulty.run.gradients.values()])
    five = true if same else _derivatives(case, faulty, FIVE)
    rough = any(_size(five[name] - array) > DIFFERENCED * largest for name, array in true.items())
    if rough and _near(faulty, right):
        return None
    tolerance = WRONG if same else DIFFERENCED
    return tuple(
        f"d{name}"
        for name, array in true.items()
        if _differs(faulty.run.gradients[name], array, tolerance, NOTHING * largest)
    )


def _near(a: Examination, b: Examination) -> bool:
    """Whether the forward passes come to the same but for rounding, be it to single precision."""
    pairs = ((a.run.results[name], array) for name, array in b.run.results.items())
    return all(one.shape == two.shape and distance(one, two) <= NEAR for one, two in pairs)


def _same_forward(a: Examination, b: Examination) -> bool:
    pairs = [(a.run.results[name], array) for name, array in b.run.results.items()]
    pairs += list(zip(a.costs, b.costs, strict=True))
    return all(np.array_equal(one, other) for one, other in pairs)


def _derivatives(
    case: Case, answer: Examination, weights: tuple[int, int, int]
) -> dict[str, Array]:
    found = {}
    for (name, array), costs in zip(case.weights.arrays.items(), answer.costs, strict=True):
        plus, minus = costs.real[:, 0::2], costs.real[:, 1::2]
        with np.errstate(invalid="ignore", over="ignore"):  # a cost may well be infinite
            found[name] = ((plus - minus) @ weights / (60 * H)).reshape(array.shape)
    return found


def _differs(stated: Array, true: Array, tolerance: float, nothing: float) -> bool:
    if stated.shape != true.shape:
        return True
    if not (np.all(np.isfinite(stated)) and np.all(np.isfinite(true))):
        return True
    scale = max(_size(stated), _size(true))
    if scale <= nothing:
        return False
    return not largest(stated - true) <= tolerance * scale


def _size(array: Array) -> float:
    """The largest entry that is a number."""
    return largest(array[np.isfinite(array)])
