"""What a port has of the changes between two Julia files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybridge import port, tagger
from pybridge.errors import InputError
from pybridge.faults import ladder
from pybridge.port import State, carried, changes, extreme_cases, read, with_changes
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from tests.making import FIXED, ORIGINAL, port_with

OLD, NEW = ORIGINAL.read_text(), FIXED.read_text()
TRANSPOSE = ("dhnext = dhRawt.dot(Whh.T)", "dhnext = dhRawt.dot(Whh)")
STABLE = (
    "    score = score - score.real.max(axis=1, keepdims=True)",
    "    score = score + 0",
)  # its cost is that of the fix


def test_changes_put_into_the_old_file_give_the_new_one() -> None:
    every = changes(OLD, NEW)
    assert [c.new_first for c in every] == [24, 27, 54]
    assert with_changes(OLD, every, every) == NEW
    assert with_changes(OLD, every, ()) == OLD
    assert changes(OLD, OLD) == ()
    assert every[2].holds(54)
    assert not every[2].holds(55)


def test_a_file_or_revision_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file; name a file, or revision:path"):
        read(str(tmp_path / "none.jl"))
    with pytest.raises(InputError, match="revision:path"):
        read("no-such-revision:julia/fixed.jl")


@pytest.mark.parametrize(
    ("lacking", "to_do"),
    [((), []), ((TRANSPOSE,), [54]), ((STABLE,), [24]), ((TRANSPOSE, STABLE), [24, 54])],
    ids=["nothing", "the transpose", "the stable softmax", "both"],
)
def test_what_a_port_lacks_is_to_be_carried_over(
    fixed: JuliaSide, tmp_path: Path, lacking: tuple[tuple[str, str], ...], to_do: list[int]
) -> None:
    cases = [ladder.case("a b a c", ladder.TELLING), *extreme_cases(tagger.PARAMETERS)]
    python = PythonSide(port_with(*lacking))
    found = list(carried(OLD, changes(OLD, NEW), cases, python, fixed, tmp_path))
    left = [c.change.new_first for c in found if c.state in (State.TO_DO, State.NEITHER)]
    assert left == to_do
    assert [set(c.tensors) for c in found][2] == {"dWxh", "dWhh", "dBh"}


@pytest.mark.parametrize(
    ("lacking", "to_do"), [((), []), ((TRANSPOSE, STABLE), [24, 54])], ids=["nothing", "both"]
)
def test_of_many_changes_one_after_the_other_is_left_out(
    fixed: JuliaSide,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lacking: tuple[tuple[str, str], ...],
    to_do: list[int],
) -> None:
    monkeypatch.setattr(port, "MOST", 1)
    cases = [ladder.case("a b a c", ladder.TELLING), *extreme_cases(tagger.PARAMETERS)]
    python = PythonSide(port_with(*lacking))
    found = list(carried(OLD, changes(OLD, NEW), cases, python, fixed, tmp_path))
    assert [c.change.new_first for c in found if c.state is State.TO_DO] == to_do
    assert not [c for c in found if c.state is State.NEITHER]


def test_a_port_that_gives_no_answer_has_nothing_carried_over(
    fixed: JuliaSide, tmp_path: Path
) -> None:
    python = PythonSide(
        port_with(("    score = h.dot(Why) + By", "    score = h.dot(Why) + By + none"))
    )
    cases = [ladder.case("a b a c", ladder.TELLING)]
    found = list(carried(OLD, changes(OLD, NEW), cases, python, fixed, tmp_path))
    assert {c.state for c in found} <= {State.NEITHER, State.SILENT}
    assert any(c.state is State.NEITHER for c in found)


def test_a_change_that_moves_no_number_is_silent(fixed: JuliaSide, tmp_path: Path) -> None:
    new = OLD.replace("  cost = 0;", "  cost = 0.0;")
    cases = [ladder.case("a b", ladder.TELLING)]
    (only,) = carried(OLD, changes(OLD, new), cases, PythonSide(), fixed, tmp_path)
    assert (only.state, only.tensors) == (State.SILENT, ())
