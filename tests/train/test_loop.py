"""The Python side learns what dense updates over the whole vocabulary would teach it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pybridge import tagger as port
from pybridge.errors import InputError
from pybridge.train import Settings, Single, State, Stretch, schedule
from pybridge.weights import Weights
from tests.making import port_with
from tests.train.making import SETTINGS, after, data, layout, learner, new

SGD = replace(SETTINGS, optimizer="sgd", learning_rate=0.05)
UPDATES = 25  # more than two epochs


def dense(settings: Settings, updates: int) -> State:
    """Update by update over the whole vocabulary, with the formulas of min-char-rnn.py."""
    found = data(settings)
    state = new(settings, found).tracks[0].state
    weights = {name: array.copy() for name, array in state.weights.items()}
    memory = {name: array.copy() for name, array in state.memory.items()}
    h_prev = np.zeros((1, settings.hidden))
    for number in schedule(settings.seed, len(found.train), 0, updates):
        one = found.train[number]
        words = one.rows[one.words]
        trace = port.forward(Weights(**weights), words, one.tags, h_prev)
        gradients = port.backward(Weights(**weights), words, one.tags, h_prev, trace)
        for name, gradient in gradients.arrays.items():
            clipped = np.clip(gradient, -settings.clip, settings.clip)
            step = settings.learning_rate * clipped
            if settings.optimizer == "adagrad":
                memory[name] += clipped * clipped
                step = step / np.sqrt(memory[name] + 1e-8)
            weights[name] -= step
    return State(weights, memory, updates)


def advanced(settings: Settings, updates: int, *, faulty: bool = False) -> Stretch:
    found = data(settings)
    tagger = port_with(("dhRawt.dot(Whh.T)", "dhRawt.dot(Whh)")) if faulty else port
    return learner(settings, found, tagger).advance(new(settings, found).tracks[0].state, updates)


def same(a: State, b: State) -> bool:
    return a.updates == b.updates and all(
        np.array_equal(ours[name], theirs[name])
        for ours, theirs in ((a.weights, b.weights), (a.memory, b.memory))
        for name in theirs
    )


@pytest.mark.parametrize("settings", [SETTINGS, SGD], ids=["adagrad", "sgd"])
def test_rows_that_are_left_alone_change_no_bit(settings: Settings) -> None:
    expected = dense(settings, UPDATES)
    assert same(advanced(settings, UPDATES).state, expected)
    assert not same(advanced(settings, UPDATES, faulty=True).state, expected)


def test_in_two_stretches_as_in_one() -> None:
    found = data()
    side, start = learner(SETTINGS, found), new(SETTINGS, found).tracks[0].state
    whole = side.advance(start, UPDATES)
    first = side.advance(start, UPDATES, after(9))
    assert len(first.costs) == 10  # the update under way is finished
    second = side.advance(first.state, UPDATES - 10)
    assert same(second.state, whole.state)
    assert np.array_equal(np.concatenate([first.costs, second.costs]), whole.costs)
    assert start.updates == 0
    assert same(start, new(SETTINGS, found).tracks[0].state)  # what was handed over stays


def test_every_epoch_takes_every_sentence_once_in_its_own_order() -> None:
    epochs = schedule(3, 8, 0, 24).reshape(3, 8)
    assert [sorted(epoch) for epoch in epochs.tolist()] == [list(range(8))] * 3
    assert len({tuple(epoch) for epoch in epochs.tolist()}) == 3
    assert schedule(3, 8, 5, 7).tolist() == epochs.reshape(-1)[5:12].tolist()
    assert schedule(4, 8, 0, 24).tolist() != schedule(3, 8, 0, 24).tolist()
    assert schedule(3, 8, 5, 0).tolist() == []


def test_single_updates_as_they_were() -> None:
    found = data()
    seen: list[Single] = []
    start = new(SETTINGS, found).tracks[0].state
    done = learner(SETTINGS, found).advance(start, 5, seen=seen)
    assert [single.update for single in seen] == [0, 1, 2, 3, 4]
    assert [single.cost for single in seen] == done.costs.tolist()
    order = layout(SETTINGS, found)
    for single in seen:
        one = found.train[single.sentence]
        before = order.unpack(single.weights, len(one.rows))
        trace = port.forward(Weights(**before), one.words, one.tags, np.zeros((1, 6)))
        assert float(trace.cost) == single.cost
        assert not np.array_equal(single.weights, single.after)
    last = order.unpack(seen[-1].after, len(found.train[seen[-1].sentence].rows))
    assert np.array_equal(last["Whh"], done.state.weights["Whh"])


def test_a_cost_that_is_not_finite_ends_it() -> None:
    settings = replace(SGD, learning_rate=1e308)
    stretch = advanced(settings, UPDATES)
    assert stretch.broken
    assert len(stretch.costs) == stretch.state.updates < UPDATES
    assert np.isfinite(stretch.costs).all()
    assert not advanced(SGD, UPDATES).broken


def test_a_tagger_that_throws_is_named_with_its_line() -> None:
    found = data()
    broken = port_with(("dy = p.copy()", "dy = p.copy() + unheard_of"))
    broken.__file__ = "planted.py"
    with pytest.raises(InputError, match=r"planted\.py:\d+: NameError: .*unheard_of"):
        learner(SETTINGS, found, broken).advance(new(SETTINGS, found).tracks[0].state, 3)
