"""The guesses about one or two files as an xcheck.toml, and what is left to be filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pybridge.adapters.check import checked, julia_form
from pybridge.adapters.tables import read_adapter, read_parameters
from pybridge.configuration import FILE_NAME
from pybridge.errors import InputError
from pybridge.init import Guess
from pybridge.weights import Parameters

HEAD = (
    "# How these files are called, as `xcheck init` has read them; docs/own-code.md has the keys."
)


@dataclass(frozen=True)
class Written:
    """An xcheck.toml, and what it lacks."""

    text: str
    unknown: tuple[str, ...]


def written(guesses: Sequence[tuple[str, Guess]], standard: Parameters) -> Written:
    """The tables for these files, each with its guess; `standard` needs no [parameters]."""
    lines = [HEAD]
    unknown = []
    for file, guess in guesses:
        lines += ["", f"[{guess.table}]", f'file = "{file}"']
        lines += [f"{line}  # {comment}" if comment else line for line, comment in guess.lines]
        unknown += [f"[{guess.table}] {what}" for what in guess.unknown]
    cell = next((g.parameters for _, g in guesses if g.parameters != standard), None)
    if cell is not None:
        lines += ["", "[parameters]"]
        lines += [f'{name} = ["{a}", "{b}"]' for name, (a, b) in cell.items()]
    text = "\n".join(lines) + "\n"
    if not unknown and (problem := _problem(text, standard)):
        unknown.append(problem)
    return Written(text, tuple(dict.fromkeys(unknown)))


def _problem(text: str, standard: Parameters) -> str:
    """What a run would say of the tables; empty where it takes them."""
    file = Path(FILE_NAME)
    try:
        document = tomllib.loads(text)
        parameters = read_parameters(document, file, text) or standard
        python = read_adapter(document, "python", file, text)
        if python is not None:
            checked(python, parameters)
        if "julia" in document:
            julia_form(read_adapter(document, "julia", file, text), parameters)
    except (InputError, tomllib.TOMLDecodeError) as e:
        return str(e)
    return ""
