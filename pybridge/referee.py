"""The referee: Julia's own functions on 256-bit numbers say how many digits each side holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pybridge.agreement import distance
from pybridge.case import Case
from pybridge.sides import Failure, Probe, Reference, Run
from pybridge.weights import Array, largest

DIGITS = 16.0  # more than a double holds


@dataclass(frozen=True)
class Opinion:
    """Decimal digits that each side holds, by tensor.

    Results (cost, h, p) are held against the Julia formula in 256 bits, gradients against the
    derivative of that formula, which no fault of a backward pass can touch.
    """

    digits: Mapping[str, tuple[float, float]]  # (Python, Julia)

    def off(self, margin: float = 3.0) -> str:
        """Which side holds `margin` digits fewer than the other; empty where neither does."""
        behind = {"Python": 0, "Julia": 0}
        for python, julia in self.digits.values():
            behind["Python"] += python + margin < julia
            behind["Julia"] += julia + margin < python
        names = [name for name, count in behind.items() if count]
        return " and ".join(names)


def opine(
    case: Case,
    lines: tuple[Probe, ...],
    python: Run,
    julia: Run,
    reference: Reference | Failure,
) -> Opinion | Failure:
    """Hold both runs against the reference; its failure, where there is none."""
    if isinstance(reference, Failure):
        return reference
    digits = {
        name: (_digits(python.results.get(name), exact), _digits(julia.results.get(name), exact))
        for name, exact in reference.run.results.items()
    }
    for probe in lines:
        shape = case.weights.arrays[probe.name].shape
        exact = reference.derivatives[probe.name]
        digits[f"d{probe.name}"] = (
            _slope_digits(python.gradients.get(probe.name), shape, probe, exact),
            _slope_digits(julia.gradients.get(probe.name), shape, probe, exact),
        )
    return Opinion(digits)


def _digits(found: Array | None, exact: Array) -> float:
    """Digits of `found`; 0 where it is missing, of another shape or not finite."""
    if found is None or found.shape != exact.shape:
        return 0.0
    return _from_error(distance(found.astype(np.float64), exact))


def _slope_digits(
    gradient: Array | None, shape: tuple[int, ...], probe: Probe, exact: Array
) -> float:
    """Digits of a gradient, from its derivatives along the directions of a probe."""
    if gradient is None or gradient.shape != shape:
        return 0.0
    found = probe.along(gradient.astype(np.float64))
    scale = max(largest(gradient), largest(exact / probe.lengths))
    return _from_error(largest(found - exact) / scale if scale else 0.0)


def _from_error(error: float) -> float:
    if not np.isfinite(error):
        return 0.0
    return float(np.clip(-np.log10(max(error, 10.0**-DIGITS)), 0.0, DIGITS))
