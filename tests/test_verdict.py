import numpy as np
import pytest

from pybridge.agreement import Agreement, Match, agree
from pybridge.gradcheck import GradientCheck, ParameterCheck, Status
from pybridge.grain import UNKNOWN, Grain
from pybridge.verdict import Kind, decide

PASSED, FAILED = Status.PASSED, Status.FAILED
UNDECIDED, NOT_EXERCISED = Status.UNDECIDED, Status.NOT_EXERCISED
CRASHED = "Julia's process ended (exit status 3)"


def agreement(match: Match) -> Agreement:
    a = {"cost": np.array(1.0), "h": np.ones((2, 2))}
    b = {"cost": np.array(1.0), "h": np.ones((2, 2)) + (0.1 if match is Match.DIFFERS else 0)}
    noise = {"h": 1e-3 if match is Match.UNDECIDED else 0.0}
    found = agree(a, b, tolerance=1e-12, noise=noise)
    assert found.match is match
    return found


def check(*statuses: Status) -> GradientCheck:
    names = ("dWxh", "dWhh", "dBh", "dWhy", "dBy")
    return GradientCheck(
        "complex step",
        "",
        tuple(
            ParameterCheck(name, status, f"rule of {name}", i / 10, 0.0, 1e-9, 1.0, 4, 4)
            for i, (name, status) in enumerate(zip(names, statuses, strict=False))
        ),
    )


RULES: list[tuple[Match | None, Status | str, Status | str, Kind]] = [
    (Match.AGREES, PASSED, PASSED, Kind.BOTH_RIGHT),
    (Match.AGREES, NOT_EXERCISED, NOT_EXERCISED, Kind.BOTH_RIGHT),
    (Match.AGREES, FAILED, FAILED, Kind.BOTH_WRONG),
    (Match.DIFFERS, FAILED, FAILED, Kind.BOTH_WRONG),
    (Match.AGREES, FAILED, PASSED, Kind.PYTHON_WRONG),
    (Match.DIFFERS, FAILED, PASSED, Kind.PYTHON_WRONG),
    (Match.DIFFERS, FAILED, NOT_EXERCISED, Kind.PYTHON_WRONG),
    (Match.AGREES, PASSED, FAILED, Kind.JULIA_WRONG),
    (Match.DIFFERS, PASSED, FAILED, Kind.JULIA_WRONG),
    (Match.DIFFERS, NOT_EXERCISED, FAILED, Kind.JULIA_WRONG),
    (Match.DIFFERS, PASSED, PASSED, Kind.UNDECIDED),
    (Match.UNDECIDED, PASSED, PASSED, Kind.UNDECIDED),
    (Match.AGREES, UNDECIDED, PASSED, Kind.UNDECIDED),
    (Match.AGREES, PASSED, UNDECIDED, Kind.UNDECIDED),
    (Match.DIFFERS, FAILED, UNDECIDED, Kind.PYTHON_WRONG),
    (Match.DIFFERS, UNDECIDED, FAILED, Kind.JULIA_WRONG),
    (None, PASSED, CRASHED, Kind.JULIA_WRONG),
    (None, CRASHED, PASSED, Kind.PYTHON_WRONG),
    (None, CRASHED, CRASHED, Kind.BOTH_WRONG),
    (None, FAILED, CRASHED, Kind.BOTH_WRONG),
    (None, UNDECIDED, CRASHED, Kind.JULIA_WRONG),
]


@pytest.mark.parametrize(("match", "python", "julia", "kind"), RULES)
def test_the_verdict(
    match: Match | None, python: Status | str, julia: Status | str, kind: Kind
) -> None:
    verdict = decide(
        agreement(match) if match else None,
        check(python) if isinstance(python, Status) else python,
        check(julia) if isinstance(julia, Status) else julia,
    )
    assert verdict.kind is kind


def test_each_kind_is_reached_and_one_alone_is_good() -> None:
    assert {kind for *_, kind in RULES} == {kind for kind in Kind if not kind.is_end}
    for match, python, julia, kind in RULES:
        good = match is Match.AGREES and {python, julia} <= {PASSED, NOT_EXERCISED}
        assert (kind is Kind.BOTH_RIGHT) == good


@pytest.mark.parametrize(
    ("ended", "kind"),
    [
        ("crashed", Kind.CRASHED),
        ("timed out after 5 s", Kind.TIMED_OUT),
        ("out of memory", Kind.OUT_OF_MEMORY),
    ],
)
def test_where_julia_s_process_ended_that_is_the_verdict(ended: str, kind: Kind) -> None:
    """It may have been right; so it is not called wrong, whatever Python came to."""
    for python in (PASSED, FAILED, UNDECIDED):
        verdict = decide(None, check(python), CRASHED, ended=ended)
        assert verdict.kind is kind
        assert CRASHED in verdict.rule
        assert kind.is_end
    assert decide(None, check(PASSED), CRASHED).kind is Kind.JULIA_WRONG


def test_the_rule_names_what_decided() -> None:
    wrong = check(PASSED, FAILED, FAILED, PASSED, PASSED)
    verdict = decide(agreement(Match.DIFFERS), check(PASSED), wrong)
    assert verdict.rule == "Python: passed (dWxh: rule of dWxh); Julia: failed (dBh: rule of dBh)"
    verdict = decide(agreement(Match.AGREES), check(PASSED), check(PASSED))
    assert verdict.rule.startswith("they agree, nearest to the limit ")
    verdict = decide(agreement(Match.DIFFERS), check(PASSED), check(PASSED))
    assert "they differ, yet each gradient is right for its own forward pass; h: " in verdict.rule
    verdict = decide(agreement(Match.UNDECIDED), check(PASSED), check(PASSED))
    assert "rounding is too large to compare, h: " in verdict.rule
    assert CRASHED in decide(None, check(PASSED), CRASHED).rule


FINE, COARSE = Grain(1e-16, 1e-15), Grain(1e-9, 1e-15)
GRAINS: list[tuple[Match, Status, Status, Grain, Grain, Kind]] = [
    (Match.DIFFERS, UNDECIDED, PASSED, COARSE, FINE, Kind.PYTHON_WRONG),
    (Match.DIFFERS, PASSED, UNDECIDED, FINE, COARSE, Kind.JULIA_WRONG),
    (Match.DIFFERS, UNDECIDED, UNDECIDED, COARSE, FINE, Kind.PYTHON_WRONG),
    (Match.DIFFERS, NOT_EXERCISED, PASSED, COARSE, FINE, Kind.PYTHON_WRONG),
    # A cost with a derivative to its last digits is no staircase.
    (Match.DIFFERS, PASSED, PASSED, COARSE, FINE, Kind.UNDECIDED),
    (Match.DIFFERS, PASSED, UNDECIDED, COARSE, FINE, Kind.UNDECIDED),
    # Two that are coarse, two that are fine, and what is not known.
    (Match.DIFFERS, UNDECIDED, UNDECIDED, COARSE, COARSE, Kind.UNDECIDED),
    (Match.DIFFERS, UNDECIDED, UNDECIDED, FINE, FINE, Kind.UNDECIDED),
    (Match.DIFFERS, UNDECIDED, UNDECIDED, COARSE, UNKNOWN, Kind.UNDECIDED),
    (Match.DIFFERS, UNDECIDED, UNDECIDED, UNKNOWN, FINE, Kind.UNDECIDED),
    # It is asked where nothing else decides.
    (Match.DIFFERS, UNDECIDED, FAILED, COARSE, FINE, Kind.JULIA_WRONG),
    (Match.UNDECIDED, UNDECIDED, PASSED, COARSE, FINE, Kind.UNDECIDED),
    (Match.AGREES, UNDECIDED, PASSED, COARSE, FINE, Kind.UNDECIDED),
]


@pytest.mark.parametrize(("match", "python", "julia", "ours", "theirs", "kind"), GRAINS)
def test_precision_that_is_lost_decides_where_nothing_else_does(
    match: Match, python: Status, julia: Status, ours: Grain, theirs: Grain, kind: Kind
) -> None:
    verdict = decide(agreement(match), check(python), check(julia), (ours, theirs))
    assert verdict.kind is kind
    lost = kind is not Kind.UNDECIDED and FAILED not in (python, julia)
    assert ("loses precision" in verdict.rule) == lost
    without = decide(agreement(match), check(python), check(julia))
    assert without.kind is (Kind.JULIA_WRONG if julia is FAILED else Kind.UNDECIDED)


def test_the_rule_says_that_precision_is_lost_and_by_how_much() -> None:
    verdict = decide(agreement(Match.DIFFERS), check(PASSED), check(UNDECIDED), (FINE, COARSE))
    assert verdict.rule.startswith(
        "Julia loses precision on the way: over steps of 2.4e-07 its cost is rough by 1.0e-09 nats,"
        " Python's by 1.0e-16, and rounding explains 1.0e-15; h: distance 9.1e-02, "
    )
    assert verdict.rule.endswith("Julia: undecided (dWxh: rule of dWxh)")


def test_a_check_of_no_parameter_has_failed() -> None:
    assert check().status is FAILED
    assert check().worst is None
    assert decide(agreement(Match.AGREES), check(), check(PASSED)).kind is Kind.PYTHON_WRONG


@pytest.mark.parametrize(
    ("statuses", "overall"),
    [
        ((PASSED, PASSED), PASSED),
        ((PASSED, NOT_EXERCISED), PASSED),
        ((NOT_EXERCISED, NOT_EXERCISED), NOT_EXERCISED),
        ((PASSED, UNDECIDED, NOT_EXERCISED), UNDECIDED),
        ((PASSED, UNDECIDED, FAILED, NOT_EXERCISED), FAILED),
    ],
)
def test_the_status_of_a_gradient_check(statuses: tuple[Status, ...], overall: Status) -> None:
    assert check(*statuses).status is overall
    worst = check(*statuses).worst
    assert worst is not None
    assert worst.status is overall


def test_an_error_that_is_no_number_is_the_worst() -> None:
    found = GradientCheck(
        "complex step",
        "",
        tuple(
            ParameterCheck(name, FAILED, "", error, 0.0, 1e-9, 1.0, 4, 4)
            for name, error in (("dWxh", 3.0), ("dWhh", float("nan")), ("dBh", 5.0))
        ),
    )
    assert found.worst is not None
    assert found.worst.name == "dWhh"
