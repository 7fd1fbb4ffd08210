"""On right code no culprit is named: `python -m tests.trace.test_no_culprit` tries 1,000 cases."""

from __future__ import annotations

import random
import sys

from pybridge.case import Case
from pybridge.configuration import Configuration
from pybridge.faults import ladder
from pybridge.sides.julia import JuliaSide
from pybridge.trace.codes import Code, JuliaCode, PythonCode
from pybridge.trace.culprits import culprits
from pybridge.trace.match import Matching
from pybridge.trace.walk import compare
from tests.trace.making import LOOPS, PORT

LETTERS = [chr(ord("a") + i) for i in range(26)]


def random_case(seed: int) -> Case:
    """1 to 60 words, 1 to 12 hidden units, scales of 1e-3 to 5, h_prev and biases or none."""
    rng = random.Random(seed)
    words = " ".join(rng.choice(LETTERS) for _ in range(rng.choice([1, 2, 3, 5, 8, 20, 60])))
    configuration = Configuration(
        "random",
        hidden=rng.randint(1, 12),
        scale=rng.choice([None, 1e-3, 0.1, 1.0, 2.0, 5.0]),
        random_biases=rng.random() < 0.7,
        random_h_prev=rng.random() < 0.7,
        seed=seed,
    )
    return ladder.case(words, configuration)


def named(case: Case, a: Code, b: Code) -> list[str]:
    """The culprits of either side."""
    found = []
    for ours, theirs in ((a, b), (b, a)):
        matching = compare(case, ours, theirs)
        assert isinstance(matching, Matching), matching
        assert matching.pairs
        statements = matching.a.recording.statements
        found += [statements[c.suspects[0]].text for c in culprits(matching)]
    return found


def test_two_ports_that_are_right() -> None:
    for seed in range(40):
        assert named(random_case(seed), PythonCode(PORT, PORT), PythonCode(LOOPS, LOOPS)) == []


def test_julia_and_the_port(fixed: JuliaSide) -> None:
    for seed in range(12):
        julia = JuliaCode(fixed, "julia/fixed.jl")
        assert named(random_case(seed), PythonCode(PORT, PORT), julia) == []


def main() -> None:
    """Many cases, of the two ports."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    ports = PythonCode(PORT, PORT), PythonCode(LOOPS, LOOPS)
    wrong = {seed: found for seed in range(count) if (found := named(random_case(seed), *ports))}
    print(f"{count} cases, {len(wrong)} with a culprit: {wrong}")


if __name__ == "__main__":
    main()
