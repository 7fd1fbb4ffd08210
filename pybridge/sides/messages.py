"""Arrays as bytes, on the way to Julia's process and over the bridge inside of it: see Messages.jl.

Handed over one by one, the first of them costs a second where there is no system image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from pybridge.weights import Array

KINDS = ("f8", "f4", "f2", "c16", "c8", "i8", "?", "u1")  # by number, from 1, as in Packed.jl
_NUMBERS = {np.dtype(kind): number for number, kind in enumerate(KINDS, 1)}
_WORD = 8  # bytes; each array begins at a multiple of it


def message(*arrays: Array) -> bytes:
    """Arrays of one axis in one block of memory."""
    head = [0, len(arrays)]
    parts = [b""]
    for array in arrays:
        head += (_NUMBERS[array.dtype], array.size)
        parts += (array.tobytes(), bytes(-array.nbytes % _WORD))
    head[0] = _WORD * len(head) + sum(map(len, parts))
    parts[0] = np.array(head, np.int64).tobytes()
    return b"".join(parts)


def arrays_of(message: bytes) -> list[Array]:
    """The arrays of a message, which share one copy of it."""
    held = bytearray(message)  # so that they can be written to
    count = int(np.frombuffer(held, np.int64, 2)[1])
    head = np.frombuffer(held, np.int64, 2 * count, 2 * _WORD).reshape(-1, 2)
    at, arrays = _WORD * (2 + 2 * count), []
    for kind, size in head.tolist():
        array: Array = np.frombuffer(held, KINDS[kind - 1], size, at)
        arrays.append(array)
        at += array.nbytes + -array.nbytes % _WORD
    return arrays


def to_hash(arrays: Mapping[str, Array]) -> bytes:
    """The question what the fingerprint of some arrays is, each of two axes."""
    shapes = np.array([array.shape for array in arrays.values()], np.int64)
    return message(letters(" ".join(arrays)), shapes.ravel(), flat(arrays.values()))


def text_of(message: bytes) -> str:
    """The text that is all of a message."""
    (only,) = arrays_of(message)
    return text(only)


def letters(line: str) -> Array:
    """A text as an array."""
    return np.frombuffer(line.encode(), np.uint8)


def text(array: Array) -> str:
    """The way back."""
    return array.tobytes().decode(errors="replace")


def flat(arrays: Iterable[Array]) -> Array:
    """Arrays of any shape as one of one axis, each row by row."""
    return np.concatenate([array.ravel() for array in arrays])
