"""Central differences, extrapolated, for a forward pass that takes no complex weights.

Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4
(1982): differences at shrinking steps are extrapolated to step zero in a tableau, and the entry
that changed least against its neighbours is taken, with that change as its error.

Ridders' rule alone cries wolf where tanh saturates: between two large steps the cost may look like
a straight line by chance. So an entry counts only where it lies within the error of the plain
difference at the smallest step, which such an accident does not reach; and that error is the doubt
that an accusation has to overcome.
"""

from __future__ import annotations

import numpy as np

from pybridge.gradcheck import Derivatives
from pybridge.weights import Array

NAME = "central differences"
SHRINK = 4.0
SIZES = 0.25 / SHRINK ** np.arange(8)  # down to 1.5e-5
STEPS: tuple[complex, ...] = tuple(complex(s) for h in SIZES for s in (h, -h))
RESOLVED = 0.1  # nats
SAFETY = 8.0  # Ridders' estimate is a typical error and not a bound


@np.errstate(invalid="ignore", over="ignore")  # a cost may overflow at the large steps
def derivatives(costs: Array) -> Derivatives:
    """From the costs (k, len(STEPS)) at STEPS."""
    last = np.spacing(np.abs(costs[:, -2:]).max(axis=1))  # in the precision of the costs
    costs = costs.astype(np.float64)
    plus, minus = costs[:, 0::2], costs[:, 1::2]
    column = (plus - minus) / (2 * SIZES)  #                        (k, n)  error of order h^2
    rounding = last / SIZES[-1]  #                                  (k,)
    plain = column[:, -1]  #                                        (k,)
    plain_error = np.abs(plain - column[:, -2]) + rounding  #       (k,)
    best, error = plain, plain_error
    order = 1.0
    while column.shape[1] > 1:
        order *= SHRINK**2
        finer, coarser = column[:, 1:], column[:, :-1]
        column = finer + (finer - coarser) / (order - 1)
        change = np.maximum(np.abs(column - finer), np.abs(column - coarser))
        near = np.abs(column - plain[:, None]) <= plain_error[:, None]
        at = np.argmin(np.where(near, change, np.inf), axis=1)[:, None]
        found = np.take_along_axis(np.where(near, change, np.inf), at, axis=1)[:, 0]
        value = np.take_along_axis(column, at, axis=1)[:, 0]
        best, error = np.where(found < error, value, best), np.minimum(found, error)
    # A cost that moves so far within the smallest step is folded: two steps may agree by chance.
    folded = ~(np.abs(plain) * SIZES[-1] <= RESOLVED)
    return Derivatives(
        values=best,
        errors=np.where(folded, np.inf, SAFETY * error),
        doubts=np.where(folded, np.inf, SAFETY * plain_error),
    )
