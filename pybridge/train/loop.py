"""The Python side learns: the port itself, a sentence at a time, over that sentence's own words.

The gradient of a word's row is zero where the sentence lacks the word, and so is its update, with
sgd as with Adagrad: to leave such rows alone changes no bit, and an update costs no more for a
larger vocabulary.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pybridge.adapters.form import Tagger
from pybridge.errors import InputError
from pybridge.train import Settings, Single, State, Stop, Stretch, schedule
from pybridge.train.corpus import Coded
from pybridge.train.layout import Layout, Table
from pybridge.train.optimizer import to_step


@dataclass(frozen=True)
class PythonLearner:
    """A Python tagger that learns; pybridge.tagger or any other of its form."""

    tagger: Tagger
    sentences: Sequence[Coded]
    layout: Layout
    settings: Settings
    side: str = "python"

    def advance(
        self, state: State, count: int, stop: Stop = lambda: False, seen: list[Single] | None = None
    ) -> Stretch:
        """Make the next `count` updates; `seen` gets each of them by itself.

        InputError where the tagger throws.
        """
        try:
            with np.errstate(all="ignore"):  # a cost that is not finite is noticed by itself
                return self._advance(state, count, stop, seen)
        except Exception as e:
            raise _raised(e, self.tagger) from e

    def _advance(self, state: State, count: int, stop: Stop, seen: list[Single] | None) -> Stretch:
        settings, layout, tagger = self.settings, self.layout, self.tagger
        table, memories = Table(layout, state.weights), Table(layout, state.memory)
        h_prev = np.zeros((1, settings.hidden))  #                   (1, hidden)
        costs: list[float] = []
        broken = False
        for number in schedule(settings.seed, len(self.sentences), state.updates, count).tolist():
            one = self.sentences[number]
            own, memory = table.take(one.rows), memories.take(one.rows)  # (R,)
            weights = table.weights(own, len(one.rows))
            trace = tagger.forward(weights, one.words, one.tags, h_prev)
            cost = float(trace.cost.real)
            if not math.isfinite(cost):
                broken = True
                break
            found = tagger.backward(weights, one.words, one.tags, h_prev, trace)
            shared_step, own_step = layout.split(found.arrays)  #    (S,), (R,)  gradients as yet
            before = None
            if seen is not None:
                before = (
                    np.concatenate((table.shared, own)),
                    np.concatenate((memories.shared, memory)),
                    np.concatenate((shared_step, own_step)),
                )
            table.shared -= to_step(shared_step, memories.shared, settings)
            own -= to_step(own_step, memory, settings)
            table.put(one.rows, own)
            memories.put(one.rows, memory)
            if seen is not None and before is not None:
                after = np.concatenate((table.shared, own))
                at = state.updates + len(costs)
                seen.append(Single(at, number, cost, *before, after))
            costs.append(cost)
            if stop():
                break
        done = State(table.arrays, memories.arrays, state.updates + len(costs))
        return Stretch(done, np.array(costs), broken)


def _raised(e: Exception, tagger: Tagger) -> InputError:
    """What the tagger threw, with the innermost line of its own file."""
    file = str(tagger.__file__)
    frames = traceback.extract_tb(e.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    problem = f"{type(e).__name__}: {e}"
    line = lines[-1] if lines else None
    return InputError(problem, "mend the Python file", file=Path(file), line=line)
