"""What follows from an analytic gradient and numeric derivatives of the same forward pass.

*passed* needs the error and the check's own bound both at or under the tolerance; *failed* needs
the error above the tolerance, every doubt and the rounding floor, and far above the bound; what
zero derivatives and a zero gradient say nothing about is *not exercised*; all else is *undecided*.
Written so that NaN never passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pybridge.gradcheck import SHOWN, Derivatives, Entry, ParameterCheck, Status
from pybridge.precision import Precision
from pybridge.sides import Probe, Together
from pybridge.weights import Array, largest

# How many times its own error a check has to be off before it accuses: one nudge along one
# direction may by luck show little of what a chaotic recurrence does to rounding.
ACCUSING = 10.0
NOISE_FACTOR = 16.0  # how many times its measured noise a derivative may be off
FLOOR_FACTOR = 16.0  # how many times its rounding a backward pass may be off


@dataclass(frozen=True)
class Comparison:
    """Analytic and numeric derivatives along the lines of one probe, of one parameter or of all.

    What it says is found out once, and serves every parameter that the lines go through.
    """

    probe: Probe | Together
    analytic: Array  # (k,)
    numeric: Derivatives  # (k,)
    noise: float  # largest change of `numeric` when each weight moves by a unit in the last place
    eps: float  # of the precision of the weights

    @cached_property
    def is_finite(self) -> bool:
        """Whether all numeric derivatives are."""
        return bool(np.isfinite(self.numeric.values).all())

    @cached_property
    def error(self) -> float:
        """Largest |analytic - numeric|."""
        return largest(self.analytic - self.numeric.values)

    @cached_property
    def own_error(self) -> float:
        """How far off the derivatives themselves may be: method, measured noise, summing up."""
        one_by_one = isinstance(self.probe, Probe) and self.probe.directions is None
        terms = len(self.analytic) if one_by_one else self.probe.terms
        summing = self.eps * math.sqrt(terms) * largest(self.analytic)
        return float(np.max(self.numeric.errors)) + NOISE_FACTOR * self.noise + summing

    @cached_property
    def slope(self) -> float:
        """Largest entry that the derivatives prove the true gradient to have at the least."""
        values = self.numeric.values
        if isinstance(self.probe, Together):  # which entry, of which parameter, they do not say
            return 0.0
        if self.probe.directions is None or not values.any():
            return largest(values)
        return largest(values / self.probe.lengths)


def compare(
    gradient: Array, probe: Probe, numeric: Derivatives, again: Derivatives | None, eps: float
) -> Comparison:
    """Put the gradient beside the derivatives.

    `again` are those of the nudged weights, along the first of the lines. Where all derivatives
    along random lines are exactly zero, so are those by every entry that the lines go through, but
    for a chance of nothing; then the largest of these entries stands for its own derivative.
    """
    with np.errstate(invalid="ignore"):  # Inf - Inf; `judge` says what is not finite
        if probe.directions is None:
            analytic = gradient.ravel()
        elif numeric.values.any():
            analytic = probe.along(gradient)
        else:
            analytic = np.full(len(numeric.values), largest(probe.moved(gradient)))
        return Comparison(probe, analytic, numeric, _noise(numeric, again), eps)


def compare_together(
    gradients: Mapping[str, Array],
    probe: Together,
    numeric: Derivatives,
    again: Derivatives | None,
    eps: float,
) -> Comparison:
    """The same of all gradients at once."""
    with np.errstate(invalid="ignore"):
        return Comparison(probe, probe.along(gradients), numeric, _noise(numeric, again), eps)


def _noise(numeric: Derivatives, again: Derivatives | None) -> float:
    if again is None:
        return 0.0
    return largest(numeric.values[: len(again.values)] - again.values)


def rounding_floor(
    precision: Precision, words: int, largest_gradient: float, largest_weight: float
) -> float:
    """Absolute error that a right backward pass may have, nats per unit weight.

    A hidden unit h near 1 is known to one unit in the last place of 1, and so is the 1 - h^2 that
    the gradient passes through, however small; the weights on the way multiply that error. And
    every gradient adds up p - y over the words, differences of numbers of size 1: where they cancel
    (a sentence that has every tag as often as it is expected) the sum is known no better.
    """
    return FLOOR_FACTOR * precision.eps * max(words, largest_gradient) * max(1.0, largest_weight)


def judge(
    name: str,
    gradient: Array,
    shape: tuple[int, ...],
    comparisons: Sequence[Comparison],
    *,
    scale: float,
    tolerance: float,
    floor: float,
    steps: int,
    noise: float = 0.0,
) -> ParameterCheck:
    """The verdict on one parameter.

    `shape` is the shape of the parameter, `scale` the largest |entry| of the gradient, `floor` the
    rounding of the backward pass, see `rounding_floor`: what is smaller says nothing. `steps` are
    the forward passes a line took, `noise` is the relative noise of the case, where it is larger
    than that of the parameter.
    """
    passes = steps * sum(len(c.analytic) for c in comparisons)

    def found(status: Status, rule: str, error: float, bound: float) -> ParameterCheck:
        worst = next(iter(_entries_over(-1.0, gradient, comparisons)), None)
        return ParameterCheck(
            name, status, rule, error, bound, tolerance, scale, gradient.size, passes, worst
        )

    nan = float("nan")
    if gradient.shape != shape:
        return found(Status.FAILED, f"of shape {gradient.shape}, not {shape}", nan, nan)
    if not math.isfinite(scale):
        at = np.unravel_index(int(np.argmin(np.isfinite(gradient))), gradient.shape)
        where = [int(i) + 1 for i in at]
        return found(Status.FAILED, f"not finite: {gradient[at]} at {where}", nan, nan)
    if not gradient.size or not comparisons or not all(len(c.analytic) for c in comparisons):
        return found(Status.UNDECIDED, "no derivative to compare with", nan, nan)
    if not all(c.is_finite for c in comparisons):
        return found(Status.FAILED, "the cost has no finite derivative", nan, nan)

    scale = max(scale, *(c.slope for c in comparisons))
    if scale <= floor:
        if any(isinstance(c.probe, Together) and c.numeric.values.any() for c in comparisons):
            return found(Status.UNDECIDED, "lines through all parameters do not tell", nan, nan)
        rule = "zero" if scale == 0 else f"at most {scale:.1e}, the rounding floor is {floor:.1e}"
        return found(Status.NOT_EXERCISED, f"every derivative is {rule}", 0.0, 0.0)
    error = _most(c.error for c in comparisons) / scale
    bound = _most([*(c.own_error / scale for c in comparisons), NOISE_FACTOR * noise])
    measured = f"error {error:.1e}, bound {bound:.1e}, tolerance {tolerance:.1e}"
    if any(isinstance(c.probe, Together) for c in comparisons):
        measured += ", along lines through all parameters"
    if error <= tolerance and bound <= tolerance:
        return found(Status.PASSED, measured, error, bound)
    doubt = _most(float(np.max(c.numeric.doubts)) for c in comparisons) / scale
    limit = _most([tolerance, ACCUSING * bound, doubt, floor / scale])
    if error > limit:
        wrong = _entries_over(limit * scale, gradient, comparisons)
        failed = found(Status.FAILED, measured, error, bound)
        return replace(failed, wrong=wrong[:SHOWN], rest=len(wrong[SHOWN:]))
    return found(Status.UNDECIDED, f"{measured}; {_way_out(bound, tolerance)}", error, bound)


def _way_out(bound: float, tolerance: float) -> str:
    """Why a check is undecided, and what would decide it."""
    if not bound <= tolerance:
        return "its own error is too large; the complex step or weights of another scale decide it"
    return "rounding may explain it; smaller weights or a shorter sentence decide it"


def _most(numbers: Iterable[float]) -> float:
    """The largest; unlike max, it does not lose a NaN."""
    found = list(numbers)
    return next((n for n in found if n != n), max(found))


def _entries_over(
    limit: float, gradient: Array, comparisons: Sequence[Comparison]
) -> tuple[Entry, ...]:
    """Entries whose derivatives differ by more than `limit`, the worst first; none if not taken."""
    for c in comparisons:
        one_by_one = isinstance(c.probe, Probe) and c.probe.directions is None
        if one_by_one and gradient.size == len(c.analytic):
            with np.errstate(invalid="ignore"):  # Inf - Inf
                apart = np.abs(c.analytic - c.numeric.values)
            order = np.argsort(-np.nan_to_num(apart, nan=np.inf), kind="stable")
            return tuple(
                Entry(
                    tuple(int(n) for n in np.unravel_index(i, gradient.shape)),
                    float(c.analytic[i]),
                    float(c.numeric.values[i]),
                )
                for i in order
                if not apart[i] <= limit
            )
    return ()
