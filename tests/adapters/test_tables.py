"""What a [python], a [julia] and a [parameters] table say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybridge.adapters import Adapter
from pybridge.adapters.grammar import call_of
from pybridge.configuration import DEFAULTS, read_settings
from pybridge.errors import InputError

CALLS = (
    'forward = "cost = f(words, tags, h_prev)"\n'
    'backward = "dWxh, dWhh, dBh, dWhy, dBy = b(words, tags, h_prev)"\n'
)


def read(folder: Path, text: str) -> Adapter:
    file = folder / "xcheck.toml"
    file.write_text(text, encoding="utf-8")
    settings = read_settings(file)
    assert settings.configurations == DEFAULTS
    found = settings.python or settings.julia
    assert found is not None
    return found


def test_every_key_is_read(tmp_path: Path) -> None:
    text = (
        f'[julia]\nfile = "mine.jl"\n{CALLS}globals = {{ Bh = "bh" }}\ncolumns = true\n'
        'vectors = true\nonly_functions = true\nmodule = "A.B"\nstates = "matrix"\n'
    )
    found = read(tmp_path, text)
    assert found == Adapter(
        tagger="mine.jl",
        forward=call_of("cost = f(words, tags, h_prev)"),
        backward=call_of("dWxh, dWhh, dBh, dWhy, dBy = b(words, tags, h_prev)"),
        globals=(("Bh", "bh"),),
        columns=True,
        vectors=True,
        only_functions=True,
        module="A.B",
        states="matrix",
    )
    assert found.file == tmp_path / "xcheck.toml"
    assert dict(found.lines)["columns"] == 6


def test_an_empty_table_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "[python]\n") == Adapter()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[python]\nforwards = "x"\n', 2, "unknown key 'forwards'"),
        ('[python]\nmodule = "A"\n', 2, "unknown key 'module'"),
        ("python = 3\n", 1, "python is no table"),
        ('[python]\nforward = "f(x)"\n', 2, "forward cannot be read: nothing says"),
        ("[julia]\nforward = 3\n", 2, "forward = 3 is not a call"),
        (f"[julia]\n{CALLS.splitlines()[0]}\n", 1, "[julia] has no backward"),
        (f"[julia]\n{CALLS.splitlines()[1]}\n", 1, "[julia] has no forward"),
        ("[python]\ncolumns = true\n", 2, "columns says nothing without forward"),
        (f'[python]\n{CALLS}columns = "yes"\n', 4, "columns = 'yes' is not true or false"),
        (f'[python]\n{CALLS}globals = ["a"]\n', 4, "globals = ['a'] is not a table of names"),
        (f'[python]\n{CALLS}globals = {{ Bh = "b h" }}\n', 4, "is not a table of names"),
        (f'[python]\n{CALLS}states = "lists"\n', 4, """is not "list" or "dict" or "matrix\""""),
        ("[parameters]\n", 1, "[parameters] is empty"),
        ("parameters = 3\n", 1, "parameters is no table"),
        ('[parameters]\nW = ["in"]\n', 2, "W = ['in'] is no shape"),
        ('[parameters]\nW = ["in", "down"]\n', 2, "W = ['in', 'down'] is no shape"),
        ('[parameters]\nW = ["in", "?"]\n', 2, "W = ['in', '?'] is no shape"),
        ('[parameters]\nx = ["in", "hidden"]\n', 2, "'x' is no name for a parameter"),
        ('[parameters]\n"a b" = ["in", "hidden"]\n', 2, "'a b' is no name for a parameter"),
    ],
)
def test_what_is_wrong_in_a_table(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "xcheck.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_settings(file)
    message = str(caught.value)
    assert message.startswith(f"{file}:{line}: ")
    assert said in message
    assert "; " in message


def test_parameters_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "xcheck.toml"
    file.write_text('[parameters]\nb = [1, "out"]\nW = ["in", "hidden"]\n', encoding="utf-8")
    found = read_settings(file).parameters
    assert found is not None
    assert list(found.items()) == [("b", ("1", "out")), ("W", ("in", "hidden"))]
