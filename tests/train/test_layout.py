"""Flat vectors of parameters."""

from __future__ import annotations

import numpy as np
import pytest

from pybridge import gru, tagger
from pybridge.train.layout import Layout, Table, first_weights
from pybridge.weights import Parameters
from tests.train.making import SETTINGS

CELLS = pytest.mark.parametrize("parameters", [tagger.PARAMETERS, gru.PARAMETERS])


@CELLS
def test_what_is_packed_comes_back(parameters: Parameters) -> None:
    weights = first_weights(parameters, 5, 3, SETTINGS)
    layout = Layout.of(parameters, SETTINGS.hidden, 3)
    vector = np.concatenate(layout.split(weights))
    assert len(vector) == sum(array.size for array in weights.values())
    found = layout.unpack(vector, 5)
    assert list(found) == list(parameters)
    assert all(np.array_equal(found[name], array) for name, array in weights.items())


@CELLS
def test_rows_are_taken_and_put_back(parameters: Parameters) -> None:
    weights = first_weights(parameters, 5, 3, SETTINGS)
    layout = Layout.of(parameters, SETTINGS.hidden, 3)
    table = Table(layout, weights)
    words = np.array([1, 4])
    own = table.take(words)
    ours = table.weights(own, 2)
    assert list(ours.arrays) == list(parameters)
    for name, _ in layout.by_word:
        assert np.array_equal(ours.arrays[name], weights[name][words])
    own += 1
    table.shared += 1
    table.put(words, own)
    for name, array in table.arrays.items():
        moved = np.ones(array.shape)
        if name in dict(layout.by_word):
            moved[[0, 2, 3]] = 0
        assert np.array_equal(array, weights[name] + moved)


def test_a_table_is_a_copy() -> None:
    weights = first_weights(tagger.PARAMETERS, 5, 3, SETTINGS)
    before = {name: array.copy() for name, array in weights.items()}
    table = Table(Layout.of(tagger.PARAMETERS, SETTINGS.hidden, 3), weights)
    table.shared += 1
    table.put(np.arange(5), table.take(np.arange(5)) + 1)
    assert all(np.array_equal(weights[name], array) for name, array in before.items())
