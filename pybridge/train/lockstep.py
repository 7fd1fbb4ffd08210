"""Both sides in step: how far their ways have drifted apart, and whether a single update differs.

The two are told apart. Rounding differs between the sides in the last digit, and training amplifies
it: after enough updates the weights have nothing in common but their origin. So every update that
the Python side makes is made in Julia once more, from the very weights that Python made it from:
what is off there is off by that update alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pybridge.train import Comparison, Learner, Single, State, Stop, Stretch
from pybridge.train.julia import JuliaLearner
from pybridge.train.layout import Layout
from pybridge.train.loop import PythonLearner
from pybridge.weights import Array, largest

# Single updates agree up to here. Rounding leaves some 1e-14; a wrong gradient is off by 1e-3 and
# more. What lies between is left to the checks of `xcheck run` to judge.
TOLERANCE = 1e-10
# Gradients are compared relative to their largest entry, or to this where all are smaller: once a
# sentence is learned by heart its p - y has lost its digits, and rightly so.
FLOOR = 1e-3


@dataclass(frozen=True)
class Difference:
    """A single update on which the sides disagree."""

    python: Single
    julia: Single
    tensors: tuple[str, ...]  # gradients that are off, "cost", or "update" where they all agree
    distance: float  # the largest, relative to the largest entry of its tensor


@dataclass
class Lockstep:
    """Watches the Python side learn and has Julia repeat its updates; keeps what differs."""

    python: PythonLearner
    julia: JuliaLearner
    layout: Layout
    differs: Callable[[Difference], None]  # told of each, in order
    seen: list[Single] = field(default_factory=list)

    @property
    def learners(self) -> tuple[Learner, Learner]:
        """Both sides; the Python side is watched."""
        return _Watched(self.python, self.seen), self.julia

    def compare(self, python: State, julia: State) -> Comparison:
        """The sides after a stretch, and its single updates. The stretch is forgotten then."""
        again = self.julia.singles(self.seen)
        worst = 0.0
        for ours, theirs in zip(self.seen, again, strict=True):
            found = difference(ours, theirs, self.layout, self._words(ours))
            worst = max(worst, found.distance)
            if found.tensors:
                self.differs(found)
        self.seen.clear()
        return Comparison(python.updates, drift(python.weights, julia.weights), worst)

    def _words(self, single: Single) -> int:
        return len(self.python.sentences[single.sentence].rows)


@dataclass(frozen=True)
class _Watched:
    learner: PythonLearner
    seen: list[Single]

    @property
    def side(self) -> str:
        return self.learner.side

    def advance(self, state: State, count: int, stop: Stop) -> Stretch:
        return self.learner.advance(state, count, stop, self.seen)


def drift(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> float:
    """The largest distance of any parameter, relative to its largest entry."""
    return max(distance(a, theirs[name]) for name, a in ours.items())


def difference(ours: Single, theirs: Single, layout: Layout, words: int) -> Difference:
    """How far one update is off between the sides; no tensors where it agrees."""
    far = {"cost": distance(np.array(ours.cost), np.array(theirs.cost), FLOOR)}
    gradients = (layout.unpack(single.gradient, words) for single in (ours, theirs))
    far |= {f"d{name}": distance(a, b, FLOOR) for name, a, b in _pairs(*gradients)}
    off = [name for name, apart in far.items() if not apart <= TOLERANCE]
    after = (layout.unpack(single.after, words) for single in (ours, theirs))
    made = max(distance(a, b) for _, a, b in _pairs(*after))
    # A step follows from its gradient, by up to a factor of the learning rate over the root of
    # Adagrad's epsilon where that gradient is zero but for rounding.
    if not off and not made <= TOLERANCE:
        off = ["update"]
    return Difference(ours, theirs, tuple(off), max(made, *far.values()))


def distance(a: Array, b: Array, floor: float = 0.0) -> float:
    """Largest |a - b| over the largest |a| or |b|, or over the floor; infinite where not finite."""
    with np.errstate(all="ignore"):
        apart = largest(a - b)
        scale = max(largest(x) for x in (a, b))
    if not np.isfinite(apart) or not np.isfinite(scale):
        return float("inf")
    return apart / max(scale, floor) if apart else 0.0


def _pairs(
    ours: Mapping[str, Array], theirs: Mapping[str, Array]
) -> Sequence[tuple[str, Array, Array]]:
    return [(name, array, theirs[name]) for name, array in ours.items()]
