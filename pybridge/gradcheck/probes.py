"""Which lines through the weights a gradient check follows."""

from __future__ import annotations

import numpy as np

from pybridge.case import Case
from pybridge.sides import Probe
from pybridge.weights import Array

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
        rows = absent(case)[:, None] if name in case.word_rows else np.zeros(1, dtype=bool)
        through = np.empty((DIRECTIONS + bool(rows.any()), *array.shape))
        _draw(rng, through[:DIRECTIONS])
        through[DIRECTIONS:] = through[0] * rows
        found.append(Probe(name, through))
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


def _draw(rng: np.random.Generator, out: Array) -> None:
    """Fill with numbers uniform in +-[0.5, 1.5]."""
    rng.random(out=out)
    out -= 0.5
    out *= 2
    out += np.copysign(0.5, out)
