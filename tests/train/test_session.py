"""From epoch to epoch, interrupted and resumed."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge.train import Settings, schedule
from pybridge.train.model_file import Model, load, save
from pybridge.train.session import Limits, fingerprint
from tests.train.making import SETTINGS, after, data, learner, new, trained

SGD = replace(SETTINGS, optimizer="sgd", learning_rate=0.1)
N = 10  # training sentences
EPOCHS = Limits(epochs=4, patience=0)


def written(path: Path, model: Model) -> bytes:
    save(path, model)
    return path.read_bytes()


@pytest.mark.parametrize("settings", [SETTINGS, SGD], ids=["adagrad", "sgd"])
@pytest.mark.parametrize("updates", [3, N, 2 * N + 7])
def test_a_resumed_run_is_an_unbroken_one(tmp_path: Path, settings: Settings, updates: int) -> None:
    path, found = tmp_path / "model.npz", data(settings)
    whole = trained(settings, found, EPOCHS)
    part = trained(settings, found, EPOCHS, stop=after(updates - 1))
    assert part.interrupted
    assert not whole.interrupted
    assert 0 < part.model.tracks[0].state.updates < 4 * N
    other = written(path, part.model)
    rest = trained(settings, found, EPOCHS, load(path))
    unbroken = written(path, whole.model)
    assert written(path, rest.model) == unbroken
    assert other != unbroken
    # The twin: another order of the sentences is another run.
    moved = trained(replace(settings, seed=6), found, EPOCHS)
    assert written(path, moved.model) != unbroken


def test_more_epochs_can_be_asked_for(tmp_path: Path) -> None:
    path, found = tmp_path / "model.npz", data()
    two = trained(SETTINGS, found, Limits(2, 0))
    four = trained(SETTINGS, found, EPOCHS, two.model)
    whole = trained(SETTINGS, found, EPOCHS)
    assert written(path, four.model) == written(path, whole.model)


def test_it_learns_and_the_epochs_say_so() -> None:
    found = data()
    model = trained(SETTINGS, found, Limits(12, 0)).model
    (track,) = model.tracks
    assert len(track.epochs) == 12
    assert track.epochs[-1].cost < 0.2 * track.epochs[0].cost
    assert track.epochs[0].cost == track.costs[:N].sum() / found.tokens  # a token, not a sentence
    assert 0 <= track.epochs[-1].dev_accuracy <= 1


def test_the_best_epoch_on_dev_is_kept() -> None:
    found = data()
    model = trained(SETTINGS, found, Limits(12, 0)).model
    (track,) = model.tracks
    best = max(epoch.dev_accuracy for epoch in track.epochs)
    first = next(i for i, e in enumerate(track.epochs, 1) if e.dev_accuracy == best)
    assert track.best_epoch == first
    again = trained(SETTINGS, found, Limits(first, 0)).model
    assert np.array_equal(model.weights["Whh"], again.tracks[0].state.weights["Whh"])


def test_without_dev_the_last_epoch_is_kept() -> None:
    found = data(dev=0)
    (track,) = trained(SETTINGS, found, EPOCHS).model.tracks
    assert track.best_epoch == 4
    assert math.isnan(track.epochs[0].dev_accuracy)
    assert np.array_equal(track.best["Whh"], track.state.weights["Whh"])


def test_patience() -> None:
    found = data()
    patient = trained(SETTINGS, found, Limits(40, 2)).model.tracks[0]
    assert len(patient.epochs) == patient.best_epoch + 2 < 40
    assert len(trained(SETTINGS, found, Limits(12, 0)).model.tracks[0].epochs) == 12


@pytest.mark.parametrize("rate", [1e308, 5e307])
def test_a_broken_cost_goes_back_to_the_last_good_weights(rate: float) -> None:
    settings = replace(SGD, learning_rate=rate)
    found = data(settings)
    outcome = trained(settings, found, EPOCHS)
    (track,) = outcome.model.tracks
    assert track.state.updates == len(track.costs)
    k = track.state.updates + 1  # updates after which a cost was not finite
    start = new(settings, found).tracks[0].state
    side = learner(settings, found)
    reached = side.advance(start, k + 5)
    assert reached.broken
    assert reached.state.updates == k
    sentence = found.train[_order(settings.seed)[k]].sentence
    assert outcome.broken.startswith(f"{sentence.name}: the cost of this sentence is not finite")
    assert f"in update {k + 1}, at learning rate" in outcome.broken
    good = side.advance(start, k - 1)
    assert np.array_equal(track.state.weights["Wxh"], good.state.weights["Wxh"])
    assert trained(SGD, found, Limits(1)).broken == ""  # the twin


def test_a_cost_that_breaks_at_the_start_of_an_epoch() -> None:
    """The weights before it are those of the epoch before, one update earlier."""
    found = data(SGD)
    first = trained(SGD, found, Limits(1)).model
    (track,) = first.tracks
    spoiled = {n: np.full_like(a, np.nan) for n, a in track.state.weights.items()}
    model = replace(first, tracks=(replace(track, state=replace(track.state, weights=spoiled)),))
    outcome = trained(SGD, found, Limits(2), model)
    assert outcome.broken  # nothing earlier is known, so nothing is repaired
    assert outcome.model.tracks[0].state.updates == N


def test_the_fingerprint_is_of_words_tags_and_parts() -> None:
    found = data()
    assert fingerprint(found) == fingerprint(data())
    moved = replace(found, train=found.train[:-1], dev=(found.train[-1], *found.dev))
    assert fingerprint(moved) != fingerprint(found)


def _order(seed: int) -> list[int]:
    found: list[int] = schedule(seed, N, 0, 4 * N).tolist()
    return found
