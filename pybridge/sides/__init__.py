"""A side: one implementation of the tagger, asked for numbers. It judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from pybridge.case import Case
from pybridge.weights import Array


@dataclass(frozen=True)
class Probe:
    """Straight lines through the values of one parameter."""

    name: str
    directions: Array | None  # (k, *shape of the parameter); None: each entry by itself, row-major


@dataclass(frozen=True)
class Task:
    """Run forward and backward once, then the cost at `value + step * direction` for each probe."""

    case: Case
    probes: tuple[Probe, ...] = ()
    steps: tuple[complex, ...] = ()  # real where all imaginary parts are zero


@dataclass(frozen=True)
class Run:
    """What one forward and one backward pass returned."""

    results: Mapping[str, Array]  # cost (), h (T, hidden), p (T, out)
    gradients: Mapping[str, Array]  # by parameter, each of its shape, nats per unit weight


@dataclass(frozen=True)
class Examination:
    """The answer to a Task."""

    fingerprint: str  # SHA-256 of the weights that the side held, see pybridge.weights
    run: Run
    costs: tuple[Array, ...]  # for each probe (k, len(steps)), nats
    refusal: str = ""  # why the costs could not be had, the run being there all the same


@dataclass(frozen=True)
class Failure:
    """A side that gave no answer: one line that says why."""

    problem: str


Reply = Examination | Failure


class Side(Protocol):
    """One implementation; `submit` may return before the answer is there."""

    name: str

    def submit(self, task: Task) -> Future[Reply]:
        """Ask for the answer to a task. The future never raises for what the tagger did."""
        ...
