import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge.agreement import (
    NOISE_FACTOR,
    TELLING,
    Agreement,
    Distance,
    Match,
    agree,
    by_step,
    distance,
)
from pybridge.weights import Array

RNG = np.random.default_rng(3)
H = RNG.standard_normal((4, 3))
DW = RNG.standard_normal((3, 3))
COST = np.array(7.5)


def sides() -> tuple[dict[str, Array], dict[str, Array]]:
    a = {"cost": COST, "h": H, "dWhh": DW}
    return {n: x.copy() for n, x in a.items()}, {n: x.copy() for n, x in a.items()}


def one(agreement: Agreement, name: str) -> Distance:
    return next(tensor for tensor in agreement.tensors if tensor.name == name)


def differs(a: dict[str, Array], b: dict[str, Array], name: str) -> Distance:
    """The one tensor that differs, which must be `name`, and must be the worst."""
    found = agree(a, b, tolerance=1e-12)
    assert found.match is Match.DIFFERS
    assert [tensor.name for tensor in found.tensors if tensor.match is not Match.AGREES] == [name]
    assert found.worst.name == name
    return found.worst


def test_equal_sides_agree() -> None:
    found = agree(*sides(), tolerance=1e-12)
    assert found.match is Match.AGREES
    assert [tensor.name for tensor in found.tensors] == ["cost", "h", "dWhh"]
    assert [tensor.compared for tensor in found.tensors] == [1, 12, 9]
    assert all(tensor.distance == 0 and tensor.ulps == 0 for tensor in found.tensors)


def test_rounding_agrees_and_ulps_decide_nothing() -> None:
    a, b = sides()
    b["h"] = b["h"] * (1 + 4e-13)
    found = agree(a, b, tolerance=1e-12)
    assert found.match is Match.AGREES
    assert found.worst.name == "h"
    assert found.worst.ulps > 1000


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_a_dropped_tensor(which: int) -> None:
    both = sides()
    del both[which]["dWhh"]
    found = differs(*both, "dWhh")
    assert found.rule == f"missing on the {('first', 'second')[which]} side"
    assert found.compared == 0


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_an_extra_tensor(which: int) -> None:
    both = sides()
    both[which]["dWhx"] = DW.copy()
    assert differs(*both, "dWhx").rule.startswith("missing on the")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("which", ["first", "second", "both"])
def test_what_is_not_finite(value: float, which: str) -> None:
    a, b = sides()
    for side, name in ((a, "first"), (b, "second")):
        if which in (name, "both"):
            side["h"][2, 1:] = value
    found = differs(a, b, "h")
    expected = "first" if which == "both" else which
    assert found.rule == f"{value} on the {expected} side, first at [3, 2]"
    assert found.at == (2, 1)


def test_a_cost_that_is_not_a_number_differs_from_itself() -> None:
    a, b = sides()
    a["cost"] = b["cost"] = np.array(np.nan)
    b["cost"] = b["cost"].copy()
    assert differs(a, b, "cost").rule == "nan on the first side"


def test_a_swapped_sign() -> None:
    a, b = sides()
    b["dWhh"] *= -1
    assert differs(a, b, "dWhh").distance == pytest.approx(2)


def test_a_zeroed_tensor() -> None:
    a, b = sides()
    b["dWhh"] *= 0
    assert differs(a, b, "dWhh").distance == 1


def test_zero_on_both_sides_agrees_with_any_tolerance() -> None:
    zero = {"cost": np.array(0.0), "dWhh": np.zeros((3, 3))}
    again = {name: array.copy() for name, array in zero.items()}
    found = agree(zero, again, tolerance=0)
    assert found.match is Match.AGREES
    assert found.worst.distance == 0


def test_a_tolerance_of_zero_asks_for_equality() -> None:
    a, b = sides()
    assert agree(a, b, tolerance=0).match is Match.AGREES
    b["h"][0, 0] = np.nextafter(b["h"][0, 0], 9)
    found = agree(a, b, tolerance=0)
    assert found.match is Match.DIFFERS
    assert found.worst.name == "h"


@pytest.mark.parametrize("b", [H.T, H[:3], H[0], H.reshape(2, 6), H[..., None]])
def test_another_shape(b: Array) -> None:
    a, other = sides()
    other["h"] = b.copy()
    found = differs(a, other, "h")
    assert found.rule.startswith("shapes 4 x 3 and ")
    assert found.compared == 0


def test_one_number_is_not_an_array_of_one() -> None:
    a, b = sides()
    b["cost"] = np.array([7.5])
    assert differs(a, b, "cost").rule == "shapes of one number and 1"


def test_nothing_on_either_side() -> None:
    found = agree({}, {}, tolerance=1e-12)
    assert found.match is Match.DIFFERS
    assert found.worst.rule == "no tensor on either side"
    assert Agreement(()).match is Match.DIFFERS


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_a_tensor_without_numbers(shape: tuple[int, ...]) -> None:
    a, b = sides()
    a["h"], b["h"] = np.empty(shape), np.empty(shape)
    assert differs(a, b, "h").rule == "no number to compare"


@pytest.mark.parametrize("share", [lambda a: a, lambda a: a[:], lambda a: a[::-1][::-1]])
def test_sides_that_share_memory(share: object) -> None:
    a, b = sides()
    b["h"] = share(a["h"])  # type: ignore[operator]
    assert differs(a, b, "h").rule == "both sides share memory: compared with itself"


def test_sides_that_share_a_part_of_their_memory() -> None:
    a, b = sides()
    whole = RNG.standard_normal((5, 3))
    a["h"], b["h"] = whole[:4], whole[1:]
    assert differs(a, b, "h").rule == "both sides share memory: compared with itself"


def test_one_entry_off_by_a_millionth() -> None:
    a, b = sides()
    largest = np.abs(H).max()
    b["h"][1, 2] += 1e-6 * largest
    found = differs(a, b, "h")
    assert found.at == (1, 2)
    assert (found.a, found.b) == (a["h"][1, 2], b["h"][1, 2])
    assert found.distance == pytest.approx(1e-6, rel=1e-3)
    assert found.rule == "distance 1.0e-06, tolerance 1.0e-12 (asked for)"


def test_a_small_entry_is_measured_by_the_largest_of_its_tensor() -> None:
    a = {"h": np.array([1.0, 1e-13])}
    assert agree(a, {"h": np.array([1.0, 2e-13])}, tolerance=1e-12).match is Match.AGREES
    assert agree(a, {"h": np.array([1.0, 2e-12])}, tolerance=1e-12).match is Match.DIFFERS


def test_a_small_tensor_is_not_measured_by_the_others() -> None:
    a, b = sides()
    a["dWhh"] *= 1e-200
    b["dWhh"] *= 1e-200
    assert agree(a, b, tolerance=1e-12).match is Match.AGREES
    b["dWhh"][0, 0] *= 1.01
    differs(a, b, "dWhh")


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e308])
def test_numbers_of_any_size(size: float) -> None:
    a = {"h": np.array([size, size])}
    assert agree(a, {"h": a["h"].copy()}, tolerance=1e-12).match is Match.AGREES
    with np.errstate(over="ignore"):
        assert agree(a, {"h": -a["h"]}, tolerance=1e-12).match is Match.DIFFERS


# ---------------------------------------------------------------------------------------------
# Noise: what rounding does to a tensor.


def test_noise_widens_the_tolerance() -> None:
    a, b = sides()
    b["h"] = b["h"] * (1 + 1e-9)
    found = agree(a, b, tolerance=1e-12, noise={"h": 1e-10})
    assert found.match is Match.AGREES
    assert one(found, "h").tolerance == NOISE_FACTOR * 1e-10
    assert "rounding noise 1.0e-10 x 16" in one(found, "h").rule
    assert one(found, "dWhh").tolerance == 1e-12
    differs(a, b, "h")


def test_noise_does_not_excuse_what_is_beyond_it() -> None:
    a, b = sides()
    b["h"] = b["h"] * (1 + 1e-8)
    assert agree(a, b, tolerance=1e-12, noise={"h": 1e-10}).match is Match.DIFFERS


def test_too_much_noise_leaves_it_undecided() -> None:
    a, b = sides()
    found = agree(a, b, tolerance=1e-12, noise={"h": TELLING})
    assert found.match is Match.UNDECIDED
    assert found.worst.name == "h"
    b["dWhh"] *= -1
    assert agree(a, b, tolerance=1e-12, noise={"h": TELLING}).match is Match.DIFFERS


def test_a_tolerance_that_is_no_number_is_never_reached() -> None:
    assert agree(*sides(), tolerance=float("nan")).match is not Match.AGREES


def test_a_tolerance_that_the_user_asked_for_is_not_too_much() -> None:
    assert agree(*sides(), tolerance=1e-3).match is Match.AGREES


@pytest.mark.parametrize("noise", [np.nan, 0.0, 1e-300])
def test_noise_that_is_no_number_or_nothing_changes_nothing(noise: float) -> None:
    found = agree(*sides(), tolerance=1e-12, noise={"h": noise})
    assert found.match is Match.AGREES
    assert one(found, "h").tolerance == 1e-12


def test_what_rounding_may_reach_at_the_worst_is_undecided() -> None:
    """A distance over the tolerance, but no larger than the absolute floor of the tensor."""
    a = {"dWhh": np.array([1e-9, 0.0])}
    b = {"dWhh": np.array([1e-9, 1e-16])}
    assert agree(a, b, tolerance=1e-12).match is Match.DIFFERS
    found = agree(a, b, tolerance=1e-12, floor={"dWhh": 1e-15})
    assert found.match is Match.UNDECIDED
    assert found.worst.rule.endswith("rounding may reach 1.0e-15, not relative)")
    assert agree(a, b, tolerance=1e-12, floor={"dWhh": 1e-17}).match is Match.DIFFERS
    assert agree(a, b, tolerance=1e-12, floor={"dWxh": 1e-15}).match is Match.DIFFERS
    for value in (np.nan, np.inf):
        b["dWhh"][1] = value
        assert agree(a, b, tolerance=1e-12, floor={"dWhh": np.inf}).match is Match.DIFFERS


# ---------------------------------------------------------------------------------------------

numbers = st.floats(-1e3, 1e3).map(lambda x: x + 1.0)


@given(st.lists(numbers, min_size=1, max_size=9), st.data())
def test_any_entry_moved_is_found(values: list[float], data: st.DataObject) -> None:
    a = np.array(values)
    scale = float(np.abs(a).max())
    at = data.draw(st.integers(0, len(values) - 1))
    size = data.draw(st.floats(1e-6, 1e3)) * data.draw(st.sampled_from([-1, 1]))
    b = a.copy()
    b[at] += size * max(scale, 1e-3)
    found = agree({"x": a}, {"x": b}, tolerance=1e-12)
    assert found.match is Match.DIFFERS
    assert found.worst.at == (at,)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_distance_is_symmetric_and_at_most_two(a: list[float], b: list[float]) -> None:
    n = min(len(a), len(b))
    x, y = np.array(a[:n]), np.array(b[:n])
    assert distance(x, y) == distance(y, x)
    assert 0 <= distance(x, y) <= 2
    assert distance(x, x.copy()) == 0


def test_the_distance_to_what_is_not_finite_is_no_number() -> None:
    for value in (np.nan, np.inf):
        assert not distance(np.array([1.0, value]), np.array([1.0, value])) <= 1e300


# By time step


def test_the_distance_of_each_step_is_relative_to_the_largest_of_all() -> None:
    a = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]])
    b = a + np.array([[0.0, 0.4], [0.0, 0.0], [-0.1, 0.0]])
    assert by_step(a, b) == pytest.approx([0.1, 0.0, 0.025])
    assert max(by_step(a, b)) == distance(a, b)
    assert list(by_step(a, a)) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_step_that_is_not_finite_does_not_hide_the_others(odd: float) -> None:
    a = np.array([[1.0], [2.0], [4.0]])
    b = np.array([[1.0], [odd], [3.0]])
    first, second, third = by_step(a, b)
    assert (first, third) == (0.0, 0.25)
    assert not np.isfinite(second)


def test_steps_of_numbers_and_of_zeros() -> None:
    assert list(by_step(np.array([1.0, 2.0]), np.array([1.0, 1.0]))) == [0.0, 0.5]
    assert list(by_step(np.zeros((2, 3)), np.zeros((2, 3)))) == [0.0, 0.0]
