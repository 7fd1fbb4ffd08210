"""What training came to, in lines: accuracy beside the baseline, and how the two sides drifted."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pybridge.train import Comparison, Track
from pybridge.train.accuracy import Accuracy, Score, Share
from pybridge.train.lockstep import TOLERANCE

CONFUSED = 10  # pairs that are printed; JSON has all
ROWS = 12  # comparisons that are printed; likewise
APART = 0.1  # drift from which on it has nowhere to grow


def accuracies(found: Sequence[Accuracy]) -> list[str]:
    """One line a set of sentences, the model beside the baseline."""
    lines = [
        f"{'':28}{'all tokens':>22}{'baseline':>10}   {'unknown words':>22}{'baseline':>10}",
    ]
    for one in found:
        model, usual = one.model, one.baseline
        lines.append(
            f"{one.name:28}{_of(model.all):>22}{percent(usual.all):>10}   "
            f"{_of(model.unknown):>22}{percent(usual.unknown):>10}"
        )
    lines.append(
        "accuracy: right tags of all; unknown words are not in the training part; baseline: each "
        "word's most frequent tag, for unknown words the most frequent of all"
    )
    return lines


def by_tag(score: Score) -> list[str]:
    """A line a tag, the most frequent first, and what is taken for what."""
    lines = [f"{'tag':20}{'tokens':>8}{'precision':>11}{'recall':>9}{'F1':>9}"]
    lines += [
        f"{s.tag:20}{s.gold:8}{number(s.precision):>11}{number(s.recall):>9}{number(s.f1):>9}"
        for s in score.by_tag
    ]
    pairs = [f"{has} for {given} {times}" for given, has, times in _taken(score)]
    if pairs:
        lines.append(f"most often taken for another: {', '.join(pairs)}")
    return lines


def chosen(track: Track, has_dev: bool) -> str:
    """Which weights are kept."""
    made = len(track.epochs)
    if not track.best_epoch:
        return f"{track.side}: no epoch is complete; {track.state.updates} updates made"
    why = "the best on the dev part" if has_dev else "the last, there being no dev part"
    best = track.epochs[track.best_epoch - 1]
    dev = f", dev {best.dev_cost:.3f} nats a token, {best.dev_accuracy:.2%}" if has_dev else ""
    return (
        f"{track.side}: the weights are those of epoch {track.best_epoch} of {made}, {why}; "
        f"cost in training {best.cost:.3f} nats a token{dev}"
    )


def lockstep(comparisons: Sequence[Comparison], disagreed: int) -> list[str]:
    """How far the sides drifted, and what single updates say of it."""
    if not comparisons:
        return []
    lines = [f"{'updates':>9}{'drift':>10}{'single':>10}"]
    step = max(1, math.ceil(len(comparisons) / ROWS))
    shown = [*comparisons[:8], *comparisons[8:-1:step], comparisons[-1]]
    for one in dict.fromkeys(shown):
        lines.append(f"{one.updates:9}{one.drift:10.0e}{one.single:10.0e}")
    lines.append(
        "drift: largest |Python - Julia| of the weights, relative to the largest entry of the "
        "parameter; single: the same of one update's gradients and weights, made on both sides "
        "from the same weights, the largest since the line before"
    )
    updates, worst = comparisons[-1].updates, max(one.single for one in comparisons)
    if disagreed:
        lines.append(f"{disagreed} of {updates} single updates disagree by more than {TOLERANCE:g}")
    else:
        lines.append(
            f"all {updates} single updates agree, to {worst:.0e}: the drift is rounding, amplified "
            f"by training{_growth(comparisons)}"
        )
    return lines


def percent(share: Share) -> str:
    """`83.60%`, or a dash of nothing."""
    return f"{share.rate:.2%}" if share.of else "-"


def number(value: float) -> str:
    """Three digits, or a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def _of(share: Share) -> str:
    return f"{percent(share)} of {share.of:,}"


def _taken(score: Score) -> list[tuple[str, str, int]]:
    return [(given, has, times) for has, given, times in score.confused[:CONFUSED]]


def _growth(comparisons: Sequence[Comparison]) -> str:
    """How fast the drift has grown while it had room to."""
    growing = []
    for one in comparisons:
        if one.drift > APART:
            break
        if one.drift > 0:
            growing.append(one)
    if len(growing) < 2 or growing[-1].drift <= growing[0].drift:
        return ""
    first, last = growing[0], growing[-1]
    tenfold = (last.updates - first.updates) / math.log10(last.drift / first.drift)
    return (
        f": from {first.drift:.0e} after {first.updates} to {last.drift:.0e} after "
        f"{last.updates} updates, tenfold every {tenfold:.0f}"
    )
