"""A side: one implementation of the tagger, asked for numbers. It judges nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from pybridge.case import Case
from pybridge.tagger import Indices
from pybridge.weights import LARGE, Array


@dataclass(frozen=True)
class Probe:
    """Straight lines through the values of one parameter."""

    name: str
    directions: Array | None  # (k, rows, columns); None: each entry by itself, row-major
    rows: Indices | None = None  # of the parameter, which the lines move; None: all of them

    def along(self, gradient: Array) -> Array:
        """Derivatives (k,) along the directions, of a gradient of the shape of the parameter."""
        assert self.directions is not None
        lines = self.directions.reshape(len(self.directions), -1)
        return np.asarray(lines @ self.moved(gradient).ravel())

    def moved(self, array: Array) -> Array:
        """Those rows of an array of the shape of the parameter that the lines move."""
        return array if self.rows is None else array[self.rows]

    @cached_property
    def lengths(self) -> Array:
        """Sums (k,) of the sizes of a direction's components."""
        assert self.directions is not None
        return np.asarray(np.abs(self.directions).reshape(len(self.directions), -1).sum(axis=1))

    @property
    def terms(self) -> int:
        """How many components a direction has."""
        assert self.directions is not None
        return math.prod(self.directions.shape[1:])


@dataclass(frozen=True)
class Together:
    """Straight lines through several parameters: the i-th directions of all probes make the i-th.

    The probes have directions, as many each.
    """

    probes: tuple[Probe, ...]

    def along(self, gradients: Mapping[str, Array]) -> Array:
        """Derivatives (k,) along the lines, of gradients of the shapes of the parameters."""
        if self.terms > LARGE:  # not to be held once more
            return np.asarray(sum(probe.along(gradients[probe.name]) for probe in self.probes))
        moved = [probe.moved(gradients[probe.name]).ravel() for probe in self.probes]
        return np.asarray(self._lines @ np.concatenate(moved))

    @cached_property
    def terms(self) -> int:
        """How many components a direction has."""
        return sum(probe.terms for probe in self.probes)

    @cached_property
    def _lines(self) -> Array:
        """All directions, one behind the other: (k, terms)."""
        several = [probe.directions for probe in self.probes]
        return np.concatenate([d.reshape(len(d), -1) for d in several if d is not None], axis=1)


def parts(probe: Probe | Together) -> tuple[Probe, ...]:
    """The lines of a probe, by parameter."""
    return probe.probes if isinstance(probe, Together) else (probe,)


@dataclass(frozen=True)
class Task:
    """Run forward and backward, then the cost at `value + step * direction` for each probe.

    `more` are tasks about the same sentence, which are answered in one go with it. The sides look
    for state that is kept between calls in the first alone, and those about the very same case have
    its run.
    """

    case: Case
    probes: tuple[Probe | Together, ...] = ()
    steps: tuple[complex, ...] = ()
    more: tuple[Task, ...] = ()

    @property
    def along(self) -> Array:
        """The steps as an array in the precision of the weights; real where all of them are."""
        kind = next(iter(self.case.weights.arrays.values())).dtype
        steps = np.array(self.steps, dtype=np.result_type(kind, np.complex64))
        return steps if steps.imag.any() else steps.real.copy()


@dataclass(frozen=True)
class Run:
    """What one forward and one backward pass returned."""

    results: Mapping[str, Array]  # cost (), h (T, hidden), p (T, out)
    gradients: Mapping[str, Array]  # by parameter, each of its shape, nats per unit weight


def tensors(run: Run) -> dict[str, Array]:
    """All tensors of a run by the names they are printed under; gradients begin with d."""
    return {**run.results, **{f"d{name}": array for name, array in run.gradients.items()}}


@dataclass(frozen=True)
class Examination:
    """The answer to a Task."""

    fingerprint: str  # SHA-256 of the weights that the side held, see pybridge.weights
    run: Run
    costs: tuple[Array, ...]  # for each probe (k, len(steps)), nats
    refusal: str = ""  # why the costs could not be had, the run being there all the same
    more: tuple[Examination, ...] = ()  # the answers to its `more`, without a fingerprint


@dataclass(frozen=True)
class Reference:
    """What a side's formula comes to in 256 bits, rounded to float64 at the end."""

    run: Run
    derivatives: Mapping[str, Array]  # by parameter (k,), along the directions of its probe


@dataclass(frozen=True)
class Failure:
    """A side that gave no answer: one line that says why."""

    problem: str
    ended: str = ""  # how its process did: "crashed", "timed out after 5 s", "out of memory"


Reply = Examination | Failure


class Side(Protocol):
    """One implementation; `submit` may return before the answer is there."""

    @property
    def name(self) -> str:
        """As the report prints it."""
        ...

    def submit(self, task: Task) -> Future[Reply]:
        """Ask for the answer to a task. The future never raises for what the tagger did."""
        ...
