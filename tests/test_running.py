"""Planning a run: everything that is known before Julia starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from pybridge import shipped
from pybridge.configuration import DEFAULTS
from pybridge.errors import InputError
from pybridge.running import Plan, Request, _same_bytes, plan
from pybridge.sides.julia import JuliaSide
from pybridge.weights import Array, fingerprint
from tests.making import NAMES

SENTENCES = "the/DET cat/NOUN saw/VERB the/DET dog/NOUN\nWait/VERB\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.tagged"
    file.write_text(SENTENCES)
    return file


def names(planned: Plan) -> list[str]:
    return [case.name for case in planned.cases()]


def test_each_sentence_under_each_configuration(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # away from a julia/fixed.jl that would go first
    expected = [
        "a.tagged:1 posted",
        "a.tagged:1 telling",
        "a.tagged:2 posted",
        "a.tagged:2 telling",
    ]
    planned = plan(Request((file,)))
    assert names(planned) == expected
    assert tuple(drawn.configuration for drawn in planned.draws) == DEFAULTS
    assert planned.julia.resolve() == shipped.ROOT / "julia" / "fixed.jl"


@pytest.mark.parametrize(
    ("keyword", "limit", "expected"),
    [
        ("telling", None, ["a.tagged:1 telling", "a.tagged:2 telling"]),
        ("a.tagged:2 ", None, ["a.tagged:2 posted", "a.tagged:2 telling"]),
        ("", 1, ["a.tagged:1 posted"]),
        ("telling", 1, ["a.tagged:1 telling"]),
        ("2 telling", 9, ["a.tagged:2 telling"]),
    ],
)
def test_keyword_and_limit(
    file: Path, keyword: str, limit: int | None, expected: list[str]
) -> None:
    assert names(plan(Request((file,), keyword=keyword, limit=limit))) == expected


def test_a_keyword_that_finds_nothing_is_no_run(file: Path) -> None:
    with pytest.raises(InputError, match="no case is called like 'Telling'"):
        plan(Request((file,), keyword="Telling"))


def test_what_is_chosen_does_not_change_the_weights(file: Path) -> None:
    """A case can be run again by itself, and comes to the same."""
    (alone,) = plan(Request((file,), keyword="2 telling")).cases()
    among = list(plan(Request((file,))).cases())[-1]
    assert alone.name == among.name
    assert fingerprint(alone.weights.arrays) == fingerprint(among.weights.arrays)


def test_the_options_go_over_every_configuration(file: Path) -> None:
    (file.parent / "xcheck.toml").write_text(
        '[[configuration]]\nname = "one"\nhidden = 2\n[[configuration]]\nname = "two"\nseed = 5\n'
    )
    as_written = [drawn.configuration for drawn in plan(Request((file,))).draws]
    assert [(c.name, c.hidden, c.scale, c.seed) for c in as_written] == [
        ("one", 2, None, 2016),
        ("two", 16, None, 5),
    ]
    changed = plan(Request((file.parent,), hidden=3, scale=0.5, seed=7)).draws
    for before, after in zip(as_written, changed, strict=True):
        assert after.configuration == replace(before, hidden=3, scale=0.5, seed=7)
        assert after.weights.Whh.shape == (3, 3)


def test_one_toml_by_two_paths_is_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "xcheck.toml").write_text('[[configuration]]\nname = "one"\n')
    monkeypatch.chdir(file.parent)
    (file.parent / "link").symlink_to(file.parent, target_is_directory=True)
    paths = (file, Path("a.tagged"), Path(), Path("link"))
    assert names(plan(Request(paths))) == ["a.tagged:1 one", "a.tagged:2 one"]


def test_two_tomls_are_two_runs(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.tagged").write_text(SENTENCES)
    for folder in (tmp_path, other):
        (folder / "xcheck.toml").write_text('[[configuration]]\nname = "one"\n')
    with pytest.raises(InputError, match=r"two sets of configurations, .*; run their folders one"):
        plan(Request((file, other)))
    (other / "xcheck.toml").unlink()
    assert len(names(plan(Request((file, other))))) == 4  # those beside the one are for both


def test_the_whole_vocabulary(file: Path) -> None:
    few, every = (
        [case.rows for case in plan(Request((file,), whole_vocabulary=whole)).cases()]
        for whole in (False, True)
    )
    assert set(every) == {("the", "cat", "saw", "dog", "Wait")}
    assert few[-1] == ("the", "Wait")


def test_the_shipped_files_are_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    planned = plan(Request((Path("fixtures"),), julia=Path("julia/original.jl")))
    assert planned.julia == shipped.ROOT / "julia" / "original.jl"
    assert len(planned.draws) == 5
    (tmp_path / "julia").mkdir()
    (tmp_path / "julia" / "original.jl").touch()
    planned = plan(Request((Path("fixtures"),), julia=Path("julia/original.jl")))
    assert planned.julia == Path("julia/original.jl")


# The same bytes on both sides


class Holding:
    """Stands in for a Julia that holds the weights it is handed, but for those of one name."""

    def __init__(self, spoilt: str = "") -> None:
        self.spoilt = spoilt

    def fingerprints(self, held: list[dict[str, Array]]) -> list[str]:
        return [fingerprint(arrays | self._other(arrays)) for arrays in held]

    def _other(self, arrays: dict[str, Array]) -> dict[str, Array]:
        return {n: np.nextafter(a, np.inf) for n, a in arrays.items() if n == self.spoilt}


def test_the_hash_covers_all_weights(file: Path) -> None:
    julia = cast(JuliaSide, Holding())
    hashes = [
        _same_bytes(plan(request).draws, julia)
        for request in (
            Request((file,)),
            Request((file,), rtol=1.0, method="posted", limit=1),
            Request((file,), seed=1),
            Request((file,), seed=2),
            Request((file,), hidden=4),
            Request((file,), scale=0.2),
        )
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 5
    assert all(len(digest) == 64 for digest in hashes)


@pytest.mark.parametrize("name", [*NAMES, "h_prev"])
def test_other_weights_on_the_other_side_end_the_run(file: Path, name: str) -> None:
    julia = cast(JuliaSide, Holding(name))
    with pytest.raises(InputError, match="posted: Julia holds other weights than Python"):
        _same_bytes(plan(Request((file,))).draws, julia)
