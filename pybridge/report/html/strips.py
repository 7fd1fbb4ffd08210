"""Strip plots: agreement and gradient error of every case on one logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from pybridge.agreement import Match
from pybridge.gradcheck import Status
from pybridge.report.facts import SIDES, worst_parameter, worst_tensor
from pybridge.report.json import Document, figure
from pybridge.report.markup import element as e
from pybridge.report.tables import number

# Places, in the units of the drawing.
WIDTH, LEFT, ZERO, FIRST, RIGHT, NONE = 1100, 150, 172, 226, 1000, 1055
HEIGHT, SPREAD, TOP, BOTTOM = 34, 22, 34, 26
DECADES = (-18, 2)  # smaller and larger ones are drawn at the ends
GOLDEN = 0.618034  # its multiples, modulo 1, spread points evenly whatever their number
SILVER, ACROSS = 0.414214, 48  # the same across the places of those without a number
# What a point came to: its shape as a path, and in the key.
LOOKS = {
    "right": ("M{x} {y}h0", "● agrees, or passed"),
    "wrong": ("M{l} {t}l6 6m0-6l-6 6", "× differs, or failed"),
    "maybe": ("M{x} {t}l3 3l-3 3l-3-3z", "◇ undecided"),
    "idle": ("M{l} {y}a3 3 0 1 0 6 0a3 3 0 1 0-6 0", "○ not exercised"),
    "silent": ("M{l} {t}h6l-3 6z", "▼ no answer"),
}
OF_MATCH = {Match.AGREES: "right", Match.DIFFERS: "wrong", Match.UNDECIDED: "maybe"}
WORDS = {"maybe": "undecided", "idle": "not exercised", "silent": "without an answer"}
OF_RESULTS = {"right": "agree", "wrong": "differ", **WORDS}
OF_GRADIENTS = {"right": "passed", "wrong": "failed", **WORDS}
OF_STATUS = {
    Status.PASSED: "right",
    Status.FAILED: "wrong",
    Status.UNDECIDED: "maybe",
    Status.NOT_EXERCISED: "idle",
}


@dataclass(frozen=True)
class Point:
    """One case in one strip."""

    look: str  # a key of LOOKS
    value: float  # NaN: no number
    tolerance: float


def strips(run: Document) -> list[ET.Element]:
    """Three plots: how far apart, and the error of each side's gradient."""
    if not run["cases"]:
        return []
    by_configuration: dict[str, list[Document]] = {}
    for case in run["cases"]:
        by_configuration.setdefault(case["configuration"], []).append(case)

    def plot(
        title: str, point: Callable[[Document], Point], words: Mapping[str, str]
    ) -> ET.Element:
        rows = {name: [point(c) for c in cases] for name, cases in by_configuration.items()}
        return _plot(title, rows, words)

    key = "\u2003".join(words for _, words in LOOKS.values())
    text = (
        "Each mark is a case, relative to the largest entry of its tensor. The dashed line is the "
        "tolerance; where rounding makes it larger for some cases, a band shows how far."
    )
    return [
        e("h2", "Every case"),
        e("p", text, class_="soft"),
        e("p", key, class_="soft"),
        plot("How far apart Python and Julia are, in the worst tensor", _apart, OF_RESULTS),
        *(
            plot(f"Error of {side}'s gradient, in the worst parameter", _of_side(k), OF_GRADIENTS)
            for side, k in SIDES.items()
        ),
    ]


def place(value: float) -> float:
    """Where a number is on the axis."""
    if not math.isfinite(value):
        return NONE
    if value <= 0:
        return ZERO
    low, high = DECADES
    along = (min(max(math.log10(value), low), high) - low) / (high - low)
    return round(FIRST + along * (RIGHT - FIRST), 1)


def _apart(case: Document) -> Point:
    if case["agreement"] is None:
        return Point("silent", math.nan, math.nan)
    worst = worst_tensor(case)
    look = OF_MATCH[Match(worst["match"])]
    return Point(look, figure(worst, "distance"), figure(worst, "tolerance"))


def _of_side(key: str) -> Callable[[Document], Point]:
    def point(case: Document) -> Point:
        worst = None if "problem" in case[key] else worst_parameter(case[key])
        if worst is None:
            return Point("silent", math.nan, math.nan)
        look = OF_STATUS[Status(worst["status"])]
        return Point(look, figure(worst, "error"), figure(worst, "tolerance"))

    return point


def _plot(title: str, rows: dict[str, list[Point]], words: Mapping[str, str]) -> ET.Element:
    height = TOP + HEIGHT * len(rows) + BOTTOM
    every = [point for points in rows.values() for point in points]
    counts = {look: sum(p.look == look for p in every) for look in LOOKS}
    said = ", ".join(f"{n} {words[look]}" for look, n in counts.items() if n)
    drawing = e(
        "svg",
        *_axis(height),
        *_limits(every, height),
        *(part for i, row in enumerate(rows.items()) for part in _strip(i, *row, words)),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=f"{title}: {said}",
    )
    caption = e("figcaption", e("strong", title), f": {number(len(every), 'case')}; {said}")
    return e("figure", caption, e("div", drawing, class_="wide"))


def _axis(height: int) -> Iterator[ET.Element]:
    bottom = height - BOTTOM
    for exponent in range(DECADES[0], DECADES[1], 3):
        x = place(10.0**exponent)
        yield _line(x, TOP, x, bottom, "grid")
        yield _text(x, bottom + 17, "1" if exponent == 0 else f"1e{exponent}".replace("-", "−"))
    yield _text(ZERO, bottom + 17, "0")
    yield _text(NONE, bottom + 17, "no number")


def _limits(points: Sequence[Point], height: int) -> Iterator[ET.Element]:
    """The smallest tolerance, and a band up to the largest."""
    tolerances = [p.tolerance for p in points if math.isfinite(p.tolerance) and p.tolerance > 0]
    if not tolerances:
        return
    low, high = min(tolerances), max(tolerances)
    a, b, bottom = place(low), place(high), height - BOTTOM
    text = f"tolerance {low:.0e}"
    if b - a > 1:
        text += f" to {high:.0e}"
        box = {"x": f"{a}", "y": f"{TOP}", "width": f"{b - a:.1f}", "height": f"{bottom - TOP}"}
        yield e("rect", class_="span", **box)
    yield _line(a, TOP - 8, a, bottom, "limit")
    yield _text(a, TOP - 14, text, class_="limit-label")


def _strip(
    i: int, name: str, points: Sequence[Point], words: Mapping[str, str]
) -> Iterator[ET.Element]:
    middle = TOP + HEIGHT * i + HEIGHT / 2
    yield _line(LEFT, middle + HEIGHT / 2, WIDTH, middle + HEIGHT / 2, "grid")
    label = name if len(name) <= 20 else f"{name[:19]}…"
    yield _text(LEFT - 8, middle + 4, label, class_="name", text_anchor="end")
    paths: dict[str, list[str]] = {}
    for k, point in enumerate(points):
        x, y = place(point.value), round(middle + (k * GOLDEN % 1 - 0.5) * SPREAD, 1)
        if math.isnan(point.value):  # beside each other, since there is no scale here
            x += round((k * SILVER % 1 - 0.5) * ACROSS, 1)
        drawn = LOOKS[point.look][0].format(x=x, y=y, l=round(x - 3, 1), t=round(y - 3, 1))
        paths.setdefault(point.look, []).append(drawn)
    for look in LOOKS:
        if look in paths:
            title = e("title", f"{name}: {len(paths[look])} {words[look]}")
            yield e("path", title, class_=look, d="".join(paths[look]))


def _line(x1: float, y1: float, x2: float, y2: float, look: str) -> ET.Element:
    return e("line", x1=f"{x1}", y1=f"{y1}", x2=f"{x2}", y2=f"{y2}", class_=look)


def _text(x: float, y: float, text: str, **attributes: str) -> ET.Element:
    return e("text", text, **{"text_anchor": "middle", **attributes}, x=f"{x}", y=f"{y}")
