"""`xcheck init`: reads a tagger file, without running it, and guesses how it is called.

`python` and, in Julia, Outline.jl say what is in a file; `recognise` finds the forward and the
backward pass in it, what they are handed and what they give; `write` puts that into an xcheck.toml,
and lists what could not be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Function:
    """What a function is handed, gives and does, as its text has it."""

    name: str
    line: int
    arguments: tuple[str, ...]  # by position
    optional: tuple[str, ...]  # likewise, those that have a default
    keywords: tuple[str, ...]  # by keyword alone
    optional_keywords: tuple[str, ...]
    results: tuple[str, ...]  # of the last return; empty of one that is no name
    module: str = ""
    filled: frozenset[str] = frozenset()  # arguments that are written into
    reads: frozenset[str] = frozenset()  # names from outside of it, functions among them
    indexing: frozenset[str] = frozenset()  # names that stand in an index: words, in W[words[t]]
    two_places: frozenset[str] = frozenset()  # names with two indices: h, in h[:, t]
    zeroth: frozenset[str] = frozenset()  # names with the index 0 or -1: h, in h[-1]
    fields: frozenset[str] = frozenset()  # names whose fields are read: weights, in weights.W
    keys: frozenset[str] = frozenset()  # names with a text for index: params, in params["W"]
    products: tuple[tuple[str, str], ...] = ()  # what is multiplied with what, by their names
    lookups: tuple[tuple[str, int], ...] = ()  # W and 0 of W[word], W and 1 of W[:, word]
    types: Mapping[str, str] = field(default_factory=dict)  # of arguments, as written


@dataclass(frozen=True)
class Outline:
    """A file."""

    language: str
    file: str
    functions: tuple[Function, ...]
    shapes: Mapping[str, tuple[str, ...]]  # of arrays, as they are made: W, ("hidden", "words")
    left_out: tuple[tuple[int, str], ...]  # what is no definition: line and text
    made: frozenset[str] = frozenset()  # names that the definitions make
    module: str = ""  # the first module of a Julia file


@dataclass(frozen=True)
class Guess:
    """A table for an xcheck.toml."""

    table: str
    lines: tuple[tuple[str, str], ...]  # each with a comment; empty: none
    parameters: Mapping[str, tuple[str, str]]  # those that it is for; "?" for what is not known
    spelt: Mapping[str, str]  # what the file calls each
    unknown: tuple[str, ...]  # what is left to be filled in
