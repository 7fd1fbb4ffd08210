from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pybridge.report.html.strips import FIRST, NONE, RIGHT, ZERO, place, strips
from pybridge.report.json import Document
from tests.report.runs import a_run


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def plots(run: Document) -> list[ET.Element]:
    return [svg for part in strips(run) for svg in part.iter("svg")]


def marks(plot: ET.Element) -> dict[str, int]:
    """How many marks of each look a plot has."""
    found: dict[str, int] = {}
    for path in plot.iter("path"):
        look = path.get("class", "")
        found[look] = found.get(look, 0) + path.get("d", "").count("M")
    return found


def test_the_axis_is_logarithmic_and_holds_every_number() -> None:
    assert place(1e-18) == FIRST
    assert place(1e-12) - place(1e-15) == pytest.approx(place(1e-9) - place(1e-12), abs=0.2)
    assert place(1e-300) == FIRST
    assert place(1e300) == RIGHT
    assert place(0.0) == ZERO < FIRST
    assert place(math.nan) == place(math.inf) == NONE > RIGHT


def test_every_case_is_in_each_of_the_three_plots(run: Document) -> None:
    apart, python, julia = plots(run)
    assert marks(apart) == {"right": 7, "wrong": 5, "silent": 2}
    assert marks(python) == {"right": 11, "maybe": 1, "wrong": 1, "silent": 1}
    assert marks(julia) == {"right": 9, "wrong": 3, "silent": 2}
    assert str(apart.get("aria-label")).endswith(": 7 agree, 5 differ, 2 without an answer")


def test_the_tolerance_is_drawn_in(run: Document) -> None:
    for plot, tolerance in zip(plots(run), (1e-12, 1e-9, 1e-9), strict=True):
        (line,) = (one for one in plot.iter("line") if one.get("class") == "limit")
        assert line.get("x1") == f"{place(tolerance)}"
        assert [t.text for t in plot.iter("text") if t.get("class") == "limit-label"] == [
            f"tolerance {tolerance:.0e}"
        ]
        assert not list(plot.iter("rect"))


def test_a_tolerance_that_rounding_widens_is_a_band(run: Document) -> None:
    case = run["cases"][0]
    case["agreement"]["tensors"][0]["tolerance"] = 3e-9
    case["agreement"]["worst"] = "h"
    (band,) = plots(run)[0].iter("rect")
    assert float(band.get("x", "")) == place(1e-12)
    assert float(band.get("width", "")) == pytest.approx(place(3e-9) - place(1e-12), abs=0.1)


def test_marks_differ_in_shape_and_not_in_colour_alone(run: Document) -> None:
    shapes: dict[str, set[str]] = {}
    for plot in plots(run):
        for path in plot.iter("path"):
            first = str(path.get("d")).split("M")[1]
            shapes.setdefault(str(path.get("class")), set()).add(re.sub(r"[\d. ]+", "", first))
    assert {len(found) for found in shapes.values()} == {1}
    assert len({shape for found in shapes.values() for shape in found}) == len(shapes) == 4


def test_a_configuration_is_a_row_and_its_name_is_text(run: Document) -> None:
    odd: Any = "<b>a very long name of a configuration</b>"
    for case in run["cases"][:5]:
        case["configuration"] = odd
    names = [t.text for t in plots(run)[0].iter("text") if t.get("class") == "name"]
    assert names == [f"{odd[:19]}…", "telling", "posted"]


def test_nothing_is_drawn_of_no_case(run: Document) -> None:
    assert strips({**run, "cases": []}) == []
