"""Calls in Julia what runs call there, once each.

    python -m pybridge.sides.rehearsal WHAT

Run by runtime/image.py: first so that Julia can write down what it compiles on the way, then to see
that the image works. WHAT is a pickled pair in hexadecimal: a Runtime, and the path of XCheck.jl.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np

from pybridge.case import Case, draw, make_case
from pybridge.configuration import Configuration
from pybridge.edit import Edit
from pybridge.evidence import question
from pybridge.gradcheck import probes
from pybridge.gradcheck.methods import METHODS, quick
from pybridge.sentences import Sentence, Vocabulary
from pybridge.sides import Examination, Failure, Reference, Task, training, worker
from pybridge.sides.julia import Answer, JuliaSide
from pybridge.sides.messages import to_hash
from pybridge.sides.packing import packed, read
from pybridge.sides.worker import Setup
from pybridge.trace.codes import JuliaCode, PythonCode
from pybridge.trace.stories import further
from pybridge.trace.walk import walk
from pybridge.weights import fingerprint

# Files that fail: while they are loaded, and while they run. What reports it is compiled, too.
_BROKEN = ("function forwardRNN(", "forwardRNN(x...) = [1 2] * [1 2]\nbackwardRNN(x...) = ()\n")


def main() -> None:
    """Rehearse, and print a line that says so."""
    runtime, library = pickle.loads(bytes.fromhex(sys.argv[1]))
    case = _case()
    setup = Setup(runtime, library, library.with_name("fixed.jl"), tuple(case.weights.arrays))
    rehearse(setup)
    print("rehearsed")


def rehearse(setup: Setup) -> None:
    """Load, fingerprint, examine, referee, fail, train, plant faults and trace one, in float64.

    AssertionError where an answer is wrong.
    """
    assert worker.start(setup).problem == ""
    case = _case()
    both = (case, _case(hidden=1))  # whose arrays numpy lays out in both orders at once
    for one in both:
        held = {**one.weights.arrays, "h_prev": one.h_prev}
        assert worker.fingerprint(setup, to_hash(held)) == fingerprint(held)
    for method in (*METHODS.values(), quick(METHODS["complex"])):
        for one in both:
            task = question(one, method)
            answer = worker.examine(setup, packed(task))
            assert isinstance(answer, bytes), answer
            found = read(task, answer, setup.gives)
            assert isinstance(found, Examination), found
            assert found.fingerprint == one.weights.fingerprint
    assert isinstance(worker.referee(setup, case, probes.directions(case)), Reference)
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(_BROKEN):
            file = Path(folder) / f"{number}.jl"
            file.write_text(text, encoding="utf-8")
            broken = replace(setup, tagger=file)
            failed = worker.examine(broken, packed(Task(case)))
            assert isinstance(failed, Failure) == (number == 0), failed
    _train(setup, case)
    listed, _, problem = worker.faults(setup, case)
    assert listed, problem
    wrong = JuliaCode(_Here(replace(setup, tagger=setup.library.with_name("original.jl"))), "")
    traced = walk(case, wrong, PythonCode("pybridge.tagger", ""), further(case))
    assert traced.clean
    assert wrong.edited(traced.edit).patched() != wrong.text()


def _train(setup: Setup, case: Case) -> None:
    """Two updates, and one by itself."""
    weights, rows = case.weights.arrays, case.word_rows
    memory = {name: np.zeros_like(array) for name, array in weights.items()}
    shapes = {n: (0 if n in rows else a.shape[0], a.shape[1]) for n, a in weights.items()}
    lesson = training.Lesson(
        names=tuple(weights),
        shapes=tuple(shapes.values()),
        hidden=case.configuration.hidden,
        outputs=case.outputs,
        words=case.words,
        tags=case.tags,
        starts=np.array([0, len(case.words)]),
        optimizer="adagrad",
        learning_rate=0.1,
        clip=5.0,
    )
    twice = training.learn(setup, lesson, weights, memory, np.array([0, 0]), "")
    assert isinstance(twice, training.Learned)
    assert twice.costs[1] < twice.costs[0]
    shared = [array for name, array in weights.items() if name not in rows]
    own = [weights[name][np.unique(case.words)] for name in rows]
    flat = np.concatenate([array.reshape(-1) for array in (*shared, *own)])  # (n,)
    once = training.singles(setup, lesson, np.array([0]), flat, np.zeros_like(flat))
    assert isinstance(once, training.Taught)
    assert once.costs[0] == twice.costs[0]


class _Here(JuliaSide):
    """The Julia of this process, in place of one in a worker process."""

    def __init__(self, setup: Setup) -> None:
        object.__setattr__(self, "setup", setup)

    def edited(self, edit: Edit, limit: float) -> _Here:  # noqa: ARG002  # nothing to wait for
        return _Here(replace(self.setup, edit=edit))

    def _ask(
        self,
        answer: Callable[..., Answer | Failure],
        *question: object,
        about: Case | None = None,  # noqa: ARG002  # nobody else is asked
    ) -> Future[Answer | Failure]:
        reply: Future[Answer | Failure] = Future()
        reply.set_result(answer(self.setup, *question))
        return reply


def _case(hidden: int = 4) -> Case:
    words = ("the", "cat", "saw", "the", "dog")
    vocabulary = Vocabulary((*dict.fromkeys(words), "absent"), ("DET", "NOUN", "VERB"))
    sentence = Sentence("rehearsal", 1, words, ("DET", "NOUN", "VERB", "DET", "NOUN"))
    drawn = draw(Configuration("rehearsal", hidden=hidden), vocabulary)
    return make_case(sentence, drawn, vocabulary, whole_vocabulary=False)


if __name__ == "__main__":
    main()
