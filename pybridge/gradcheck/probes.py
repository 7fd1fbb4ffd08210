"""Which lines through the weights a gradient check follows."""

from __future__ import annotations

import numpy as np

from pybridge.case import Case
from pybridge.sides import Probe
from pybridge.weights import WORD_ROWS, Array

DIRECTIONS = 2  # random directions a parameter
ONE_BY_ONE = 200  # parameters of up to so many entries are also differentiated entry by entry


def directions(case: Case) -> tuple[Probe, ...]:
    """Random directions through every parameter, and one through the rows of all absent words.

    Each component is uniform in +-[0.5, 1.5]. Whatever the errors of the other entries, the error
    seen along such a direction is below t with a probability of at most t / (largest error): an
    error of size e in any entry escapes a tolerance t in k directions with probability (t / e)^k,
    and a single wrong entry cannot escape at all once e > 2t. Components of +-1 would not do: two
    errors of equal size cancel along half of them.
    """
    rng = np.random.default_rng(case.configuration.seed + 2)
    found = []
    for name, array in case.weights.arrays.items():
        through_all = _random(rng, (DIRECTIONS, *array.shape))
        if name in WORD_ROWS and absent(case).any():
            through_absent = through_all[:1] * absent(case)[:, None]
            through_all = np.concatenate([through_all, through_absent])
        found.append(Probe(name, through_all))
    return tuple(found)


def first(probe: Probe) -> Probe:
    """The first of a probe's directions alone."""
    assert probe.directions is not None
    return Probe(probe.name, probe.directions[:1])


def absent(case: Case) -> Array:
    """Which rows of the vocabulary are those of words that the sentence does not have."""
    mask = np.ones(len(case.rows), dtype=bool)
    mask[case.words] = False
    return mask


def entries(case: Case, largest: int) -> tuple[Probe, ...]:
    """Every entry by itself, of the parameters of up to `largest` entries."""
    return tuple(
        Probe(name, None) for name, array in case.weights.arrays.items() if array.size <= largest
    )


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    size, sign = rng.uniform(0.5, 1.5, shape), rng.choice([-1.0, 1.0], shape)
    return np.asarray(size * sign)
