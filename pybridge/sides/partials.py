"""Rules of differentiation: of each function of numpy's, its derivative along each argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def one(*_: Any) -> float:
    """The derivative of a sum along a term."""
    return 1.0


# Called with the value of the function, f, and those of its arguments.
PARTIALS: dict[np.ufunc, tuple[Callable[..., Any], ...]] = {
    np.add: (one, one),
    np.subtract: (one, lambda f, a, b: -1.0),
    np.multiply: (lambda f, a, b: b, lambda f, a, b: a),
    np.divide: (lambda f, a, b: 1 / b, lambda f, a, b: -f / b),
    np.power: (lambda f, a, b: b * a ** (b - 1.0), lambda f, a, b: f * np.log(a)),
    np.negative: (lambda f, a: -1.0,),
    np.positive: (one,),
    np.square: (lambda f, a: 2 * a,),
    np.sqrt: (lambda f, a: 0.5 / f,),
    np.exp: (lambda f, a: f,),
    np.log: (lambda f, a: 1 / a,),
    np.tanh: (lambda f, a: 1 - f * f,),
}
