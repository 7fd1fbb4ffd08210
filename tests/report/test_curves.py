"""The graph of a training run."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pybridge.errors import InputError
from pybridge.report.curves import check, figure, smoothed, write
from pybridge.train import Comparison, schedule
from pybridge.train.model_file import Model
from pybridge.train.session import Limits
from tests.train.making import SETTINGS, data, trained

DATA = data()
COMPARISONS = (Comparison(1, 0.0, 0.0), Comparison(2, 1e-15, 1e-16), Comparison(40, 1e-9, 2e-16))


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(SETTINGS, DATA, Limits(4, 0)).model


@pytest.fixture(scope="module")
def both(model: Model) -> Model:
    (track,) = model.tracks
    return replace(model, tracks=(track, replace(track, side="julia")), comparisons=COMPARISONS)


def labels(drawn: Figure) -> list[str]:
    legends = [axes.get_legend() for axes in drawn.axes]
    return [text.get_text() for one in legends if one for text in one.get_texts()]


def heights(line: Line2D) -> list[float]:
    """Of the points that are drawn."""
    return [y for y in np.asarray(line.get_ydata()).tolist() if not math.isnan(y)]


def test_the_legend_names_both_languages_and_the_learning_rate(both: Model) -> None:
    found = labels(figure(both, DATA))
    for name in ("Python", "Julia"):
        assert f"{name}, learning rate 0.1: in training, smoothed" in found
        assert f"{name}: cost on dev" in found
        assert f"{name}: accuracy on dev (right axis)" in found


def test_points_are_costs_a_token(model: Model) -> None:
    costs, right = figure(model, DATA).axes
    points = costs.lines[0].get_ydata()
    (track,) = model.tracks
    lengths = np.array([len(one.words) for one in DATA.train])
    order = schedule(SETTINGS.seed, len(DATA.train), 0, 40)
    assert np.array_equal(points, track.costs / lengths[order])
    assert not np.array_equal(points, track.costs)
    assert heights(right.lines[0]) == [100 * e.dev_accuracy for e in track.epochs]
    assert np.array_equal(right.lines[0].get_xdata(), [10, 20, 30, 40])


def test_smoothing_is_that_of_min_char_rnn() -> None:
    found = smoothed(np.array([1.0, 2.0]), 3.0)
    assert found.tolist() == [0.999 * 3.0 + 0.001, 0.999 * (0.999 * 3.0 + 0.001) + 0.002]


def test_drift_has_log_axes_and_comes_in_lockstep_alone(both: Model, model: Model) -> None:
    drawn = figure(both, DATA)
    panel = drawn.axes[1]
    assert (panel.get_xscale(), panel.get_yscale()) == ("log", "log")
    drift, single, _ = panel.lines
    assert heights(drift) == [1e-15, 1e-9]  # 0 has no log
    assert heights(single) == [1e-16, 2e-16]
    assert [axes.get_yscale() for axes in figure(model, DATA).axes] == ["linear", "linear"]


def test_without_dev_there_is_no_right_axis() -> None:
    found = data(dev=0)
    drawn = figure(trained(SETTINGS, found, Limits(1, 0)).model, found)
    assert [axes.get_visible() for axes in drawn.axes] == [True, False]
    assert labels(drawn) == ["Python, learning rate 0.1: in training, smoothed"]


def test_nothing_learned_yet(model: Model, tmp_path: Path) -> None:
    (track,) = model.tracks
    empty = replace(model, tracks=(replace(track, costs=np.zeros(0), epochs=()),))
    write(tmp_path / "empty.png", figure(empty, DATA))


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_run_gives_the_same_picture(both: Model, tmp_path: Path, ending: str) -> None:
    one, other = (tmp_path / f"{name}.{ending}" for name in ("one", "other"))
    write(one, figure(both, DATA))
    write(other, figure(both, DATA))
    assert one.read_bytes() == other.read_bytes()
    write(other, figure(replace(both, comparisons=()), DATA))
    assert one.read_bytes() != other.read_bytes()


def test_what_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    check(Path("a.png"))
    check(Path("a.SVG"))
    with pytest.raises(InputError, match="is no picture that --plot draws"):
        check(Path("a.pdf"))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match="--plot needs matplotlib"):
        check(Path("a.png"))
