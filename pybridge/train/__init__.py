"""Training: one sentence an update, on either side, and what is kept of it.

corpus.py makes numbers of sentences; loop.py (Python) and julia.py go through them, update by
update, and optimizer.py says what an update is; lockstep.py holds the two sides against each other;
session.py leads them from epoch to epoch; model_file.py saves all of it, and accuracy.py says what
came out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from pybridge.weights import Array

OPTIMIZERS = ("adagrad", "sgd")
UNKNOWNS = ("classes", "one")


@dataclass(frozen=True)
class Settings:
    """What decides a training run, apart from the sentences: the same here, the same bits."""

    hidden: int = 64
    learning_rate: float = 0.05
    optimizer: str = "adagrad"  # one of OPTIMIZERS
    clip: float = 5.0  # no entry of a gradient counts for more than this, in nats per unit weight
    scale: float = 0.1  # standard deviation of the first weights; the first biases are zero
    min_count: int = 2  # words that come less often in the training part become <unk>
    unknown: str = "classes"  # one of UNKNOWNS: <unk> by ending and capital, or one for all
    lower: bool = True  # words count as the same in capitals
    hold_back: float = 0.1  # of the training file, for the choice of the epoch, where no dev is
    seed: int = 2016


@dataclass(frozen=True)
class State:
    """Where one side is: enough to go on from, bit for bit."""

    weights: Mapping[str, Array]  # by parameter
    memory: Mapping[str, Array]  # by parameter, Adagrad's sum of squared gradients; zero with sgd
    updates: int = 0  # made so far; the order of the sentences follows from it and the seed


@dataclass(frozen=True)
class Stretch:
    """Some updates of one side."""

    state: State  # after them
    costs: Array  # (n,)  cost of each sentence before its own update, nats
    broken: bool = False  # the cost of the next sentence is not finite: that update was not made


@dataclass(frozen=True)
class Single:
    """One update by itself: what it started from and what came of it.

    All vectors are flat: the parameters in the order of a Layout, those by word with the rows of
    this sentence's own words alone.
    """

    update: int  # from 0
    sentence: int  # its number among the training sentences
    cost: float  # nats
    weights: Array  # (n,)  before the update
    memory: Array  # (n,)  before the update
    gradient: Array  # (n,)  as the tagger gave it, not clipped
    after: Array  # (n,)  weights after the update


@dataclass(frozen=True)
class Epoch:
    """What came of one epoch on one side."""

    cost: float  # nats a token of the training part, each before its own update
    dev_cost: float  # nats a token of those tokens whose tag train has; NaN without a dev part
    dev_accuracy: float  # of all tokens; NaN without a dev part


@dataclass(frozen=True)
class Track:
    """The way of one side so far."""

    side: str  # "python" or "julia"
    state: State
    best: Mapping[str, Array]  # the weights to tag with
    best_epoch: int = 0  # that they are of, from 1; 0: none is complete yet
    costs: Array = field(default_factory=lambda: np.zeros(0))  # (updates,)  nats a sentence
    epochs: tuple[Epoch, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Both sides after the same updates."""

    updates: int
    drift: float  # largest difference of any parameter, relative to its largest entry
    single: float  # the same of the gradients of single updates since the last comparison, and of
    # what they made of the weights, each time from the same weights


Stop = Callable[[], bool]  # whether somebody asked to stop; heard after every update


class Learner(Protocol):
    """One side, which learns. It keeps nothing between calls."""

    @property
    def side(self) -> str:
        """As the options name it, "python" or "julia"."""
        ...

    def advance(self, state: State, count: int, stop: Stop) -> Stretch:
        """Make the next `count` updates, or fewer where it is stopped or the cost breaks."""
        ...


def schedule(seed: int, sentences: int, first: int, count: int) -> Array:
    """The numbers of the sentences of `count` updates from update `first` on.

    Each epoch goes through all sentences in an order of its own, which the seed and the number of
    the epoch decide alone: nothing has to be kept to go on with it.
    """
    found = []
    while count > 0:
        epoch, at = divmod(first, sentences)
        order = np.random.default_rng([seed, epoch]).permutation(sentences)  # (sentences,)
        found.append(order[at : at + count])
        first, count = first + len(found[-1]), count - len(found[-1])
    return np.concatenate(found) if found else np.zeros(0, np.intp)
