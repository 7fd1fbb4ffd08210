"""Drift and single updates told apart; a fault at the update that it is in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge import tagger as port
from pybridge.sides.julia import JuliaSide
from pybridge.train import Single, schedule
from pybridge.train.accuracy import predict
from pybridge.train.lockstep import TOLERANCE, Difference, Lockstep, difference, distance
from pybridge.train.model_file import load, save
from pybridge.train.session import Job, Limits, Outcome, train
from tests.making import julia_with, port_with
from tests.train.making import SETTINGS, after, data, layout, learner, new
from tests.train.test_julia import julia_learner, with_file

LONGEST = 10  # words; one sentence has so many
FAULT = (
    "dhnext = dhRaw*Whh'; #",
    f"dhnext = length(x) == {LONGEST} ? dhRaw*Whh : dhRaw*Whh'; #",
)
SOURCES = {"python": "0", "julia": "1"}


def in_step(
    side: JuliaSide,
    tagger: object = port,
    limits: Limits = Limits(3, 0),  # noqa: B008  # frozen
    resume: Path | None = None,
    updates: int | None = None,
) -> tuple[Outcome, list[Difference]]:
    """Both sides for some epochs, compared every 4 updates; and the updates that differ."""
    found = data(dev=0)
    differences: list[Difference] = []
    both = Lockstep(
        learner(SETTINGS, found, tagger),
        julia_learner(side, SETTINGS, found),
        layout(SETTINGS, found),
        differences.append,
    )
    job = Job(
        found,
        both.learners,
        lambda weights, part: predict(port, weights, SETTINGS.hidden, part),
        limits,
        both.compare,
        4,
    )
    model = new(SETTINGS, found, SOURCES) if resume is None else load(resume)
    stop = after(10**6 if updates is None else updates)
    return train(job, model, stop=stop, tell=lambda _: None), differences


def first_long() -> int:
    """The first update of the longest sentence."""
    found = data(dev=0)
    lengths = np.array([len(one.words) for one in found.train])
    order = schedule(SETTINGS.seed, len(found.train), 0, 39)
    assert list(lengths).count(LONGEST) == 1
    return int(np.flatnonzero(lengths[order] == LONGEST)[0])


def test_two_right_sides_agree_in_every_single_update(fixed: JuliaSide) -> None:
    outcome, differences = in_step(fixed)
    assert differences == []
    python, julia = outcome.model.tracks
    assert python.state.updates == julia.state.updates == 39
    compared = [one.updates for one in outcome.model.comparisons]
    assert compared == [1, 2, 4, 8, 12, 13, 16, 20, 24, 26, 28, 32, 36, 39]
    for one in outcome.model.comparisons:
        assert one.single <= 1e-12
        assert one.drift < 1e-3


@pytest.mark.parametrize("on", ["julia", "python"])
def test_a_fault_is_reported_at_its_update(fixed: JuliaSide, tmp_path: Path, on: str) -> None:
    if on == "julia":
        side = with_file(fixed, julia_with(tmp_path / "faulty.jl", FAULT))
        _, differences = in_step(side)
    else:
        swapped = f"dhRawt.dot(Whh if len(words) == {LONGEST} else Whh.T)"
        _, differences = in_step(fixed, port_with(("dhRawt.dot(Whh.T)", swapped)))
    found = data(dev=0)
    wrong = [d.python.update for d in differences]
    assert wrong[0] == first_long()
    assert len(wrong) == 3  # once an epoch, however far the weights have drifted by then
    for one in differences:
        assert len(found.train[one.python.sentence].words) == LONGEST
        assert one.tensors == ("dWxh", "dWhh", "dBh")
        assert one.distance > 1e-3


def test_drift_alone_is_no_fault(fixed: JuliaSide) -> None:
    """With weights that have drifted by far, single updates still agree."""
    outcome, _ = in_step(fixed, limits=Limits(1, 0))
    python, julia = outcome.model.tracks
    moved = {name: array + 0.1 for name, array in julia.state.weights.items()}
    drifted = replace(julia, state=replace(julia.state, weights=moved))
    found = data(dev=0)
    differences: list[Difference] = []
    both = Lockstep(
        learner(SETTINGS, found),
        julia_learner(fixed, SETTINGS, found),
        layout(SETTINGS, found),
        differences.append,
    )
    ours, theirs = both.learners
    a = ours.advance(python.state, 5, lambda: False)
    b = theirs.advance(drifted.state, 5, lambda: False)
    found_apart = both.compare(a.state, b.state)
    assert found_apart.drift > 1e-2
    assert found_apart.single <= TOLERANCE
    assert differences == []


def test_a_resumed_run_in_step_is_an_unbroken_one(fixed: JuliaSide, tmp_path: Path) -> None:
    part, whole, rest = (tmp_path / f"{name}.npz" for name in ("part", "whole", "rest"))
    outcome, _ = in_step(fixed)
    save(whole, outcome.model)
    outcome, _ = in_step(fixed, updates=3)
    assert outcome.interrupted
    save(part, outcome.model)
    outcome, _ = in_step(fixed, resume=part)
    save(rest, outcome.model)
    assert rest.read_bytes() == whole.read_bytes() != part.read_bytes()


def single(gradient: float, after: float, cost: float = 1.0) -> Single:
    """An update of a layout that has 72 numbers and one word."""
    found = data()
    size = sum(a * b for _, (a, b) in layout(SETTINGS, found).shared) + SETTINGS.hidden
    full = np.full(size, gradient)
    return Single(0, 0, cost, np.zeros(size), np.zeros(size), full, np.full(size, after))


def test_what_is_off_is_named() -> None:
    order = layout(SETTINGS, data())

    def off(b: Single) -> tuple[str, ...]:
        return difference(single(1.0, 1.0), b, order, 1).tensors

    assert off(single(1.0, 1.0)) == ()
    assert off(single(1.0 + 1e-12, 1.0 + 1e-12)) == ()
    assert off(single(1.0, 1.0, cost=1.1)) == ("cost",)
    assert set(off(single(1.1, 1.0))) == {"dWxh", "dWhh", "dBh", "dWhy", "dBy"}
    assert off(single(1.0, 1.1)) == ("update",)
    assert off(single(1.0, float("nan"))) == ("update",)


def test_distances() -> None:
    a = np.array([1.0, -4.0])
    assert distance(a, a) == 0
    assert distance(a, np.array([1.0, -3.0])) == 0.25
    assert distance(a * 1e-9, np.array([1e-9, -3e-9]), floor=1e-3) == pytest.approx(1e-6)
    assert distance(a, np.array([np.nan, 0])) == float("inf")
    assert distance(np.array([np.inf]), np.array([np.inf])) == float("inf")
