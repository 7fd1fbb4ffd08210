"""Gradient check: a side's analytic gradient against a derivative of that side's own forward pass.

Differencing and judging are apart: `complex_step`, `differences` and `posted` say which costs they
need and turn them into derivatives with an error of their own; `judge` says what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pybridge.weights import Array

SHOWN = 5  # wrong entries that a report names


class Status(StrEnum):
    """What checking a gradient came to."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    NOT_EXERCISED = "not exercised"


@dataclass(frozen=True)
class Derivatives:
    """Derivatives of the cost along k directions, nats per unit step."""

    values: Array  # (k,)
    errors: Array  # (k,)  estimate of the method's own error: truncation and cancellation
    doubts: Array  # (k,)  what that error may be at the worst


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient."""

    index: tuple[int, ...]  # from 0
    analytic: float
    numeric: float


@dataclass(frozen=True)
class ParameterCheck:
    """The check of one parameter's gradient. Errors are relative to `scale`."""

    name: str
    status: Status
    rule: str  # the rule that decided, with its numbers
    error: float  # largest |analytic - numeric| over all directions and entries
    bound: float  # how large an error the check itself may have made
    tolerance: float
    scale: float  # largest |entry| of the gradient, nats per unit weight
    entries: int  # entries covered
    passes: int  # forward passes taken
    worst: Entry | None = None  # where entries were taken one by one
    wrong: tuple[Entry, ...] = ()  # of a failed check, the largest errors first, SHOWN at most
    rest: int = 0  # how many more entries are known to be wrong


@dataclass(frozen=True)
class GradientCheck:
    """The checks of all parameters of one side."""

    method: str
    reason: str  # why this method and not the default; empty for the default
    parameters: tuple[ParameterCheck, ...]

    def named(self, status: Status) -> list[str]:
        """The parameters with this status."""
        return [p.name for p in self.parameters if p.status is status]

    @property
    def status(self) -> Status:
        """Failed where one failed; passed where one passed and the others are not exercised."""
        found = {parameter.status for parameter in self.parameters}
        for status in (Status.FAILED, Status.UNDECIDED, Status.PASSED):
            if status in found:
                return status
        return Status.NOT_EXERCISED if found else Status.FAILED

    @property
    def worst(self) -> ParameterCheck | None:
        """The parameter with the largest error among those of the overall status."""
        own = [p for p in self.parameters if p.status is self.status]
        return max(own, key=lambda p: p.error if p.error == p.error else float("inf"), default=None)
