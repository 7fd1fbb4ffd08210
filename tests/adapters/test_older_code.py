"""The posted code in the spelling of its time: the error says what is missing, and where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pybridge import shipped
from pybridge.sides import Failure, Side, Task
from pybridge.sides.julia import JuliaSide
from tests.making import a_case, failed


def problem(side: Side) -> str:
    return failed(side.submit(Task(a_case())).result())


def older(folder: Path, *changes: tuple[str, str]) -> Path:
    """original.jl as it was posted, without the dots; with these changes carried out."""
    text = (shipped.ROOT / "julia" / "original.jl").read_text(encoding="utf-8")
    for old, new in (("tanh.(", "tanh("), ("exp.(", "exp("), ("1 .- (", "1 - ("), *changes):
        assert old in text
        text = text.replace(old, new)
    file = folder / "older.jl"
    file.write_text(text, encoding="utf-8")
    return file


def of_file(julia: JuliaSide, file: Path) -> JuliaSide:
    return replace(julia, setup=replace(julia.setup, tagger=file))


DOTS = [("tanh(", "tanh.("), ("exp(", "exp.("), ("1 - (", "1 .- (")]


@pytest.mark.parametrize(
    ("mended", "marker", "said"),
    [
        (DOTS[1:], "h[time] = tanh(x[time]'*Wxh + hPrev", "tanh of a matrix: write tanh.(...)"),
        (DOTS[:1] + DOTS[2:], "p_softmax", "exp of a matrix: write exp.(...)"),
        (DOTS[:2], "dhRaw = ", "of a matrix entry by entry: write .-"),
    ],
)
def test_the_missing_dot_is_named(
    mended: list[tuple[str, str]], marker: str, said: str, tmp_path: Path, original: JuliaSide
) -> None:
    file = older(tmp_path, *mended)
    lines = file.read_text(encoding="utf-8").splitlines()
    line = next(i for i, text in enumerate(lines, start=1) if marker in text)
    text = problem(of_file(original, file))
    assert text.startswith(f"{file}:{line}: ")
    assert text.endswith(f"; {said}")


def test_with_all_dots_there_is_nothing_to_say(tmp_path: Path, original: JuliaSide) -> None:
    reply = of_file(original, older(tmp_path, *DOTS)).submit(Task(a_case())).result()
    assert not isinstance(reply, Failure), reply


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("exp([1.0, 2.0])", "; exp of a vector: write exp.(...)"),
        ("[1.0 2.0] + 1", "; of a matrix entry by entry: write .+"),
        ("max(0, [1.0, 2.0])", "; max of a vector: write max.(...)"),
        ("(z -> z > 0 ? z : 0.0)([1.0, 2.0])", "; of a vector entry by entry: write .>"),
        ("[1.0 2.0]^2", "; of a matrix entry by entry: write .^"),
        ("indmax([1.0, 2.0])", "; write argmax"),
        ("dot([1.0], [2.0])", "; write using LinearAlgebra"),
        ("zeros(2, 2) * zeros(3, 3)", None),
        ('"a" + 1', None),
        ("nowhere", None),
    ],
)
def test_other_older_code(
    statement: str, said: str | None, tmp_path: Path, original: JuliaSide
) -> None:
    file = older(tmp_path, *DOTS, ("  cost = 0;", f"  cost = 0; {statement};"))
    text = problem(of_file(original, file))
    assert text.endswith(said) if said else ": write" not in text.replace("; write", ": write")
