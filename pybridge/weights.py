"""The weights of the tagger: made once from a seed, hashed, and handed to both sides as copies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of any floating or complex dtype

# Parameters that have one row for each word of the vocabulary.
WORD_ROWS = ("Wxh",)


@dataclass(frozen=True)
class Weights:
    """The five parameters, in the order in which `backwardRNN` returns their gradients."""

    Wxh: Array  # (in, hidden)      input to hidden
    Whh: Array  # (hidden, hidden)  hidden to hidden
    Bh: Array  #  (1, hidden)       hidden bias
    Why: Array  # (hidden, out)     hidden to output
    By: Array  #  (1, out)          output bias

    @property
    def arrays(self) -> dict[str, Array]:
        """Name to array, in order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def rows(self, words: NDArray[np.intp]) -> Weights:
        """The weights over a smaller vocabulary: the rows of these words, the rest as it is."""
        return Weights(**{n: a[words] if n in WORD_ROWS else a for n, a in self.arrays.items()})


def make_weights(
    inputs: int,
    hidden: int,
    outputs: int,
    *,
    scale: float | None,
    random_biases: bool,
    rng: np.random.Generator,
) -> Weights:
    """Normally distributed weights, drawn in a fixed order.

    `scale` is the standard deviation of every weight; None stands for 0.5 / sqrt(fan-in), the
    fan-in of a one-hot input being 1. Biases are zero, or drawn with standard deviation 0.5.
    """

    def normal(rows: int, columns: int, fan_in: int) -> Array:
        deviation = scale if scale is not None else 0.5 / np.sqrt(fan_in)
        return rng.standard_normal((rows, columns)) * deviation

    def bias(columns: int) -> Array:
        return rng.standard_normal((1, columns)) * (0.5 if random_biases else 0.0)

    return Weights(
        Wxh=normal(inputs, hidden, fan_in=1),
        Whh=normal(hidden, hidden, fan_in=hidden),
        Bh=bias(hidden),
        Why=normal(hidden, outputs, fan_in=hidden),
        By=bias(outputs),
    )


def fingerprint(arrays: Mapping[str, Array]) -> str:
    """Hexadecimal SHA-256 of each name, dtype, shape and row-major little-endian bytes.

    `XCheck.fingerprint` in Julia does the same over the arrays that Julia holds.
    """
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.name} {'x'.join(map(str, array.shape))}\n".encode())
        digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
