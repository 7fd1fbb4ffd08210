"""Values as a recording keeps them."""

from __future__ import annotations

import hashlib

import numpy as np

from pybridge.trace import Keep, Sketch, Value
from pybridge.weights import Array, Weights


def value_of(value: object) -> Array | None:
    """A copy of a number, an array, or a list of arrays of one shape; None for anything else."""
    if isinstance(value, bool | int | float | complex | np.generic | np.ndarray):
        array = np.array(value)
        return array if array.dtype.kind in "biufc" else None
    if isinstance(value, list | tuple) and value:
        entries = [value_of(entry) for entry in value]
        if all(e is not None and e.shape == entries[0].shape for e in entries):  # type: ignore[union-attr]  # none of them is None
            return np.array(entries)
    return None


def scope_value(value: object) -> object:
    """A copy of a variable that a statement can be run over again; None where there is none.

    Numbers and arrays, lists and dictionaries of them, and objects whose fields are arrays.
    """
    if isinstance(value, list):
        return [value_of(entry) for entry in value]
    if isinstance(value, dict):
        return {key: value_of(entry) for key, entry in value.items()}
    if isinstance(value, bool | int | float | complex):
        return value
    found = value_of(value)
    holds = isinstance(value, Weights) or (hasattr(value, "__dict__") and not callable(value))
    if found is None and holds:
        return value  # such as the weights: frozen, and never changed by a trial
    return found


def kept(value: Array | None, keep: Keep) -> Value | None:
    """The value itself, or its sketch where it is large."""
    return sketch(value) if value is not None and value.size > keep.sketch_over else value


def sketch(array: Array) -> Sketch:
    """What `Sketch` says of an array."""
    flat = np.ravel(array)
    with np.errstate(all="ignore"):
        return Sketch(
            shape=array.shape,
            norm=float(np.sqrt(np.sum(np.abs(flat) ** 2))),
            projection=float(np.sum(flat.real * np.cos(np.arange(flat.size)))),
            digest=hashlib.sha256(
                np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
            ).hexdigest(),
        )


def shape(value: Value) -> tuple[int, ...]:
    """Without axes of length 1, which the two languages write down differently."""
    return tuple(n for n in value.shape if n != 1)


def apart(a: Value, b: Value) -> float:
    """Largest |a - b| over the largest |a| or |b|; infinite where they cannot be compared.

    Of two sketches, the difference of their projections over their norm.
    """
    if shape(a) != shape(b):
        return float("inf")
    if isinstance(a, Sketch) or isinstance(b, Sketch):
        a, b = (v if isinstance(v, Sketch) else sketch(v) for v in (a, b))
        if a.digest == b.digest:
            return 0.0
        scale = max(a.norm, b.norm)
        gap = max(abs(a.projection - b.projection), abs(a.norm - b.norm))
        found = gap / scale if scale else gap
    else:
        a, b = np.reshape(a, shape(a)), np.reshape(b, shape(b))
        with np.errstate(all="ignore"):
            largest = max(np.max(np.abs(a), initial=0.0), np.max(np.abs(b), initial=0.0))
            gap = np.max(np.abs(np.subtract(a, b, dtype=np.result_type(a, b, 0.0))), initial=0.0)
            found = float(gap / largest) if largest > 0 else float(gap)
    return found if np.isfinite(found) else float("inf")


def row_of(value: Value, row: int) -> Array | None:
    """One row of an array; None of a sketch, whose rows are gone."""
    if isinstance(value, Sketch) or not value.ndim or not -len(value) <= row < len(value):
        return None
    return np.asarray(value[row])
