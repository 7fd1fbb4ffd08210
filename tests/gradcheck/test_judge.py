from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import ArrayLike

from pybridge.gradcheck import Derivatives, ParameterCheck, Status
from pybridge.gradcheck import judge as judging
from pybridge.gradcheck.judge import Comparison, rounding_floor
from pybridge.precision import PRECISIONS
from pybridge.sides import Probe
from pybridge.weights import Array
from pybridge.weights import largest as largest_of

DOUBLE = PRECISIONS["float64"]
EPS = DOUBLE.eps
TOLERANCE = DOUBLE.complex_step
FLOOR = rounding_floor(DOUBLE, 1, 4.0, 1.0)
TRUE = np.array([[3.0, -1.0, 0.5], [0.25, 2.0, -4.0]])
DIRECTIONS = np.random.default_rng(4).uniform(0.5, 1.5, (2, 2, 3)) * np.array(
    [[[1, -1, 1], [1, 1, -1]], [[-1, 1, 1], [-1, 1, 1]]]
)


def derivatives(values: ArrayLike, errors: ArrayLike = 0.0, doubts: ArrayLike = 0.0) -> Derivatives:
    array = np.asarray(values, dtype=float)
    return Derivatives(
        array, np.broadcast_to(errors, array.shape), np.broadcast_to(doubts, array.shape)
    )


def compare(
    gradient: Array, probe: Probe, numeric: Derivatives, again: Derivatives | None
) -> Comparison:
    return judging.compare(gradient, probe, numeric, again, EPS)


def judge(
    name: str,
    gradient: Array,
    shape: tuple[int, ...],
    lines: Sequence[Comparison],
    *,
    floor: float,
    tolerance: float = TOLERANCE,
) -> ParameterCheck:
    scale = largest_of(gradient)
    return judging.judge(
        name, gradient, shape, lines, scale=scale, tolerance=tolerance, floor=floor, steps=1
    )


def along(true: Array = TRUE) -> Array:
    """The true derivatives along DIRECTIONS."""
    return np.array([np.sum(true * direction) for direction in DIRECTIONS])


def judged(
    gradient: Array,
    *,
    true: Array = TRUE,
    noise: float = 0.0,
    errors: ArrayLike = 0.0,
    doubts: ArrayLike = 0.0,
    entries: bool = True,
    largest: float | None = None,
    tolerance: float = TOLERANCE,
) -> ParameterCheck:
    """The verdict where `true` is the derivative of the forward pass."""
    lines = [
        compare(
            gradient,
            Probe("W", DIRECTIONS),
            derivatives(along(true), errors, doubts),
            derivatives(along(true) + noise),
        )
    ]
    if entries:
        numeric = derivatives(true.ravel(), errors, doubts)
        lines.append(compare(gradient, Probe("W", None), numeric, None))
    return judge(
        "dW",
        gradient,
        true.shape,
        lines,
        tolerance=tolerance,
        floor=rounding_floor(
            DOUBLE, 1, float(np.abs(true).max()) if largest is None else largest, 1.0
        ),
    )


def test_a_right_gradient_passes() -> None:
    found = judged(TRUE.copy())
    assert found.status is Status.PASSED
    assert found.error <= 1e-15
    assert found.bound <= 1e-14
    assert (found.scale, found.entries, found.passes) == (4.0, 6, 2 + 6)


def test_rounding_passes() -> None:
    assert judged(TRUE * (1 + 4 * EPS)).status is Status.PASSED


@pytest.mark.parametrize("entries", [True, False], ids=["entries", "directions alone"])
@pytest.mark.parametrize("index", list(np.ndindex(TRUE.shape)))
def test_one_entry_off_by_a_millionth_fails(index: tuple[int, int], entries: bool) -> None:
    gradient = TRUE.copy()
    gradient[index] += 4e-6
    found = judged(gradient, entries=entries)
    assert found.status is Status.FAILED
    assert found.name == "dW"
    assert 4e-7 < found.error < 2e-6
    assert f"error {found.error:.1e}" in found.rule
    if entries:
        assert found.worst is not None
        assert found.worst.index == index
        assert found.worst.analytic == gradient[index]
        assert found.worst.numeric == TRUE[index]
    else:
        assert found.worst is None


WRONG: dict[str, Array] = {
    "swapped sign": -TRUE,
    "zeroed": 0 * TRUE,
    "doubled": 2 * TRUE,
    "rows swapped": TRUE[::-1],
    "columns swapped": TRUE[:, ::-1],
    "two errors that cancel": TRUE + np.array([[1, -1, 0], [0, 0, 0]]),
}


@pytest.mark.parametrize("entries", [True, False], ids=["entries", "directions alone"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_fails(name: str, entries: bool) -> None:
    assert judged(WRONG[name].copy(), entries=entries).status is Status.FAILED


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_entry_that_is_not_finite_fails_and_is_named(value: float) -> None:
    gradient = TRUE.copy()
    gradient[1, 2] = value
    found = judged(gradient)
    assert found.status is Status.FAILED
    assert found.rule == f"not finite: {value} at [2, 3]"
    assert judged(np.full((2, 3), value)).status is Status.FAILED


@pytest.mark.parametrize("gradient", [TRUE.T, TRUE[:1], TRUE[0], TRUE[..., None], np.zeros((0, 3))])
def test_another_shape_fails(gradient: Array) -> None:
    found = judge("dW", gradient, (2, 3), [], floor=FLOOR)
    assert found.status is Status.FAILED
    assert found.rule == f"of shape {gradient.shape}, not (2, 3)"


def test_nothing_to_compare_with_is_undecided() -> None:
    nothing = judge("dW", TRUE, (2, 3), [], floor=FLOOR)
    empty = np.zeros((0, 2, 3))
    lines = [compare(TRUE, Probe("W", empty), derivatives([]), None)]
    no_lines = judge("dW", TRUE, (2, 3), lines, floor=FLOOR)
    for found in (nothing, no_lines):
        assert found.status is Status.UNDECIDED
        assert found.rule == "no derivative to compare with"


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_a_parameter_without_entries_does_not_pass(shape: tuple[int, int]) -> None:
    gradient = np.zeros(shape)
    for lines in (
        [compare(gradient, Probe("W", None), derivatives([]), None)],
        [compare(gradient, Probe("W", np.zeros((2, *shape))), derivatives([0, 0]), None)],
    ):
        found = judge(
            "dW",
            gradient,
            shape,
            lines,
            floor=FLOOR,
        )
        assert found.status is Status.UNDECIDED


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("at", [0, 1])
def test_a_derivative_that_is_not_finite_fails(value: float, at: int) -> None:
    numeric = along()
    numeric[at] = value
    lines = [compare(TRUE, Probe("W", DIRECTIONS), derivatives(numeric), None)]
    found = judge("dW", TRUE, (2, 3), lines, floor=FLOOR)
    assert found.status is Status.FAILED
    assert found.rule == "the cost has no finite derivative"


# ---------------------------------------------------------------------------------------------
# What the check itself may be wrong by.


def wrong_by(size: float) -> Array:
    """Off by about `size`, relative to the largest entry."""
    off: Array = TRUE + np.array([[0.0, 0, 0], [0, 0, 4 * size]])
    return off


@pytest.mark.parametrize("gradient", [TRUE, wrong_by(1e-6)], ids=["right", "wrong"])
def test_too_much_noise_leaves_it_undecided(gradient: Array) -> None:
    found = judged(gradient.copy(), noise=1e-5)
    assert found.status is Status.UNDECIDED
    assert found.bound > TOLERANCE
    assert "its own error is too large" in found.rule


def test_noise_does_not_excuse_an_error_beyond_it() -> None:
    assert judged(wrong_by(1e-2), noise=1e-5).status is Status.FAILED


def test_an_accusation_is_far_above_what_one_nudge_has_shown_of_the_noise() -> None:
    """Of 3,000 right cases four were off by one to three times the bound, all of them chaotic."""
    noise = 1e-7  # in any entry, of which the largest is 4
    bound = judged(TRUE.copy(), noise=noise).bound
    assert bound == pytest.approx(16 * noise / 4)
    assert judged(wrong_by(3 * bound), noise=noise).status is Status.UNDECIDED
    assert judged(wrong_by(30 * bound), noise=noise).status is Status.FAILED


@pytest.mark.parametrize("gradient", [TRUE, wrong_by(1e-6)], ids=["right", "wrong"])
def test_so_does_an_error_of_the_method(gradient: Array) -> None:
    assert judged(gradient.copy(), errors=1e-4).status is Status.UNDECIDED
    assert judged(gradient.copy(), errors=[1e-4] + [0] * 1, entries=False).status is (
        Status.UNDECIDED
    )


def test_a_doubt_keeps_from_accusing_and_not_from_passing() -> None:
    assert judged(TRUE.copy(), doubts=1e-4).status is Status.PASSED
    assert judged(wrong_by(1e-6), doubts=1e-4).status is Status.UNDECIDED
    assert judged(wrong_by(1e-2), doubts=1e-4).status is Status.FAILED


@pytest.mark.parametrize("which", ["noise", "errors", "errors of the entries"])
def test_a_bound_that_is_no_number_never_passes(which: str) -> None:
    nan = float("nan")
    lines = [
        compare(
            TRUE,
            Probe("W", DIRECTIONS),
            derivatives(along(), nan if which == "errors" else 0),
            derivatives(along() + (nan if which == "noise" else 0)),
        ),
        compare(
            TRUE,
            Probe("W", None),
            derivatives(TRUE.ravel(), nan if which == "errors of the entries" else 0),
            None,
        ),
    ]
    for order in (lines, lines[::-1]):
        found = judge("dW", TRUE, (2, 3), order, floor=FLOOR)
        assert found.status is Status.UNDECIDED


def test_a_tolerance_below_what_the_check_can_tell_is_undecided() -> None:
    assert judged(TRUE.copy(), tolerance=1e-17).status is Status.UNDECIDED


# ---------------------------------------------------------------------------------------------
# Not exercised.


def test_zero_everywhere_is_not_exercised() -> None:
    found = judged(0 * TRUE, true=0 * TRUE, largest=1.0)
    assert found.status is Status.NOT_EXERCISED
    assert found.rule == "every derivative is zero"


def test_what_rounding_leaves_of_zero_is_not_exercised() -> None:
    found = judged(1e-16 * TRUE, true=0 * TRUE, largest=1.0)
    assert found.status is Status.NOT_EXERCISED
    assert "at most 4.0e-16, the rounding floor is 3.6e-15" in found.rule


def test_large_weights_carry_rounding_further() -> None:
    assert rounding_floor(DOUBLE, 1, 2.0, 0.5) == rounding_floor(DOUBLE, 1, 2.0, 1.0) == 32 * EPS
    assert rounding_floor(DOUBLE, 1, 2.0, 7.0) == 7 * 32 * EPS


def test_a_sum_over_the_words_is_known_no_better_than_its_terms() -> None:
    assert (
        rounding_floor(DOUBLE, 9, 1e-7, 0.01) == rounding_floor(DOUBLE, 9, 9.0, 1.0) == 9 * 16 * EPS
    )


def test_what_the_floor_may_explain_is_not_accused() -> None:
    tiny = 1e-10  # of the largest gradient of the case; its floor is 3.6e-5 of this one
    assert judged(tiny * wrong_by(1e-5), true=tiny * TRUE, largest=4.0).status is Status.UNDECIDED
    assert judged(tiny * wrong_by(1e-3), true=tiny * TRUE, largest=4.0).status is Status.FAILED


def test_a_zero_gradient_of_a_cost_that_moves_fails() -> None:
    assert judged(0 * TRUE, largest=4.0).status is Status.FAILED
    # Also where it is small beside the other gradients of the case.
    assert judged(0 * TRUE, true=1e-9 * TRUE, largest=1.0).status is Status.FAILED


def test_a_gradient_where_the_cost_does_not_move_fails() -> None:
    assert judged(TRUE.copy(), true=0 * TRUE, largest=4.0).status is Status.FAILED


def test_small_gradients_are_measured_by_themselves() -> None:
    for size in (1e-6, 1e-12):
        assert judged(size * TRUE, true=size * TRUE).status is Status.PASSED
        assert judged(-size * TRUE, true=size * TRUE).status is Status.FAILED


def slopes(lines: Sequence[Array]) -> list[float]:
    probe = Probe("W", DIRECTIONS)
    return [compare(TRUE, probe, derivatives(line), None).slope for line in lines]


def test_a_slope_is_never_more_than_the_largest_entry() -> None:
    (proven,) = slopes([along()])
    assert 0 < proven <= np.abs(TRUE).max()
    assert slopes([along(np.ones_like(TRUE) * np.sign(DIRECTIONS[0]))])[0] == pytest.approx(1)
    assert compare(TRUE, Probe("W", None), derivatives(TRUE.ravel()), None).slope == 4.0


ROWS = np.arange(len(TRUE))[1:]


def through_rows(gradient: Array, numeric: ArrayLike) -> Comparison:
    """A gradient beside derivatives along a line through all rows but the first."""
    return compare(gradient, Probe("W", DIRECTIONS[:1, 1:], ROWS), derivatives(numeric), None)


def test_a_direction_through_some_rows_is_held_against_these_alone() -> None:
    assert through_rows(TRUE, [0.5]).analytic == np.sum(TRUE[1:] * DIRECTIONS[0, 1:])
    assert through_rows(TRUE, [0.5]).slope < 0.5


@pytest.mark.parametrize("size", [1e-3, 1e-30])
def test_where_all_derivatives_are_zero_the_largest_entry_is_held_against_it(size: float) -> None:
    gradient = TRUE * 0
    assert through_rows(gradient, [0.0]).analytic == 0
    gradient[0] = 7  # of a row that is not moved
    assert through_rows(gradient, [0.0]).analytic == 0
    gradient[1, :2] = [size, -size]  # which might cancel along some line
    assert through_rows(gradient, [0.0]).analytic == size
    assert through_rows(gradient, [0.0]).slope == 0


def test_a_derivative_that_is_not_a_number_is_no_zero() -> None:
    assert through_rows(TRUE, [np.nan]).analytic == through_rows(TRUE, [0.5]).analytic
