"""Where the time of `xcheck run TREEBANK --hidden 32` goes, part by part and as a whole.

    python benchmarks/treebank.py ../shared/data/ud/en_ewt-ud-dev.conllu

Prints the median of `--repeat` runs of each part, all in one run of this script.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pybridge import runtime, shipped
from pybridge.checking import AHEAD, check_cases
from pybridge.evidence import Asked, ask, collect
from pybridge.gradcheck.methods import COMPLEX, quick
from pybridge.running import Plan, Request, plan
from pybridge.sides import Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.sides.worker import Setup


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    request = Request((arguments.treebank,), hidden=arguments.hidden)

    planned = plan(request)
    found = runtime.obtain(lambda line: print(line, file=sys.stderr))
    names = tuple(planned.draws[0].weights.arrays)
    setup = Setup(found, shipped.library(), planned.julia.resolve(), names)

    def start() -> None:
        JuliaSide.start(setup).stop()

    parts: dict[str, Callable[[], object]] = {
        "read the treebank, draw the weights": lambda: plan(request),
        "start Julia, load the tagger": start,
        "Python side alone": lambda: all_of(PythonSide(), planned),
    }
    figures = {name: measure(part, arguments.repeat) for name, part in parts.items()}
    with JuliaSide.start(setup) as julia:
        all_of(julia, planned, limit=20)  # compile
        for name, part in {
            "Julia side alone": lambda: all_of(julia, planned),
            "both sides, compared and judged": lambda: both_sides(planned, julia),
        }.items():
            figures[name] = measure(part, arguments.repeat)
    command = ["xcheck", "run", str(arguments.treebank), "--hidden", str(arguments.hidden)]
    figures["the whole command"] = measure(
        lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), arguments.repeat
    )
    words = sum(len(s.words) for s in planned.corpus.sentences)
    print(f"{len(planned.selected)} cases, {words} words, hidden size {arguments.hidden}, ", end="")
    print(f"Julia {found.version}, {os.cpu_count()} cores, median of {arguments.repeat}")
    for name, seconds in figures.items():
        print(f"{name:40}{seconds:8.1f} s")


def all_of(side: Side, planned: Plan, limit: int | None = None) -> None:
    """Ask one side for the evidence of every case."""
    waiting: list[Asked] = []
    for i, case in enumerate(planned.cases()):
        if i == limit:
            break
        waiting.append(ask(side, case, quick(COMPLEX)))
        if len(waiting) > AHEAD:
            collect(waiting.pop(0))
    for asked in waiting:
        collect(asked)


def both_sides(planned: Plan, julia: Side) -> None:
    """Check every case on both sides."""
    for _ in check_cases(
        planned.cases(), PythonSide(), julia, method=quick(COMPLEX), tolerance=1e-12
    ):
        pass


def measure(part: Callable[[], object], repeat: int) -> float:
    """Median seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        part()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
