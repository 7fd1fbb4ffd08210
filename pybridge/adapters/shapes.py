"""Arrays as xcheck has them, and as somebody's Python file has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pybridge.adapters import Adapter, AdapterError
from pybridge.weights import Array, Parameters


@dataclass(frozen=True)
class Orientation:
    """Which axis is which in a file."""

    columns: bool  # weights are (to, from), biases and states (n, 1)
    vectors: bool  # biases and states have one axis

    @classmethod
    def of(cls, adapter: Adapter) -> Orientation:
        """That of an adapter."""
        return cls(adapter.columns, adapter.vectors)

    def theirs(self, array: Any, *, row: bool) -> Any:
        """A view of an array that is (from, to), or of a row (1, n), as the file has it."""
        if row and self.vectors:
            return array[0]
        return array.T if self.columns else array

    def ours(self, array: Any, *, row: bool) -> Array:
        """The way back. What has no shape that it could have in the file comes back as it is."""
        found: Array = np.asarray(array)
        if row and self.vectors:
            return found.reshape(1, -1) if found.ndim == 1 else found
        return found.T if self.columns and found.ndim == 2 else found

    def one_hot(self, indices: Array, size: int, dtype: Any) -> Array:
        """One one-hot vector an index: (T, size), or (T, size, 1) where vectors are columns."""
        vectors = np.zeros((len(indices), size), dtype)
        vectors[np.arange(len(indices)), indices] = 1
        return vectors[:, :, None] if self.columns and not self.vectors else vectors


def sizes(parameters: Parameters, arrays: Mapping[str, Any]) -> dict[str, int]:
    """How many "in", "hidden" and "out" are, from the shapes of the parameters."""
    found: dict[str, int] = {}
    for name, what in parameters.items():
        found.update(zip(what, arrays[name].shape, strict=True))
    return found


def over_time(
    name: str,
    states: Any,
    words: int,
    size: int,
    *,
    columns: bool,
    first: Array | None,
    longer: Callable[[], Any],
) -> Array:
    """What a file has kept of every step, as (T, size).

    A dictionary by step; a list; or an array with the steps along one of its axes. There may be one
    step more, the state before the first word: it is `first`, and stands at either end.
    Where the sizes do not say which axis is that of the steps, `longer` does: the same for a
    sentence of one word more.
    """
    if isinstance(states, Mapping):
        late = words in states and first is not None  # the first word is step 1
        steps = range(words + 1) if late else range(words)
        missing = next((t for t in steps if t not in states), None)
        if missing is not None:
            raise AdapterError(f"{name} has nothing at step {missing} of {words}")
        states = [states[t] for t in steps]
    if isinstance(states, list | tuple):
        rows = list(states)
    else:
        array = np.asarray(states)
        if array.ndim == 0:
            raise AdapterError(f"{name} is one {type(states).__name__}, and no row for each word")
        rows = list(_steps_first(name, array, words, size, columns, longer))
    if len(rows) == words + 1:
        rows = _without_the_first(name, rows, first)
    if len(rows) != words:
        raise AdapterError(f"{name} has {len(rows)} steps, and the sentence {words} words")
    return _stacked(name, rows, size)


def _steps_first(
    name: str, array: Array, words: int, size: int, columns: bool, longer: Callable[[], Any]
) -> Array:
    flat = [n for n in array.shape if n != 1] if array.ndim > 2 else list(array.shape)
    array = array.reshape(flat or [1])
    if array.ndim == 1:
        return array.reshape(-1, size) if array.size % size == 0 else array[:, None]
    if array.ndim != 2:
        raise AdapterError(f"{name} has {array.ndim} axes")
    steps = (words, words + 1)
    rows, cols = (array.shape[0] in steps, array.shape[1] in steps)
    rows, cols = rows and array.shape[1] == size, cols and array.shape[0] == size
    if rows and cols:
        other = np.asarray(longer())
        grown = other.reshape([n for n in other.shape if n != 1]) if other.ndim > 2 else other
        if grown.ndim == 2:
            rows = grown.shape[0] != array.shape[0]
            cols = grown.shape[1] != array.shape[1]
    if rows != cols:
        return array if rows else array.T
    if rows:
        return array.T if columns else array
    wanted = (size, words) if columns else (words, size)
    raise AdapterError(f"{name} is of shape {array.shape}, not {wanted}")


def _without_the_first(name: str, rows: list[Any], first: Array | None) -> list[Any]:
    """Without the state before the first word, at either end."""
    if first is None:
        raise AdapterError(f"{name} has one step more than the sentence has words")
    known = np.ravel(first)
    for at, rest in ((0, rows[1:]), (-1, rows[:-1])):
        if rows[at] is not None and np.array_equal(np.ravel(rows[at]), known):
            return rest
    raise AdapterError(f"{name} has one step more than there are words, and neither end is h_prev")


def _stacked(name: str, rows: list[Any], size: int) -> Array:
    found = []
    for t, row in enumerate(rows):
        flat = np.ravel(np.asarray(row))
        if flat.dtype.kind not in "biufc" or flat.size != size:
            numbers = flat.dtype.kind in "biufc"
            what = f"{flat.size} numbers" if numbers else "nothing" if row is None else "no numbers"
            raise AdapterError(f"{name} has {what} at step {t}, not {size}")
        found.append(flat)
    return np.stack(found)
