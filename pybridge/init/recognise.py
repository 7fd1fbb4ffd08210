"""The forward and the backward pass of a file, what they are handed and what they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pybridge.adapters import GRADIENTS, SIZES
from pybridge.init import Function, Guess, Outline, words
from pybridge.init.passes import Passes, own_name, passes, reached
from pybridge.init.shapes import UNKNOWN, Layout, layout, matched
from pybridge.init.words import IGNORED
from pybridge.weights import Parameters

GAP = "?"  # stands in a call where something is to be filled in


def guess(outline: Outline, parameters: Parameters) -> Guess:
    """A table for a file. Its parameters are `parameters`, if it has those, or else its own."""
    table = outline.language.lower()
    if _is_of_ours(outline):
        own = {name: name for name in parameters}
        return Guess(table, tuple(_only_functions(outline)), parameters, own, ())
    found = passes(outline)
    if found is None:
        unknown = "no functions that look like a forward and a backward pass: name them"
        lines = (("forward", f'"cost, h, p = {GAP}"'), ("backward", f'"{GAP}"'))
        return Guess(
            table,
            tuple((f"{key} = {value}", "") for key, value in lines),
            parameters,
            {name: name for name in parameters},
            (unknown,),
        )
    run = reached(outline, found)
    laid = layout(outline, run, found.names)
    known = matched(laid.roles, found.names, parameters)
    spelt = known or {name: name for name in found.names}
    cell = parameters if known else laid.roles
    return _Table(outline, found, run, laid, spelt, cell).guess()


def _is_of_ours(outline: Outline) -> bool:
    """Whether a Python file has the two functions as xcheck calls them."""
    known = {f.name: f.arguments for f in outline.functions if outline.language == "Python"}
    first = ("weights", "words", "tags", "h_prev")
    return known.get("forward") == first and known.get("backward") == (*first, "trace")


def _only_functions(outline: Outline) -> Iterator[tuple[str, str]]:
    """The line that leaves out what is no definition, if there is any."""
    if outline.left_out:
        at, text = outline.left_out[0]
        yield "only_functions = true", f"line {at} is no definition: {text}"


@dataclass(frozen=True)
class _Table:
    """Makes the lines of a table."""

    outline: Outline
    found: Passes
    reached: Sequence[Function]
    laid: Layout
    spelt: Mapping[str, str]  # parameters, and what the file calls them
    cell: Mapping[str, tuple[str, str]]

    def guess(self) -> Guess:
        """The table."""
        forward, backward = self._forward(), self._backward()
        lines: list[tuple[str, str]] = []
        unknown: list[str] = []
        if not self._is_own(forward, backward):
            lines.append((f'forward = "{forward}"', self._place(self.found.forward)))
            lines.append((f'backward = "{backward}"', self._place(self.found.backward)))
            lines += self._layout(unknown)
        if self.found.forward.module:
            lines.append((f'module = "{self.found.forward.module}"', ""))
        lines += _only_functions(self.outline)
        for key, call in (("forward", forward), ("backward", backward)):
            if GAP in call:
                unknown.append(f"{key}: what stands where {GAP} is, in {call}")
        unknown += [
            f"[parameters] {name}: what it goes from and to"
            for name, shape in self.cell.items()
            if UNKNOWN in shape
        ]
        return Guess(
            self.outline.language.lower(), tuple(lines), self.cell, self.spelt, tuple(unknown)
        )

    def _is_own(self, forward: str, backward: str) -> bool:
        """Whether xcheck calls a Julia file like this anyway."""
        other = self._globals() or self.laid.columns or self.found.forward.module
        if other or self.laid.vectors or self.outline.language == "Python":
            return False
        gradients = ", ".join(f"d{name}" for name in self.cell)
        return (forward, backward) == (
            "cost = forwardRNN(x, y, h, p, h_prev)",
            f"{gradients} = backwardRNN(x, y, h, p, h_prev)",
        )

    def _place(self, function: Function) -> str:
        return f"{function.name}, line {function.line}"

    def _layout(self, unknown: list[str]) -> Iterator[tuple[str, str]]:
        pairs = self._globals()
        if pairs:
            named = ", ".join(f'{word} = "{name}"' for word, name in pairs.items())
            yield f"globals = {{ {named} }}", "what the file calls them"
        if self.laid.columns is None:
            unknown.append("columns: are weights (to, from), W * x? or (from, to), x * W?")
            yield "columns = false", "? whether weights are (to, from)"
        elif self.laid.columns:
            yield "columns = true", f"weights are (to, from), {self.laid.why}"
        if self.laid.vectors is None:
            unknown.append("vectors: have biases and states one axis, or two?")
            yield "vectors = false", "? whether biases and states have one axis"
        elif self.laid.vectors:
            yield "vectors = true", "biases have one axis"
        states = self._states()
        if states != "list":
            yield f'states = "{states}"', "what forward is handed to fill"

    def _globals(self) -> dict[str, str]:
        """Parameters that are spelt otherwise, and sizes that the functions read."""
        found = {p: own for p, own in self.spelt.items() if p != own}
        reads = frozenset().union(*(f.reads for f in self.reached))
        for name in sorted(reads - self.outline.made - set(self.outline.shapes)):
            what = words.size(name)
            if what and len(name) > 2 and what not in found:
                found[what] = name
        return found

    def _states(self) -> str:
        forward = self.found.forward
        filled = {n for n in forward.filled if words.is_states(n)}
        if any("Dict" in t or "dict" in t for n, t in forward.types.items() if n in filled):
            return "dict"
        if filled & forward.two_places:
            return "matrix"
        return "dict" if filled & forward.zeroth else "list"

    # --- Calls ------------------------------------------------------------------------------------

    def _forward(self) -> str:
        function = self.found.forward
        results: list[str] = []
        for name in function.results:
            results.append(self._result(name, results))
        if "cost" not in results and "" in function.results:
            results[function.results.index("")] = "cost"  # an expression: -np.sum(...)
        if "cost" not in results:
            results.insert(0, GAP)
        carried = self._carried()
        for i, name in enumerate(function.results):
            if results[i] == IGNORED and carried and (name in carried or not name):
                results[i] = name or carried.pop(0)
        if self.found.forward is self.found.backward:
            results = [r if r in ("cost", "h", "p") else IGNORED for r in results]
        return f"{', '.join(results)} = {function.name}({self._arguments(function)})"

    def _result(self, name: str, before: Sequence[str]) -> str:
        if words.is_cost(name) and "cost" not in before:
            return "cost"
        if words.is_states(name) and "h" not in before:
            return "h"
        return "p" if words.is_probabilities(name) and "p" not in before else IGNORED

    def _backward(self) -> str:
        function = self.found.backward
        own = {name: parameter for parameter, name in self.spelt.items()}
        results = []
        for name in function.results:
            base = words.derivative_of(name)
            parameter = own.get(own_name(base, function, self.outline)) if base else None
            results.append(f"d{parameter}" if parameter else IGNORED)
        if len(function.results) == 1:
            results = [GRADIENTS]
        return f"{', '.join(results)} = {function.name}({self._arguments(function)})"

    def _carried(self) -> list[str]:
        """Arguments of backward that are nothing known: forward has to give them."""
        if self.found.forward is self.found.backward:
            return []
        return [a for a in self.found.backward.arguments if not self._word(a, self.found.backward)]

    def _arguments(self, function: Function) -> str:
        given = [self._word(a, function) or self._left(a, function) for a in function.arguments]
        for name in function.keywords:
            given.append(f"{name}={self._word(name, function) or GAP}")
        for name in (*function.optional, *function.optional_keywords):
            word = self._word(name, function)
            if word == "h_prev":
                given.append(f"{name}={word}")
        return ", ".join(given)

    def _left(self, name: str, function: Function) -> str:
        """An argument that is nothing known: what forward gives, or a gap."""
        forward = self.found.forward
        gives = name in forward.results or "" in forward.results
        return name if function is not forward and gives else GAP

    def _word(self, name: str, function: Function) -> str:
        """What an argument is, in the words of an adapter; empty where that is not known."""
        for parameter, own in self.spelt.items():
            if words.plain(name) == words.plain(own):
                return parameter
        if words.is_before(name):
            return "h_prev"
        if name in function.keys:
            return "params"
        if name in function.fields and words.is_weights(name):
            return "weights"
        if words.is_states(name) and (
            name in function.filled or function is not self.found.forward
        ):
            return "h"
        if words.is_probabilities(name):
            return "p"
        if words.is_inputs(name):
            return self._data(name, function, "x", "words")
        if words.is_targets(name):
            return self._data(name, function, "y", "tags")
        size = words.size(name)
        return size if size in SIZES else ""

    def _data(self, name: str, function: Function, one_hot: str, indices: str) -> str:
        """Whether the data are one-hot vectors, a matrix of them, or indices."""
        every = [function, *(f for f in self.reached if f is not function)]
        for one in every:
            if name in one.indexing and name not in one.two_places:
                return indices
        if any(name in f.two_places for f in every) or name.isupper():
            return one_hot.upper()
        return one_hot
