from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pybridge.report.html.heat import Cell, of_case, of_values, shade, shown
from pybridge.report.json import case
from tests.report.results import FAILURE, result
from tests.report.runs import a_run, differing


@pytest.mark.parametrize(
    ("distance", "agrees", "look", "said"),
    [
        (0.0, True, "a0", "="),
        (3e-17, True, "a1", "−17"),
        (2e-16, True, "a1", "−16"),
        (5e-14, True, "a2", "−13"),
        (3e-11, True, "a3", "−11"),
        (3e-11, False, "d d1", "−11"),
        (2e-7, False, "d d2", "−7"),
        (1e-3, False, "d d4", "−3"),
        (0.0501, False, "d d4", "−1"),
        (0.25, False, "d d5", "0.25"),
        (1.5, False, "d d5", "1.5"),
        (1234.0, False, "d d5", "1.2e+03"),
        (None, False, "d d5", "∞"),
    ],
)
def test_a_cell(distance: float | None, agrees: bool, look: str, said: str) -> None:
    assert (shade(Cell(distance, agrees)), shown(Cell(distance, agrees))) == (look, said)


def rows(figure: Any) -> list[list[tuple[str, str]]]:
    return [[(c.get("class", ""), c.text or "") for c in row] for row in figure.iter("tr")]


def test_a_tensor_over_time_is_shown_step_by_step() -> None:
    found = case(differing(0.5))
    steps = found["agreement"]["tensors"][0]["steps"]
    assert steps == [0.0, 0.0, 0.0, 0.333, 0.333]
    (figure,) = of_case(found, 1)
    head, h, whole = rows(figure)
    assert [name for _, name in head] == ["step", "1", "2", "3", "4", "5"]
    assert h == [("", "h"), *[("a0", "=")] * 3, *[("d d5", "0.33")] * 2]
    assert whole == [("", "dWhh"), ("a0", "=")]
    assert [c.get("colspan") for c in list(figure.iter("tr"))[2]] == [None, "5"]


def test_the_steps_of_a_case_that_agrees_all_agree() -> None:
    found = case(differing(0.0))
    (figure,) = of_case(found, 1)
    assert not any(look.startswith("d") for row in rows(figure) for look, _ in row)


def test_a_side_that_gave_no_answer_has_no_map() -> None:
    assert list(of_case(case(result(julia=FAILURE)), 1)) == []


def test_a_long_sentence_is_cut_and_it_is_said() -> None:
    found = case(differing(0.5))
    found["words"] = 200
    found["agreement"]["tensors"][0]["steps"] = [1e-16] * 200
    (figure,) = of_case(found, 3)
    assert len(rows(figure)[0]) == 61
    assert "The first 60 of 200 steps." in "".join(figure.itertext())


def test_the_variables_of_a_story(tmp_path: Path) -> None:
    (figure,) = of_values(a_run(tmp_path)["stories"][0])
    assert rows(figure)[1:] == [
        [("", "backward dhnext"), ("a0", "="), ("d d5", "∞"), ("d d5", "1.2")],
        [("", "backward dWhh"), ("a1", "−16")],
    ]
