"""Which entries of a gradient are wrong: halving a set of entries that is.

A direction through a set of entries alone tests that set in one forward pass. A set whose analytic
and numeric derivatives differ holds a wrong entry; it is cut in two and both halves are tried, all
sets of one size in one question to the side, until single entries are left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pybridge.gradcheck import Derivatives, Entry
from pybridge.sides import Probe
from pybridge.weights import Array

Measure = Callable[[Probe], Derivatives]
Entries = NDArray[np.intp]  # flat, row-major


def wrong_entries(
    name: str,
    gradient: Array,
    measure: Measure,
    *,
    threshold: float,
    limit: int,
    rng: np.random.Generator,
) -> tuple[Entry, ...]:
    """The entries whose analytic and numeric derivatives differ by more than `threshold`.

    At most `limit` of them, those of the largest differences on the way; the largest comes first.
    `measure` differentiates along a probe; `threshold` is absolute, nats per unit weight.
    """
    live: list[Entries] = [np.arange(gradient.size)]
    while live and len(live[0]) > 1:
        halves = [half for entries in live for half in np.array_split(entries, 2) if half.size]
        apart = _apart(name, gradient, halves, measure, rng)
        # Sets stay of about one size, so that all reach single entries together.
        order = [i for i in np.argsort(-apart, kind="stable") if apart[i] > threshold]
        live = sorted((halves[i] for i in order[:limit]), key=len, reverse=True)
    return _measured(name, gradient, live, measure)


def _apart(
    name: str,
    gradient: Array,
    sets: Sequence[Entries],
    measure: Measure,
    rng: np.random.Generator,
) -> Array:
    """|analytic - numeric| along one random direction through each set."""
    directions = np.zeros((len(sets), gradient.size))
    for direction, entries in zip(directions, sets, strict=True):
        sign = rng.choice([-1.0, 1.0], len(entries))
        direction[entries] = sign * rng.uniform(0.5, 1.5, len(entries))
    numeric = measure(Probe(name, directions.reshape(-1, *gradient.shape)))
    return np.asarray(np.abs(directions @ gradient.ravel() - numeric.values))


def _measured(
    name: str, gradient: Array, sets: Sequence[Entries], measure: Measure
) -> tuple[Entry, ...]:
    if not sets:
        return ()
    flat = np.concatenate(sets)
    directions = np.zeros((len(flat), gradient.size))
    directions[np.arange(len(flat)), flat] = 1
    numeric = measure(Probe(name, directions.reshape(-1, *gradient.shape))).values
    analytic = gradient.ravel()[flat]
    order = np.argsort(-np.abs(analytic - numeric), kind="stable")
    return tuple(
        Entry(
            index=tuple(int(n) for n in np.unravel_index(int(flat[i]), gradient.shape)),
            analytic=float(analytic[i]),
            numeric=float(numeric[i]),
        )
        for i in order
    )
