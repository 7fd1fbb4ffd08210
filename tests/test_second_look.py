"""The question's own check, and what the evidence says beside each of its lines."""

from __future__ import annotations

import numpy as np

from pybridge.case import Case
from pybridge.gradcheck import posted
from pybridge.second_look import SecondLook, is_misleading, second_look
from pybridge.sides import Failure, Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from tests.making import GRADIENTS, a_case, port_with


def looks(side: Side, case: Case) -> tuple[SecondLook, ...]:
    found = second_look(side, case)
    assert not isinstance(found, Failure), found
    return found


def of(found: tuple[SecondLook, ...], name: str) -> list[SecondLook]:
    return [look for look in found if look.parameter == name]


def test_two_lines_a_parameter_as_the_question_prints_them() -> None:
    found = looks(PythonSide(), a_case())
    assert [look.parameter for look in found] == [g for g in GRADIENTS for _ in range(2)]
    for look in found:
        numeric, analytic = look.pick.entry.numeric, look.pick.entry.analytic
        shown = f"{numeric}, {analytic} => {look.pick.relative}  Gradient check "
        assert look.pick.line == shown + ("passed." if look.pick.passed else "failed.")


def test_both_sides_are_looked_at(fixed: JuliaSide) -> None:
    ours, theirs = looks(PythonSide(), a_case()), looks(fixed, a_case())
    assert [a.pick.entry.index for a in ours] == [b.pick.entry.index for b in theirs]


def test_a_right_gradient_of_the_usual_size_passes_rightly() -> None:
    found = looks(PythonSide(), a_case())
    assert {look.pick.passed for look in found} == {True}
    assert not any(map(is_misleading, of(found, "dWhy") + of(found, "dBy")))


def test_a_false_alarm_is_called_one() -> None:
    """At scale 0.01 the cost of a sentence is a million times as large as its dWhh."""
    alarms = [
        look
        for seed in range(5)
        for look in looks(
            PythonSide(),
            a_case(
                "a b",
                hidden=8,
                scale=0.01,
                random_biases=False,
                random_h_prev=False,
                seed=seed,
            ),
        )
        if not look.pick.passed
    ]
    assert alarms
    assert {look.parameter for look in alarms} == {"dWhh"}
    assert all(look.remark.startswith("a false alarm: the entry is right") for look in alarms)
    assert all(map(is_misleading, alarms))


def test_a_pass_on_zero_over_zero_is_called_one() -> None:
    found = of(looks(PythonSide(), a_case("one", random_h_prev=False)), "dWhh")
    assert [look.pick.passed for look in found] == [True, True]
    assert all(np.isnan(look.pick.relative) for look in found)
    assert {look.remark for look in found} == {"a pass on 0/0, which says nothing"}


def test_a_nan_that_passes_is_called_wrong() -> None:
    port = port_with(("dWhy = h.T.dot(dy)", "dWhy = h.T.dot(dy) * np.nan"))
    found = of(looks(PythonSide(port), a_case()), "dWhy")
    assert {look.pick.passed for look in found} == {True}
    assert {look.remark for look in found} == {"a pass on NaN; the entry is wrong"}


def test_what_two_random_picks_miss_is_said() -> None:
    case = a_case()
    probe = next(p for p in posted.probes(case) if p.name == "Why")
    assert probe.directions is not None
    row, column = np.argwhere(probe.directions.sum(axis=0) == 0)[0]
    port = port_with(("dWhy = h.T.dot(dy)", f"dWhy = h.T.dot(dy); dWhy[{row}, {column}] += 1"))
    found = of(looks(PythonSide(port), case), "dWhy")
    assert {look.pick.passed for look in found} == {True}
    assert {look.remark for look in found} == {
        "the entry is right, yet dWhy is wrong elsewhere: these picks missed it"
    }


def test_an_error_under_the_threshold_is_called_missed() -> None:
    port = port_with(("dBy = dy.sum(axis=0, keepdims=True)", "dBy = (1 + 3e-6) * dy.sum(0)[None]"))
    found = of(looks(PythonSide(port), a_case()), "dBy")
    assert {look.pick.passed for look in found} == {True}
    assert all(look.remark.startswith("missed: the entry is wrong, off by ") for look in found)


def test_the_question_s_bug_fails_rightly(original: JuliaSide) -> None:
    found = of(looks(original, a_case()), "dWhh")
    assert any(look.remark.startswith("rightly: the entry is wrong") for look in found)


def test_a_tagger_that_throws_is_a_failure() -> None:
    port = port_with(("dWhy = h.T.dot(dy)", "raise ValueError('no')"))
    assert isinstance(second_look(PythonSide(port), a_case()), Failure)
