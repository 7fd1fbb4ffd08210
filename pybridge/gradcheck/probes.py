"""Which lines through the weights a gradient check follows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pybridge.case import Case
from pybridge.sides import Probe
from pybridge.weights import Array

DIRECTIONS = 2  # random directions a parameter
ONE_BY_ONE = 200  # parameters of up to so many entries are also differentiated entry by entry


def directions(case: Case) -> tuple[Probe, ...]:
    """Random directions through every parameter; of words, through the rows of the sentence's own.

    Each component is uniform in +-[0.5, 1.5]. Whatever the errors of the other entries, the error
    seen along such a direction is below t with a probability of at most t / (largest error): an
    error of size e in any entry escapes a tolerance t in k directions with probability (t / e)^k,
    and a single wrong entry cannot escape at all once e > 2t. Components of +-1 would not do: two
    errors of equal size cancel along half of them.
    """
    own = np.flatnonzero(~absent(case))
    found = []
    for name, lines in _lines(case).items():
        some = name in case.word_rows and len(own) < len(case.rows)
        found.append(Probe(name, lines.take(own, axis=1), own) if some else Probe(name, lines))
    return tuple(found)


def through_absent(case: Case) -> tuple[Probe, ...]:
    """One direction through the rows of all words that the sentence does not have.

    A derivative along it that is exactly zero, as it is where no such row is read, says that all
    of them are: that `judge` takes one by one, so that no error in them can escape.
    """
    rows = np.flatnonzero(absent(case))
    if not rows.size:
        return ()
    lines = _lines(case)
    return tuple(Probe(name, lines[name][:1].take(rows, axis=1), rows) for name in case.word_rows)


def first(probe: Probe) -> Probe:
    """The first of a probe's directions alone."""
    assert probe.directions is not None
    return Probe(probe.name, probe.directions[:1], probe.rows)


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


def _lines(case: Case) -> dict[str, Array]:
    """Numbers (DIRECTIONS, rows, columns) for each parameter, other ones for each."""
    seed, arrays = case.configuration.seed + 2, case.weights.arrays
    return {
        name: _numbers((seed, i), DIRECTIONS, *array.shape)
        for i, (name, array) in enumerate(arrays.items())
    }


@lru_cache(maxsize=64)
def _numbers(seed: tuple[int, int], *shape: int) -> Array:
    """Numbers uniform in +-[0.5, 1.5]; kept, since the cases of a configuration share them."""
    numbers = np.random.default_rng(seed).uniform(-1.0, 1.0, shape)
    numbers += np.copysign(0.5, numbers)
    numbers.setflags(write=False)
    return numbers
