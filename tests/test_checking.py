from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from pybridge import checking
from pybridge.agreement import Match
from pybridge.case import Case
from pybridge.checking import CHOICE, CaseResult, check_cases
from pybridge.errors import InputError
from pybridge.evidence import Evidence, ask, collect, question
from pybridge.gradcheck import Status
from pybridge.gradcheck.methods import COMPLEX, METHODS, Method, quick
from pybridge.sides import Examination, Failure, Run, Side, tensors
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.verdict import Kind
from pybridge.weights import Array
from tests.making import (
    GRADIENTS,
    PLANTED,
    Scripted,
    a_case,
    examine,
    large_logits,
    port_with,
)

PORT = PythonSide()
FAULTY = PythonSide(port_with(PLANTED["the question's own"][0]))


def checked(
    python: Side, julia: Side, case: Case | None = None, method: Method = COMPLEX
) -> CaseResult:
    cases = [case or a_case()]
    (result,) = check_cases(cases, python, julia, method=method, tolerance=1e-12)
    return result


def evidence(found: Evidence | Failure) -> Evidence:
    assert isinstance(found, Evidence), found
    return found


def differing(result: CaseResult) -> list[str]:
    assert result.agreement is not None
    return [d.name for d in result.agreement.tensors if d.match is Match.DIFFERS]


# ---------------------------------------------------------------------------------------------
# The five verdicts, each reached for real


def test_both_right(fixed: JuliaSide) -> None:
    result = checked(PORT, fixed)
    assert result.verdict.kind is Kind.BOTH_RIGHT
    assert result.agreement is not None
    assert [d.name for d in result.agreement.tensors] == ["cost", "h", "p", *GRADIENTS]
    assert [d.compared for d in result.agreement.tensors] == [1, 20, 15, 20, 16, 4, 12, 3]
    for side in (result.python, result.julia):
        assert [p.name for p in evidence(side).gradient.parameters] == list(GRADIENTS)


def test_julia_wrong(original: JuliaSide) -> None:
    result = checked(PORT, original)
    assert result.verdict.kind is Kind.JULIA_WRONG
    assert evidence(result.julia).gradient.named(Status.FAILED) == ["dWxh", "dWhh", "dBh"]
    assert evidence(result.python).gradient.status is Status.PASSED
    assert differing(result) == ["dWxh", "dWhh", "dBh"]


def test_both_wrong_where_the_same_fault_was_carried_over(original: JuliaSide) -> None:
    """They agree to rounding, which parity alone would take for proof."""
    result = checked(FAULTY, original)
    assert result.verdict.kind is Kind.BOTH_WRONG
    assert result.agreement is not None
    assert result.agreement.match is Match.AGREES
    assert result.agreement.worst.distance <= 1e-14
    for side in (result.python, result.julia):
        assert evidence(side).gradient.named(Status.FAILED) == ["dWxh", "dWhh", "dBh"]
        assert evidence(side).gradient.named(Status.PASSED) == ["dWhy", "dBy"]


def test_python_wrong_where_the_fix_was_not_carried_over(fixed: JuliaSide) -> None:
    result = checked(FAULTY, fixed)
    assert result.verdict.kind is Kind.PYTHON_WRONG
    assert evidence(result.python).gradient.named(Status.FAILED) == ["dWxh", "dWhh", "dBh"]
    assert differing(result) == ["dWxh", "dWhh", "dBh"]


@pytest.mark.parametrize("fault", PLANTED)
def test_python_wrong_for_every_planted_fault(fixed: JuliaSide, fault: str) -> None:
    change, names = PLANTED[fault]
    result = checked(PythonSide(port_with(change)), fixed)
    assert result.verdict.kind is Kind.PYTHON_WRONG
    assert tuple(differing(result)) == names
    assert tuple(evidence(result.python).gradient.named(Status.FAILED)) == names
    assert any(name in result.verdict.rule for name in names)


def test_undecided_where_two_right_gradients_belong_to_two_costs(fixed: JuliaSide) -> None:
    averaged = port_with(
        ("return Trace(cost=cost,", "return Trace(cost=cost / len(words),"),
        ("dy = p.copy()", "dy = p / len(words)"),
        ("dy[time, tags] -= 1", "dy[time, tags] -= 1 / len(words)"),
    )
    result = checked(PythonSide(averaged), fixed)
    assert result.verdict.kind is Kind.UNDECIDED
    assert "they differ, yet each gradient is right for its own forward pass" in result.verdict.rule
    assert differing(result) == ["cost", *GRADIENTS]


def test_undecided_where_the_hidden_states_differ_and_the_rest_does_not(fixed: JuliaSide) -> None:
    result = checked(
        PythonSide(port_with(("h=h, p=p)", "h=h.copy(), p=p[:, ::-1].copy())"))), fixed
    )
    # A wrong p makes a wrong gradient as well, unless it is only reported wrong.
    assert result.verdict.kind is Kind.PYTHON_WRONG
    assert "p" in differing(result)


def test_logits_above_710_are_called_what_they_are(fixed: JuliaSide, original: JuliaSide) -> None:
    assert checked(PORT, fixed, large_logits()).verdict.kind is Kind.BOTH_RIGHT
    result = checked(PORT, original, large_logits())
    assert result.verdict.kind is Kind.JULIA_WRONG
    assert "Julia: failed" in result.verdict.rule
    assert "not finite: nan at [1, 1]" in result.verdict.rule
    assert differing(result) == ["cost", "p", *GRADIENTS]
    assert result.agreement is not None
    rules = {d.name: d.rule for d in result.agreement.tensors}
    assert rules["p"] == "nan on the Julia side, first at [1, 2]"
    assert rules["h"].startswith("distance ")
    assert evidence(result.python).gradient.named(Status.FAILED) == []


# ---------------------------------------------------------------------------------------------
# The sides change places, and are no Julia: the rest needs none


def test_the_sides_are_told_apart() -> None:
    assert checked(FAULTY, PORT).verdict.kind is Kind.PYTHON_WRONG
    assert checked(PORT, FAULTY).verdict.kind is Kind.JULIA_WRONG
    assert checked(FAULTY, FAULTY).verdict.kind is Kind.BOTH_WRONG
    assert checked(PORT, PORT).verdict.kind is Kind.BOTH_RIGHT


@pytest.mark.parametrize("method", METHODS)
def test_every_method_tells_right_from_wrong(method: str) -> None:
    assert checked(PORT, PORT, method=METHODS[method]).verdict.kind is Kind.BOTH_RIGHT
    result = checked(FAULTY, PORT, method=METHODS[method])
    assert result.verdict.kind is Kind.PYTHON_WRONG
    assert evidence(result.python).gradient.method == METHODS[method].name


def test_a_case_that_exercises_nothing_is_right_and_says_so() -> None:
    result = checked(PORT, PORT, a_case(one_tag=True))
    assert result.verdict.kind is Kind.BOTH_RIGHT
    assert "not exercised" in result.verdict.rule
    assert evidence(result.python).gradient.named(Status.NOT_EXERCISED) == list(GRADIENTS)


def test_a_tolerance_of_zero_asks_for_the_same_bits() -> None:
    for case in (a_case(), a_case(one_tag=True)):
        (result,) = check_cases([case], PORT, PORT, method=COMPLEX, tolerance=0)
        assert result.verdict.kind is Kind.BOTH_RIGHT


def test_a_failure_is_the_verdict_on_its_side() -> None:
    def crashed() -> Side:
        return Scripted([Failure("julia.jl: ended"), Failure("julia.jl: ended")])

    result = checked(PORT, crashed())
    assert result.verdict.kind is Kind.JULIA_WRONG
    assert result.julia == Failure("julia.jl: ended")
    assert result.agreement is None
    assert "Julia: julia.jl: ended" in result.verdict.rule
    assert checked(crashed(), PORT).verdict.kind is Kind.PYTHON_WRONG
    assert checked(crashed(), crashed()).verdict.kind is Kind.BOTH_WRONG
    assert checked(FAULTY, crashed()).verdict.kind is Kind.BOTH_WRONG


def answers(case: Case, **changes: object) -> list[Examination | Failure]:
    """What PORT answers, with changes in all of it."""
    answer = examine(question(case, COMPLEX))
    more = tuple(replace(one, **changes) for one in answer.more)  # type: ignore[arg-type]
    return [replace(answer, more=more, **changes)]  # type: ignore[arg-type]


def test_a_side_that_holds_other_weights_ends_the_run() -> None:
    side = Scripted(answers(a_case(), fingerprint="0" * 64))
    with pytest.raises(InputError) as raised:
        checked(PORT, side)
    message = str(raised.value)
    assert message.startswith("made.tagged:1 made: Scripted holds other weights than it was handed")
    assert "(sha256 000000000000, not " in message


def test_two_sides_that_share_memory_do_not_agree() -> None:
    case = a_case()
    same = answers(case)
    result = checked(Scripted(list(same)), Scripted(list(same)), case)
    assert result.agreement is not None
    assert {d.rule for d in result.agreement.tensors} == {
        "both sides share memory: compared with itself"
    }
    assert result.verdict.kind is Kind.UNDECIDED
    # Twice the same run, apart in memory:
    apart = checked(Scripted(answers(case)), Scripted(answers(case)), case)
    assert apart.verdict.kind is Kind.BOTH_RIGHT


def with_run(case: Case, results: dict[str, Array], gradients: dict[str, Array]) -> Scripted:
    run = Run(results, gradients)
    return Scripted(answers(case, run=run))


@pytest.mark.parametrize("name", ["cost", "h", "p", *GRADIENTS])
def test_a_dropped_tensor_is_named(name: str) -> None:
    case = a_case()
    run = examine(COMPLEX.tasks(case)[0]).run
    results = {n: a for n, a in run.results.items() if n != name}
    gradients = {n: a for n, a in run.gradients.items() if f"d{n}" != name}
    result = checked(PORT, with_run(case, results, gradients), case)
    assert differing(result) == [name]
    assert result.verdict.kind is (Kind.JULIA_WRONG if name in GRADIENTS else Kind.UNDECIDED)
    assert name in result.verdict.rule


def test_an_extra_tensor_is_named() -> None:
    case = a_case()
    run = examine(COMPLEX.tasks(case)[0]).run
    extra = with_run(case, {**run.results, "c": np.ones(3)}, dict(run.gradients))
    result = checked(PORT, extra, case)
    assert differing(result) == ["c"]
    assert result.verdict.kind is Kind.UNDECIDED
    extra = with_run(case, dict(run.results), {**run.gradients, "Whx": np.ones(3)})
    result = checked(PORT, extra, case)
    assert differing(result) == ["dWhx"]
    assert result.verdict.kind is Kind.JULIA_WRONG


def test_no_tensor_at_all() -> None:
    case = a_case()
    result = checked(with_run(case, {}, {}), with_run(case, {}, {}), case)
    assert result.agreement is not None
    assert result.agreement.match is Match.DIFFERS
    assert result.verdict.kind is Kind.BOTH_WRONG


def test_a_refusal_of_real_weights_is_a_failure() -> None:
    side = Scripted(answers(a_case(), refusal="t.jl:3: no"))
    assert collect(ask(side, a_case(), METHODS["difference"])) == Failure("t.jl:3: no")


def test_the_noise_is_what_a_nudge_does_to_each_tensor() -> None:
    found = evidence(collect(ask(PORT, a_case(), COMPLEX)))
    assert list(found.noise) == list(tensors(found.run)) == ["cost", "h", "p", *GRADIENTS]
    assert all(0 <= noise < 1e-14 for noise in found.noise.values())
    few = ("cost", "dBy")  # one number and three, which may round to what they were
    assert all(noise > 0 for name, noise in found.noise.items() if name not in few)


# ---------------------------------------------------------------------------------------------
# Many cases


@dataclass
class Counting:
    """A side that counts how many questions were put to it before the case at hand."""

    asked: list[Case] = field(default_factory=list)
    name: str = "Counting"

    def submit(self, task):  # type: ignore[no-untyped-def]
        self.asked.append(task.case)
        return PORT.submit(task)


def test_results_come_in_order_and_julia_is_asked_a_little_ahead() -> None:
    cases = [a_case(" ".join("abcdefgh"[: 1 + i % 5]), seed=i) for i in range(60)]
    drawn: list[Case] = []

    def generate() -> Iterator[Case]:
        for case in cases:
            drawn.append(case)
            yield case

    julia = Counting()
    results = check_cases(generate(), PORT, julia, method=COMPLEX, tolerance=1e-12)
    first = next(results)
    assert first.case is cases[0]
    assert 2 <= len(drawn) <= 50  # some, so that Julia is kept busy; not all, to keep memory flat
    assert [result.case for result in results] == cases[1:]
    assert julia.asked == cases


def test_fewer_are_asked_ahead_where_their_weights_are_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = [a_case(seed=i) for i in range(20)]
    size = sum(array.size for array in cases[0].weights.arrays.values())
    monkeypatch.setattr(checking, "ENTRIES", 3 * size)
    julia = Counting()
    results = check_cases(iter(cases), PORT, julia, method=COMPLEX)
    next(results)
    assert len(julia.asked) == 4
    assert len(list(results)) == 19


@pytest.mark.parametrize("count", [5, 90])
def test_with_more_workers_the_longest_are_asked_first(count: int) -> None:
    """Of all cases, or of some of them where there are many; the results come in order."""
    cases = [a_case(" ".join("abcdefgh"[: 1 + i * 3 % 7]), seed=i) for i in range(count)]
    julia = Counting()
    results = list(check_cases(cases, PORT, julia, method=COMPLEX, tolerance=1e-12, workers=2))
    assert [result.case for result in results] == cases
    asked = [len(case.words) for case in julia.asked]
    assert sorted(asked) == sorted(len(case.words) for case in cases)
    choice = asked[: min(count, 2 * CHOICE)]
    assert choice[:5] == sorted(choice, reverse=True)[:5]
    one = list(check_cases(cases, PORT, PORT, method=COMPLEX, tolerance=1e-12))
    for single, double in zip(one, results, strict=True):
        assert single.verdict == double.verdict


def test_a_case_that_is_asked_once_more_keeps_no_other_waiting() -> None:
    """The first case takes a second question, which comes after those that were asked meanwhile."""
    wrong = PythonSide(port_with(("dBh = dhRaw.sum", "dBh = 2 * dhRaw.sum")))
    cases = [a_case(" ".join("abcdefgh"[: 1 + i % 5]), seed=i) for i in range(60)]

    @dataclass
    class Once(Counting):
        def submit(self, task):  # type: ignore[no-untyped-def]
            self.asked.append(task.case)
            return (wrong if task.case is cases[0] else PORT).submit(task)

    julia, method = Once(), quick(COMPLEX)
    results = list(check_cases(iter(cases), PORT, julia, method=method))
    assert [result.case for result in results] == cases
    assert results[0].verdict.kind is Kind.JULIA_WRONG
    assert {result.verdict.kind for result in results[1:]} == {Kind.BOTH_RIGHT}
    at = [i for i, case in enumerate(julia.asked) if case is cases[0]]
    assert at[0] == 0
    assert at[1] > 10
    assert [case for case in julia.asked if case is not cases[0]] == cases[1:]
    (alone,) = check_cases(cases[:1], PORT, wrong, method=method)
    assert results[0].verdict == alone.verdict


def test_no_case_gives_no_result() -> None:
    assert list(check_cases([], PORT, PORT, method=COMPLEX, tolerance=1e-12)) == []
