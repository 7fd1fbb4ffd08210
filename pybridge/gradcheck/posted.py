"""The question's own check: two random entries a parameter, delta 1e-5, relative error 1e-5.

Kept as posted, faults and all: it divides by |numerical + analytic|, so that a right gradient of
small size fails on rounding (2e-4 has been seen at scale 0.01), and 0/0 passes, since NaN > 1e-5 is
false. For evidence use the complex step.
"""

from __future__ import annotations

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
    picks = probe.directions.reshape(NUM_CHECKS, -1).argmax(axis=1)
    numeric = (costs[:, 0] - costs[:, 1]) / (2 * DELTA)
    analytic = gradient.ravel()[picks]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.abs(analytic - numeric) / np.abs(numeric + analytic)
    failed = relative > THRESHOLD  # as posted: NaN does not fail
    i = int(np.argmax(np.where(np.isnan(relative), -1, relative)))
    index = tuple(int(n) for n in np.unravel_index(int(picks[i]), gradient.shape))
    return ParameterCheck(
        name=f"d{probe.name}",
        status=Status.FAILED if failed.any() else Status.PASSED,
        rule=f"{NUM_CHECKS} random entries, |analytic - numerical| / |numerical + analytic| "
        f"{relative[i]:.1e}, threshold {THRESHOLD:g}",
        error=float(relative[i]),
        bound=float("nan"),
        tolerance=THRESHOLD,
        scale=float(np.abs(gradient).max()),
        entries=NUM_CHECKS,
        passes=2 * NUM_CHECKS,
        worst=Entry(index, float(analytic[i]), float(numeric[i])),
    )
