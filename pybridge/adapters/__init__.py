"""How the functions of somebody's tagger file are called: what they are handed and what they give.

xcheck.toml says it in one line a function, such as `cost, h, p = forwardRNN(words, tags, h_prev)`.
`grammar` reads such a line, `tables` the table around it, and `check` holds it against the
parameters; nothing of it is ever executed. `python` and, for the Julia side, julia/Adapter.jl make
a tagger of the file that is called as the rest of xcheck calls one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pybridge.errors import InputError

# What a function may be handed, besides the parameters by their names.
WORDS = {
    "x": "a list of one-hot vectors, one a word",
    "y": "the same of the tags",
    "X": "the vectors as one matrix, words in rows (columns = true: in columns)",
    "Y": "the same of the tags",
    "words": "indices, from 0 in Python and from 1 in Julia",
    "tags": "the same of the tags",
    "h": "the hidden states, to be filled, or as forward has left them",
    "p": "the probabilities, likewise",
    "h_prev": "the hidden state before the first word",
    "cost": "what forward gave",
    "weights": "all parameters in one object, weights.NAME",
    "params": "all parameters in one dictionary, by name",
    "in": "the number of words of the vocabulary",
    "hidden": "the hidden size",
    "out": "the number of tags",
}
SIZES = ("in", "hidden", "out")
RESULTS = ("cost", "h", "p")
GRADIENTS = "gradients"  # all of them in one dictionary or object
IGNORED = "_"
STATES = ("list", "dict", "matrix")  # what forward is handed to fill with h and p


class AdapterError(Exception):
    """A function did not return what the adapter says, or in no shape that it could have."""


@dataclass(frozen=True)
class Argument:
    """One argument of a call."""

    word: str  # what is handed over; empty of a literal
    keyword: str = ""  # the name it is handed over by
    literal: str = ""  # its code: a number, true, false, None


@dataclass(frozen=True)
class Call:
    """A function, its arguments, and the names of what it returns."""

    function: str
    arguments: tuple[Argument, ...]
    results: tuple[str, ...]
    rest: bool = False  # there may be more results, which are ignored

    @property
    def text(self) -> str:
        """As it stands in an xcheck.toml."""
        results = [*self.results, *(["..."] if self.rest else [])]
        given = [
            (f"{a.keyword}=" if a.keyword else "") + (a.word or a.literal) for a in self.arguments
        ]
        return f"{', '.join(results)} = {self.function}({', '.join(given)})"

    @property
    def words(self) -> tuple[str, ...]:
        """What it is handed, literals left out."""
        return tuple(a.word for a in self.arguments if a.word)

    @property
    def gives(self) -> tuple[str, ...]:
        """What it returns, ignored results left out."""
        return tuple(r for r in self.results if r != IGNORED)


@dataclass(frozen=True)
class Adapter:
    """A [python] or [julia] table of an xcheck.toml."""

    file: Path = field(default=Path(), compare=False)  # the xcheck.toml
    line: int | None = field(default=None, compare=False)
    lines: tuple[tuple[str, int | None], ...] = field(default=(), compare=False)  # of its keys
    tagger: str = ""  # the file or module that it is for; empty: any
    forward: Call | None = None  # None: the tagger is called as xcheck calls its own
    backward: Call | None = None
    globals: tuple[tuple[str, str], ...] = ()  # a word or a parameter, and its name in the file
    columns: bool = False  # weights are (to, from), biases and states (n, 1)
    vectors: bool = False  # biases and states have one axis
    only_functions: bool = False  # load the definitions alone
    module: str = ""  # of a Julia file: where the functions are, as "A.B"
    states: str = STATES[0]

    def problem(self, problem: str, remedy: str, key: str = "") -> InputError:
        """What is wrong with the table, and on which line."""
        line = dict(self.lines).get(key, self.line)
        return InputError(problem, remedy, file=self.file, line=line)

    @property
    def gives(self) -> tuple[str, ...]:
        """Which of RESULTS the forward pass gives: returned, or filled in place."""
        if self.forward is None:
            return RESULTS
        return tuple(r for r in RESULTS if r in (*self.forward.gives, *self.forward.words))

    def name_of(self, word: str) -> str:
        """The global that a parameter, or another word, is in the file."""
        return dict(self.globals).get(word, word)

    def set_for(self, call: Call, parameters: Iterable[str]) -> Iterator[tuple[str, str]]:
        """What is set as a global while a function is called, and the name of the global.

        That is every parameter that is not handed over, and what the table names besides.
        """
        if not {"weights", "params"} & set(call.words):
            for name in parameters:
                if name not in call.words:
                    yield name, self.name_of(name)
        for word, name in self.globals:
            if word in WORDS:
                yield word, name


def described(adapter: Adapter | None) -> dict[str, Any] | None:
    """An adapter in plain text, with all that changes a number; None where there is none."""
    if adapter is None:
        return None
    return {
        "forward": adapter.forward and adapter.forward.text,
        "backward": adapter.backward and adapter.backward.text,
        "globals": dict(adapter.globals),
        "columns": adapter.columns,
        "vectors": adapter.vectors,
        "only_functions": adapter.only_functions,
        "module": adapter.module,
        "states": adapter.states,
    }
