"""An epoch of training: the port, the Julia file, and torch's nn.RNN with the same optimiser.

    pip install '.[bench]'
    OMP_NUM_THREADS=1 python benchmarks/training.py ../shared/data/ud/en_ewt-ud-dev.conllu

Hidden size 64, float64, one thread, one sentence an update, Adagrad, clip at 5. Seconds: of
processor time for Python and torch, on the clock for Julia, whose time is that of another process.
The least of `--repeat` epochs, each from the same weights: what else the machine does only adds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pybridge import runtime, shipped, tagger
from pybridge.sides.julia import JuliaSide
from pybridge.sides.worker import Setup
from pybridge.train import Settings, State
from pybridge.train.corpus import Data, load
from pybridge.train.julia import JuliaLearner, lesson_of
from pybridge.train.layout import Layout, first_weights
from pybridge.train.loop import PythonLearner

SETTINGS = Settings(hidden=64, hold_back=0.0)
Part = Callable[[], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--no-julia", action="store_true")
    arguments = parser.parse_args()
    data = load(arguments.treebank, None, SETTINGS)
    lexicon = data.lexicon
    tags = len(lexicon.tags)
    weights = first_weights(tagger.PARAMETERS, len(lexicon.words), tags, SETTINGS)
    state = State(weights, {name: np.zeros_like(array) for name, array in weights.items()})
    layout = Layout.of(tagger.PARAMETERS, SETTINGS.hidden, tags)
    print(f"{len(data.train)} sentences, {data.tokens} tokens, {len(lexicon.words)} rows of Wxh")

    port = PythonLearner(tagger, data.train, layout, SETTINGS)
    show("the port", lambda: port.advance(state, len(data.train)), data, arguments.repeat)
    for name, part in torch_parts(data, state).items():
        show(name, part, data, arguments.repeat)
    if arguments.no_julia:
        return
    found = runtime.obtain(lambda line: print(line, file=sys.stderr))
    lesson = lesson_of(data.train, layout, SETTINGS, tags)
    for file in ("fixed.jl", "original.jl"):
        path = shipped.ROOT / "julia" / file
        with JuliaSide.start(Setup(found, shipped.library(), path, layout.order)) as side:
            julia = JuliaLearner(side, lesson, SETTINGS)
            julia.advance(state, 20, lambda: False)  # compile

            def epoch(julia: JuliaLearner = julia) -> object:
                return julia.advance(state, len(data.train), lambda: False)

            show(f"julia/{file}", epoch, data, arguments.repeat, time.perf_counter)


def show(
    name: str, part: Part, data: Data, repeat: int, clock: Callable[[], float] = time.process_time
) -> None:
    """The least of some measurements."""
    times = []
    for _ in range(repeat):
        start = clock()
        part()
        times.append(clock() - start)
    print(f"{name:46}{min(times):8.2f} s  {data.tokens / min(times):10,.0f} tokens/s", flush=True)


def torch_parts(data: Data, state: State) -> dict[str, Part]:
    """nn.RNN over embedded words, sentence by sentence; nothing without torch.

    A dense gradient of the embedding has a row for every word; a sparse one has the rows of the
    sentence, as the port has, but cannot be clipped.
    """
    try:
        import torch
    except ImportError:
        print("torch is not installed: pip install '.[bench]'", file=sys.stderr)
        return {}
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.sparse.check_sparse_tensor_invariants.disable()  # it would warn of them
    size, hidden = state.weights["Wxh"].shape
    tags = state.weights["By"].shape[1]
    sentences = [(torch.tensor(one.rows[one.words]), torch.tensor(one.tags)) for one in data.train]

    def epoch(sparse: bool) -> None:
        table = torch.nn.Embedding(size, hidden, sparse=sparse)
        cell, top = torch.nn.RNN(hidden, hidden), torch.nn.Linear(hidden, tags)
        with torch.no_grad():
            table.weight.copy_(torch.tensor(state.weights["Wxh"]))
            cell.weight_ih_l0.copy_(torch.eye(hidden))
        cell.weight_ih_l0.requires_grad_(False)
        cell.bias_ih_l0.requires_grad_(False)
        rest = [cell.weight_hh_l0, cell.bias_hh_l0, *top.parameters()]
        optimizer = torch.optim.Adagrad([table.weight, *rest], lr=SETTINGS.learning_rate, eps=1e-8)
        for words, gold in sentences:
            optimizer.zero_grad()
            states, _ = cell(table(words))
            cost = torch.nn.functional.cross_entropy(top(states), gold, reduction="sum")
            cost.backward()
            torch.nn.utils.clip_grad_value_(rest if sparse else [table.weight, *rest], 5.0)
            optimizer.step()

    return {
        f"torch {torch.__version__}: nn.RNN, dense embedding": lambda: epoch(sparse=False),
        "torch: nn.RNN, sparse embedding, not clipped": lambda: epoch(sparse=True),
    }


if __name__ == "__main__":
    main()
