import numpy as np
import pytest

from pybridge.case import Case
from pybridge.evidence import Evidence, ask, collect
from pybridge.gradcheck import GradientCheck, Status, posted
from pybridge.gradcheck.methods import COMPLEX, METHODS
from pybridge.sides import Probe
from pybridge.sides.python import PythonSide
from pybridge.weights import Array
from tests.making import GRADIENTS, NAMES, PLANTED, a_case, port_with

ONE = Probe("Whh", np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
GRADIENT = np.array([[2.0, 3.0]])


def costs(*derivatives: float) -> Array:
    return np.array([[d * posted.DELTA, -d * posted.DELTA] for d in derivatives])


def check(case: Case, side: PythonSide | None = None) -> GradientCheck:
    found = collect(ask(side or PythonSide(), case, METHODS["posted"]))
    assert isinstance(found, Evidence)
    return found.gradient


def test_two_entries_of_every_parameter_one_at_a_time() -> None:
    found = posted.probes(a_case())
    assert tuple(probe.name for probe in found) == NAMES
    for probe in found:
        assert probe.directions is not None
        assert probe.directions.shape == (2, *a_case().weights.arrays[probe.name].shape)
        assert (np.sort(probe.directions.reshape(2, -1))[:, :-1] == 0).all()
        assert probe.directions.sum() == 2


def test_a_right_gradient_passes() -> None:
    found = posted.judge(GRADIENT, ONE, costs(2.0, 3.0))
    assert found.status is Status.PASSED
    assert found.name == "dWhh"


@pytest.mark.parametrize("wrong", [(2.001, 3.0), (2.0, -3.0), (2.0, 0.0), (np.inf, 3.0)])
def test_a_wrong_one_fails_and_the_entry_is_named(wrong: tuple[float, float]) -> None:
    with np.errstate(invalid="ignore"):
        found = posted.judge(np.array([wrong]), ONE, costs(2.0, 3.0))
    if np.isinf(wrong[0]):
        assert found.status is Status.PASSED  # Inf/Inf is NaN: one of the faults of the question's
        return
    assert found.status is Status.FAILED
    assert found.worst is not None
    assert found.worst.index == ((0, 0) if wrong[0] != 2.0 else (0, 1))


def test_zero_over_zero_passes_as_posted() -> None:
    assert posted.judge(0 * GRADIENT, ONE, costs(0.0, 0.0)).status is Status.PASSED


def test_nan_passes_as_posted() -> None:
    assert posted.judge(GRADIENT * np.nan, ONE, costs(2.0, 3.0)).status is Status.PASSED


def test_the_question_s_own_fault_is_found_and_the_right_code_passes() -> None:
    change, _ = PLANTED["the question's own"]
    assert check(a_case()).status is Status.PASSED
    found = check(a_case(), PythonSide(port_with(change)))
    assert found.method == posted.NAME
    assert set(found.named(Status.FAILED)) <= {"dWxh", "dWhh", "dBh"}
    assert found.status is Status.FAILED


def test_it_raises_a_false_alarm_where_the_complex_step_does_not() -> None:
    alarms = []
    for seed in range(20):
        zero = {"random_biases": False, "random_h_prev": False}
        case = a_case("the cat saw the dog " * 2, hidden=8, scale=0.01, seed=seed, **zero)
        alarms += check(case).named(Status.FAILED)
        exact = collect(ask(PythonSide(), case, COMPLEX))
        assert isinstance(exact, Evidence)
        assert exact.gradient.status is Status.PASSED
    assert alarms


def test_it_misses_a_fault_that_the_complex_step_finds() -> None:
    """Two random entries: a single wrong one among sixteen is mostly not looked at."""
    single = port_with(
        ("dWhh = h_before.T.dot(dhRaw)", "dWhh = h_before.T.dot(dhRaw); dWhh[3, 3] += 1")
    )
    missed = 0
    for seed in range(8):
        case = a_case(seed=seed)
        missed += check(case, PythonSide(single)).status is Status.PASSED
        exact = collect(ask(PythonSide(single), case, COMPLEX))
        assert isinstance(exact, Evidence)
        assert exact.gradient.named(Status.FAILED) == ["dWhh"]
    assert missed


def test_every_parameter_is_checked() -> None:
    assert tuple(p.name for p in check(a_case()).parameters) == GRADIENTS
