"""The graph of a training run: cost a token against updates, both sides, and how they drifted.

A token's cost, and not a sentence's: the summed cost grows with the length of the sentence, and a
curve of it shows long and short sentences and little else.
"""

from __future__ import annotations

import importlib.util
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pybridge.errors import InputError
from pybridge.train import Track, schedule
from pybridge.train.corpus import Data
from pybridge.train.lockstep import TOLERANCE
from pybridge.train.model_file import Model
from pybridge.weights import Array
from pybridge.writing import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg")
# Told apart without colours, too; where they lie on each other the narrow one shows on the wide.
COLOURS = {"python": "#1f6fb4", "julia": "#d1671d"}
WIDTHS = {"python": 3.2, "julia": 1.3}
NAMES = {"python": "Python", "julia": "Julia"}
OLD, NEW = 0.999, 0.001  # of the smoothed cost, as in min-char-rnn.py
ROOM = 1.15  # above the highest line; single sentences may lie higher


def check(file: Path) -> None:
    """InputError where the graph cannot be drawn: another ending, or no matplotlib."""
    if file.suffix.lower() not in ENDINGS:
        problem = f"the ending {file.suffix!r} is no picture that --plot draws"
        raise InputError(problem, f"use {' or '.join(ENDINGS)}", file=file)
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("--plot needs matplotlib", "`pip install matplotlib`")


def write(file: Path, figure: Figure) -> None:
    """Draw into a file; the same run gives the same bytes."""
    import matplotlib

    stream = io.BytesIO()
    kind = file.suffix.lower().removeprefix(".")
    still: dict[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
    with matplotlib.rc_context({"svg.hashsalt": "xcheck", "svg.fonttype": "path"}):
        figure.savefig(stream, format=kind, dpi=150, metadata=still)
    write_bytes(file, stream.getvalue(), "--plot")


def figure(model: Model, data: Data) -> Figure:
    """One panel of the cost, and in lockstep a second one of the drift."""
    from matplotlib.figure import Figure

    both = bool(model.comparisons)
    drawn = Figure(figsize=(9, 8 if both else 5.5), layout="constrained")
    panels = drawn.subplots(
        2 if both else 1, 1, squeeze=False, height_ratios=[5, 3] if both else [1]
    )[:, 0]
    _costs(panels[0], model, data)
    if both:
        _drift(panels[1], model)
    for panel in panels:
        panel.spines["top"].set_visible(False)
        panel.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    return drawn


def smoothed(costs: Array, first: float) -> Array:
    """0.999 of the old and 0.001 of the new, (n,), beginning at `first`."""
    found = np.empty_like(costs)
    value = first
    for i, cost in enumerate(costs):
        found[i] = value = OLD * value + NEW * cost
    return found


def _costs(panel: Axes, model: Model, data: Data) -> None:
    """Cost a token of each sentence, smoothed over it, on dev; accuracy on dev, right axis."""
    settings, n = model.settings, len(data.train)
    right = panel.twinx()
    highest = 0.0
    lines: list[Any] = []
    for track in model.tracks:
        colour, name = COLOURS[track.side], NAMES[track.side]
        costs = _a_token(track, model, data)  #                  (updates,)
        updates = np.arange(1, len(costs) + 1)
        line = smoothed(costs, math.log(len(model.lexicon.tags)))
        ends = n * np.arange(1, len(track.epochs) + 1)
        dev = [epoch.dev_cost for epoch in track.epochs]
        points: dict[str, Any] = {
            "alpha": 0.25,
            "markersize": 2,
            "markeredgewidth": 0,
            "rasterized": True,
        }
        panel.plot(updates, costs, ".", color=colour, zorder=1, **points)
        label = f"{name}, learning rate {settings.learning_rate:g}: in training, smoothed"
        width = WIDTHS[track.side]
        lines += panel.plot(updates, line, color=colour, linewidth=width, label=label, zorder=3)
        highest = max(highest, float(line.max(initial=0.0)), *_finite(dev))
        if _finite(dev):
            style: dict[str, Any] = {
                "color": colour,
                "markersize": 5.5,
                "linewidth": 1.2,
                "zorder": 4,
            }
            hollow: dict[str, Any] = {"markerfacecolor": "white", "label": f"{name}: cost on dev"}
            lines += panel.plot(ends, dev, "o-", **style, **hollow)
            rates = [100 * epoch.dev_accuracy for epoch in track.epochs]
            label = f"{name}: accuracy on dev (right axis)"
            lines += right.plot(ends, rates, "^:", **style, label=label)
    for epoch in range(1, model.tracks[0].state.updates // n + 1):
        panel.axvline(epoch * n, color="0.9", linewidth=0.8, zorder=0)
    panel.margins(x=0.01)
    panel.set_ylim(0, highest * ROOM if highest else None)
    panel.set_ylabel("cost a token, nats")
    panel.set_xlabel(f"updates, one a sentence; a grey line an epoch, {n:,}")
    right.set_ylabel("accuracy on dev, %")
    right.spines["top"].set_visible(False)
    right.set_visible(bool(right.lines))
    _legend(panel, lines)


def _drift(panel: Axes, model: Model) -> None:
    """How far apart the sides are; on two log axes, for it grows by powers and mostly at once."""
    updates = [one.updates for one in model.comparisons]
    drift = [one.drift or math.nan for one in model.comparisons]
    single = [one.single or math.nan for one in model.comparisons]
    panel.loglog(updates, drift, ".-", color="black", label="drift of the weights", markersize=4)
    label = "single updates, each from the same weights"
    panel.loglog(updates, single, ".-", color="#c0392b", label=label, linewidth=1, markersize=4)
    panel.axhline(TOLERANCE, color="0.7", linewidth=0.8, linestyle="--")
    panel.annotate(
        "single updates above this line disagree", (0.005, TOLERANCE), va="bottom",
        xycoords=("axes fraction", "data"), fontsize="small", color="0.4",
    )  # fmt: skip
    panel.spines["right"].set_visible(False)
    panel.set_xlabel("updates")
    panel.set_ylabel("Python - Julia,\nof the largest entry")
    _legend(panel, panel.get_legend_handles_labels()[0])


def _legend(panel: Axes, lines: list[Any]) -> None:
    """Above the panel, where it hides nothing."""
    panel.legend(
        handles=lines, fontsize="small", ncols=2, frameon=False, loc="lower left",
        bbox_to_anchor=(0, 1), borderaxespad=0.2,
    )  # fmt: skip


def _a_token(track: Track, model: Model, data: Data) -> Array:
    """The cost of each sentence over its length, (updates,)."""
    order = schedule(model.settings.seed, len(data.train), 0, len(track.costs))
    lengths = np.array([len(one.words) for one in data.train])  # (sentences,)
    return np.asarray(track.costs / lengths[order])


def _finite(numbers: list[float]) -> list[float]:
    return [number for number in numbers if math.isfinite(number)]
