"""Files that come with xcheck are found from anywhere, and never instead of a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybridge import shipped

INSTALLED = Path(shipped.__file__).parent / "shipped"  # a wheel; a checkout has no such folder
HERE = INSTALLED if INSTALLED.is_dir() else Path(shipped.__file__).parents[1]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_folders_come_with_the_package() -> None:
    assert shipped.ROOT == HERE
    assert shipped.library() == HERE / "julia" / "XCheck.jl"
    assert shipped.library().is_file()


@pytest.mark.parametrize(
    "name", ["fixtures", "fixtures/notes.conllu", "julia/fixed.jl", "julia/original.jl"]
)
def test_a_shipped_file_is_found_from_another_folder(name: str) -> None:
    assert shipped.locate(Path(name)) == HERE / name
    assert shipped.locate(Path(name)).exists()


def test_what_is_here_goes_first(elsewhere: Path) -> None:
    (elsewhere / "fixtures").mkdir()
    (elsewhere / "julia").mkdir()
    (elsewhere / "julia" / "mine.jl").touch()
    assert shipped.locate(Path("fixtures")) == Path("fixtures")
    assert shipped.locate(Path("julia/mine.jl")) == Path("julia/mine.jl")
    # What is not in the folder here is still found.
    assert shipped.locate(Path("julia/fixed.jl")) == HERE / "julia" / "fixed.jl"


@pytest.mark.parametrize(
    "name",
    [
        "fixtures/absent.conllu",
        "absent",
        "pyproject.toml",
        "tests/test_shipped.py",
        "../fixtures",
        "./absent/../fixtures/none",
        "/fixtures",
        ".",
    ],
)
def test_any_other_path_comes_back_as_it_is(name: str) -> None:
    assert shipped.locate(Path(name)) == Path(name)
