"""The question's own check: two random entries a parameter, delta 1e-5, relative error 1e-5.

Kept as posted, faults and all: it divides by |numerical + analytic|, so that a right gradient of
small size fails on rounding (2e-4 has been seen at scale 0.01), and 0/0 passes, since NaN > 1e-5 is
false. For evidence use the complex step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pybridge.case import Case
from pybridge.gradcheck import Entry, ParameterCheck, Status
from pybridge.sides import Probe
from pybridge.weights import Array

NAME = "posted"
NUM_CHECKS = 2
DELTA = 1e-5
THRESHOLD = 1e-5
STEPS: tuple[complex, ...] = (complex(DELTA), complex(-DELTA))


@dataclass(frozen=True)
class Pick:
    """One random entry under the question's check."""

    entry: Entry
    relative: float  # |analytic - numerical| / |numerical + analytic|

    @property
    def passed(self) -> bool:
        """As posted: what is not over the threshold passes, and NaN is not."""
        return not self.relative > THRESHOLD

    @property
    def line(self) -> str:
        """What the question's code prints."""
        verdict = "Gradient check passed." if self.passed else "Gradient check failed."
        return f"{self.entry.numeric}, {self.entry.analytic} => {self.relative}  {verdict}"


def probes(case: Case) -> tuple[Probe, ...]:
    """Two random entries of every parameter, as directions with a single one in them."""
    rng = np.random.default_rng(case.configuration.seed + 3)
    found = []
    for name, array in case.weights.arrays.items():
        directions = np.zeros((NUM_CHECKS, array.size))
        directions[np.arange(NUM_CHECKS), rng.integers(array.size, size=NUM_CHECKS)] = 1
        found.append(Probe(name, directions.reshape(NUM_CHECKS, *array.shape)))
    return tuple(found)


def judge(gradient: Array, probe: Probe, costs: Array) -> ParameterCheck:
    """The question's verdict on one parameter, from its costs (2, 2) at STEPS."""
    assert probe.directions is not None
    shape = probe.directions.shape[1:]
    if gradient.shape != shape:  # the question prints this, and then trips over it
        rule, nan = f"of shape {gradient.shape}, not {shape}", float("nan")
        name = f"d{probe.name}"
        return ParameterCheck(name, Status.FAILED, rule, nan, nan, THRESHOLD, nan, 0, 0)
    found = picks(gradient, probe, costs)
    worst = max(found, key=lambda pick: -1 if np.isnan(pick.relative) else pick.relative)
    return ParameterCheck(
        name=f"d{probe.name}",
        status=Status.PASSED if all(pick.passed for pick in found) else Status.FAILED,
        rule=f"{NUM_CHECKS} random entries, |analytic - numerical| / |numerical + analytic| "
        f"{worst.relative:.1e}, threshold {THRESHOLD:g}",
        error=worst.relative,
        bound=float("nan"),
        tolerance=THRESHOLD,
        scale=float(np.abs(gradient).max()),
        entries=NUM_CHECKS,
        passes=2 * NUM_CHECKS,
        worst=worst.entry,
    )


def picks(gradient: Array, probe: Probe, costs: Array) -> tuple[Pick, ...]:
    """What the question's loop finds for each of its random entries, from costs (2, 2) at STEPS."""
    assert probe.directions is not None
    flat = probe.directions.reshape(NUM_CHECKS, -1).argmax(axis=1)
    numeric = (costs[:, 0] - costs[:, 1]) / (2 * DELTA)
    analytic = gradient.ravel()[flat]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.abs(analytic - numeric) / np.abs(numeric + analytic)
    return tuple(
        Pick(
            Entry(
                tuple(int(n) for n in np.unravel_index(int(flat[i]), gradient.shape)),
                float(analytic[i]),
                float(numeric[i]),
            ),
            float(relative[i]),
        )
        for i in range(NUM_CHECKS)
    )
