import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge.gradcheck import Derivatives, Entry
from pybridge.gradcheck.narrow import wrong_entries
from pybridge.sides import Probe
from pybridge.weights import Array


class Forward:
    """A forward pass with a known derivative that counts the passes it is asked for."""

    def __init__(self, true: Array) -> None:
        self.true, self.passes, self.questions = true, 0, 0

    def measure(self, probe: Probe) -> Derivatives:
        assert probe.directions is not None
        assert probe.directions.shape[1:] == self.true.shape
        values = (probe.directions * self.true).reshape(len(probe.directions), -1).sum(axis=1)
        self.passes, self.questions = self.passes + len(values), self.questions + 1
        return Derivatives(values, 0 * values, 0 * values)


def found(
    true: Array, gradient: Array, limit: int = 5, threshold: float = 1e-9
) -> tuple[tuple[Entry, ...], Forward]:
    forward = Forward(true)
    rng = np.random.default_rng(0)
    entries = wrong_entries(
        "Whh", gradient, forward.measure, threshold=threshold, limit=limit, rng=rng
    )
    return entries, forward


TRUE = np.random.default_rng(1).standard_normal((64, 64))


def with_errors(*errors: tuple[tuple[int, int], float]) -> Array:
    gradient = TRUE.copy()
    for index, error in errors:
        gradient[index] += error
    return gradient


def test_a_right_gradient_has_no_wrong_entry() -> None:
    entries, forward = found(TRUE, TRUE.copy())
    assert entries == ()
    assert forward.passes == 2  # both halves


@pytest.mark.parametrize("index", [(0, 0), (63, 63), (17, 40)])
def test_one_wrong_entry_of_4096_is_found_in_26_passes(index: tuple[int, int]) -> None:
    entries, forward = found(TRUE, with_errors((index, 1e-6)))
    assert [entry.index for entry in entries] == [index]
    assert entries[0].numeric == pytest.approx(TRUE[index], abs=1e-12)
    assert entries[0].analytic == pytest.approx(TRUE[index] + 1e-6, abs=1e-12)
    assert forward.passes <= 2 * 12 + 1
    assert forward.questions == 12 + 1


def test_all_of_several_are_found_the_largest_error_first() -> None:
    errors = (((3, 5), 1e-3), ((3, 6), -1e-2), ((60, 1), 1e-5), ((0, 0), 1.0))
    entries, _ = found(TRUE, with_errors(*errors))
    assert [entry.index for entry in entries] == [(0, 0), (3, 6), (3, 5), (60, 1)]


def test_two_errors_that_cancel_in_a_sum_do_not_hide() -> None:
    entries, _ = found(TRUE, with_errors(((1, 2), 0.5), ((2, 1), -0.5)))
    assert {entry.index for entry in entries} == {(1, 2), (2, 1)}


def test_no_more_than_the_limit() -> None:
    entries, forward = found(TRUE, -TRUE, limit=3)
    assert len(entries) == 3
    assert forward.passes <= 2 * 3 * 12 + 3


def test_an_error_below_the_threshold_is_none() -> None:
    assert found(TRUE, with_errors(((1, 2), 1e-7)), threshold=1e-6)[0] == ()


@given(st.integers(1, 5), st.integers(1, 7), st.data())
def test_every_shape(rows: int, columns: int, data: st.DataObject) -> None:
    true = np.random.default_rng(rows).standard_normal((rows, columns))
    gradient = true.copy()
    wrong = data.draw(st.sets(st.integers(0, true.size - 1), min_size=1))
    for flat in wrong:
        gradient.ravel()[flat] += 1 + flat
    entries, _ = found(true, gradient, limit=true.size)
    names = {int(np.ravel_multi_index(entry.index, true.shape)) for entry in entries}
    assert names == wrong
