"""How far each variable is from the other side at each step, as a story has it in JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybridge import tagger
from pybridge.adapters.choose import PORT
from pybridge.report import trace
from pybridge.trace.codes import PythonCode
from pybridge.trace.stories import Story
from pybridge.trace.walk import walk
from tests.making import a_case

RIGHT = "dhnext = dhRawt.dot(Whh.T)"


def cells(folder: Path, code: str) -> dict[str, dict[int | None, bool]]:
    """Whether each variable agrees, by step, with that line in a copy of the port."""
    text = Path(str(tagger.__file__)).read_text(encoding="utf-8")
    assert text.count(RIGHT) == 1
    file = folder / "mine.py"
    file.write_text(text.replace(RIGHT, code), encoding="utf-8")
    traced = walk(a_case(), PythonCode(str(file), "mine.py"), PythonCode(PORT, "tagger.py"))
    document = trace.document(Story(traced, cases=1))
    assert document["printed"] == trace.lines(Story(traced, cases=1))
    return {
        f"{value['phase']} {value['variable']}": {c["step"]: c["agrees"] for c in value["cells"]}
        for value in document["values"]
    }


def test_an_error_is_seen_to_begin_and_to_spread(tmp_path: Path) -> None:
    found = cells(tmp_path, RIGHT.replace("Whh.T", "Whh"))
    assert all(
        agrees for name, row in found.items() if "forward" in name for agrees in row.values()
    )
    dhnext = found["backward dhnext"]
    assert [dhnext[step] for step in (5, 4, 3, 2, 1)] == [False] * 5
    assert found["backward dhRaw"][5] is True  # the last word comes first, and is not spoiled yet
    assert found["backward dhRaw"][4] is False


@pytest.mark.parametrize("code", [RIGHT, f"{RIGHT} + 0"])
def test_without_an_error_all_agrees(tmp_path: Path, code: str) -> None:
    found = cells(tmp_path, code)
    assert {"forward h", "backward dhnext", "backward dhRaw"} <= set(found)
    assert all(agrees for row in found.values() for agrees in row.values())
