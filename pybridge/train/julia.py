"""The Julia side learns: the loop is in julia/train.jl, asked once for a stretch of updates."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from pybridge.errors import InputError
from pybridge.sides import Failure, serving, training
from pybridge.sides.julia import JuliaSide
from pybridge.sides.training import Lesson
from pybridge.train import Settings, Single, State, Stop, Stretch, schedule
from pybridge.train.corpus import Coded
from pybridge.train.layout import Layout

Answer = TypeVar("Answer")
LOOK = 0.1  # seconds from one look at whether to stop to the next


@dataclass(frozen=True)
class JuliaLearner:
    """A Julia tagger file that learns, in the worker process of a side."""

    julia: JuliaSide
    lesson: Lesson
    settings: Settings
    side: str = "julia"

    def advance(self, state: State, count: int, stop: Stop) -> Stretch:
        """Make the next `count` updates. InputError where the file throws or Julia dies."""
        sentences = len(self.lesson.starts) - 1
        order = schedule(self.settings.seed, sentences, state.updates, count)
        with tempfile.TemporaryDirectory(prefix="xcheck-") as folder:
            flag = Path(folder) / "stop"
            asked = self._ask(
                training.learn, dict(state.weights), dict(state.memory), order, str(flag)
            )
            while not wait([asked], LOOK).done:
                if stop():
                    flag.touch()
            found = self._answer(asked)
        done = State(found.weights, found.memory, state.updates + len(found.costs))
        return Stretch(done, found.costs, found.broken)

    def singles(self, wanted: Sequence[Single]) -> list[Single]:
        """The same updates made in Julia, each from the same weights."""
        if not wanted:
            return []
        numbers = np.array([single.sentence for single in wanted])  #         (k,)
        weights = np.concatenate([single.weights for single in wanted])
        memory = np.concatenate([single.memory for single in wanted])
        found = self._answer(self._ask(training.singles, numbers, weights, memory))
        ends = np.cumsum([len(single.weights) for single in wanted])[:-1]  #  (k - 1,)
        return [
            replace(single, cost=float(cost), gradient=gradient, after=after)
            for single, cost, gradient, after in zip(
                wanted,
                found.costs,
                np.split(found.gradients, ends),
                np.split(found.after, ends),
                strict=True,
            )
        ]

    def _ask(
        self, answer: Callable[..., Answer | Failure], *question: object
    ) -> Future[Answer | Failure]:
        asked: Future[Answer | Failure] = self.julia.crew.ask(
            serving.guarded, answer, self.julia.setup, self.lesson, *question
        )
        return asked

    def _answer(self, asked: Future[Answer | Failure]) -> Answer:
        try:
            found = asked.result()
        except Exception as e:  # Julia died, or something in the bridge
            problem = f"{self.julia.setup.tagger}: {' '.join(str(e).split())}"
            raise InputError(problem, "mend the Julia file") from e
        if isinstance(found, Failure):
            raise InputError(found.problem, "mend the Julia file")
        return found


def lesson_of(
    sentences: Sequence[Coded], layout: Layout, settings: Settings, outputs: int
) -> Lesson:
    """What Julia has to know of these sentences, and of the parameters."""
    shapes = dict(layout.shared) | {name: (0, columns) for name, columns in layout.by_word}
    return Lesson(
        names=layout.order,
        shapes=tuple(shapes[name] for name in layout.order),
        hidden=settings.hidden,
        outputs=outputs,
        words=np.concatenate([one.rows[one.words] for one in sentences]),
        tags=np.concatenate([one.tags for one in sentences]),
        starts=np.cumsum([0, *(len(one.words) for one in sentences)]),
        optimizer=settings.optimizer,
        learning_rate=settings.learning_rate,
        clip=settings.clip,
    )
