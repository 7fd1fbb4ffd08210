"""Functions of one number with their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pybridge.weights import Array


@dataclass(frozen=True)
class Function:
    name: str
    f: Callable[[Any], Any]
    df: Callable[[Array], Array]


SMOOTH = (
    Function("sin", np.sin, np.cos),
    Function("exp", np.exp, np.exp),
    Function("tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    Function("log", np.log, lambda x: 1 / x),
    Function("square", lambda z: z * z, lambda x: 2 * x),
    Function("constant", lambda z: 0 * z + 3, np.zeros_like),
)
