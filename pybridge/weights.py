"""The weights of a tagger: made once from a seed, hashed, and handed to both sides as copies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of any floating or complex dtype
# Name of each parameter and what it goes from and to, in the order in which `backwardRNN` returns
# the gradients: "in" (one row for each word of the vocabulary), "hidden", "out", or "1" for a bias.
Parameters = Mapping[str, tuple[str, str]]


LARGE = 20_000  # entries from which on a copy costs more than some calls of numpy


class Weights:
    """Named parameters, in order; `weights.W` is `weights.arrays["W"]`. Not to be changed."""

    arrays: dict[str, Array]
    _fingerprint: str  # once it was asked for
    __slots__ = ("_fingerprint", "arrays")

    def __init__(self, **arrays: Array) -> None:
        self.__setstate__(arrays)

    def __getattr__(self, name: str) -> Array:
        """The parameter of this name."""
        if name not in Weights.__slots__ and name in self.arrays:  # none while it is unpickled
            return self.arrays[name]
        raise AttributeError(f"no parameter {name}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"weights are not to be changed: {name}")

    def __getstate__(self) -> dict[str, Array]:
        return self.arrays

    def __setstate__(self, arrays: dict[str, Array]) -> None:
        object.__setattr__(self, "arrays", arrays)
        object.__setattr__(self, "_fingerprint", "")

    @property
    def fingerprint(self) -> str:
        """See `fingerprint`; taken once, after which the arrays are read-only."""
        if not self._fingerprint:
            for array in self.arrays.values():
                array.setflags(write=False)
            object.__setattr__(self, "_fingerprint", fingerprint(self.arrays))
        return self._fingerprint

    def __repr__(self) -> str:
        shapes = (f"{n} {'x'.join(map(str, a.shape))}" for n, a in self.arrays.items())
        return f"Weights({', '.join(shapes)})"


def largest(array: Array) -> float:
    """Largest |entry|; NaN where one is NaN, 0 where there is none."""
    return float(np.abs(array).max(initial=0.0))


def largest_each(arrays: Sequence[Array]) -> list[float]:
    """The same of several arrays, in one go: numpy takes as long for a call as for 1,000 entries.

    Of arrays that are large, or of several dtypes, one by one: then copying them costs more.
    """
    together = joined(arrays)
    if together is None:
        return [largest(array) for array in arrays]
    return [float(n) for n in np.maximum.reduceat(np.abs(together), starts(arrays))]


def joined(arrays: Sequence[Array]) -> Array | None:
    """All entries one behind the other; None where that does not pay, or one has no entry."""
    sizes = [array.size for array in arrays]
    if not sizes or min(sizes) == 0 or sum(sizes) > LARGE:
        return None
    if len({array.dtype for array in arrays}) > 1:
        return None
    return np.concatenate([array.ravel() for array in arrays])


def starts(arrays: Sequence[Array]) -> list[int]:
    """Where each of them begins in `joined`."""
    return list(accumulate((array.size for array in arrays[:-1]), initial=0))


def word_rows(parameters: Parameters) -> tuple[str, ...]:
    """The parameters that have one row for each word of the vocabulary."""
    return tuple(name for name, (rows, _) in parameters.items() if rows == "in")


def make_weights(
    parameters: Parameters,
    sizes: Mapping[str, int],
    *,
    scale: float | None,
    random_biases: bool,
    rng: np.random.Generator,
) -> Weights:
    """Normally distributed weights, drawn in the order of the parameters.

    `sizes` says how many "in", "hidden" and "out" are. `scale` is the standard deviation of every
    weight; None stands for 0.5 / sqrt(fan-in), the fan-in of a one-hot input being 1. Biases are
    zero, or drawn with standard deviation 0.5.
    """

    def deviation(rows: str) -> float:
        if rows == "1":
            return 0.5 if random_biases else 0.0
        if scale is not None:
            return scale
        return 0.5 if rows == "in" else float(0.5 / np.sqrt(sizes[rows]))

    length = {**sizes, "1": 1}
    return Weights(
        **{
            name: rng.standard_normal((length[rows], length[columns])) * deviation(rows)
            for name, (rows, columns) in parameters.items()
        }
    )


def fingerprint(arrays: Mapping[str, Array]) -> str:
    """Hexadecimal SHA-256 of each name, dtype, shape and row-major little-endian bytes.

    `XCheck.fingerprint` in Julia does the same over the arrays that Julia holds.
    """
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.name} {'x'.join(map(str, array.shape))}\n".encode())
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(little.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
