"""Central differences with Richardson extrapolation, for a forward pass that takes no complex weights.

Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4
(1982): differences at shrinking steps are extrapolated to step zero in a tableau, and the entry
that changed least against its neighbours is taken, with that change as its error. A large first
step is harmless where the cost is smooth, and a too large one is not used.
"""

from __future__ import annotations

import numpy as np

from pybridge.gradcheck import Derivatives
from pybridge.weights import Array

NAME = "central differences"
SHRINK = 2.0
SIZES = 0.25 / SHRINK ** np.arange(7)
STEPS: tuple[complex, ...] = tuple(complex(s) for h in SIZES for s in (h, -h))
TOLERANCE = 1e-6  # relative to the largest entry of the gradient
SAFETY = 4.0  # Ridders' estimate is a typical error and not a bound


def derivatives(costs: Array) -> Derivatives:
    """From the costs (k, 14) at STEPS."""
    plus, minus = costs[:, 0::2], costs[:, 1::2]
    column = (plus - minus) / (2 * SIZES)  #           (k, 7)  error of order h^2
    cancellation = np.spacing(np.abs(costs).max(axis=1)) / SIZES[-1]  # (k,)
    best, error = column[:, -1], np.full(len(costs), np.inf)
    order = 1.0
    while column.shape[1] > 1:
        order *= SHRINK**2
        finer, coarser = column[:, 1:], column[:, :-1]
        extrapolated = finer + (finer - coarser) / (order - 1)
        change = np.maximum(np.abs(extrapolated - finer), np.abs(extrapolated - coarser))
        at = np.argmin(np.where(np.isfinite(change), change, np.inf), axis=1)
        row = np.arange(len(costs))
        better = change[row, at] < error
        best = np.where(better, extrapolated[row, at], best)
        error = np.where(better, change[row, at], error)
        column = extrapolated
    return Derivatives(values=best, errors=SAFETY * (error + np.finfo(float).eps * cancellation))
