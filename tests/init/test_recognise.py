"""What can be told of a file from its text, and what is said where something cannot."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pybridge import gru, shipped, tagger
from pybridge.errors import InputError
from pybridge.init import Outline, julia, python
from pybridge.init.recognise import guess
from pybridge.init.write import Written, written
from pybridge.runtime import Runtime
from pybridge.sides import worker
from pybridge.weights import Parameters
from tests.owned import JULIA, OWN, PYTHON, TABLES, adapter_of

# What xcheck.toml says otherwise, to the same effect.
SAME: dict[str, dict[str, Any]] = {
    "karpathy.py": {"forward": "cost, _, _, _, _, _, _ = lossFun(words, tags, h_prev)"},
    "arguments.py": {
        "forward": "cost = rnn_forward(x, y, h, p, Wxh=Wxh, Whh=Whh, Bh=Bh, Why=Why, By=By, "
        "h_prev=h_prev)"
    },
    "module.jl": {"forward": "cost, h, p = loss(words, tags, initial=h_prev)"},
    "matrices.jl": {
        "forward": "cost, _ = fprop!(h, p, X, Y, h_prev, Wxh=Wxh, Whh=Whh, Bh=Bh, Why=Why, By=By)"
    },
    "dictionaries.jl": {
        "forward": "cost, _, _, _, _, _, _ = lossFun(words, tags, h_prev, h, p)",
        "only_functions": True,
    },
}


def tables(outline: Outline, parameters: Parameters = tagger.PARAMETERS) -> Written:
    return written([(outline.file, guess(outline, parameters))], parameters)


def outline_of(text: str, folder: Path) -> Outline:
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return replace(python.outline(str(file)), file="mine.py")


@pytest.fixture(scope="module")
def outlines(runtime: Runtime) -> dict[str, Outline]:
    """Of all Julia files, by one Julia."""
    names = ("fixed.jl", "original.jl", "gru.jl")
    files = [*(OWN / name for name in JULIA), *(shipped.ROOT / "julia" / name for name in names)]
    found = julia.outlines([*map(str, files)], print)
    return {file.name: outline for file, outline in zip(files, found, strict=True)}


def is_as_written(name: str, found: Written) -> None:
    assert found.unknown == ()
    table = "python" if name.endswith(".py") else "julia"
    document = tomllib.loads(found.text)
    assert list(document) == [table]
    expected: dict[str, Any] = {"file": str(OWN / name), **TABLES[name]}
    expected |= SAME.get(name, {})
    for key in ("forward", "backward"):
        if key in expected:
            expected[key] = getattr(adapter_of(name, expected), key).text
    assert document[table] == expected


@pytest.mark.parametrize("name", PYTHON)
def test_a_python_file_is_recognised(name: str) -> None:
    is_as_written(name, tables(python.outline(str(OWN / name))))


@pytest.mark.parametrize("name", JULIA)
def test_a_julia_file_is_recognised(name: str, outlines: dict[str, Outline]) -> None:
    is_as_written(name, tables(outlines[name]))


@pytest.mark.parametrize("name", ["fixed.jl", "original.jl"])
def test_files_of_the_questions_form_need_nothing(name: str, outlines: dict[str, Outline]) -> None:
    found = tables(outlines[name])
    assert found.unknown == ()
    assert list(tomllib.loads(found.text)["julia"]) == ["file"]


@pytest.mark.parametrize("source", ["pybridge.tagger", "pybridge.gru", str(tagger.__file__)])
def test_files_of_our_form_need_nothing(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shipped.ROOT)
    assert tomllib.loads(tables(python.outline(source)).text) == {"python": {"file": source}}


def test_another_cell_by_its_python_file(outlines: dict[str, Outline]) -> None:
    stated = python.parameters("pybridge.gru")
    assert stated == gru.PARAMETERS
    assert tables(outlines["gru.jl"], gru.PARAMETERS).unknown == ()


def test_another_cell_alone_leaves_its_shapes_to_be_filled_in(
    outlines: dict[str, Outline],
) -> None:
    found = tables(outlines["gru.jl"])
    assert len(found.unknown) == len(gru.PARAMETERS)
    assert found.unknown[0] == "[julia] [parameters] Wxz: what it goes from and to"
    assert tomllib.loads(found.text)["parameters"]["Wxz"] == ["?", "?"]


JORDAN = """
import numpy as np
n_in, n_hidden, n_out = 5, 4, 3
U = np.zeros((n_in, n_hidden)); V = np.zeros((n_hidden, n_out)); c = np.zeros((1, n_out))

def forward(x, y):
    ps = []
    loss = 0
    for t in range(len(x)):
        ps.append(x[t] @ U @ V + c)
        loss -= np.log(ps[t] @ y[t])
    return loss, ps

def backward(x, y, ps):
    dU, dV, dc = np.zeros_like(U), np.zeros_like(V), np.zeros_like(c)
    return dU, dV, dc
"""


def test_parameters_of_another_cell_are_named(tmp_path: Path) -> None:
    found = tables(outline_of(JORDAN, tmp_path))
    assert found.unknown == ()
    document = tomllib.loads(found.text)
    assert document["parameters"] == {
        "U": ["in", "hidden"],
        "V": ["hidden", "out"],
        "c": ["1", "out"],
    }
    assert document["python"]["backward"] == "dU, dV, dc = backward(x, y, p)"
    assert document["python"]["forward"] == "cost, p = forward(x, y)"


@pytest.mark.parametrize(
    ("old", "new", "unknown"),
    [
        ("def forward(x, y):", "def forward(x, y, thing):", "forward: what stands where ? is"),
        ("def backward(x, y, ps):", "def backward(x, y, ps, thing):", "backward: what stands"),
        ("return loss, ps", "return ps", "forward: what stands where ? is"),
        ("c = np.zeros((1, n_out))", "c = load()", "[parameters] c: what it goes from and to"),
    ],
)
def test_what_cannot_be_told_is_listed(tmp_path: Path, old: str, new: str, unknown: str) -> None:
    assert JORDAN.count(old) == 1
    found = tables(outline_of(JORDAN.replace(old, new), tmp_path))
    assert any(what.startswith(f"[python] {unknown}") for what in found.unknown), found


@pytest.mark.parametrize("text", ["", "def train():\n    pass\n", "x = 1\n"])
def test_a_file_without_passes_says_so(text: str, tmp_path: Path) -> None:
    found = tables(outline_of(text, tmp_path))
    (unknown,) = found.unknown
    assert "no functions that look like a forward and a backward pass" in unknown


def test_nothing_is_executed(tmp_path: Path, outlines: dict[str, Outline]) -> None:
    marker = tmp_path / "marker"
    text = f"open({str(marker)!r}, 'w')\n" + JORDAN
    tables(outline_of(text, tmp_path))
    file = tmp_path / "mine.jl"
    file.write_text(f'write("{marker}", "1")\nf(x) = x\n', encoding="utf-8")
    (found,) = julia.outlines([str(file)], print)
    assert [f.name for f in found.functions] == ["f"]
    assert [line for line, _ in found.left_out] == [1]
    assert not marker.exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mine.py", "def f(:\n", ":1: SyntaxError: invalid syntax"),
        ("mine.jl", "x = 1\nfunction f(\n", ":"),
    ],
)
def test_a_broken_file_is_one_line(
    name: str, text: str, said: str, tmp_path: Path, runtime: Runtime
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        python.outline(str(file)) if name.endswith(".py") else julia.outlines([str(file)], print)
    assert str(caught.value).startswith(f"{file}{said}")
    assert "\n" not in str(caught.value)


def test_what_is_not_there() -> None:
    for outline in (python.outline, lambda f: julia.outlines([f], print)):
        with pytest.raises(InputError, match="no such file"):
            outline("nowhere/mine.jl")


def test_the_outline_is_plain_data() -> None:
    assert set(julia.SETS) | set(julia.TUPLES) < set(worker.OUTLINED)
