"""Python against real Julia, for every sentence of the fixtures under every configuration."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pybridge import running, shipped
from pybridge.checking import CaseResult, check_cases
from pybridge.evidence import Evidence
from pybridge.gradcheck import Status
from pybridge.gradcheck.methods import COMPLEX
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.verdict import Kind
from tests.making import FIXED, GRADIENTS, ORIGINAL

PLAN = running.plan(running.Request(paths=(shipped.ROOT / "fixtures",)))
CONFIGURATIONS = tuple(drawn.configuration.name for drawn in PLAN.draws)
SENTENCES = {sentence.name: sentence for sentence in PLAN.corpus.sentences}
LONGER = [name for name, sentence in SENTENCES.items() if len(sentence.words) > 1]
SINGLE = [name for name, sentence in SENTENCES.items() if len(sentence.words) == 1]
# Under one tag no gradient is exercised; with one hidden unit a transposed Whh is the same.
BLIND = {"one tag", "one unit"}

Results = Mapping[Path, Mapping[str, CaseResult]]


@pytest.fixture(scope="module")
def results(julia_tagger: JuliaSide, original: JuliaSide) -> Results:
    """Every case, checked once on each of the two Julia files; by file and name.

    `julia_tagger` is the fixture of xcheck's own pytest plugin: julia/fixed.jl by default.
    """

    def check(julia: JuliaSide) -> dict[str, CaseResult]:
        cases = PLAN.cases()
        found = check_cases(cases, PythonSide(), julia, method=COMPLEX, tolerance=1e-12)
        return {result.case.name: result for result in found}

    with ThreadPoolExecutor() as threads:
        sides = {FIXED: julia_tagger, ORIGINAL: original}
        checking = {file: threads.submit(check, side) for file, side in sides.items()}
        return {file: done.result() for file, done in checking.items()}


def of(results: Results, file: Path, sentence: str) -> dict[str, CaseResult]:
    """The results of a sentence by configuration, all of them."""
    return {name: results[file][f"{sentence} {name}"] for name in CONFIGURATIONS}


def named(side: object, status: Status) -> list[str]:
    assert isinstance(side, Evidence), side
    return side.gradient.named(status)


def test_there_is_something_to_check(results: Results) -> None:
    assert len(SENTENCES) >= 40
    assert len(LONGER) >= 20
    assert len(SINGLE) >= 2
    assert {"posted", "telling", *BLIND} <= set(CONFIGURATIONS)
    assert any(
        len(sentence.words) >= 3 and len(set(sentence.words)) < len(sentence.words)
        for sentence in SENTENCES.values()
    )
    for file in (FIXED, ORIGINAL):
        assert len(results[file]) == len(SENTENCES) * len(CONFIGURATIONS)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_fixed(results: Results, sentence: str) -> None:
    words = SENTENCES[sentence].words
    for result in of(results, FIXED, sentence).values():
        assert result.verdict.kind is Kind.BOTH_RIGHT, (result.case.name, result.verdict)
        assert result.agreement is not None
        assert [d.name for d in result.agreement.tensors] == ["cost", "h", "p", *GRADIENTS]
        assert all(d.compared > 0 and d.distance <= d.tolerance for d in result.agreement.tensors)
        for side in (result.python, result.julia):
            assert isinstance(side, Evidence)
            assert side.run.results["h"].shape[0] == len(words)
            assert side.gradient.method == "complex step"
            assert [p.name for p in side.gradient.parameters] == list(GRADIENTS)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_fixed_with_nothing_unexercised_under_telling(results: Results, sentence: str) -> None:
    result = of(results, FIXED, sentence)["telling"]
    for side in (result.python, result.julia):
        assert named(side, Status.PASSED) == list(GRADIENTS)


@pytest.mark.parametrize("sentence", LONGER)
def test_original_is_wrong_for_two_words_and_more(results: Results, sentence: str) -> None:
    result = of(results, ORIGINAL, sentence)["telling"]
    assert result.verdict.kind is Kind.JULIA_WRONG, result.verdict
    assert named(result.julia, Status.FAILED) == ["dWxh", "dWhh", "dBh"]
    assert named(result.julia, Status.PASSED) == ["dWhy", "dBy"]
    assert named(result.python, Status.PASSED) == list(GRADIENTS)
    for name in BLIND:
        assert of(results, ORIGINAL, sentence)[name].verdict.kind is Kind.BOTH_RIGHT


@pytest.mark.parametrize("sentence", SINGLE)
def test_original_is_right_for_one_word(results: Results, sentence: str) -> None:
    for result in of(results, ORIGINAL, sentence).values():
        assert result.verdict.kind is Kind.BOTH_RIGHT, (result.case.name, result.verdict)
    telling = of(results, ORIGINAL, sentence)["telling"]
    assert named(telling.julia, Status.PASSED) == list(GRADIENTS)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_original_agrees_in_the_forward_pass(results: Results, sentence: str) -> None:
    """The fault is in the backward pass alone: the cost cannot show it."""
    for result in of(results, ORIGINAL, sentence).values():
        assert result.agreement is not None
        forward = {d.name: d for d in result.agreement.tensors if d.name not in GRADIENTS}
        assert all(d.distance <= d.tolerance for d in forward.values()), result.case.name
