"""A thousand random right cases on both sides: nothing is called wrong.

`python -m tests.test_no_false_alarm` prints the figures that stand in docs/evidence.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np

from pybridge.case import Case, draw, make_case
from pybridge.checking import CaseResult, check_cases
from pybridge.configuration import Configuration
from pybridge.gradcheck.methods import COMPLEX, quick
from pybridge.runtime import obtain
from pybridge.sentences import Sentence, Vocabulary
from pybridge.sides import Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.verdict import Kind
from tests.making import FIXED, ORIGINAL, setup

CASES = 1000
# Lines through all entries of all parameters: 8 forward passes whatever the shapes.
QUICK = quick(COMPLEX)


def random_cases(count: int, *, least_words: int = 1, least_hidden: int = 1) -> Iterator[Case]:
    """Shapes from 1, sentences of up to 80 words, scales of 1e-3 to 5, zero and random h_prev."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        length = int(rng.integers(least_words, 81))
        words = [f"w{i}" for i in rng.integers(1 + rng.integers(40), size=length)]
        tags = tuple(f"T{i}" for i in range(1 + rng.integers(17)))
        vocabulary = Vocabulary((*dict.fromkeys(words), "absent"), tags)
        sentence = Sentence(
            "random.tagged", seed + 1, tuple(words), tuple(rng.choice(tags, length))
        )
        configuration = Configuration(
            "random",
            hidden=int(rng.integers(least_hidden, 21)),
            scale=float(np.exp(rng.uniform(np.log(1e-3), np.log(5)))),
            random_biases=bool(rng.integers(2)),
            random_h_prev=bool(rng.integers(2)),
            seed=seed,
        )
        drawn = draw(configuration, vocabulary)
        yield make_case(sentence, drawn, vocabulary, whole_vocabulary=False)


def checked(cases: Iterator[Case], julia: Side) -> list[CaseResult]:
    return list(check_cases(cases, PythonSide(), julia, method=QUICK))


def test_no_right_case_is_called_wrong(fixed: JuliaSide) -> None:
    results = checked(random_cases(CASES), fixed)
    counts = Counter(result.verdict.kind for result in results)
    assert len(results) == CASES
    assert set(counts) <= {Kind.BOTH_RIGHT, Kind.UNDECIDED}, counts
    assert counts[Kind.UNDECIDED] <= CASES // 10
    for result in results:
        if result.verdict.kind is Kind.UNDECIDED:
            explained = ("rounding", "its own error is too large")
            assert any(words in result.verdict.rule for words in explained), result.verdict


def test_the_question_s_bug_is_found_in_cases_as_random(original: JuliaSide) -> None:
    """The twin: with two words, two hidden units and two tags at least, none may pass."""
    results = checked(random_cases(100, least_words=2, least_hidden=2), original)
    counts = Counter(result.verdict.kind for result in results)
    one_tag = [result.case.weights.By.shape[1] == 1 for result in results]  # zero gradients
    assert counts[Kind.BOTH_RIGHT] == sum(one_tag), counts
    assert counts[Kind.JULIA_WRONG] == 100 - sum(one_tag), counts


def main() -> None:
    """Print the figures."""
    runtime = obtain(lambda line: print(line, file=sys.stderr))
    with JuliaSide.start(setup(runtime, FIXED)) as julia:
        results = checked(random_cases(CASES), julia)
    print(Counter(str(result.verdict.kind) for result in results))
    for result in results:
        if result.verdict.kind is not Kind.BOTH_RIGHT:
            print(result.case.name, result.case.configuration, result.verdict.rule)
    with JuliaSide.start(setup(runtime, ORIGINAL)) as julia:
        results = checked(random_cases(100, least_words=2, least_hidden=2), julia)
    print("original.jl:", Counter(str(result.verdict.kind) for result in results))


if __name__ == "__main__":
    main()
