"""Forward-mode differentiation: an array together with its derivatives along k directions.

A forward pass that is handed such arrays for weights returns a cost that has k derivatives. It does
with them what it does with numpy's own; what is not known here raises TypeError, and no tangent is
ever dropped in silence: a plain array takes none in. Each stands for a complex array with the
tangent for its imaginary part, as in the complex step, and says so by its dtype: `.real` has no
tangent, and what is no smooth function of the numbers (`abs`, a comparison) is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from pybridge.sides.partials import PARTIALS, one
from pybridge.weights import Array


@dataclass(frozen=True)
class Seed:
    """Tangents of a weight, each entry of which is moved by a direction of its own or by none."""

    directions: NDArray[np.intp]  # (*shape)  numbers from 0; one that is not below k is not there
    k: int

    @property
    def dense(self) -> Array:
        """The same as an array, (*shape, k)."""
        return np.equal.outer(self.directions, np.arange(self.k))

    def product(self, a: Array) -> Array:
        """Tangents of `a @ weight`: a (..., m), the weight (m, n), the result (..., n, k).

        A direction moves one column of the product, by a column of `a`.
        """
        row, column = np.nonzero((self.directions >= 0) & (self.directions < self.k))
        tangent = np.zeros((*a.shape[:-1], self.directions.shape[1], self.k), a.dtype)
        tangent[..., column, self.directions[row, column]] = a[..., row]
        return tangent


@dataclass(frozen=True, eq=False)
class Tangents(NDArrayOperatorsMixin):
    """An array of real numbers and its tangents.

    The last axis of a tangent is that of the directions, so that every index, and every rule by
    which numpy fits shapes together, holds for the tangent as for the value. Weights have a Seed
    for tangent, or None where nothing moves them, and are not to be written into.
    """

    value: Array  # (*shape)
    tangent: Array | Seed | None  # (*shape, k)
    k: int

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """That of the value."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """That of the value."""
        return self.value.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """Complex, so that nothing real is allocated by it."""
        return np.result_type(self.value, np.complex64)

    @property
    def real(self) -> Array:
        """The value."""
        return self.value

    @property
    def dense(self) -> Array | None:
        """The tangent as an array; None where nothing moves the value."""
        return self.tangent.dense if isinstance(self.tangent, Seed) else self.tangent

    # --- Views and copies -------------------------------------------------------------------------

    @property
    def T(self) -> Tangents:
        """Axes reversed."""
        axes = range(self.ndim)
        return self._viewed(lambda a: a.transpose(*axes[::-1], *range(self.ndim, a.ndim)))

    def reshape(self, *shape: Any) -> Tangents:
        """Another shape."""
        new = self.value.reshape(*shape).shape
        return self._viewed(lambda a: a.reshape(*new, *a.shape[self.ndim :]))

    def ravel(self) -> Tangents:
        """One axis."""
        return self.reshape(-1)

    def copy(self) -> Tangents:
        """One that may be written into."""
        return made(self.value.copy(), self.k, self.dense)

    def astype(self, dtype: Any) -> Tangents:
        """A copy, of the same dtype: a real one holds no tangent."""
        if np.dtype(dtype) != self.dtype:
            raise TypeError(f"no tangent can be kept in {np.dtype(dtype)}")
        return self.copy()

    def take(self, indices: Any, axis: int | None = None) -> Tangents:
        """The entries at these places of an axis, or of all axes made one; new memory."""
        if axis is None:
            return self.ravel()[indices].copy()
        return self[(*[slice(None)] * (axis % self.ndim), indices)].copy()

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Tangents:
        value = np.asarray(self.value[key])
        if isinstance(self.tangent, np.ndarray):
            return Tangents(value, self.tangent[_but_last(key)], self.k)
        seed = self.tangent and Seed(self.tangent.directions[key], self.k)
        part = Tangents(value, seed, self.k)
        return part if np.may_share_memory(value, self.value) else part.copy()

    def __setitem__(self, key: Any, new: Any) -> None:
        if not isinstance(self.tangent, np.ndarray):
            raise TypeError("weights are not to be written into")
        self.value[key] = real(new)
        tangent = new.dense if isinstance(new, Tangents) else None
        self.tangent[_but_last(key)] = 0 if tangent is None else tangent

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise TypeError("a plain array holds no tangent")

    def __bool__(self) -> bool:
        raise TypeError("what has a tangent has no truth value")

    def _viewed(self, view: Callable[[Array], Array]) -> Tangents:
        """The same view of value and tangent, which has an axis more."""
        if isinstance(self.tangent, np.ndarray):
            return Tangents(view(self.value), view(self.tangent), self.k)
        seed = self.tangent and Seed(view(self.tangent.directions), self.k)
        return Tangents(view(self.value), seed, self.k)

    # --- Functions --------------------------------------------------------------------------------

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tangents:
        """Sums over axes."""
        axes = tuple(np.arange(self.ndim)[axis if axis is None else np.array(axis)].flat)
        tangent = None if self.dense is None else self.dense.sum(axis=axes, keepdims=keepdims)
        return made(self.value.sum(axis=axes, keepdims=keepdims), self.k, tangent)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tangents:
        """Means over axes."""
        total = self.sum(axis, keepdims)
        return total * (total.size / self.size)  # type: ignore[no-any-return]  # an operator

    def max(self, axis: int | None = None, keepdims: bool = False) -> Tangents:
        """The largest entries, the first of equals, with the tangents that they have."""
        if axis is None:
            largest = self.reshape(-1)[np.argmax(self.value)]
            return largest.reshape((1,) * self.ndim) if keepdims else largest
        at = np.expand_dims(np.argmax(self.value, axis), axis)
        where: list[Array] = list(np.indices(at.shape, sparse=True))
        where[axis] = at
        largest = self[tuple(where)]
        return largest if keepdims else largest.sum(axis)

    def dot(self, other: Any) -> Any:
        """The product of matrices."""
        return np.matmul(self, other)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        (out,) = options.pop("out", (None,))
        if method != "__call__" or options or not (ufunc in PARTIALS or ufunc is np.matmul):
            raise TypeError(f"no tangent of np.{ufunc.__name__} ({method}) is known")
        if ufunc is np.matmul:
            found = _product(inputs[0], inputs[1], self.k)
        else:
            found = _elementwise(ufunc, inputs, self.k)
        if out is None:
            return found
        if not isinstance(out, Tangents):
            raise TypeError("a plain array holds no tangent")
        out[...] = found
        return out

    def __array_function__(
        self, function: Callable[..., Any], _types: Any, arguments: Any, options: Any
    ) -> Any:
        if function not in FUNCTIONS:
            raise TypeError(f"no tangent of np.{function.__name__} is known")
        return FUNCTIONS[function](*arguments, **options)


def real(x: Any) -> Any:
    """The numbers of an array with or without tangents."""
    if isinstance(x, Tangents):
        return x.value
    if isinstance(x, int | float) and not isinstance(x, np.generic):
        return x  # an array of it would have a precision
    array = np.asarray(x)
    if np.any(array.imag):
        raise TypeError("an imaginary part and a tangent do not go together")
    return array.real


def made(value: Any, k: int, *pieces: Array | None) -> Tangents:
    """A new array that may be written into; its tangent is the sum of the pieces, broadcast."""
    value = np.asarray(value)
    tangent = np.zeros((*value.shape, k), value.dtype)
    for piece in pieces:
        if piece is not None:
            tangent += piece
    return Tangents(value, tangent, k)


def _but_last(key: Any) -> Any:
    """The key of the same entries in an array with an axis more."""
    several = key if isinstance(key, tuple) else (key,)
    return (*several, slice(None)) if any(part is Ellipsis for part in several) else key


def _elementwise(ufunc: np.ufunc, inputs: Sequence[Any], k: int) -> Tangents:
    values = [real(x) for x in inputs]
    found = ufunc(*values)
    pieces = []
    for x, partial in zip(inputs, PARTIALS[ufunc], strict=True):
        tangent = x.dense if isinstance(x, Tangents) else None
        if tangent is not None and partial is not one:
            tangent = np.asarray(partial(found, *values))[..., None] * tangent
        pieces.append(tangent)
    return made(found, k, *pieces)


def _product(a: Any, b: Any, k: int) -> Tangents:
    """Product of a (..., m) and b (m,) or (m, n)."""
    left, right = real(a), real(b)
    if left.ndim == 0 or right.ndim not in (1, 2):
        raise TypeError("no tangent of a product of more than two axes is known")
    found = left @ right
    pieces = []
    if isinstance(a, Tangents) and a.dense is not None:
        pieces.append(right.T @ a.dense)
    if isinstance(b, Tangents) and isinstance(b.tangent, Seed) and b.ndim == 2:
        pieces.append(b.tangent.product(left))
    elif isinstance(b, Tangents) and b.dense is not None:
        pieces.append((left @ b.dense.reshape(len(right), -1)).reshape(*found.shape, k))
    return made(found, k, *pieces)


def _concatenated(arrays: Sequence[Any], axis: int = 0) -> Tangents:
    value = np.concatenate([real(a) for a in arrays], axis)
    k = next(a.k for a in arrays if isinstance(a, Tangents))
    tangents = [made(real(a), k, a.dense if isinstance(a, Tangents) else None) for a in arrays]
    return made(value, k, np.concatenate([t.tangent for t in tangents], axis % value.ndim))


def _stacked(arrays: Sequence[Any], axis: int = 0) -> Tangents:
    new = (*[slice(None)] * (axis % (np.ndim(arrays[0]) + 1)), None)
    return _concatenated([a[new] for a in arrays], axis)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: Tangents.sum,
    np.mean: Tangents.mean,
    np.max: Tangents.max,
    np.dot: np.matmul,
    np.reshape: Tangents.reshape,
    np.ravel: Tangents.ravel,
    np.take: Tangents.take,
    np.transpose: lambda a: a.T,
    np.copy: Tangents.copy,
    np.real: lambda a: a.real,
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.concatenate: _concatenated,
    np.stack: _stacked,
    np.vstack: lambda arrays: _concatenated([a[None] if np.ndim(a) == 1 else a for a in arrays]),
    np.zeros_like: lambda a: made(np.zeros_like(a.value), a.k),
    np.empty_like: lambda a: made(np.zeros_like(a.value), a.k),
    np.ones_like: lambda a: made(np.ones_like(a.value), a.k),
}
