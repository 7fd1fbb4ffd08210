"""Small things that the tests are made of: cases, faulty ports, examinations."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

from pybridge import shipped, tagger
from pybridge.case import Case, draw, make_case
from pybridge.configuration import Configuration
from pybridge.runtime import Runtime
from pybridge.sentences import Sentence, Vocabulary
from pybridge.sides import Examination, Failure, Reply, Task
from pybridge.sides.python import PythonSide
from pybridge.sides.worker import Setup
from pybridge.weights import Array, Weights

NAMES = ("Wxh", "Whh", "Bh", "Why", "By")
GRADIENTS = tuple(f"d{name}" for name in NAMES)
FIXED = shipped.ROOT / "julia" / "fixed.jl"
ORIGINAL = shipped.ROOT / "julia" / "original.jl"
REPEATED = "the cat saw the dog"


def a_case(
    words: str = REPEATED, *, hidden: int = 4, whole_vocabulary: bool = False, **options: object
) -> Case:
    """A case over the words of a sentence; three tags, given in turn."""
    configuration = Configuration(name="made", hidden=hidden, **options)  # type: ignore[arg-type]
    vocabulary = Vocabulary((*dict.fromkeys(words.split()), "absent"), ("DET", "NOUN", "VERB"))
    tags = tuple(vocabulary.tags[i % 3] for i, _ in enumerate(words.split()))
    sentence = Sentence("made.tagged", 1, tuple(words.split()), tags)
    drawn = draw(configuration, vocabulary)
    return make_case(sentence, drawn, vocabulary, whole_vocabulary=whole_vocabulary)


def with_weights(case: Case, **arrays: Array) -> Case:
    """The same case with some other weights."""
    return replace(case, weights=Weights(**{**case.weights.arrays, **arrays}))


def known_answer() -> tuple[Case, Array]:
    """A case whose first hidden state is known, and that hidden state.

    It is the first row of tanh(x Wx + h Wh + b). Words are indices, so the rows of x Wx stand for
    the rows of Wxh, and word 0 selects the first.
    """
    x = np.linspace(-0.4, 0.7, 30).reshape(3, 10)
    before = np.linspace(-0.2, 0.5, 12).reshape(3, 4)
    weights = Weights(
        Wxh=x @ np.linspace(-0.1, 0.9, 40).reshape(10, 4),
        Whh=np.linspace(-0.3, 0.7, 16).reshape(4, 4),
        Bh=np.linspace(-0.2, 0.4, 4).reshape(1, 4),
        Why=np.zeros((4, 2)),
        By=np.zeros((1, 2)),
    )
    case = Case(
        sentence=Sentence("known.tagged", 1, ("one",), ("A",)),
        configuration=Configuration("known", hidden=4),
        rows=("one", "two", "three"),
        words=np.array([0]),
        tags=np.array([0]),
        outputs=2,
        parameters=tagger.PARAMETERS,
        weights=weights,
        h_prev=before[:1],
    )
    return case, np.array([[-0.58172089, -0.50182032, -0.41232771, -0.31410098]])


def large_logits() -> Case:
    """A case with logits of 800 and -800, for which exp gives Inf and 0."""
    case = a_case()
    return with_weights(case, By=np.array([[0.0, 800.0, -800.0]]))


def port_with(*changes: tuple[str, str]) -> ModuleType:
    """The Python port with each (old, new) carried out in its source."""
    source = inspect.getsource(tagger)
    for old, new in changes:
        assert source.count(old) == 1, f"tagger.py holds {old!r} {source.count(old)} times"
        source = source.replace(old, new)
    module = ModuleType("pybridge.tagger")
    exec(compile(source, "planted.py", "exec"), module.__dict__)
    return module


# Faults of a backward pass: the change, and the gradients that it makes wrong.
PLANTED: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "the question's own": (
        ("dhnext = dhRawt.dot(Whh.T)", "dhnext = dhRawt.dot(Whh)"),
        ("dWxh", "dWhh", "dBh"),
    ),
    "swapped sign": (("dy[time, tags] -= 1", "dy[time, tags] += 1"), GRADIENTS),
    "one swapped sign": (("dBy = dy.sum", "dBy = -dy.sum"), ("dBy",)),
    "a word's row assigned": (
        ("    np.add.at(dWxh.ravel()", "    dWxh[words] = dhRaw\n    np.add.at(dWxh.flatten()"),
        ("dWxh",),
    ),
    "swapped rows": (
        ("(words[:, None] * hidden", "(words[::-1, None] * hidden"),
        ("dWxh",),
    ),
    "zeroed": (("dWhh = h_before.T.dot(dhRaw)", "dWhh = 0 * Whh"), ("dWhh",)),
    "transposed": (("dWhh = h_before.T.dot(dhRaw)", "dWhh = dhRaw.T @ h_before"), ("dWhh",)),
    "h_prev left out": (
        ("np.concatenate([h_prev, h[:-1]])", "np.concatenate([0 * h_prev, h[:-1]])"),
        ("dWhh",),
    ),
    "tanh of h": (
        ("dtanh = 1 - h * h", "dtanh = 1 - np.tanh(h) ** 2"),
        ("dWxh", "dWhh", "dBh"),
    ),
    "averaged": (("dWhy = h.T.dot(dy)", "dWhy = h.T.dot(dy) / len(time)"), ("dWhy",)),
    "NaN": (("dWhy = h.T.dot(dy)", "dWhy = h.T.dot(dy) * np.nan"), ("dWhy",)),
    "Inf": (("dBh = dhRaw.sum", "dBh = np.inf + dhRaw.sum"), ("dBh",)),
    "wrong shape": (
        ("dBh = dhRaw.sum(axis=0, keepdims=True)", "dBh = dhRaw.sum(axis=0)"),
        ("dBh",),
    ),
    "off by a millionth": (
        ("dWhh = h_before.T.dot(dhRaw)", "dWhh = h_before.T.dot(dhRaw) * (1 + 1e-6)"),
        ("dWhh",),
    ),
}


def examine(case: Task, port: ModuleType = tagger) -> Examination:
    """The answer of the Python side, which must be one."""
    answer = PythonSide(port).submit(case).result()
    assert isinstance(answer, Examination), answer
    return answer


@dataclass(frozen=True)
class Scripted:
    """A side that gives the answers it was made with, one after the other, and then none."""

    replies: list[Reply]
    name: str = "Scripted"

    def submit(self, task: Task) -> Future[Reply]:
        assert task.case
        reply: Future[Reply] = Future()
        reply.set_result(self.replies.pop(0) if self.replies else Failure("no more answers"))
        return reply


def setup(runtime: Runtime, file: Path) -> Setup:
    """What a Julia worker needs to know."""
    return Setup(runtime, shipped.library(), file, NAMES)


def julia_with(file: Path, *changes: tuple[str, str], source: Path = FIXED) -> Path:
    """Write fixed.jl with each (old, new) carried out."""
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{source.name} holds {old!r} {text.count(old)} times"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


def failed(reply: Reply) -> str:
    """The problem of a Failure, which must be one line."""
    assert isinstance(reply, Failure), reply
    assert reply.problem
    assert "\n" not in reply.problem
    return reply.problem


def answered(reply: Reply) -> Examination:
    """An Examination, which the reply must be."""
    assert isinstance(reply, Examination), reply
    return reply


def entries(array: Array) -> Sequence[tuple[int, ...]]:
    """All indices of an array, row-major."""
    return list(np.ndindex(array.shape))
