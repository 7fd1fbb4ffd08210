import inspect
import signal
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from pybridge import tagger
from pybridge.case import Case
from pybridge.evidence import Evidence, ask, collect, question
from pybridge.gradcheck import Status, complex_step
from pybridge.gradcheck.methods import COMPLEX
from pybridge.sides import Probe, Task
from pybridge.sides.partials import PARTIALS
from pybridge.sides.python import PythonSide
from pybridge.sides.tangents import Tangents
from pybridge.weights import Array, Weights, fingerprint
from tests.making import (
    GRADIENTS,
    NAMES,
    a_case,
    answered,
    entries,
    examine,
    failed,
    known_answer,
    large_logits,
    port_with,
    with_weights,
)


def answer_of(port: ModuleType) -> str:
    return failed(PythonSide(port).submit(Task(a_case())).result())


def test_one_that_never_answers_is_ended_in_time() -> None:
    lines = ("while True:", "    try:", "        pass", "    except Exception:", "        pass")
    loop = "".join(f"    {line}\n" for line in lines)
    endless = port_with(("    time = np.arange(len(words))\n\n    h = ", f"{loop}    h = "))
    text = failed(PythonSide(endless, limit=0.3).submit(Task(a_case())).result())
    assert text.endswith(": timed out after 0.3 s")
    # The twin: one that answers does, and nothing rings afterwards.
    assert answered(PythonSide(tagger, limit=30).submit(Task(a_case())).result()).costs == ()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_known_answer() -> None:
    case, expected = known_answer()
    np.testing.assert_allclose(examine(Task(case)).run.results["h"], expected, atol=1e-8)


def test_the_run_is_that_of_the_tagger() -> None:
    case = a_case()
    answer = examine(Task(case))
    trace = tagger.forward(case.weights, case.words, case.tags, case.h_prev)
    gradient = tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)
    assert list(answer.run.results) == ["cost", "h", "p"]
    assert answer.run.results["cost"] == trace.cost
    assert answer.run.results["cost"].shape == ()
    assert tuple(answer.run.gradients) == NAMES
    for name, array in gradient.arrays.items():
        np.testing.assert_array_equal(answer.run.gradients[name], array)
    assert answer.fingerprint == fingerprint(case.weights.arrays)
    assert answer.costs == ()
    assert answer.refusal == ""


@pytest.mark.parametrize("name", NAMES)
def test_costs_along_directions_and_entry_by_entry(name: str) -> None:
    case = a_case()
    value = case.weights.arrays[name]
    direction = np.random.default_rng(5).standard_normal((1, *value.shape))
    steps = (0.25 + 0j, -0.5 + 0j)
    task = Task(case, (Probe(name, direction), Probe(name, None)), steps)
    along, each = examine(task).costs
    assert along.shape == (1, 2)
    assert each.shape == (value.size, 2)
    assert along.dtype == each.dtype == np.float64
    for j, step in enumerate(steps):
        moved = with_weights(case, **{name: value + step.real * direction[0]})
        assert along[0, j] == examine(Task(moved)).run.results["cost"]
        for i, index in enumerate(entries(value)):  # row-major
            array = value.copy()
            array[index] += step.real
            moved = with_weights(case, **{name: array})
            assert each[i, j] == examine(Task(moved)).run.results["cost"]


def test_complex_steps_give_complex_costs() -> None:
    task = Task(a_case(), (Probe("Whh", None),), complex_step.STEPS)
    (costs,) = examine(task).costs
    assert costs.dtype == np.complex128
    assert costs.imag.any()
    np.testing.assert_allclose(costs.real, float(examine(task).run.results["cost"]), rtol=1e-15)


def test_a_tagger_that_writes_into_its_weights_does_not_reach_the_case() -> None:
    greedy = port_with(
        (
            "    h = Wxh.take(words, axis=0) + Bh",
            "    Wxh[:] = 0; h_prev[:] = 0; h = Wxh.take(words, axis=0) + Bh",
        )
    )
    case = a_case()
    problem = failed(PythonSide(greedy).submit(Task(case)).result())
    assert problem == "planted.py: the weights are not what they were before the run"
    untouched = a_case()
    assert fingerprint(case.weights.arrays) == fingerprint(untouched.weights.arrays)
    np.testing.assert_array_equal(case.h_prev, untouched.h_prev)
    answered(PythonSide().submit(Task(case)).result())  # the port itself leaves them alone


def test_weights_that_change_in_a_further_task_are_noticed() -> None:
    """And what is thrown there is an answer too."""
    other = f"Wxh[0, 0] != {float(a_case().weights.Wxh[0, 0])!r} and "
    task = question(a_case(), COMPLEX)
    for planted, said in (
        ("Wxh.fill(0)", "the weights are not what they were before the run"),
        ("exit('gone')", "SystemExit: gone"),
        ("1 / 0", "ZeroDivisionError"),
    ):
        line = "    h = Wxh.take(words, axis=0) + Bh"
        port = port_with((line, f"    {other}{planted}; {line.strip()}"))
        answered(PythonSide(port).submit(Task(task.case)).result())  # only where weights are nudged
        assert said in failed(PythonSide(port).submit(task).result())


def test_a_forward_pass_that_keeps_state_is_found_out() -> None:
    stateful = port_with(
        (
            "    h = Wxh.take(words, axis=0) + Bh",
            "    CALLS.append(1); h = Wxh.take(words, axis=0) + Bh + len(CALLS)",
        ),
        ("Indices = NDArray[np.intp]", "Indices = NDArray[np.intp]\nCALLS = []"),
    )
    problem = failed(PythonSide(stateful).submit(Task(a_case())).result())
    assert problem == ("planted.py: keeps state between calls: the same input gives another cost")


def test_one_array_handed_out_twice_does_not_hide_that() -> None:
    """Both runs of a tagger that reuses its arrays would look alike without a copy."""
    stateful = port_with(
        (
            "    return Trace(cost=cost, h=h, p=p)",
            "    H[:] = h + len(H) * len(CALLS); CALLS.append(1)\n"
            "    return Trace(cost=cost, h=H, p=p)",
        ),
        (
            "Indices = NDArray[np.intp]",
            "Indices = NDArray[np.intp]\nCALLS = []\nH = np.zeros((5, 4))",
        ),
    )
    assert "another h" in failed(PythonSide(stateful).submit(Task(a_case())).result())


def test_an_exception_is_a_failure_of_one_line_with_its_place() -> None:
    raising = port_with(("dWhy = h.T.dot(dy)", "raise ValueError('no\\nway')"))
    line = inspect.getsource(tagger).split("dWhy = h.T.dot(dy)")[0].count("\n") + 1
    assert answer_of(raising) == f"planted.py:{line}: ValueError: no way"
    assert ": IndexError: " in answer_of(
        port_with(("Wxh.take(words, axis=0)", "Wxh.take(words + 99, axis=0)"))
    )
    assert answer_of(ModuleType("empty")).endswith(
        "AttributeError: module 'empty' has no attribute 'forward'"
    )


CASTS = {
    "imaginary part dropped": (
        (
            "h = Wxh.take(words, axis=0) + Bh",
            "h = np.asarray(Wxh.take(words, axis=0) + Bh).astype(float)",
        ),
        "ComplexWarning: Casting complex values to real discards the imaginary part",
    ),
    "written into an array of floats": (
        (
            "score = h.dot(Why) + By",
            "score = np.empty(p_shape := (len(words), By.size)); score[:] = h.dot(Why) + By",
        ),
        "ComplexWarning: Casting complex values to real discards the imaginary part",
    ),
    "a function of real numbers": (
        ("np.log(sum_exp)", "np.logaddexp.reduce(score, axis=1)"),
        "TypeError: ",
    ),
}


@pytest.mark.parametrize("cast", CASTS)
def test_a_tagger_that_takes_no_complex_weights_is_run_all_the_same(cast: str) -> None:
    change, reason = CASTS[cast]
    port = port_with(change)
    task = Task(a_case(), (Probe("Why", None),), complex_step.STEPS)
    answer = examine(task, port)
    assert answer.costs == ()
    assert answer.refusal.startswith("planted.py:")
    assert reason in answer.refusal
    assert "\n" not in answer.refusal
    expected = examine(Task(a_case())).run.results["cost"]
    assert answer.run.results["cost"] == pytest.approx(float(expected), rel=1e-15)


@pytest.mark.parametrize("cast", CASTS)
def test_central_differences_stand_in_and_the_reason_is_given(cast: str) -> None:
    change, reason = CASTS[cast]
    found = collect(ask(PythonSide(port_with(change)), a_case(), COMPLEX))
    assert isinstance(found, Evidence)
    assert found.gradient.method == "central differences"
    assert found.gradient.reason.startswith("no complex weights: planted.py:")
    assert reason in found.gradient.reason
    assert found.gradient.status is Status.PASSED
    # Nor do they let a fault pass.
    wrong = port_with(change, ("dhnext = dhRawt.dot(Whh.T)", "dhnext = dhRawt.dot(Whh)"))
    found = collect(ask(PythonSide(wrong), a_case(), COMPLEX))
    assert isinstance(found, Evidence)
    assert found.gradient.named(Status.FAILED) == ["dWxh", "dWhh", "dBh"]


def test_the_default_method_needs_no_reason() -> None:
    found = collect(ask(PythonSide(), a_case(), COMPLEX))
    assert isinstance(found, Evidence)
    assert (found.gradient.method, found.gradient.reason) == ("complex step", "")


# ---------------------------------------------------------------------------------------------
# Every entry of a large parameter


LARGE = a_case(hidden=15)  # Whh has 225 entries, Wxh 75, Why 45
H_IN_A_LIST = (
    ("for ht in h:", "for word in words:"),
    ("    h = Wxh.take(words, axis=0) + Bh  #                       (T, hidden)\n", "    h = []\n"),
    (
        "        before = np.tanh(ht + before.dot(Whh), out=ht)",
        "        before = np.tanh(Wxh[word] + Bh[0] + before.dot(Whh)); h.append(before)",
    ),
    ("    score = h.dot(Why) + By", "    h = np.stack(h); score = h.dot(Why) + By"),
)
COLUMNS = (
    (
        "        before = np.tanh(ht + before.dot(Whh), out=ht)",
        "        before = np.tanh(ht[:, None] + Whh.T @ before.reshape(-1, 1))[:, 0]; "
        "ht[:] = before",
    ),
)
Changes = tuple[tuple[str, str], ...]
TAKE_TANGENTS: dict[str, Changes] = {
    "the port": (),
    "h in a list": H_IN_A_LIST,
    "columns": COLUMNS,
}
TAKE_NONE: dict[str, Changes] = {
    "a plain array": (
        (
            "    h = Wxh.take(words, axis=0) + Bh",
            "    h = np.zeros((len(words), Bh.size), Bh.dtype); h[:] = Wxh[words] + Bh",
        ),
    ),
    "a function that is not known": (("np.exp(score)", "np.exp(score) + 0 * np.cos(score)"),),
}


def counted(monkeypatch: pytest.MonkeyPatch, port: ModuleType) -> list[type]:
    """Fills with the types of Whh that the forward pass is handed."""
    found: list[type] = []
    forward = port.forward

    def counting(weights: Weights, *arguments: object) -> object:
        found.append(type(weights.Whh))
        return forward(weights, *arguments)

    monkeypatch.setattr(port, "forward", counting)
    return found


def entry_by_entry(case: Case, name: str, port: ModuleType = tagger) -> Array:
    """Costs at a complex step along every entry, each a direction of its own."""
    size = case.weights.arrays[name].size
    lines = np.eye(size).reshape(size, *case.weights.arrays[name].shape)
    (costs,) = examine(Task(case, (Probe(name, lines),), complex_step.STEPS), port).costs
    return costs


def derivatives(costs: Array) -> Array:
    return complex_step.derivatives(costs).values


@pytest.mark.parametrize("form", TAKE_TANGENTS | TAKE_NONE)
def test_many_entries_at_once_come_to_what_one_by_one_does(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_with(*(TAKE_TANGENTS | TAKE_NONE)[form])
    expected = entry_by_entry(LARGE, "Whh", port)
    seen = counted(monkeypatch, port)
    (costs,) = examine(Task(LARGE, (Probe("Whh", None),), complex_step.STEPS), port).costs
    assert costs.dtype == np.complex128
    np.testing.assert_allclose(costs.real, expected.real, rtol=1e-15)
    np.testing.assert_allclose(derivatives(costs), derivatives(expected), rtol=1e-12, atol=1e-14)
    if form in TAKE_TANGENTS:
        assert seen.count(Tangents) == 2  # 128 directions a pass
        assert len(seen) == 2 + 2 + 2  # two real runs, and two complex steps to compare with
    else:
        assert seen.count(np.ndarray) == 2 + 225


def test_a_wrong_rule_of_differentiation_does_not_come_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tangents that contradict the complex step are not used."""
    expected = entry_by_entry(LARGE, "Whh")
    task = Task(LARGE, (Probe("Whh", None),), complex_step.STEPS)
    monkeypatch.setitem(PARTIALS, np.tanh, (lambda f, _: (1 - f * f) * (1 + 1e-8),))
    seen = counted(monkeypatch, port := port_with())
    (costs,) = examine(task, port).costs
    assert seen.count(Tangents) == 2
    assert seen.count(np.ndarray) == 2 + 2 + 225
    np.testing.assert_array_equal(derivatives(costs), derivatives(expected))


def test_few_entries_and_real_steps_are_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = counted(monkeypatch, port := port_with())
    answer = examine(Task(LARGE, (Probe("Wxh", None),), complex_step.STEPS), port)
    assert np.ndarray in seen
    assert len(answer.costs[0]) == 75
    for steps in ((1e-3 + 0j, -1e-3 + 0j), (1e-3j,)):
        (costs,) = examine(Task(LARGE, (Probe("Whh", None),), steps), port).costs
        assert costs.shape == (225, len(steps))
    assert Tangents not in seen


def test_single_precision_at_once() -> None:
    weights = {n: a.astype("float32") for n, a in LARGE.weights.arrays.items()}
    case = replace(with_weights(LARGE, **weights), h_prev=LARGE.h_prev.astype("float32"))
    expected = derivatives(entry_by_entry(case, "Whh"))
    (costs,) = examine(Task(case, (Probe("Whh", None),), complex_step.STEPS)).costs
    assert costs.dtype == np.complex64
    np.testing.assert_allclose(derivatives(costs), expected, atol=1e-6 * np.abs(expected).max())


def test_a_forward_pass_that_refuses_complex_weights_refuses_them_here_too() -> None:
    change, reason = CASTS["imaginary part dropped"]
    task = Task(LARGE, (Probe("Whh", None),), complex_step.STEPS)
    answer = examine(task, port_with(change))
    assert answer.costs == ()
    assert reason in answer.refusal


def test_logits_above_710() -> None:
    found = collect(ask(PythonSide(), large_logits(), COMPLEX))
    assert isinstance(found, Evidence)
    assert np.isfinite(found.run.results["cost"])
    assert found.gradient.named(Status.FAILED) == []
    assert [p.name for p in found.gradient.parameters] == list(GRADIENTS)
