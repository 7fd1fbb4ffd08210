"""Julia learns in a loop of its own, and reaches the weights that Python reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge import gru
from pybridge.errors import InputError
from pybridge.runtime import Runtime
from pybridge.sides.julia import JuliaSide
from pybridge.train import Settings, Single, State
from pybridge.train.corpus import Data
from pybridge.train.julia import JuliaLearner, lesson_of
from pybridge.train.layout import Layout, first_weights
from pybridge.train.lockstep import drift
from pybridge.train.loop import PythonLearner
from tests.making import julia_with
from tests.train.making import SETTINGS, data, layout, learner, new

# Small steps: rounding is amplified by less than a thousandfold in so many updates.
SMALL = replace(SETTINGS, learning_rate=0.01)
SGD = replace(SMALL, optimizer="sgd")
UPDATES = 200
TOLERANCE = 1e-10  # of the weights after them, relative to the largest entry of a parameter

Never: Callable[[], bool] = lambda: False  # noqa: E731


def julia_learner(side: JuliaSide, settings: Settings, found: Data) -> JuliaLearner:
    tags = len(found.lexicon.tags)
    lesson = lesson_of(found.train, layout(settings, found), settings, tags)
    return JuliaLearner(side, lesson, settings)


def with_file(side: JuliaSide, file: Path) -> JuliaSide:
    """The same process with another tagger file."""
    return replace(side, setup=replace(side.setup, tagger=file))


def start(settings: Settings, found: Data) -> State:
    return new(settings, found).tracks[0].state


@pytest.mark.parametrize("settings", [SMALL, SGD], ids=["adagrad", "sgd"])
def test_both_sides_reach_the_same_weights(
    fixed: JuliaSide, original: JuliaSide, settings: Settings
) -> None:
    found = data(settings)
    ours = learner(settings, found).advance(start(settings, found), UPDATES)
    theirs, wrong = (
        julia_learner(side, settings, found).advance(start(settings, found), UPDATES, Never)
        for side in (fixed, original)
    )
    assert theirs.state.updates == ours.state.updates == UPDATES
    assert drift(ours.state.weights, theirs.state.weights) <= TOLERANCE
    assert drift(ours.state.memory, theirs.state.memory) <= TOLERANCE
    assert np.allclose(ours.costs, theirs.costs, rtol=1e-10)
    assert drift(ours.state.weights, wrong.state.weights) > 1e-3  # the twin


def test_single_updates_from_the_same_weights(fixed: JuliaSide, original: JuliaSide) -> None:
    found = data()
    seen: list[Single] = []
    learner(SETTINGS, found).advance(start(SETTINGS, found), 20, seen=seen)
    theirs, wrong = (
        julia_learner(side, SETTINGS, found).singles(seen) for side in (fixed, original)
    )
    for a, b in zip(seen, theirs, strict=True):
        assert b.cost == pytest.approx(a.cost, rel=1e-12)
        assert np.max(np.abs(a.gradient - b.gradient)) <= 1e-13 * np.max(np.abs(a.gradient))
        assert np.max(np.abs(a.after - b.after)) <= 1e-10
    apart = [np.max(np.abs(a.gradient - b.gradient)) for a, b in zip(seen, wrong, strict=True)]
    assert max(apart) > 1e-3
    assert julia_learner(fixed, SETTINGS, found).singles([]) == []


def test_in_two_stretches_as_in_one(fixed: JuliaSide) -> None:
    found = data()
    side = julia_learner(fixed, SETTINGS, found)
    whole = side.advance(start(SETTINGS, found), 30, Never)
    first = side.advance(start(SETTINGS, found), 13, Never)
    second = side.advance(first.state, 17, Never)
    for name, array in whole.state.weights.items():
        assert np.array_equal(second.state.weights[name], array)


def test_it_can_be_stopped(fixed: JuliaSide) -> None:
    found = data()
    stretch = julia_learner(fixed, SETTINGS, found).advance(
        start(SETTINGS, found), 10**6, lambda: True
    )
    assert 0 < stretch.state.updates == len(stretch.costs) < 10**6
    assert not stretch.broken


def test_a_cost_that_is_not_finite_ends_it(fixed: JuliaSide) -> None:
    settings = replace(SGD, learning_rate=1e308)
    found = data(settings)
    theirs = julia_learner(fixed, settings, found).advance(start(settings, found), 30, Never)
    ours = learner(settings, found).advance(start(settings, found), 30)
    assert theirs.broken
    assert theirs.state.updates == ours.state.updates


def test_an_error_in_the_file_is_named_with_its_line(fixed: JuliaSide, tmp_path: Path) -> None:
    file = julia_with(tmp_path / "broken.jl", ("dBy = dBy + dy';", "dBy = dBy + unheard_of;"))
    found = data()
    side = julia_learner(with_file(fixed, file), SETTINGS, found)
    with pytest.raises(InputError, match=r"broken\.jl:\d+: .*unheard_of.*mend the Julia file"):
        side.advance(start(SETTINGS, found), 3, Never)


def test_a_gradient_of_another_shape(fixed: JuliaSide, tmp_path: Path) -> None:
    file = julia_with(
        tmp_path / "shape.jl",
        ("return dWxh, dWhh, dBh, dWhy, dBy;", "return dWxh, dWhh, dBh', dWhy, dBy;"),
    )
    found = data()
    side = julia_learner(with_file(fixed, file), SETTINGS, found)
    with pytest.raises(InputError, match=r"dBh is of size \(6, 1\), and Bh of \(1, 6\)"):
        side.advance(start(SETTINGS, found), 3, Never)


def test_another_cell(fixed: JuliaSide, runtime: Runtime) -> None:
    found = data(SMALL)
    tags = len(found.lexicon.tags)
    weights = first_weights(gru.PARAMETERS, len(found.lexicon.words), tags, SMALL)
    state = State(weights, {name: np.zeros_like(array) for name, array in weights.items()})
    order = Layout.of(gru.PARAMETERS, SMALL.hidden, tags)
    setup = replace(
        fixed.setup,
        tagger=fixed.setup.tagger.with_name("gru.jl"),
        parameters=tuple(gru.PARAMETERS),
    )
    theirs = JuliaLearner(
        replace(fixed, setup=setup), lesson_of(found.train, order, SMALL, tags), SMALL
    ).advance(state, 50, Never)
    ours = PythonLearner(gru, found.train, order, SMALL).advance(state, 50)
    assert drift(ours.state.weights, theirs.state.weights) <= TOLERANCE


def test_with_the_question_s_own_code_training_is_worse(
    fixed: JuliaSide, original: JuliaSide
) -> None:
    settings = replace(SGD, learning_rate=0.1, scale=0.5)
    found = data(settings, dev=0)
    right, wrong = (
        julia_learner(side, settings, found).advance(start(settings, found), 40 * 13, Never)
        for side in (fixed, original)
    )
    assert right.costs[-13:].sum() < 0.8 * wrong.costs[-13:].sum()
