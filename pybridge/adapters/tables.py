"""The [python], [julia] and [parameters] tables of an xcheck.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pybridge.adapters import SIZES, STATES, WORDS, Adapter, Call
from pybridge.adapters.grammar import GrammarError, call_of
from pybridge.errors import InputError
from pybridge.weights import Parameters

# Key, what its value has to be, and of which table it is.
KEYS = {
    "file": "a text",
    "forward": "a call",
    "backward": "a call",
    "globals": "a table of names",
    "columns": "true or false",
    "vectors": "true or false",
    "only_functions": "true or false",
    "states": " or ".join(f'"{s}"' for s in STATES),
    "module": "a text",
}
FORMS = {
    "forward": 'forward = "cost, h, p = forwardRNN(words, tags, h_prev)"',
    "backward": 'backward = "dW, db = backwardRNN(words, tags, h, p, h_prev)", with all gradients',
}


def read_adapter(document: Mapping[str, Any], table: str, file: Path, text: str) -> Adapter | None:
    """The adapter that a table holds; None where there is none. InputError names the line."""
    if table not in document:
        return None
    found = document[table]

    def line(key: str = "") -> int | None:
        return line_of(text, table, key)

    if not isinstance(found, dict):
        remedy = f"write [{table}], and the keys under it"
        raise InputError(f"{table} is no table", remedy, file=file, line=line())
    known = [key for key in KEYS if key != "module" or table == "julia"]
    for key, value in found.items():
        if key not in known:
            remedy = f"the keys are {', '.join(known)}"
            raise InputError(f"unknown key {key!r}", remedy, file=file, line=line(key))
        if not _is_good(key, value):
            problem = f"{key} = {value!r} is not {KEYS[key]}"
            remedy = FORMS.get(key, f"write {key} = {_example(key)}")
            raise InputError(problem, remedy, file=file, line=line(key))
    calls = {key: _call(key, found, file, line(key)) for key in ("forward", "backward")}
    if (calls["forward"] is None) != (calls["backward"] is None):
        lacking = next(key for key, call in calls.items() if call is None)
        raise InputError(f"[{table}] has no {lacking}", FORMS[lacking], file=file, line=line())
    if calls["forward"] is None and table == "python":
        for key in ("globals", "columns", "vectors", "states"):
            if key in found:
                problem = f"{key} says nothing without forward and backward"
                remedy = f"{FORMS['forward']} and {FORMS['backward']}"
                raise InputError(problem, remedy, file=file, line=line(key))
    return Adapter(
        file=file,
        line=line(),
        lines=tuple((key, line(key)) for key in found),
        tagger=found.get("file", ""),
        forward=calls["forward"],
        backward=calls["backward"],
        globals=tuple(found.get("globals", {}).items()),
        columns=found.get("columns", False),
        vectors=found.get("vectors", False),
        only_functions=found.get("only_functions", False),
        module=found.get("module", ""),
        states=found.get("states", STATES[0]),
    )


def read_parameters(document: Mapping[str, Any], file: Path, text: str) -> Parameters | None:
    """What the [parameters] table says; None where there is none. InputError names the line."""
    if "parameters" not in document:
        return None
    found = document["parameters"]
    remedy = 'write [parameters], and under it lines such as W = ["in", "hidden"], b = [1, "out"]'
    if not isinstance(found, dict) or not found:
        problem = "parameters is no table" if found else "[parameters] is empty"
        line = line_of(text, "parameters", "")
        raise InputError(problem, remedy, file=file, line=line)
    parameters: dict[str, tuple[str, str]] = {}
    for name, shape in found.items():
        line = line_of(text, "parameters", name)
        sides = [str(s) for s in shape] if isinstance(shape, list) else []
        if len(sides) != 2 or not set(sides) <= {*SIZES, "1"}:
            problem = f"{name} = {shape!r} is no shape"
            raise InputError(problem, remedy, file=file, line=line)
        if not name.isidentifier() or name in WORDS:
            problem = f"{name!r} is no name for a parameter"
            what = "it has a meaning of its own in a call" if name in WORDS else "it is no name"
            raise InputError(problem, f"give it another, {what}", file=file, line=line)
        parameters[name] = (sides[0], sides[1])
    return parameters


def line_of(text: str, table: str, key: str) -> int | None:
    """The line on which a table sets a key; that of the table itself where there is no such line.

    tomllib keeps no line numbers, and a user wants one.
    """
    within, header = False, None
    for number, line in enumerate(text.split("\n"), start=1):
        opened = re.match(r"\s*\[+\s*[\"']?([^\]\"']+?)[\"']?\s*\]", line)
        if opened:
            within = opened[1].split(".")[0] == table
            header = number if within and header is None else header
        elif re.match(rf"\s*{re.escape(table)}\s*[.=]", line) and header is None:
            header = number
        elif within and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
            return number
    return header


def _is_good(key: str, value: object) -> bool:
    match KEYS[key]:
        case "true or false":
            return isinstance(value, bool)
        case "a table of names":
            return isinstance(value, dict) and all(
                isinstance(name, str) and name.isidentifier() for name in value.values()
            )
        case "a text" | "a call":
            return isinstance(value, str) and bool(value.strip())
        case _:
            return value in STATES


def _example(key: str) -> str:
    match key:
        case "globals":
            return '{ PARAMETER = "its_name_in_the_file" }'
        case "file":
            return '"mine.py"'
        case "module":
            return '"Tagger"'
    return KEYS[key]


def _call(key: str, table: Mapping[str, Any], file: Path, line: int | None) -> Call | None:
    if key not in table:
        return None
    try:
        return call_of(table[key])
    except GrammarError as e:
        raise InputError(f"{key} cannot be read: {e}", FORMS[key], file=file, line=line) from None
