"""Runs that were saved, as a document or as JSON lines, read again and held to docs/schema.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema  # no dependencies of its own, and half a second for a treebank

from pybridge import shipped
from pybridge.errors import InputError
from pybridge.report.json import VERSION, Document, document

LINES = ".jsonl"  # how the name of a file of JSON lines ends
KINDS = ("head", "case", "story", "end")  # of lines, in the order in which they come
REMEDY = "name a file that `xcheck run --json` wrote"


@dataclass(frozen=True)
class Lines:
    """What a file of JSON lines holds; a run that was killed leaves it without an end."""

    head: Document | None = None  # None: killed before it was written
    cases: tuple[Document, ...] = ()
    stories: tuple[Document, ...] = ()
    end: Document | None = None
    resumable: int = field(default=0, compare=False)  # bytes up to the end of the last case


def read(file: Path) -> Document:
    """The document of a saved run; InputError says where the file is none."""
    if file.suffix == LINES:
        lines = read_lines(file)
        if lines.head is None:
            raise InputError("holds no run", REMEDY, file=file)
        interrupted = lines.end is None or bool(lines.end["interrupted"])
        return document(lines.head, lines.cases, lines.stories, interrupted=interrupted)
    return _valid("document", _parsed(_bytes(file), file), file)


def read_lines(file: Path) -> Lines:
    """The lines of a run. A torn last line, as a killed run leaves it, is dropped."""
    found: dict[str, list[Document]] = {kind: [] for kind in KINDS}
    resumable = at = reached = 0
    for number, text in enumerate(_bytes(file).split(b"\n")[:-1], start=1):
        at += len(text) + 1
        line = _parsed(text, file, number)
        kind = next(iter(line), "") if isinstance(line, dict) else ""
        wrong_place = kind not in KINDS or len(line) != 1 or (kind == "head") != (number == 1)
        if wrong_place or KINDS.index(kind) < reached:
            raise InputError("is not the line of a run", REMEDY, file=file, line=number)
        reached = KINDS.index(kind)
        found[kind].append(_valid(kind, line[kind], file, number))
        resumable = at if kind in ("head", "case") else resumable
    return Lines(
        head=next(iter(found["head"]), None),
        cases=tuple(found["case"]),
        stories=tuple(found["story"]),
        end=next(iter(found["end"]), None),
        resumable=resumable,
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as e:
        raise InputError(f"cannot be read ({e.strerror})", REMEDY, file=file) from e


def _parsed(text: bytes, file: Path, line: int | None = None) -> Any:
    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as e:
        problem = f"is not JSON: {e.msg}"
        raise InputError(problem, REMEDY, file=file, line=line or e.lineno) from e
    except (ValueError, RecursionError) as e:  # not UTF-8; nested without end
        raise InputError(f"is not JSON: {e}", REMEDY, file=file, line=line) from e


def _valid(kind: str, content: Any, file: Path, line: int | None = None) -> Document:
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise InputError(f"was written by a newer xcheck ({version=})", "update xcheck", file=file)
    try:
        checked: Document = _validators()[kind](content)
    except fastjsonschema.JsonSchemaValueException as e:
        problem = f"is no results of xcheck: {e.message.removeprefix('data').lstrip('. ')}"
        raise InputError(problem, REMEDY, file=file, line=line) from e
    return checked


@cache
def _validators() -> dict[str, Callable[[Any], Document]]:
    """What checks a whole document, and what each kind of line."""
    schema = json.loads(shipped.schema().read_text(encoding="utf-8"))
    end = schema["$defs"]["json_line"]["oneOf"][-1]["properties"]["end"]
    parts = {kind: {"$ref": f"#/$defs/{kind}"} for kind in ("head", "case", "story")}
    shared = {"$defs": schema["$defs"], "properties": schema["properties"]}
    # A schema of draft 2020-12 may have other keys beside a $ref; fastjsonschema passes them over.
    compiled = {kind: fastjsonschema.compile({**part, **shared}) for kind, part in parts.items()}
    return {
        **compiled,
        "end": fastjsonschema.compile({"allOf": [end], "$defs": schema["$defs"], **shared}),
        "document": fastjsonschema.compile(schema),
    }
