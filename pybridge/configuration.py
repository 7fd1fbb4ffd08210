"""What xcheck.toml says: under which weights sentences are checked, and how taggers are called."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pybridge.adapters import Adapter
from pybridge.adapters.tables import read_adapter, read_parameters
from pybridge.errors import InputError
from pybridge.weights import Parameters

FILE_NAME = "xcheck.toml"
KEYS = ("configuration", "names", "python", "julia", "parameters")


@dataclass(frozen=True)
class Configuration:
    """How the weights of a case are drawn, and from which seed."""

    name: str
    hidden: int = 16
    scale: float | None = None  # standard deviation of the weights; None: 0.5 / sqrt(fan-in)
    random_biases: bool = True  # False: zero
    random_h_prev: bool = True  # False: zero
    one_tag: bool = False  # every word gets the same tag
    seed: int = 2016
    weights: str = ""  # a file that holds them, see pybridge.saved_weights; empty: they are drawn


@dataclass(frozen=True)
class Settings:
    """An xcheck.toml."""

    configurations: tuple[Configuration, ...]
    names: Mapping[str, str]  # of variables: in the Julia file, in the Python file
    python: Adapter | None = None
    julia: Adapter | None = None
    parameters: Parameters | None = None  # of another cell than that of the port


# What the question draws, and what lets a fault show: under the first alone whole families of
# wrong gradients pass (measured, design.md, "Two configurations at least").
DEFAULTS = (
    Configuration("posted", scale=0.01, random_biases=False, random_h_prev=False),
    Configuration("telling"),
)


def configuration_file(path: Path) -> Path | None:
    """The xcheck.toml in the folder `path`, or beside the file `path`, if there is one."""
    file = (path if path.is_dir() else path.parent) / FILE_NAME
    return file if file.is_file() else None


def read_settings(file: Path) -> Settings:
    """Read an xcheck.toml; InputError names the line.

    Where it has no [[configuration]] the DEFAULTS hold.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except OSError as e:
        raise InputError(f"cannot be read ({e.strerror})", "check it", file=file) from e
    except UnicodeDecodeError as e:
        raise InputError("is not UTF-8", "save it as UTF-8", file=file) from e
    except tomllib.TOMLDecodeError as e:
        at = re.search(r"line (\d+)", str(e))
        broken = int(at[1]) if at else text.count("\n") + 1
        raise InputError(f"is not TOML: {e}", "mend the line", file=file, line=broken) from e
    for key in document:
        if key not in KEYS:
            raise InputError(
                f"unknown key {key!r}",
                "an xcheck.toml holds [[configuration]] tables, and the tables "
                + ", ".join(f"[{table}]" for table in KEYS[1:]),
                file=file,
                line=_line_of(text, key, 0),
            )
    return Settings(
        configurations=_configurations(document, file, text) or DEFAULTS,
        names=_names(document, file, text),
        python=read_adapter(document, "python", file, text),
        julia=read_adapter(document, "julia", file, text),
        parameters=read_parameters(document, file, text),
    )


def _configurations(
    document: Mapping[str, Any], file: Path, text: str
) -> tuple[Configuration, ...]:
    tables = document.get("configuration", [])
    whole = isinstance(tables, list) and all(isinstance(table, dict) for table in tables)
    if not whole or not (tables or set(KEYS[1:]) & set(document)):
        raise InputError("has no [[configuration]] table", "add one", file=file)
    found = tuple(_configuration(table, file, text, i) for i, table in enumerate(tables))
    for i, configuration in enumerate(found):
        if configuration.name in [c.name for c in found[:i]]:
            line = _line_of(text, "name", i)
            problem = f"two configurations are called {configuration.name!r}"
            raise InputError(problem, "give each its own name", file=file, line=line)
    return found


def _names(document: Mapping[str, Any], file: Path, text: str) -> Mapping[str, str]:
    table = document.get("names", {})
    remedy = 'write [names], and under it lines such as dhRaw = "dh_raw"'
    if not isinstance(table, dict):
        line = _line_of(text, "names", 0)
        raise InputError("names is no table", remedy, file=file, line=line)
    for name, other in table.items():
        if not isinstance(other, str) or not other.strip():
            line = _line_of(text, name, 0)
            raise InputError(f"{name} = {other!r} is not a name", remedy, file=file, line=line)
    return table


def _configuration(table: Mapping[str, Any], file: Path, text: str, i: int) -> Configuration:
    for key, value in table.items():
        problem = _problem(key, value)
        if problem:
            known = ", ".join(field.name for field in fields(Configuration))
            raise InputError(
                problem, f"the keys are {known}", file=file, line=_line_of(text, key, i)
            )
    if "name" not in table:
        line = _line_of(text, "", i)
        raise InputError("a configuration has no name", 'add name = "..."', file=file, line=line)
    values: dict[str, Any] = {**table}
    if values.get("scale") == "fan-in":
        values["scale"] = None
    if "weights" in values:
        values["weights"] = str(file.parent / values["weights"])
    return Configuration(**values)


def _problem(key: str, value: object) -> str:
    """What is wrong with one line of a table; empty where nothing is."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match key:
        case "name" | "weights":
            good, wanted = isinstance(value, str) and bool(value.strip()), "a text"
        case "hidden":
            good, wanted = isinstance(value, int) and number and value >= 1, "a whole number from 1"
        case "seed":
            good, wanted = isinstance(value, int) and number and value >= 0, "a whole number from 0"
        case "scale":
            good = value == "fan-in" or (number and 0 < float(value) < float("inf"))  # type: ignore[arg-type]  # number says so
            wanted = 'a number above 0, or "fan-in"'
        case "random_biases" | "random_h_prev" | "one_tag":
            good, wanted = isinstance(value, bool), "true or false"
        case _:
            return f"unknown key {key!r}"
    return "" if good else f"{key} = {value!r} is not {wanted}"


def _line_of(text: str, key: str, i: int) -> int | None:
    """The line on which the `i`-th table sets `key`, or the line of the table itself.

    tomllib keeps no line numbers, and a user wants one.
    """
    table = -1
    header = None
    for number, line in enumerate(text.split("\n"), start=1):
        if re.match(r"\s*\[\[\s*configuration\s*\]\]", line):
            table += 1
            header = number if table == i else header
        elif (
            key
            and re.match(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=\]]", line)
            and (table in (i, -1))
        ):
            return number
    return header
