from __future__ import annotations

import numpy as np
import pytest

from pybridge.trace import Keep, Sketch
from pybridge.trace.values import apart, kept, row_of, scope_value, sketch, value_of


def test_numbers_arrays_and_lists_of_arrays_are_values_and_nothing_else_is() -> None:
    for value in (3, 2.5, 1j, True, np.float32(1), np.arange(3)):
        found = value_of(value)
        assert found is not None
        assert found == pytest.approx(value)
    stacked = value_of([np.arange(3), np.ones(3)])
    assert stacked is not None
    assert stacked.shape == (2, 3)
    for nothing in ("text", None, object(), [np.arange(2), np.arange(3)], np.array(["a"])):
        assert value_of(nothing) is None


def test_a_value_is_a_copy() -> None:
    array = np.arange(3.0)
    found = value_of(array)
    array[0] = 9
    assert found is not None
    assert found[0] == 0


def test_scopes_hold_lists_and_dictionaries_as_they_are() -> None:
    assert scope_value(4) == 4
    listed = scope_value([np.arange(2), None])
    assert isinstance(listed, list)
    assert listed[1] is None
    keyed = scope_value({-1: np.arange(2)})
    assert isinstance(keyed, dict)
    assert set(keyed) == {-1}


def test_distance_is_relative_and_ignores_axes_of_length_one() -> None:
    assert apart(np.array([[1.0, 2.0]]), np.array([1.0, 2.0])) == 0
    assert apart(np.array([1.0, 4.0]), np.array([1.0, 2.0])) == 0.5
    assert apart(np.zeros(3), np.zeros(3)) == 0


def test_what_cannot_be_compared_is_infinitely_far_apart() -> None:
    ones, nan = np.ones(3), np.array([1.0, np.nan, 1.0])
    assert apart(ones, np.ones(4)) == float("inf")
    assert apart(nan, nan) == float("inf")
    assert apart(np.array([np.inf]), np.array([np.inf])) == float("inf")
    assert apart(np.ones((2, 3)), np.ones((3, 2))) == float("inf")


def test_sketches_tell_arrays_apart_that_differ_in_one_entry() -> None:
    a = np.random.default_rng(1).standard_normal((40, 30))
    b = a.copy()
    b[7, 5] += 1e-3
    assert apart(sketch(a), sketch(a.copy())) == 0
    assert apart(sketch(a), sketch(b)) > 1e-8
    assert apart(a, sketch(b)) > 1e-8
    swapped = a.copy()
    swapped[[0, 1]] = a[[1, 0]]  # of the same norm
    assert apart(sketch(a), sketch(swapped)) > 1e-3


def test_only_large_arrays_are_sketched() -> None:
    large, small = np.ones(11), np.ones(10)
    assert isinstance(kept(large, Keep(sketch_over=10)), Sketch)
    assert kept(small, Keep(sketch_over=10)) is small
    assert kept(None, Keep()) is None


def test_rows() -> None:
    row = row_of(np.arange(6).reshape(3, 2), 1)
    assert row is not None
    assert row.tolist() == [2, 3]
    assert row_of(np.arange(3), 3) is None
    assert row_of(np.array(2.0), 0) is None
    assert row_of(sketch(np.ones(3)), 0) is None
