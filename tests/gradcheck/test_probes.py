from dataclasses import replace

import numpy as np
import pytest

from pybridge.gradcheck import probes
from pybridge.weights import Array, Weights
from tests.making import NAMES, a_case, with_weights


def directions_of(name: str) -> Array:
    found = next(probe for probe in probes.directions(a_case()) if probe.name == name)
    assert found.directions is not None
    return found.directions


def test_every_parameter_has_directions_through_all_its_entries() -> None:
    case = a_case()
    found = probes.directions(case)
    assert tuple(probe.name for probe in found) == NAMES
    for probe in found + probes.through_absent(case):
        assert probe.directions is not None
        assert (np.abs(probe.directions) >= 0.5).all()
        assert (np.abs(probe.directions) <= 1.5).all()
    for probe in found:
        assert probe.directions is not None
        assert probe.directions.shape == (2, *probe.moved(case.weights.arrays[probe.name]).shape)
        assert probe.name == "Wxh" or probe.rows is None


def test_the_rows_of_own_words_and_of_absent_ones_are_all() -> None:
    case = a_case("one two one", whole_vocabulary=True)
    own = next(p for p in probes.directions(case) if p.name == "Wxh")
    (other,) = probes.through_absent(case)
    assert own.rows is not None
    assert other.rows is not None
    assert set(own.rows) == set(case.words)
    assert sorted([*own.rows, *other.rows]) == list(range(len(case.rows)))


def test_one_direction_goes_through_the_rows_of_all_absent_words() -> None:
    case = a_case("one two", whole_vocabulary=True)
    case = replace(
        case,
        rows=(*case.rows, "more", "words"),
        weights=Weights(**{**case.weights.arrays, "Wxh": np.zeros((5, 4))}),
    )
    assert probes.absent(case).tolist() == [False, False, True, True, True]
    (found,) = probes.through_absent(case)
    assert found.name == "Wxh"
    assert found.rows is not None
    assert found.rows.tolist() == [2, 3, 4]
    assert found.directions is not None
    assert found.directions.shape == (1, 3, 4)


def test_no_such_direction_where_no_word_is_absent() -> None:
    case = a_case("one two")
    case = replace(
        case,
        rows=case.rows[:2],
        weights=Weights(**{**case.weights.arrays, "Wxh": case.weights.Wxh[:2]}),
    )
    assert probes.through_absent(case) == ()
    for probe in probes.directions(case):
        assert probe.rows is None
        assert probe.directions is not None
        assert len(probe.directions) == probes.DIRECTIONS


def test_two_directions_are_two_and_both_signs_occur() -> None:
    for name in NAMES[:2]:
        first, second = directions_of(name)[: probes.DIRECTIONS]
        assert np.linalg.matrix_rank(np.array([first.ravel(), second.ravel()])) == 2
        for direction in (first, second):
            assert (direction > 0).any()
            assert (direction < 0).any()


def test_no_two_entries_can_cancel() -> None:
    """Two errors of equal size stay visible: no two components have the same size."""
    sizes = np.abs(directions_of("Wxh"))[: probes.DIRECTIONS]
    for direction in sizes:
        assert len(np.unique(direction)) == direction.size


def test_the_same_case_has_the_same_directions_and_another_seed_others() -> None:
    for probe, again in zip(probes.directions(a_case()), probes.directions(a_case()), strict=True):
        np.testing.assert_array_equal(probe.directions, again.directions)
    other = probes.directions(a_case(seed=1))[1].directions
    assert other is not None
    assert np.not_equal(other, directions_of("Whh")).all()


@pytest.mark.parametrize(("words", "taken"), [(199, True), (200, True), (201, False)])
def test_small_parameters_are_also_taken_entry_by_entry(words: int, taken: bool) -> None:
    case = a_case(hidden=1)
    case = with_weights(case, Wxh=np.zeros((words, 1)))
    found = probes.entries(replace(case, rows=("a",) * words), 200)
    assert [probe.name for probe in found] == list(NAMES if taken else NAMES[1:])
    assert all(probe.directions is None for probe in found)
