"""What follows from an analytic gradient and numeric derivatives of the same forward pass.

*passed* needs the error and the check's own bound both at or under the tolerance; *failed* needs
the error above the tolerance, the bound and the rounding floor; what zero derivatives and a zero
gradient say nothing about is *not exercised*; all else is *undecided*. Written so that NaN never
passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pybridge.gradcheck import Derivatives, Entry, ParameterCheck, Status
from pybridge.sides import Probe
from pybridge.weights import Array

EPS = float(np.finfo(np.float64).eps)
NOISE_FACTOR = 16.0  # how many times its measured noise a derivative may be off
FLOOR_FACTOR = 16.0


@dataclass(frozen=True)
class Comparison:
    """Analytic and numeric derivatives of one parameter along the lines of one probe."""

    probe: Probe
    analytic: Array  # (k,)
    numeric: Derivatives  # (k,)
    noise: float  # largest change of `numeric` when each weight moves by a unit in the last place


def compare(
    gradient: Array, probe: Probe, numeric: Derivatives, again: Derivatives | None
) -> Comparison:
    """Put the gradient beside the derivatives; `again` are those of the nudged weights."""
    analytic = (
        gradient.ravel()
        if probe.directions is None
        else np.array([np.sum(gradient * direction) for direction in probe.directions])
    )
    noise = 0.0 if again is None else float(np.max(np.abs(numeric.values - again.values)))
    return Comparison(probe, analytic, numeric, noise)


def slope(comparison: Comparison) -> float:
    """Largest entry that the derivatives prove the true gradient to have at the least."""
    directions = comparison.probe.directions
    lengths = (
        1.0
        if directions is None
        else np.abs(directions).reshape(len(directions), -1).sum(axis=1)
    )
    return float(np.max(np.abs(comparison.numeric.values) / lengths))


def judge(
    name: str,
    gradient: Array,
    shape: tuple[int, ...],
    comparisons: Sequence[Comparison],
    *,
    tolerance: float,
    largest: float,
    steps: int,
) -> ParameterCheck:
    """The verdict on one parameter.

    `shape` is the shape of the parameter, `largest` the largest entry of any gradient of the case:
    what is smaller than its rounding says nothing. `steps` are the forward passes a line took.
    """
    scale = float(np.max(np.abs(gradient), initial=0.0))
    passes = steps * sum(len(c.analytic) for c in comparisons)

    def found(status: Status, rule: str, error: float, bound: float) -> ParameterCheck:
        worst = _worst_entry(gradient, comparisons)
        return ParameterCheck(
            name, status, rule, error, bound, tolerance, scale, gradient.size, passes, worst
        )

    nan = float("nan")
    if gradient.shape != shape:
        return found(Status.FAILED, f"of shape {gradient.shape}, not {shape}", nan, nan)
    if not np.all(np.isfinite(gradient)):
        at = np.unravel_index(int(np.argmin(np.isfinite(gradient))), gradient.shape)
        where = [int(i) + 1 for i in at]
        return found(Status.FAILED, f"not finite: {gradient[at]} at {where}", nan, nan)
    if not comparisons or not all(len(c.analytic) for c in comparisons):
        return found(Status.UNDECIDED, "no derivative to compare with", nan, nan)
    if not all(np.all(np.isfinite(c.numeric.values)) for c in comparisons):
        return found(Status.FAILED, "the cost has no finite derivative", nan, nan)

    scale = max(scale, *(slope(c) for c in comparisons))
    floor = FLOOR_FACTOR * EPS * largest
    if scale <= floor:
        rule = "zero" if scale == 0 else f"at most {scale:.1e}, rounding of {largest:.1e}"
        return found(Status.NOT_EXERCISED, f"every derivative is {rule}", 0.0, 0.0)
    error = max(float(np.max(np.abs(c.analytic - c.numeric.values))) for c in comparisons) / scale
    bound = max(_own_error(c) for c in comparisons) / scale
    measured = f"error {error:.1e}, bound {bound:.1e}, tolerance {tolerance:.1e}"
    if error <= tolerance and bound <= tolerance:
        return found(Status.PASSED, measured, error, bound)
    if error > max(tolerance, bound, floor / scale):
        return found(Status.FAILED, measured, error, bound)
    return found(Status.UNDECIDED, f"{measured}: rounding may explain it", error, bound)


def _own_error(c: Comparison) -> float:
    """How far off the derivatives themselves may be: method, measured noise, summing up."""
    terms = np.sqrt(len(c.analytic)) if c.probe.directions is None else np.sqrt(
        c.probe.directions[0].size
    )
    summing = EPS * float(terms) * float(np.max(np.abs(c.analytic), initial=0.0))
    return float(np.max(c.numeric.errors)) + NOISE_FACTOR * c.noise + summing


def _worst_entry(gradient: Array, comparisons: Sequence[Comparison]) -> Entry | None:
    for c in comparisons:
        if c.probe.directions is None and gradient.size == len(c.analytic):
            i = int(np.argmax(np.abs(c.analytic - c.numeric.values)))
            index = tuple(int(n) for n in np.unravel_index(i, gradient.shape))
            return Entry(index, float(c.analytic[i]), float(c.numeric.values[i]))
    return None
