"""The files in tests/own, and the tables of an xcheck.toml that say how they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pybridge import tagger
from pybridge.adapters import Adapter
from pybridge.adapters.check import julia_form
from pybridge.adapters.form import Form
from pybridge.adapters.tables import read_adapter
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.trace.codes import JuliaCode, PythonCode

OWN = Path(__file__).with_name("own")
BIASES = tuple(name for name, (rows, _) in tagger.PARAMETERS.items() if rows == "1")
# What is written into an xcheck.toml for each file.
TABLES: dict[str, dict[str, object]] = {
    "karpathy.py": {
        "forward": "cost, *_ = lossFun(words, tags, h_prev)",
        "backward": "_, dWxh, dWhh, dWhy, dBh, dBy, _ = lossFun(words, tags, h_prev)",
        "globals": {"Bh": "bh", "By": "by", "in": "vocab_size"},
        "columns": True,
        "only_functions": True,
    },
    "layers.py": {
        "forward": "cost, h, p, cache = forward(params, X, Y, h_prev)",
        "backward": "gradients = backward(params, cache)",
        "globals": {"Wxh": "W_xh", "Whh": "W_hh", "Bh": "b_h", "Why": "W_hy", "By": "b_y"},
        "vectors": True,
    },
    "states.py": {
        "forward": "cost, p, h = calculate_loss(words, tags)",
        "backward": "dWxh, dWhy, dWhh, dBh, dBy = bptt(words, tags)",
        "globals": {"Wxh": "U", "Whh": "W", "Bh": "b", "Why": "V", "By": "c"},
        "columns": True,
        "vectors": True,
        "only_functions": True,
    },
    "arguments.py": {
        "forward": "cost = rnn_forward(x, y, h, p, Wxh=Wxh, Whh=Whh, Bh=Bh, Why=Why, By=By, "
        "h_prev=h_prev, smooth=1)",
        "backward": "dWxh, dWhh, dBh, dWhy, dBy = "
        "rnn_backward(x, y, h, p, h_prev, Wxh, Whh, Bh, Why, By)",
    },
    "script.jl": {"only_functions": True},
    "module.jl": {
        "forward": "cost, h, p = loss(words, tags; initial=h_prev, verbose=false)",
        "backward": "gradients = gradients(words, tags, h, p)",
        "globals": {"Wxh": "W", "Whh": "U", "Bh": "b", "Why": "V", "By": "c"},
        "columns": True,
        "vectors": True,
        "only_functions": True,
        "module": "Recurrent",
    },
    "matrices.jl": {
        "forward": "cost, _ = fprop!(h, p, X, Y, hPrev; Wxh, Whh, Bh, Why, By)",
        "backward": "dWxh, dWhh, dBh, dWhy, dBy = bprop(X, Y, h, p, hPrev, Whh, Why)",
        "columns": True,
        "states": "matrix",
    },
    "dictionaries.jl": {
        "forward": "cost, ... = lossFun(words, tags, hPrev, h, p)",
        "backward": "_, dWxh, dWhh, dWhy, dBh, dBy, _ = lossFun(words, tags, hPrev, h, p)",
        "globals": {"Bh": "bh", "By": "by"},
        "states": "dict",
    },
}
PYTHON = tuple(name for name in TABLES if name.endswith(".py"))
JULIA = tuple(name for name in TABLES if name.endswith(".jl"))


def adapter_of(name: str, changes: Mapping[str, object] | None = None) -> Adapter:
    """The adapter of a file, with some keys of its table changed."""
    table = "python" if name.endswith(".py") else "julia"
    document = {table: {**TABLES[name], **(changes or {})}}
    found = read_adapter(document, table, Path("xcheck.toml"), f"[{table}]\n")
    assert found is not None
    return replace(found, tagger=name)


def form_of(name: str, changes: Mapping[str, object] | None = None) -> Form:
    """How a Python file is loaded and called."""
    adapter = adapter_of(name, changes)
    form = Form(adapter, only_functions=adapter.only_functions)
    return form.over(tagger.PARAMETERS)


def python_side(
    name: str, file: Path | None = None, changes: Mapping[str, object] | None = None
) -> PythonSide:
    """The side of a Python file, or of another one that is called like it."""
    form = form_of(name, changes)
    return PythonSide(form.load(str(file or OWN / name)), gives=form.gives)


def python_code(name: str, file: Path) -> PythonCode:
    """The code of a Python file that is called like one of these."""
    form = form_of(name)
    return PythonCode(str(file), file.name, form=form, gives=form.gives)


def julia_side(
    julia: JuliaSide,
    name: str,
    file: Path | None = None,
    changes: Mapping[str, object] | None = None,
) -> JuliaSide:
    """The side of a Julia file, in the process of another one."""
    adapter = julia_form(adapter_of(name, changes), tagger.PARAMETERS)
    setup = replace(
        julia.setup, tagger=file or OWN / name, adapter=adapter, biases=BIASES, gives=adapter.gives
    )
    return replace(julia, setup=setup)


def julia_code(julia: JuliaSide, name: str, file: Path | None = None) -> JuliaCode:
    """The code of a Julia file."""
    return JuliaCode(julia_side(julia, name, file), name)


def with_change(name: str, folder: Path, old: str, new: str) -> Path:
    """A copy of a file with a change in it."""
    text = (OWN / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
    file = folder / name
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file
