"""What the port and a whole run take, beside other ways to do the same.

    pip install '.[bench]'
    OMP_NUM_THREADS=1 python benchmarks/fast.py ../shared/data/ud/en_ewt-ud-dev.conllu

Forward and backward pass over the first 500 sentences of the treebank, hidden size 64, float64, one
thread, each over the words of its own sentence or batch, in microseconds of processor time a word;
then whole runs of the command, each in a new process, in seconds on the clock. Medians; the ways
take turns, so that what else the machine does meets all of them alike.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pybridge import runtime, shipped, tagger
from pybridge.batch import backward_batch, batch_of, forward_batch, of_like_length
from pybridge.runtime.home import private
from pybridge.sentences import Vocabulary, read
from pybridge.weights import Array, Weights, make_weights

SENTENCES, HIDDEN, BATCH = 500, 64, 32
Part = Callable[[], object]
Sentences = list[tuple[Array, Array]]  # words and tags


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--repeat", type=int, default=7)
    arguments = parser.parse_args()
    corpus = read([arguments.treebank])
    sentences = corpus.sentences[:SENTENCES]
    vocabulary = Vocabulary.of(sentences)
    coded = [vocabulary.encode(sentence) for sentence in sentences]
    words = sum(len(own) for own, _ in coded)

    print(
        f"{len(coded)} sentences, {words} words, hidden size {HIDDEN}, float64, one thread, ",
        end="",
    )
    print(f"numpy {np.__version__}; median of {arguments.repeat}")
    found = take_turns(parts(coded, vocabulary), arguments.repeat, time.process_time)
    for name, seconds in found.items():
        print(f"{name:50}{1e6 * seconds / words:8.2f} us a word", flush=True)
    print()
    found = take_turns(commands(), max(1, arguments.repeat // 2), time.perf_counter)
    for name, seconds in found.items():
        print(f"{name:50}{seconds:8.2f} s", flush=True)


def take_turns(parts: dict[str, Part], repeat: int, clock: Callable[[], float]) -> dict[str, float]:
    """Median seconds of each part, by `clock`."""
    times: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(repeat + 1):
        for name, part in parts.items():
            start = clock()
            part()
            times[name].append(clock() - start)
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def parts(coded: Sentences, vocabulary: Vocabulary) -> dict[str, Part]:
    """Each way to take all sentences forward and backward."""
    drawn = draw(len(vocabulary.words), len(vocabulary.tags))
    h_prev = np.random.default_rng(2).standard_normal((1, HIDDEN)) * 0.5
    single = [own_rows(drawn, [sentence]) for sentence in coded]
    groups = [[coded[i] for i in group] for group in of_like_length([w for w, _ in coded], BATCH)]
    batches = []
    for weights, group in (own_rows(drawn, group) for group in groups):
        batches.append((weights, batch_of([w for w, _ in group], [t for _, t in group])))

    def port() -> None:
        for weights, [(words, tags)] in single:
            trace = tagger.forward(weights, words, tags, h_prev)
            tagger.backward(weights, words, tags, h_prev, trace)

    def port_whole() -> None:
        for words, tags in coded:
            trace = tagger.forward(drawn, words, tags, h_prev)
            tagger.backward(drawn, words, tags, h_prev, trace)

    def batched() -> None:
        for weights, batch in batches:
            backward_batch(weights, batch, h_prev, forward_batch(weights, batch, h_prev))

    def naive() -> None:
        for weights, [(words, tags)] in single:
            one_hot(weights, words, tags, h_prev)

    return {
        "the port, sentence by sentence": port,
        f"the same, gradients over {len(vocabulary.words)} words": port_whole,
        f"the port, batches of {BATCH}": batched,
        "numpy word by word with one-hot vectors": naive,
        **torch_parts(drawn, single, [own_rows(drawn, group) for group in groups], h_prev),
    }


def draw(inputs: int, outputs: int) -> Weights:
    """Weights over a vocabulary."""
    return make_weights(
        tagger.PARAMETERS,
        {"in": inputs, "hidden": HIDDEN, "out": outputs},
        scale=None,
        random_biases=True,
        rng=np.random.default_rng(1),
    )


def own_rows(weights: Weights, sentences: Sentences) -> tuple[Weights, Sentences]:
    """The weights over the words of some sentences, and these sentences over those words."""
    rows = np.unique(np.concatenate([words for words, _ in sentences]))
    smaller = Weights(**{**weights.arrays, "Wxh": weights.Wxh[rows]})
    return smaller, [(np.searchsorted(rows, words), tags) for words, tags in sentences]


def one_hot(weights: Weights, words: Array, tags: Array, h_prev: Array) -> Weights:
    """julia/fixed.jl, line by line."""
    w = weights
    x, y = np.eye(len(w.Wxh))[words], np.eye(w.By.shape[1])[tags]
    h, p, cost = [h_prev], [], 0.0
    for t in range(len(words)):
        h.append(np.tanh(x[t : t + 1] @ w.Wxh + h[-1] @ w.Whh + w.Bh))
        score = h[-1] @ w.Why + w.By
        score = score - score.max()
        p.append(np.exp(score) / np.exp(score).sum())
        cost += np.log(np.exp(score).sum()) - (score @ y[t]).item()
    total = {name: np.zeros_like(array) for name, array in w.arrays.items()}
    dhnext = np.zeros_like(h_prev)
    for t in reversed(range(len(words))):
        dy = p[t] - y[t]
        total["Why"] += h[t + 1].T @ dy
        total["By"] += dy
        dh = dy @ w.Why.T + dhnext
        dhRaw = (1 - h[t + 1] * h[t + 1]) * dh
        total["Wxh"] += x[t : t + 1].T @ dhRaw
        total["Bh"] += dhRaw
        total["Whh"] += h[t].T @ dhRaw
        dhnext = dhRaw @ w.Whh.T
    return Weights(**total)


def torch_parts(
    drawn: Weights,
    single: list[tuple[Weights, Sentences]],
    groups: list[tuple[Weights, Sentences]],
    h_prev: Array,
) -> dict[str, Part]:
    """torch.nn.RNN over embedded words, one by one and in packed batches; none without torch."""
    try:
        import torch
    except ImportError:
        print("torch is not installed: pip install '.[bench]'", file=sys.stderr)
        return {}
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    hidden, outputs = drawn.Why.shape
    cell, top = torch.nn.RNN(hidden, hidden), torch.nn.Linear(hidden, outputs)
    with torch.no_grad():
        cell.weight_ih_l0.copy_(torch.eye(hidden))
        cell.weight_hh_l0.copy_(torch.tensor(drawn.Whh.T))
    before = torch.tensor(h_prev)[None]

    def taken(several: list[tuple[Weights, Sentences]]) -> Part:
        ready = []
        for weights, sentences in several:
            order = sorted(sentences, key=lambda s: -len(s[0]))
            packed = torch.nn.utils.rnn.pack_sequence([torch.tensor(w) for w, _ in order])
            tags = torch.nn.utils.rnn.pack_sequence([torch.tensor(t) for _, t in order]).data
            ready.append((torch.tensor(weights.Wxh, requires_grad=True), packed, tags))

        def run() -> None:
            for table, packed, tags in ready:
                x = torch.nn.functional.embedding(packed.data, table)
                size = int(packed.batch_sizes[0])
                states, _ = cell(packed._replace(data=x), before.expand(1, size, -1).contiguous())
                cost = torch.nn.functional.cross_entropy(top(states.data), tags, reduction="sum")
                cell.zero_grad()
                top.zero_grad()
                table.grad = None
                cost.backward()

        return run

    name = f"torch {torch.__version__}: nn.RNN"
    return {f"{name}, sentence by sentence": taken(single), f"{name}, packed": taken(groups)}


def commands() -> dict[str, Part]:
    """Whole runs of the command, with and without the system image where there is one."""
    found = runtime.obtain(lambda line: print(line, file=sys.stderr))
    imaged = runtime.with_image(found, shipped.library()).image is not None
    without = home_without_images() if imaged else None
    run = ["xcheck", "run", "fixtures"]
    parts = {
        "xcheck --help": command(["xcheck", "--help"]),
        "xcheck run fixtures, no system image": command(run, without),
    }
    if imaged:
        parts["xcheck run fixtures, system image"] = command(run)
        parts["xcheck run fixtures --limit 1, system image"] = command([*run, "--limit", "1"])
    return parts


def command(words: list[str], home: Path | None = None) -> Part:
    """A process that must end well."""
    environment = os.environ | ({"XCHECK_HOME": str(home)} if home else {})

    def run() -> None:
        quiet = subprocess.DEVNULL
        subprocess.run(words, check=True, stdout=quiet, stderr=quiet, env=environment)

    return run


def home_without_images() -> Path:
    """A folder that stands for xcheck's own, with all of the private install but its images."""
    home = Path(tempfile.mkdtemp(prefix="xcheck-benchmark-"))
    (home / private().name).mkdir()
    for part in private().iterdir():
        if not part.name.startswith("image-"):
            (home / private().name / part.name).symlink_to(part)
    atexit.register(shutil.rmtree, home)
    return home


if __name__ == "__main__":
    main()
