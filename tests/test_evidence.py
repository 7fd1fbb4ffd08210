"""One side in one case: what is narrowed down, acquitted and noted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pybridge.case import Case, draw, make_case
from pybridge.configuration import Configuration
from pybridge.evidence import Evidence, ask, collect
from pybridge.gradcheck import SHOWN, ParameterCheck, Status
from pybridge.gradcheck.methods import COMPLEX, DIFFERENCE, Method, exhaustive
from pybridge.sentences import Sentence, Vocabulary
from pybridge.sides import Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from tests.making import GRADIENTS, a_case, port_with, with_weights

# Too many entries to be taken one by one, so that wrong ones have to be searched for.
LARGE = a_case(hidden=15)


def evidence(side: Side, case: Case, method: Method = COMPLEX) -> Evidence:
    found = collect(ask(side, case, method))
    assert isinstance(found, Evidence), found
    return found


def check(found: Evidence, name: str) -> ParameterCheck:
    return next(p for p in found.gradient.parameters if p.name == name)


def in_float32(words: str = "the cat saw the dog") -> Case:
    vocabulary = Vocabulary((*dict.fromkeys(words.split()), "absent"), ("DET", "NOUN"))
    tags = tuple(vocabulary.tags[i % 2] for i, _ in enumerate(words.split()))
    sentence = Sentence("made.tagged", 1, tuple(words.split()), tags)
    drawn = draw(Configuration("made", hidden=5), vocabulary, "float32")
    return make_case(sentence, drawn, vocabulary, whole_vocabulary=False)


def test_one_wrong_entry_of_a_large_gradient_is_named() -> None:
    change = (
        "dWhh = h_before.T.dot(dhRaw)",
        "dWhh = h_before.T.dot(dhRaw); dWhh[3, 14] *= 1 + 1e-6",
    )
    found = check(evidence(PythonSide(port_with(change)), LARGE), "dWhh")
    assert found.status is Status.FAILED
    assert found.worst is None  # the 225 entries were not taken one by one
    (entry,) = found.wrong
    assert entry.index == (3, 14)
    assert entry.analytic / entry.numeric == pytest.approx(1 + 1e-6, abs=1e-9)
    assert found.passes < 30


def test_a_right_gradient_is_not_searched() -> None:
    found = check(evidence(PythonSide(), LARGE), "dWhh")
    assert (found.status, found.wrong, found.passes) == (Status.PASSED, (), 2)


def test_julia_searches_too(original: JuliaSide) -> None:
    found = check(evidence(original, LARGE), "dWhh")
    assert found.status is Status.FAILED
    assert len(found.wrong) == SHOWN
    sizes = [abs(e.analytic - e.numeric) for e in found.wrong]
    assert sizes == sorted(sizes, reverse=True)


def test_small_gradients_count_the_rest() -> None:
    change = ("dWhy = h.T.dot(dy)", "dWhy = 2 * h.T.dot(dy)")
    found = check(evidence(PythonSide(port_with(change)), a_case()), "dWhy")
    assert (len(found.wrong), found.rest) == (SHOWN, 4 * 3 - SHOWN)


def test_directions_and_every_entry_come_to_the_same() -> None:
    """On the right port and with one entry off by a part in 10^6, named by both."""
    change = (
        "dWhh = h_before.T.dot(dhRaw)",
        "dWhh = h_before.T.dot(dhRaw); dWhh[7, 2] *= 1 + 1e-6",
    )
    for port in (PythonSide(), PythonSide(port_with(change))):
        quick, thorough = (evidence(port, LARGE, m) for m in (COMPLEX, exhaustive(COMPLEX)))
        for name in GRADIENTS:
            a, b = check(quick, name), check(thorough, name)
            assert a.status is b.status
            assert [e.index for e in a.wrong] == [e.index for e in b.wrong]
            assert b.worst is not None
        assert check(thorough, "dWhh").passes == 2 + 15 * 15


def test_exhaustive_means_julia_as_well(fixed: JuliaSide) -> None:
    found = evidence(fixed, LARGE, exhaustive(COMPLEX))
    assert {p.status for p in found.gradient.parameters} == {Status.PASSED}
    assert check(found, "dWhh").passes == 2 + 15 * 15


# Each returns the right cost, and drops the imaginary part without a warning of numpy's.
DROPPED = {
    "real part of the scores": (
        "score = h.dot(Why) + By",
        "score = (h.dot(Why) + By).real + 0 * h[0, 0]",
    ),
    "absolute value": ("return Trace(cost=cost,", "return Trace(cost=np.abs(cost),"),
}


@pytest.mark.parametrize("change", DROPPED.values(), ids=DROPPED.keys())
def test_a_forward_pass_that_drops_the_imaginary_part_is_not_accused(
    change: tuple[str, str],
) -> None:
    found = evidence(PythonSide(port_with(change)), a_case())
    assert found.gradient.status is Status.PASSED
    assert found.gradient.method == DIFFERENCE.name
    assert "drops a part of the complex weights" in found.gradient.reason


def test_nor_is_a_wrong_gradient_passed_because_the_complex_step_is_blind() -> None:
    """The cost depends on By through a maximum of real parts alone, and dBy is zero.

    Found by `xcheck faults`: both are zero to the complex step, and one is wrong.
    """
    blind = port_with(
        ("score = score - score.real.max(axis=1, keepdims=True)", "shift = score.real.max(axis=1)"),
        ("score[time, tags].sum()", "(score[time, tags] + 0.3 * shift).sum()"),
    )
    found = evidence(PythonSide(blind), a_case())
    assert found.gradient.method == DIFFERENCE.name
    assert "dBy" in found.gradient.named(Status.FAILED)


@pytest.mark.parametrize("change", DROPPED.values(), ids=DROPPED.keys())
def test_and_is_accused_where_its_gradient_is_wrong(change: tuple[str, str]) -> None:
    wrong = ("dWhy = h.T.dot(dy)", "dWhy = -h.T.dot(dy)")
    found = evidence(PythonSide(port_with(change, wrong)), a_case())
    assert found.gradient.named(Status.FAILED)[-1:] == ["dWhy"] or (
        "dWhy" in found.gradient.named(Status.FAILED)
    )


def test_an_error_that_central_differences_would_let_pass_is_not_acquitted() -> None:
    change = ("dBh = dhRaw.sum(axis=0, keepdims=True)", "dBh = (1 + 1e-8) * dhRaw.sum(0)[None]")
    found = evidence(PythonSide(port_with(change)), a_case())
    assert found.gradient.method == COMPLEX.name
    assert found.gradient.named(Status.FAILED) == ["dBh"]
    by_differences = evidence(PythonSide(port_with(change)), a_case(), DIFFERENCE)
    assert by_differences.gradient.status is Status.PASSED


def test_float32_passes_in_its_own_precision(fixed: JuliaSide) -> None:
    case = in_float32()
    for side in (PythonSide(), fixed):
        found = evidence(side, case)
        assert found.gradient.status is Status.PASSED
        assert {p.tolerance for p in found.gradient.parameters} == {1e-3}
        assert all(1e-9 < p.bound < 1e-3 for p in found.gradient.parameters)


def test_float32_fails_where_it_is_wrong(original: JuliaSide) -> None:
    found = evidence(original, in_float32())
    assert found.gradient.named(Status.FAILED) == ["dWxh", "dWhh", "dBh"]


def test_a_slip_into_another_precision_is_noted_with_its_tensors(fixed: JuliaSide) -> None:
    """The question's `zeros(...)` are Float64 whatever the weights are; the port's are not."""
    case = in_float32()
    assert evidence(PythonSide(), case).notes == ()
    (note,) = evidence(fixed, case).notes
    assert note == f"not kept in float32: {', '.join(f'{n} (float64)' for n in GRADIENTS)}"


def test_a_slip_of_the_port_is_noted() -> None:
    slipping = port_with(("dBh = dhRaw.sum(axis=0", "dBh = dhRaw.astype(float).sum(axis=0"))
    assert evidence(PythonSide(slipping), in_float32()).notes == (
        "not kept in float32: dBh (float64)",
    )
    assert evidence(PythonSide(slipping), a_case()).notes == ()


def test_a_row_of_an_absent_word_that_counts_is_found() -> None:
    """The forward pass reads a row that it should not; the backward pass does not know."""
    case = a_case("one two", whole_vocabulary=True)
    leaky = port_with(
        (
            "    h = Wxh.take(words, axis=0) + Bh",
            "    h = Wxh.take(words, axis=0) + Bh + 1e-3 * Wxh[-1]",
        )
    )
    found = check(evidence(PythonSide(leaky), case), "dWxh")
    assert found.status is Status.FAILED
    assert {entry.index[0] for entry in found.wrong} == {2}
    assert all(entry.analytic == 0 for entry in found.wrong)


def test_the_same_with_many_absent_words() -> None:
    case = a_case("one two", hidden=3, whole_vocabulary=True)
    rows = (*case.rows, *(f"w{i}" for i in range(100)))
    wide = np.random.default_rng(0).standard_normal((len(rows), 3))
    case = with_weights(replace(case, rows=rows), Wxh=wide)
    leaky = port_with(
        (
            "    h = Wxh.take(words, axis=0) + Bh",
            "    h = Wxh.take(words, axis=0) + Bh + 1e-3 * Wxh[77]",
        )
    )
    found = check(evidence(PythonSide(leaky), case), "dWxh")
    assert {entry.index[0] for entry in found.wrong} == {77}
    assert check(evidence(PythonSide(), case), "dWxh").status is Status.PASSED


@pytest.mark.parametrize("row", [77, 0], ids=["an absent word's", "an own word's"])
def test_two_wrong_entries_of_a_row_are_found_where_they_cancel(row: int) -> None:
    """Of an absent word they are told from zero one by one, without another pass."""
    case = a_case("one two", hidden=3, whole_vocabulary=True)
    rows = (*case.rows, *(f"w{i}" for i in range(100)))
    wide = np.random.default_rng(0).standard_normal((len(rows), 3))
    case = with_weights(replace(case, rows=rows), Wxh=wide)
    wrong = port_with(
        (
            "    dBh = dhRaw.sum(axis=0",
            f"    dWxh[{row}, :2] += [1e-8, -1e-8]\n    dBh = dhRaw.sum(axis=0",
        )
    )
    found = check(evidence(PythonSide(wrong), case), "dWxh")
    assert found.status is Status.FAILED
    assert sorted(entry.index for entry in found.wrong) == [(row, 0), (row, 1)]
