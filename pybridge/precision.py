"""What each floating-point precision lets one ask for. Every tolerance has its home here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pybridge.weights import Array


@dataclass(frozen=True)
class Precision:
    """The tolerances of one dtype; all but `eps` relative to the largest entry of a tensor."""

    dtype: str
    eps: float  # distance from 1 to the next number
    agreement: float  # two sides that add in another order stay below it
    telling: float  # results that rounding alone moves further than this cannot be compared
    complex_step: float  # a right gradient stays far below it
    differences: float


PRECISIONS = {
    "float64": Precision(
        dtype="float64",
        eps=float(np.finfo(np.float64).eps),
        agreement=1e-12,
        telling=1e-6,
        complex_step=1e-9,
        differences=1e-6,
    ),
    "float32": Precision(
        dtype="float32",
        eps=float(np.finfo(np.float32).eps),
        agreement=1e-5,
        telling=1e-2,
        complex_step=1e-3,
        differences=3e-2,
    ),
}


_BY_KIND = {np.dtype(name): precision for name, precision in PRECISIONS.items()}


def precision_of(array: Array) -> Precision:
    """The precision in which a parameter is kept."""
    return _BY_KIND[array.real.dtype]
