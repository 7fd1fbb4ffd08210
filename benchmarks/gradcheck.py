"""What a gradient check costs: one sentence of 25 words, 5,000 words, hidden size 64, 17 tags.

    pip install '.[bench]' && OMP_NUM_THREADS=1 python benchmarks/gradcheck.py

xcheck on both sides, along random directions and entry by entry; the question's own check over all
entries; torch.autograd.gradcheck in fast and in slow mode. Medians of one run, one thread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pybridge import heap, runtime, shipped
from pybridge.case import Case, draw, make_case
from pybridge.configuration import Configuration
from pybridge.evidence import Evidence, ask, collect
from pybridge.gradcheck import Status, posted
from pybridge.gradcheck.methods import COMPLEX, Method, apart, exhaustive, quick
from pybridge.sentences import Sentence, Vocabulary
from pybridge.sides import Probe, Side, Task
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.sides.worker import Setup

WORDS, TOKENS, HIDDEN, TAGS = 5000, 25, 64, 17


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--slow", action="store_true", help="also what takes half a minute a time")
    arguments = parser.parse_args()
    heap.keep_freed()  # as the command does
    case = one_case(whole_vocabulary=False)
    whole = one_case(whole_vocabulary=True)
    found = runtime.obtain(lambda line: print(line, file=sys.stderr))
    names = tuple(case.weights.arrays)
    file = shipped.locate(shipped.ROOT / "julia" / "fixed.jl")
    directions = apart(quick(COMPLEX))
    with JuliaSide.start(Setup(found, shipped.library(), file, names)) as julia:
        python = PythonSide()
        rows: list[tuple[str, Callable[[], object], int]] = []
        for side in (python, julia):
            rows += [
                (f"{side.name}: directions", run(side, case, directions), arguments.repeat),
                (
                    f"{side.name}: as in `xcheck run`",
                    run(side, case, quick(COMPLEX)),
                    arguments.repeat,
                ),
                (
                    f"{side.name}: as in `xcheck gradcheck`",
                    run(side, case, COMPLEX),
                    arguments.repeat,
                ),
                (f"{side.name}: exhaustive", run(side, case, exhaustive(COMPLEX)), 3),
            ]
        for name, method in (("directions", directions), ("as in `xcheck run`", quick(COMPLEX))):
            rows.append(
                (f"Python: {name}, 5,000 rows", run(python, whole, method), arguments.repeat)
            )
        if arguments.slow:
            every = Task(case, tuple(Probe(n, None) for n in names), posted.STEPS)
            rows.append(("Python: the question's check, own rows", lambda: python.submit(every), 1))
        rows += torch_rows(case, slow=arguments.slow)
        print(f"{TOKENS} words, vocabulary {WORDS}, hidden size {HIDDEN}, {TAGS} tags; ", end="")
        print(f"numpy {np.__version__}, Julia {julia.version}; medians of one run")
        for name, function, repeat in rows:
            function()  # compile
            print(f"{name:42}{1e3 * measure(function, repeat):12.1f} ms", flush=True)


def one_case(*, whole_vocabulary: bool) -> Case:
    """A sentence of 25 words, three of them repeated, out of a vocabulary of 5,000."""
    words = tuple(f"w{i}" for i in range(WORDS))
    vocabulary = Vocabulary(words, tuple(f"T{i}" for i in range(TAGS)))
    rng = np.random.default_rng(1)
    chosen = [*rng.choice(WORDS, TOKENS - 3, replace=False)]
    sentence = Sentence(
        "made.tagged",
        1,
        tuple(words[i] for i in (*chosen, *chosen[:3])),
        tuple(vocabulary.tags[i] for i in rng.integers(TAGS, size=TOKENS)),
    )
    drawn = draw(Configuration("telling", hidden=HIDDEN), vocabulary)
    return make_case(sentence, drawn, vocabulary, whole_vocabulary=whole_vocabulary)


def run(side: Side, case: Case, method: Method) -> Callable[[], None]:
    """A gradient check that must come out as passed."""

    def check() -> None:
        evidence = collect(ask(side, case, method))
        assert isinstance(evidence, Evidence), evidence
        assert evidence.gradient.status is Status.PASSED, evidence.gradient

    return check


def torch_rows(case: Case, *, slow: bool) -> list[tuple[str, Callable[[], object], int]]:
    """The same tagger in torch, under torch's own gradient checks; none where torch is missing."""
    try:
        import torch
    except ImportError:
        print("torch is not installed: pip install '.[bench]'", file=sys.stderr)
        return []
    torch.set_num_threads(1)
    parameters = [torch.tensor(a, requires_grad=True) for a in case.weights.arrays.values()]
    words, tags = torch.tensor(case.words), torch.tensor(case.tags)
    h_prev = torch.tensor(case.h_prev)

    def cost(Wxh: Any, Whh: Any, Bh: Any, Why: Any, By: Any) -> Any:
        h, states = h_prev, []
        for word in words:
            h = torch.tanh(Wxh[word] + h @ Whh + Bh)
            states.append(h)
        score = torch.cat(states) @ Why + By
        return torch.nn.functional.cross_entropy(score, tags, reduction="sum")

    def check(fast: bool) -> Callable[[], object]:
        return lambda: torch.autograd.gradcheck(cost, parameters, fast_mode=fast)

    rows: list[tuple[str, Callable[[], object], int]] = [
        (f"torch {torch.__version__}: gradcheck, fast mode", check(True), 5)
    ]
    if slow:
        rows.append(("torch: gradcheck, slow mode", check(False), 1))
    return rows


def measure(function: Callable[[], object], repeat: int) -> float:
    """Median seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
