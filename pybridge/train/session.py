"""From epoch to epoch: lead one side or both through the sentences, and know when to stop."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from pybridge.train import (
    Comparison,
    Epoch,
    Learner,
    Settings,
    State,
    Stop,
    Stretch,
    Track,
    schedule,
)
from pybridge.train.accuracy import Predicted
from pybridge.train.corpus import Coded, Data
from pybridge.train.layout import first_weights
from pybridge.train.model_file import Model
from pybridge.weights import Array, Parameters

Judge = Callable[[Mapping[str, Array], Sequence[Coded]], Predicted]


@dataclass(frozen=True)
class Limits:
    """When a run ends."""

    epochs: int = 10
    patience: int = 3  # epochs without a better dev accuracy; 0: never before the last epoch


@dataclass(frozen=True)
class Job:
    """A run, ready to go."""

    data: Data
    learners: Sequence[Learner]
    judge: Judge  # what weights come to on some sentences
    limits: Limits
    # In lockstep: what compares the sides after each stretch, and how many updates one has.
    compare: Callable[[State, State], Comparison] | None = None
    every: int = 0  # 0: a whole epoch


@dataclass(frozen=True)
class Progress:
    """What is said of an epoch on the way."""

    epoch: int  # from 1
    epochs: int
    track: Track
    seconds: float  # that this side took for the epoch's updates
    tokens: int  # of these updates
    left: float  # seconds that the run may still take, at the most


@dataclass(frozen=True)
class Outcome:
    """Where a run has ended."""

    model: Model
    interrupted: bool = False
    broken: str = ""  # the update whose cost is not finite, in words; the weights are older


def begin(
    data: Data, sources: Mapping[str, str], parameters: Parameters, settings: Settings
) -> Model:
    """A model that has learned nothing yet, the same on all sides; `sources` names these."""
    weights = first_weights(parameters, len(data.lexicon.words), len(data.lexicon.tags), settings)
    state = State(weights, {name: np.zeros_like(array) for name, array in weights.items()})
    return Model(
        settings=settings,
        parameters=parameters,
        lexicon=data.lexicon,
        data_sha256=fingerprint(data),
        sources=sources,
        tracks=tuple(Track(side, state, weights) for side in sources),
    )


def fingerprint(data: Data) -> str:
    """SHA-256 of the words and tags of both parts."""
    digest = hashlib.sha256()
    for part in (data.train, data.dev):
        for one in part:
            pairs = zip(one.sentence.words, one.sentence.tags, strict=True)
            digest.update("\n".join(f"{w}\t{t}" for w, t in pairs).encode() + b"\n\n")
        digest.update(b"\x00")
    return digest.hexdigest()


def train(
    job: Job, model: Model, *, stop: Stop = lambda: False, tell: Callable[[Progress], None]
) -> Outcome:
    """Go on with a model until it is done, stopped, or its cost is not finite."""
    n = len(job.data.train)
    before: tuple[Track, ...] = ()  # before the last stretch: a broken cost may go back so far
    clock = _Clock(model.tracks[0].state.updates, job.limits.epochs * n)
    while not _done(model, job, n) and not stop():
        start = model.tracks
        count = _next(start[0].state.updates, n, job.every)
        stretches, seconds = _advance(job, start, count, stop)
        if any(stretch.broken for stretch in stretches):
            return _broken(job, model, before, stretches)
        before = start
        clock.add(seconds, _tokens(job, model, start[0].state.updates, count))
        tracks = [_longer(t, s, job) for t, s in zip(start, stretches, strict=True)]
        if tracks[0].state.updates % n == 0:
            tracks = [_close(track, job, n) for track in tracks]
            for track in tracks:
                tell(_progress(job, track, clock))
            clock.next_epoch()
        model = replace(model, tracks=tuple(tracks))
        if job.compare is not None:
            found = job.compare(tracks[0].state, tracks[1].state)
            model = replace(model, comparisons=(*model.comparisons, found))
    return Outcome(model, interrupted=not _done(model, job, n))


class _Clock:
    """Seconds of each side in this epoch, and of the whole run."""

    def __init__(self, first: int, last: int) -> None:
        self.began, self.first, self.last = time.monotonic(), first, last
        self.next_epoch()

    def add(self, seconds: Mapping[str, float], tokens: int) -> None:
        self.tokens += tokens
        for side, more in seconds.items():
            self.epoch[side] = self.epoch.get(side, 0.0) + more

    def next_epoch(self) -> None:
        self.epoch: dict[str, float] = {}
        self.tokens = 0

    def left(self, updates: int) -> float:
        """Seconds to the last update, at the pace so far."""
        taken = time.monotonic() - self.began
        return taken / max(1, updates - self.first) * (self.last - updates)


def _done(model: Model, job: Job, n: int) -> bool:
    """Whether there is nothing left to do: all epochs made, or no side gets better."""
    if model.tracks[0].state.updates >= job.limits.epochs * n:
        return True
    if not job.limits.patience or not job.data.dev or model.tracks[0].state.updates % n:
        return False
    waited = [len(track.epochs) - track.best_epoch for track in model.tracks]
    return all(track.epochs for track in model.tracks) and min(waited) >= job.limits.patience


def _next(updates: int, n: int, every: int) -> int:
    """Updates of the next stretch: to the end of the epoch, or to the next comparison.

    The first comparisons come after 1, 2, 4, 8 updates and so on: what grows shows how it began.
    """
    to_end = n - updates % n
    if not every:
        return to_end
    return min(
        to_end,
        max(1, min(updates, every - updates)) if updates < every else every - updates % every,
    )


def _advance(
    job: Job, tracks: Sequence[Track], count: int, stop: Stop
) -> tuple[list[Stretch], dict[str, float]]:
    """Every side by the same updates, side by side, and the seconds that each took."""
    # Two sides are compared after the stretch and so have to reach its end.
    heard = stop if len(tracks) == 1 else lambda: False

    def timed(learner: Learner, track: Track) -> tuple[Stretch, float]:
        start = time.monotonic()
        return learner.advance(track.state, count, heard), time.monotonic() - start

    with ThreadPoolExecutor(len(tracks)) as threads:
        found = list(threads.map(timed, job.learners, tracks))
    seconds = {t.side: s for t, (_, s) in zip(tracks, found, strict=True)}
    return [stretch for stretch, _ in found], seconds


def _longer(track: Track, stretch: Stretch, job: Job) -> Track:
    """The track with a stretch added. Until an epoch is complete its last weights are the best."""
    costs = np.concatenate([track.costs, stretch.costs])
    best = stretch.state.weights if not track.best_epoch or not job.data.dev else track.best
    return replace(track, state=stretch.state, costs=costs, best=best)


def _close(track: Track, job: Job, n: int) -> Track:
    """The track at the end of an epoch, judged."""
    number = len(track.epochs) + 1
    cost = float(track.costs[-n:].sum() / job.data.tokens)
    epoch = Epoch(cost, math.nan, math.nan)
    if job.data.dev:
        found = job.judge(track.state.weights, job.data.dev)
        epoch = Epoch(cost, found.cost, _rate(found, job.data.dev))
    is_best = not job.data.dev or not track.epochs or _best(track) < epoch.dev_accuracy
    track = replace(track, epochs=(*track.epochs, epoch))
    return replace(track, best=track.state.weights, best_epoch=number) if is_best else track


def _best(track: Track) -> float:
    return track.epochs[track.best_epoch - 1].dev_accuracy


def _rate(found: Predicted, sentences: Sequence[Coded]) -> float:
    right = sum(int(np.sum(a == b.tags)) for a, b in zip(found.tags, sentences, strict=True))
    return right / sum(len(one.words) for one in sentences)


def _tokens(job: Job, model: Model, first: int, count: int) -> int:
    """Words in the sentences of these updates."""
    numbers = schedule(model.settings.seed, len(job.data.train), first, count)
    return sum(len(job.data.train[i].words) for i in numbers)


def _progress(job: Job, track: Track, clock: _Clock) -> Progress:
    return Progress(
        epoch=len(track.epochs),
        epochs=job.limits.epochs,
        track=track,
        seconds=clock.epoch[track.side],
        tokens=clock.tokens,
        left=clock.left(track.state.updates),
    )


def _broken(
    job: Job, model: Model, before: Sequence[Track], stretches: Sequence[Stretch]
) -> Outcome:
    """Go back to the last weights under which a cost was finite, on all sides."""
    start = model.tracks
    k = min(s.state.updates for s in stretches if s.broken)
    side = next(
        t.side for t, s in zip(start, stretches, strict=True) if s.broken and s.state.updates == k
    )
    number = int(schedule(model.settings.seed, len(job.data.train), k, 1)[0])
    sentence = job.data.train[number].sentence
    good = max(0, k - 1)  # the weights after update k gave no finite cost
    if good < start[0].state.updates:
        start = tuple(before) or start
    tracks = []
    for track, learner in zip(start, job.learners, strict=True):
        count = max(0, good - track.state.updates)
        tracks.append(_longer(track, learner.advance(track.state, count, lambda: False), job))
    problem = (
        f"{sentence.name}: the cost of this sentence is not finite on the {side} side, in update "
        f"{k + 1}, at learning rate {model.settings.learning_rate:g}"
    )
    kept = tuple(c for c in model.comparisons if c.updates <= good)
    return Outcome(replace(model, tracks=tuple(tracks), comparisons=kept), broken=problem)
