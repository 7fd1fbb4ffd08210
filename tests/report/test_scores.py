"""What training came to, in lines."""

from __future__ import annotations

from pybridge.report.scores import accuracies, by_tag, chosen, lockstep
from pybridge.train import Comparison
from pybridge.train.accuracy import Accuracy, Score, Share, TagScore
from pybridge.train.session import Limits
from tests.train.making import SETTINGS, data, trained

SCORE = Score(
    all=Share(8, 10),
    unknown=Share(1, 4),
    by_tag=(TagScore("NOUN", 6, 5, 4), TagScore("X", 1, 0, 0)),
    confused=(("NOUN", "VERB", 2), ("X", "NOUN", 1)),
)
USUAL = Score(Share(7, 10), Share(0, 0), (), ())


def test_the_model_stands_beside_the_baseline() -> None:
    head, line, legend = accuracies([Accuracy("dev", SCORE, USUAL)])
    assert line.split() == ["dev", "80.00%", "of", "10", "70.00%", "25.00%", "of", "4", "-"]
    assert head.split() == ["all", "tokens", "baseline", "unknown", "words", "baseline"]
    assert "most frequent of all" in legend


def test_tags_and_what_is_taken_for_what() -> None:
    _, noun, other, pairs = by_tag(SCORE)
    assert noun.split() == ["NOUN", "6", "0.800", "0.667", "0.727"]
    assert other.split() == ["X", "1", "-", "0.000", "0.000"]
    assert pairs == "most often taken for another: NOUN for VERB 2, X for NOUN 1"


def test_which_epoch_was_kept() -> None:
    found = data()
    (track,) = trained(SETTINGS, found, Limits(3, 0)).model.tracks
    line = chosen(track, True)
    assert line.startswith(f"python: the weights are those of epoch {track.best_epoch} of 3, the b")
    assert f"{track.epochs[track.best_epoch - 1].dev_accuracy:.2%}" in line
    (none,) = trained(SETTINGS, found, Limits(3, 0), stop=lambda: True).model.tracks
    assert chosen(none, True) == "python: no epoch is complete; 0 updates made"


def growing(single: float) -> tuple[Comparison, ...]:
    return tuple(Comparison(10 * i, 10.0 ** (i - 15), single) for i in range(1, 16))


def test_drift_with_agreeing_updates_is_rounding_and_its_growth_is_shown() -> None:
    last = lockstep(growing(1e-14), 0)[-1]
    assert last == (
        "all 150 single updates agree, to 1e-14: the drift is rounding, amplified by training: "
        "from 1e-14 after 10 to 1e-01 after 140 updates, tenfold every 10"
    )


def test_a_disagreeing_update_is_not_called_rounding() -> None:
    lines = lockstep(growing(0.5), 3)
    assert lines[-1] == "3 of 150 single updates disagree by more than 1e-10"
    assert not any("rounding" in line for line in lines)


def test_no_comparison_no_lines() -> None:
    assert lockstep((), 0) == []
    steady = lockstep((Comparison(1, 0.0, 0.0),), 0)[-1]
    assert steady.endswith("the drift is rounding, amplified by training")
