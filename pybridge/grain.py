"""The grain of a side: how finely its cost is computed.

Where the sides differ and no gradient check accuses one, one of them may have gone through a lower
precision on the way. Its cost is a staircase, then, and it shows that by itself: along a line, a
cost that is computed in the precision of its weights is smooth down to its rounding, so that fourth
differences at small steps leave nothing else, while those of a staircase leave its steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from pybridge.case import Case
from pybridge.gradcheck import probes
from pybridge.sides import Failure, Reply, Side, Task
from pybridge.weights import largest

POINTS = 17  # costs along a line; so many that one kink among them is outvoted
ORDER = 4
AMPLIFIED = 2.0**ORDER  # times that differences may grow a rounding error: 1 + 4 + 6 + 4 + 1
STEP = 2.0**-22  # single precision has some ten numbers within ORDER of them
# What is so many times as coarse as it should be has lost three digits and more.
MARGIN = 1000.0
# Where a nudge of the weights moves the results further, all derivatives are as large, and a right
# cost may well bend within STEP: an amplification w leaves (w STEP)^4, and w eps of rounding.
CALM = 1e-13


@dataclass(frozen=True)
class Grain:
    """Rounding of the cost of one side in one case, nats."""

    size: float  # as its differences show it; NaN where there are none
    fine: float  # what it is in the precision of the weights

    def coarser(self, other: Grain) -> bool:
        """Whether this side has lost precision that the weights, and the other side, have kept."""
        # Two comparisons, since max would lose a NaN.
        return self.size > MARGIN * self.fine and self.size > MARGIN * other.size


UNKNOWN = Grain(float("nan"), float("nan"))


def ask(side: Side, case: Case) -> Future[Reply]:
    """Have the cost computed at steps along a line through each parameter."""
    steps = tuple(complex(STEP * (i - POINTS // 2)) for i in range(POINTS))
    lines = tuple(probes.first(probe) for probe in probes.directions(case))
    return side.submit(Task(case, lines, steps))


def measure(case: Case, reply: Reply, noise: Mapping[str, float]) -> Grain:
    """From the answer to `ask`; `noise` is what a nudge of the weights does, see Evidence.

    The size is that of the coarsest line, and of each line the median: a kink, at which a right
    cost has no derivative, is in few of its differences. In single precision there is none.
    """
    if isinstance(reply, Failure) or reply.refusal or case.precision.dtype != "float64":
        return UNKNOWN
    if not max(noise.get(name, 0.0) for name in reply.run.results) <= CALM:
        return UNKNOWN
    with np.errstate(invalid="ignore"):  # Inf - Inf
        apart = [np.median(np.abs(np.diff(costs, ORDER))) for costs in reply.costs]
    cost = largest(reply.run.results["cost"])  # complex where a state was kept
    # The cost of a sure and right guess is -log(p) with p known to a unit in the last place of 1.
    fine = max(case.precision.eps * max(len(case.words), cost), noise.get("cost", 0.0) * cost)
    return Grain(float(np.max(apart)) / AMPLIFIED, fine)
