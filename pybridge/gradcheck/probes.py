"""Which lines through the weights a gradient check follows."""

from __future__ import annotations

import numpy as np

from pybridge.case import Case
from pybridge.sides import Probe
from pybridge.weights import Array

DIRECTIONS = 2  # random directions a parameter
ONE_BY_ONE = 200  # parameters of up to so many entries are also differentiated entry by entry


def directions(case: Case) -> tuple[Probe, ...]:
    """Random directions through every parameter.

    Each component is uniform in +-[0.5, 1.5]. Whatever the errors of the other entries, the error
    seen along such a direction is below t with a probability of at most t / (largest error): an
    error of size e in any entry escapes a tolerance t in k directions with probability (t / e)^k,
    and a single wrong entry cannot escape at all once e > 2t. Components of +-1 would not do: two
    errors of equal size cancel along half of them.
    """
    rng = np.random.default_rng(case.configuration.seed + 2)
    return tuple(
        Probe(name, _random(rng, (DIRECTIONS, *array.shape)))
        for name, array in case.weights.arrays.items()
    )


def entries(case: Case) -> tuple[Probe, ...]:
    """Every entry by itself, of the parameters that are small enough."""
    return tuple(
        Probe(name, None)
        for name, array in case.weights.arrays.items()
        if array.size <= ONE_BY_ONE
    )


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
