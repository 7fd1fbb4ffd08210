"""The parameters of one sentence as one flat vector, so that an update is a few lines for all.

First come the parameters that every sentence uses, row-major, and after them, of those with a row
for each word of the vocabulary, the rows of the sentence's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pybridge.tagger import Indices
from pybridge.train import Settings
from pybridge.weights import Array, Parameters, Weights, make_weights, word_rows


@dataclass(frozen=True)
class Layout:
    """Where each parameter is in a flat vector."""

    order: tuple[str, ...]  # of the parameters, as the tagger has them
    shared: tuple[tuple[str, tuple[int, int]], ...]  # name and shape
    by_word: tuple[tuple[str, int], ...]  # name and length of a row

    @classmethod
    def of(cls, parameters: Parameters, hidden: int, outputs: int) -> Layout:
        """The layout of a cell of these sizes."""
        length = {"hidden": hidden, "out": outputs, "1": 1}
        rows = word_rows(parameters)
        return cls(
            order=tuple(parameters),
            shared=tuple(
                (name, (length[a], length[b]))
                for name, (a, b) in parameters.items()
                if name not in rows
            ),
            by_word=tuple((name, length[parameters[name][1]]) for name in rows),
        )

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """Both parts of the vector of these parameters, (S,) and (R,)."""
        return (
            _flat([arrays[name] for name, _ in self.shared]),
            _flat([arrays[name] for name, _ in self.by_word]),
        )

    def unpack(self, vector: Array, words: int) -> dict[str, Array]:
        """The parameters in a vector with the rows of some words, in the tagger's order; views."""
        found, at = {}, 0
        sizes = [*self.shared, *((name, (words, columns)) for name, columns in self.by_word)]
        for name, (rows, columns) in sizes:
            found[name] = vector[at : at + rows * columns].reshape(rows, columns)
            at += rows * columns
        return {name: found[name] for name in self.order}


class Table:
    """Parameters of the whole vocabulary; the rows of some words are taken and put back."""

    def __init__(self, layout: Layout, arrays: Mapping[str, Array]) -> None:
        """A copy of these arrays."""
        self.shared = np.concatenate([arrays[n].reshape(-1) for n, _ in layout.shared])  # (S,)
        self.rows = {name: arrays[name].copy() for name, _ in layout.by_word}  # each (in, ...)
        self.arrays = {**layout.unpack(self.shared, 0), **self.rows}  # views

    def take(self, words: Indices) -> Array:
        """The rows of these words as a vector, (R,), a copy."""
        return _flat([rows.take(words, axis=0) for rows in self.rows.values()])

    def put(self, words: Indices, own: Array) -> None:
        """What `take` has given, changed."""
        for rows, changed in zip(self.rows.values(), self.cut(own, len(words)), strict=True):
            rows[words] = changed

    def cut(self, own: Array, words: int) -> list[Array]:
        """The arrays in such a vector; views."""
        if len(self.rows) == 1:
            return [own.reshape(words, -1)]
        found, at = [], 0
        for rows in self.rows.values():
            size = words * rows.shape[1]
            found.append(own[at : at + size].reshape(words, -1))
            at += size
        return found

    def weights(self, own: Array, words: int) -> Weights:
        """All parameters over the rows of some words alone, in the tagger's order; views."""
        arrays = self.arrays.copy()
        arrays.update(zip(self.rows, self.cut(own, words), strict=True))
        return Weights(**arrays)


def _flat(arrays: list[Array]) -> Array:
    """One vector of these, row-major; no copy of one alone."""
    vectors = [array.reshape(-1) for array in arrays]
    return vectors[0] if len(vectors) == 1 else np.concatenate(vectors)


def first_weights(
    parameters: Parameters, words: int, tags: int, settings: Settings
) -> dict[str, Array]:
    """The weights that training begins with, from the seed."""
    drawn = make_weights(
        parameters,
        {"in": words, "hidden": settings.hidden, "out": tags},
        scale=settings.scale,
        random_biases=False,
        rng=np.random.default_rng(settings.seed),
    )
    return dict(drawn.arrays)
