"""Heat maps: how far apart the sides are, by tensor and time step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from pybridge.agreement import Match
from pybridge.report.json import Document, figure
from pybridge.report.markup import element as e
from pybridge.report.tables import number

STEPS = 60  # columns at most
# Distances from which on a cell has the next shade: of those that agree, and of those that do not.
AGREEING = (0.0, 1e-15, 1e-12)
DIFFERING = (1e-9, 1e-6, 1e-3, 1e-1)
SMALL = 0.095  # below it the exponent alone is shown
KEY = (
    "A cell says how far apart the two sides are, relative to the largest entry: −16 stands for "
    "about 1e−16, from 0.1 on it is the number itself, = is equal to the last bit, ∞ no number at "
    "all. Framed and bold: over the tolerance."
)


@dataclass(frozen=True)
class Cell:
    """A distance; None where there is no number."""

    distance: float | None
    agrees: bool


@dataclass(frozen=True)
class Row:
    """A tensor: a cell for each step from 1 that there is, or one for the whole."""

    name: str
    steps: dict[int, Cell]
    whole: Cell | None = None


def of_case(case: Document, among: int) -> Iterator[ET.Element]:
    """The tensors that a case is judged by."""
    if case["agreement"] is None:
        return
    rows = [_tensor(tensor) for tensor in case["agreement"]["tensors"]]
    which = f"the worst of {number(among, 'case')}" if among > 1 else "the one case"
    yield _figure(f"Results and gradients in {case['name']}, {which}.", rows, case["words"])


def of_values(story: Document) -> Iterator[ET.Element]:
    """Every variable of the accused function that the other side has, too."""
    rows = []
    for value in story["values"]:
        cells = {c["step"]: Cell(c["distance"], c["agrees"]) for c in value["cells"]}
        whole = cells.pop(None, None)
        name = f"{value['phase']} {value['variable']}"
        # What is made before the loop, and then step by step, is shown by its steps.
        rows.append(Row(name, cells, None if cells else whole))
    if rows:
        words = max((step for row in rows for step in row.steps), default=1)
        text = f"Variables of the {story['side']} file in {story['case']}, in order of execution."
        yield _figure(text, rows, words)


def shade(cell: Cell) -> str:
    """The class of a cell: a0 to a3 where it agrees, d1 to d5 where it does not."""
    distance = math.inf if cell.distance is None else cell.distance
    if cell.agrees:
        return f"a{sum(distance > limit for limit in AGREEING)}"
    return f"d d{1 + sum(distance >= limit for limit in DIFFERING)}"


def shown(cell: Cell) -> str:
    """A distance in few characters."""
    if cell.distance is None:
        return "∞"
    if cell.distance == 0:
        return "="
    if cell.distance >= SMALL:
        return f"{cell.distance:.2g}"
    return str(math.floor(math.log10(cell.distance) + 0.5)).replace("-", "−")


def _tensor(tensor: Document) -> Row:
    distance, tolerance = figure(tensor, "distance"), figure(tensor, "tolerance")
    whole = Cell(distance if math.isfinite(distance) else None, tensor["match"] != Match.DIFFERS)
    steps = tensor.get("steps", ())
    cells = {
        i: Cell(d, whole.agrees or (d is not None and d <= tolerance))
        for i, d in enumerate(steps, start=1)
    }
    return Row(tensor["name"], cells, None if cells else whole)


def _figure(text: str, rows: Sequence[Row], words: int) -> ET.Element:
    columns = min(words, STEPS)
    cut = f" The first {STEPS} of {words} steps." if words > STEPS else ""
    numbers = (e("th", str(i), scope="col") for i in range(1, columns + 1))
    head = e("thead", e("tr", e("th", "step"), *numbers))
    body = e("tbody", *(_row(row, columns) for row in rows))
    table = e("div", e("table", head, body, class_="heat"), class_="wide")
    return e("figure", e("figcaption", f"{text}{cut}"), table)


def _row(row: Row, columns: int) -> ET.Element:
    name = e("th", row.name, scope="row")
    if row.whole is not None:
        return e("tr", name, _cell(row.whole, colspan=str(columns)))
    return e("tr", name, *(_cell(row.steps.get(i)) for i in range(1, columns + 1)))


def _cell(cell: Cell | None, **attributes: str) -> ET.Element:
    if cell is None:
        return e("td", class_="none")
    exact = "no number" if cell.distance is None else f"{cell.distance:.2e}"
    return e("td", shown(cell), class_=shade(cell), title=exact, **attributes)
