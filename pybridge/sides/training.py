"""What training asks of Julia. Runs in the worker process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pybridge.sides import Failure, worker
from pybridge.weights import Array


@dataclass(frozen=True)
class Lesson:
    """What julia/train.jl has to know of a run; every index from 0."""

    names: tuple[str, ...]  # of the parameters, as the tagger has them
    shapes: tuple[tuple[int, int], ...]  # with a row for each word: (0, length of a row)
    hidden: int
    outputs: int
    words: Array  # (tokens,)  of all sentences
    tags: Array  # (tokens,)
    starts: Array  # (sentences + 1,)  where each begins
    optimizer: str
    learning_rate: float
    clip: float


@dataclass(frozen=True)
class Learned:
    """What came of some updates."""

    weights: Mapping[str, Array]
    memory: Mapping[str, Array]
    costs: Array  # (n,)  nats, of each sentence before its update
    broken: bool  # the next cost is not finite


@dataclass(frozen=True)
class Taught:
    """What came of single updates, one flat vector after the other."""

    costs: Array  # (n,)
    gradients: Array
    after: Array


def learn(
    setup: worker.Setup,
    lesson: Lesson,
    weights: Mapping[str, Array],
    memory: Mapping[str, Array],
    order: Array,
    stop: str,
) -> Learned | Failure:
    """One update for each sentence of `order`, (n,), until there is a file called `stop`."""
    train, tagger, problem = _session(setup)
    if problem:
        return Failure(problem)
    held = [[arrays[name] for name in lesson.names] for arrays in (weights, memory)]
    answer, problem = train.learn(tagger, *_question(lesson), *held, order + 1, stop)
    if problem:
        return Failure(str(problem))
    values, memories, costs, broken = answer
    return Learned(
        {n: worker.own_copy(a) for n, a in zip(lesson.names, values, strict=True)},
        {n: worker.own_copy(a) for n, a in zip(lesson.names, memories, strict=True)},
        worker.own_copy(costs),
        bool(broken),
    )


def singles(
    setup: worker.Setup, lesson: Lesson, numbers: Array, weights: Array, memory: Array
) -> Taught | Failure:
    """One update of each of these sentences, (n,), each from its own weights; all vectors flat."""
    train, tagger, problem = _session(setup)
    if problem:
        return Failure(problem)
    answer, problem = train.singles(tagger, *_question(lesson), numbers + 1, weights, memory)
    return Failure(str(problem)) if problem else Taught(*(worker.own_copy(part) for part in answer))


def _session(setup: worker.Setup) -> tuple[Any, Any, str]:
    """The module Train, loaded when it is first asked for, and the tagger or what is wrong."""
    main, _, tagger, problem = worker.session(setup)
    if not problem and not main.seval("isdefined(Main, :Train)"):
        main.include(str(setup.library.with_name("train.jl")))
    return None if problem else main.Train, tagger, problem


def _question(lesson: Lesson) -> tuple[Any, ...]:
    return (
        (list(lesson.names), list(lesson.shapes), lesson.hidden, lesson.outputs),
        (lesson.words + 1, lesson.tags + 1, lesson.starts + 1),
        (lesson.optimizer, lesson.learning_rate, lesson.clip),
    )
