"""The walk from a wrong case to what mends it; both sides in Python, so no Julia runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybridge.case import Case
from pybridge.trace import Keep, Sketch, walk
from pybridge.trace.codes import Code, PythonCode
from pybridge.trace.pairs import Side
from pybridge.trace.stories import further
from tests.trace.making import LOOPS, a_case

RIGHT, WRONG = "dWhh += before.T @ dhRaw", "dWhh -= before.T @ dhRaw"


def test_a_long_sentence_is_sketched_first_and_looked_at_where_it_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values of Whh's size are sketches at every step, and then values around the culprit."""
    monkeypatch.setattr(walk, "LONG", 7)
    monkeypatch.setattr(walk, "FULL", 15)
    case = a_case("a b a c b d e b", hidden=4)
    passes: list[tuple[Keep, list[int], list[int]]] = []
    side = walk._side

    def spied(code: Code, at: Case, keep: Keep) -> Side:
        found = side(code, at, keep)
        assert isinstance(found, Side)
        if at is case:
            sums = [
                (event.step, access.value)
                for event in found.recording.events
                for access in event.writes
                if access.name == "dWhh" and event.step is not None
            ]
            sketched = [step for step, value in sums if isinstance(value, Sketch)]
            passes.append((keep, sketched, [step for step, _ in sums if step not in sketched]))
        return found

    monkeypatch.setattr(walk, "_side", spied)
    file = tmp_path / "wrong.py"
    text = Path(LOOPS).read_text()
    assert text.count(RIGHT) == 1
    file.write_text(text.replace(RIGHT, WRONG))
    accused, other = PythonCode(str(file), "wrong.py"), PythonCode(LOOPS, "loops.py")
    traced = walk.walk(case, accused, other, further(case))
    (finding,) = traced.findings
    assert finding.statement.text == WRONG
    assert finding.culprit.step == 7
    assert finding.rewrite is not None
    assert finding.rewrite.code == RIGHT
    assert traced.clean
    first, second = passes[0], next(p for p in passes if p[0].full)
    assert first[1:] == ([7, 6, 5, 4, 3, 2, 1, 0], [])
    assert second[1:] == ([5, 4, 3, 2, 1], [7, 6, 0])
