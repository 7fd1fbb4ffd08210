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
from pybridge.train.model_file import Model
from pybridge.weights import Array
from pybridge.writing import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg")
COLOURS = {"python": "#1f6fb4", "julia": "#9558b2"}  # these two also differ in lightness
NAMES = {"python": "Python", "julia": "Julia"}
OLD, NEW = 0.999, 0.001  # of the smoothed cost, as in min-char-rnn.py
ROOM = 1.15  # above the highest line; single sentences may lie higher


def check(file: Path) -> None:
    """InputError where the graph cannot be drawn: another ending, or no matplotlib."""
    if file.suffix.lower() not in ENDINGS:
        problem = f"the ending {file.suffix!r} is no picture that --plot draws"
        raise InputError(problem, f"use {' or '.join(ENDINGS)}", file=file)
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("--plot needs matplotlib", "`pip install 'xcheck-julia[plot]'`")


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
    drawn = Figure(figsize=(9, 7.5 if both else 5), layout="constrained")
    panels = drawn.subplots(
        2 if both else 1, 1, sharex=True, squeeze=False, height_ratios=[2, 1] if both else [1]
    )[:, 0]
    _costs(panels[0], model, data)
    if both:
        _drift(panels[1], model)
    n = len(data.train)
    panels[-1].set_xlabel(f"updates, one a sentence; {n:,} an epoch")
    panels[-1].xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    for panel in panels:
        for epoch in range(1, model.tracks[0].state.updates // n + 1):
            panel.axvline(epoch * n, color="0.9", linewidth=0.8, zorder=0)
        panel.spines[["top"]].set_visible(False)
        panel.margins(x=0.01)
    return drawn


def smoothed(costs: Array, first: float) -> Array:
    """0.999 of the old and 0.001 of the new, (n,), beginning at `first`."""
    found = np.empty_like(costs)
    value = first
    for i, cost in enumerate(costs):
        found[i] = value = OLD * value + NEW * cost
    return found


def _costs(panel: Axes, model: Model, data: Data) -> None:
    settings, n = model.settings, len(data.train)
    accuracy = panel.twinx()
    highest = 0.0
    for track in model.tracks:
        colour, name = COLOURS[track.side], NAMES[track.side]
        costs = _a_token(track, model, data)
        x = np.arange(1, len(costs) + 1)
        line = smoothed(costs, math.log(len(model.lexicon.tags)))
        panel.plot(
            x, costs, ".", color=colour, alpha=0.12, markersize=1.5, markeredgewidth=0,
            rasterized=True,
        )  # fmt: skip
        label = f"{name}, learning rate {settings.learning_rate:g}: training, smoothed"
        panel.plot(x, line, color=colour, linewidth=1.8, label=label)
        ends = n * np.arange(1, len(track.epochs) + 1)
        dev = [epoch.dev_cost for epoch in track.epochs]
        highest = max(highest, float(line.max(initial=0.0)), *_finite(dev))
        if _finite(dev):
            panel.plot(
                ends, dev, "o-", color=colour, linewidth=1, markersize=5, markerfacecolor="white",
                label=f"{name}: cost on dev",
            )  # fmt: skip
            accuracy.plot(
                ends, [100 * epoch.dev_accuracy for epoch in track.epochs], "^:", color=colour,
                linewidth=1, markersize=5, label=f"{name}: accuracy on dev, right axis",
            )  # fmt: skip
    panel.set_ylim(0, highest * ROOM if highest else None)
    panel.set_ylabel("cost a token, nats")
    title = f"{settings.optimizer}, hidden size {settings.hidden}; each point a sentence"
    panel.set_title(title, fontsize="medium", loc="left")
    accuracy.spines[["top"]].set_visible(False)
    accuracy.set_ylabel("accuracy on dev, %")
    accuracy.set_visible(bool(accuracy.lines))
    lines = [*panel.get_legend_handles_labels()[0], *accuracy.get_legend_handles_labels()[0]]
    accuracy.legend(handles=lines, fontsize="small", loc="center right", framealpha=0.9)
    if not accuracy.lines:
        panel.legend(fontsize="small")


def _drift(panel: Axes, model: Model) -> None:
    updates = [one.updates for one in model.comparisons]
    drift = [one.drift or math.nan for one in model.comparisons]
    single = [one.single or math.nan for one in model.comparisons]
    panel.semilogy(updates, drift, color="black", linewidth=1.5, label="drift of the weights")
    panel.semilogy(
        updates, single, color="#c0392b", linewidth=1,
        label="single updates from the same weights",
    )  # fmt: skip
    panel.set_ylabel("largest difference,\nof the largest entry")
    panel.legend(fontsize="small", loc="center right", framealpha=0.9)
    panel.spines[["right"]].set_visible(False)


def _a_token(track: Track, model: Model, data: Data) -> Array:
    """The cost of each sentence over its length, (updates,)."""
    order = schedule(model.settings.seed, len(data.train), 0, len(track.costs))
    lengths = np.array([len(one.words) for one in data.train])  # (sentences,)
    return np.asarray(track.costs / lengths[order])


def _finite(numbers: list[float]) -> list[float]:
    return [number for number in numbers if math.isfinite(number)]
