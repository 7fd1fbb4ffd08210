"""A Python file of any form, called as a tagger is called: `forward` and `backward` of pybridge.

Parameters that are not handed over are set as globals of the file while a function runs, and are
what they were before afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from pybridge.adapters import GRADIENTS, IGNORED, SIZES, Adapter, AdapterError, Call
from pybridge.adapters.grammar import value_of
from pybridge.adapters.shapes import Orientation, over_time, sizes
from pybridge.weights import Array, Parameters, Weights


@dataclass(frozen=True)
class Question:
    """What a tagger is asked, as xcheck has it and, by `value`, as the file has it."""

    adapter: Adapter
    parameters: Parameters
    weights: Weights
    words: Array
    tags: Array
    h_prev: Array  # (1, hidden)

    @property
    def turned(self) -> Orientation:
        """Which axis is which in the file."""
        return Orientation.of(self.adapter)

    @property
    def kind(self) -> np.dtype[Any]:
        """The type of the numbers in the weights."""
        return np.result_type(*(a.dtype for a in self.weights.arrays.values()))

    @property
    def held(self) -> dict[str, Any]:
        """All parameters, as the file has them."""
        return {name: self.value(name) for name in self.parameters}

    def size(self, what: str) -> int:
        """How many "in", "hidden" or "out" there are."""
        return sizes(self.parameters, self.weights.arrays)[what]

    def value(self, word: str) -> Any:
        """What a function is handed under a name of the adapter."""
        if word in self.parameters:
            row = self.parameters[word][0] == "1"
            return self.turned.theirs(self.weights.arrays[word], row=row)
        if word in SIZES:
            return self.size(word)
        match word:
            case "x" | "y":
                return list(self._one_hot(self.turned, word))
            case "X" | "Y":
                rows = self._one_hot(Orientation(columns=False, vectors=True), word.lower())
                return rows.T if self.adapter.columns else rows
            case "h_prev":
                # Of the type of the weights: a file may allocate by it what comes of those.
                return self.turned.theirs(self.h_prev.astype(self.kind), row=True)
            case "weights":
                return Weights(**self.held)
            case "params":
                return {self.adapter.name_of(name): array for name, array in self.held.items()}
        return self.words if word == "words" else self.tags

    def to_be_filled(self, word: str) -> Any:
        """What forward is handed for h or p."""
        steps, size = len(self.words), self.size("hidden" if word == "h" else "out")
        if self.adapter.states == "matrix":
            shape = (size, steps) if self.adapter.columns else (steps, size)
            return np.zeros(shape, self.kind)
        return {} if self.adapter.states == "dict" else [None] * steps

    def _one_hot(self, turned: Orientation, word: str) -> Array:
        indices, size = (self.words, "in") if word == "x" else (self.tags, "out")
        return turned.one_hot(indices, self.size(size), self.h_prev.dtype)


@dataclass(frozen=True)
class Passed:
    """What a forward pass has left behind."""

    adapted: Adapted
    question: Question
    found: Mapping[str, Any]  # what forward returned and filled, as the file has it

    @property
    def cost(self) -> Any:
        """The summed cost, one number."""
        cost = self.found["cost"]
        shape = getattr(cost, "shape", ())
        if not all(n == 1 for n in shape):
            raise AdapterError(f"the cost is of shape {shape}, and not one number")
        return cost.reshape(()) if shape else cost

    @cached_property
    def h(self) -> Array:
        """Hidden states (T, hidden)."""
        return self._over_time("h", "hidden", self.question.h_prev)

    @cached_property
    def p(self) -> Array:
        """Probabilities (T, out)."""
        return self._over_time("p", "out", None)

    def _over_time(self, name: str, size: str, first: Array | None) -> Array:
        question = self.question

        def longer() -> Any:
            words, tags = (np.append(a, a[-1]) for a in (question.words, question.tags))
            return self.adapted.found(replace(question, words=words, tags=tags))[name]

        return over_time(
            name,
            self.found[name],
            len(question.words),
            question.size(size),
            columns=self.adapted.adapter.columns,
            first=first,
            longer=longer,
        )


@dataclass(frozen=True, eq=False)
class Adapted:
    """A module, and how its functions are called."""

    module: ModuleType
    adapter: Adapter
    parameters: Parameters

    @property
    def __file__(self) -> str:
        """The file that its code is in, as modules have it."""
        return str(self.module.__file__)

    def forward(self, weights: Weights, words: Array, tags: Array, h_prev: Array) -> Passed:
        """Run the forward pass."""
        question = self.question(weights, words, tags, h_prev)
        try:
            return Passed(self, question, self.found(question))
        except (ValueError, IndexError) as e:
            if len(e.args) == 1 and self._runs_otherwise(question):
                e.args = (f"{e.args[0]}; {self._is_it}",)
            raise

    def backward(
        self, weights: Weights, words: Array, tags: Array, h_prev: Array, passed: Passed
    ) -> Weights:
        """Run the backward pass."""
        question = self.question(weights, words, tags, h_prev)
        found = self._called(_known(self.adapter.backward), question, passed.found)
        if GRADIENTS in found:
            found = {**_by_name(found[GRADIENTS], self.adapter, self.parameters), **found}
        turned = Orientation.of(self.adapter)
        gradients = {
            name: turned.ours(found[f"d{name}"], row=rows == "1")
            for name, (rows, _) in self.parameters.items()
        }
        shapes = {name: array.shape for name, array in gradients.items()}
        if _all_turned(shapes, {name: a.shape for name, a in weights.arrays.items()}):
            name = next(iter(shapes))
            raise AdapterError(f"d{name} is of shape {found[f'd{name}'].shape}; {self._is_it}")
        return Weights(**gradients)

    def question(self, weights: Weights, words: Array, tags: Array, h_prev: Array) -> Question:
        """What is asked, as the file has it."""
        return Question(self.adapter, self.parameters, weights, words, tags, h_prev)

    def found(self, question: Question) -> dict[str, Any]:
        """What the forward pass returned and filled."""
        call = _known(self.adapter.forward)
        filled = {w: question.to_be_filled(w) for w in call.words if w in ("h", "p")}
        return {**filled, **self._called(call, question, filled)}

    @contextmanager
    def holding(self, weights: Weights, words: Array, tags: Array, h_prev: Array) -> Iterator[None]:
        """With all that is set while a function runs."""
        question = self.question(weights, words, tags, h_prev)
        to_set = {word for word, _ in self.adapter.globals} | set(self.parameters)
        with _set(vars(self.module), {self.adapter.name_of(w): question.value(w) for w in to_set}):
            yield

    def _called(self, call: Call, question: Question, before: Mapping[str, Any]) -> dict[str, Any]:
        """The results of a call by their names; `before` is what forward has left behind."""
        function = getattr(self.module, call.function)
        positional: list[Any] = []
        by_keyword: dict[str, Any] = {}
        for argument in call.arguments:
            word = argument.word
            if not word:
                value = value_of(argument.literal)
            else:
                value = before[word] if word in before else question.value(word)
            if argument.keyword:
                by_keyword[argument.keyword] = value
            else:
                positional.append(value)
        wanted = self.adapter.set_for(call, self.parameters)
        to_set = {name: question.value(word) for word, name in wanted}
        with _set(getattr(function, "__globals__", vars(self.module)), to_set):
            returned = function(*positional, **by_keyword)
        return _named(call, returned)

    def _runs_otherwise(self, question: Question) -> bool:
        """Whether the forward pass runs with the other orientation."""
        turned = replace(self.adapter, columns=not self.adapter.columns)
        try:
            replace(self, adapter=turned).found(replace(question, adapter=turned))
        except Exception:  # then it is something else
            return False
        return True

    @property
    def _is_it(self) -> str:
        return f"is it columns = {str(not self.adapter.columns).lower()} in {self.adapter.file}?"


@contextmanager
def _set(scope: dict[str, Any], values: Mapping[str, Any]) -> Iterator[None]:
    """With some globals set."""
    before = {name: scope[name] for name in values if name in scope}
    scope.update(values)
    try:
        yield
    finally:
        for name in values:
            if name in before:
                scope[name] = before[name]
            else:
                scope.pop(name, None)


def _named(call: Call, returned: Any) -> dict[str, Any]:
    """What was returned, by the names of the adapter."""
    if len(call.results) == 1 and not call.rest:
        return {call.results[0]: returned}
    wanted = ", ".join(call.results)
    if not isinstance(returned, tuple | list):
        what = type(returned).__name__
        raise AdapterError(f"{call.function} returned one {what}, and the adapter names {wanted}")
    many = len(returned)
    if many < len(call.results) or (many > len(call.results) and not call.rest):
        problem = f"{call.function} returned {many} values, and the adapter names {wanted}"
        raise AdapterError(problem)
    pairs = zip(call.results, returned, strict=False)
    return {name: value for name, value in pairs if name != IGNORED}


def _by_name(found: Any, adapter: Adapter, parameters: Parameters) -> dict[str, Any]:
    """Gradients from a dictionary or an object, under the name of the parameter or d before it."""
    held = found if isinstance(found, Mapping) else getattr(found, "arrays", None)
    if held is None:
        held = found._asdict() if hasattr(found, "_asdict") else vars(found)
    gradients = {}
    for name in parameters:
        own = adapter.name_of(name)
        key = next((s for s in (f"d{name}", name, f"d{own}", own) if s in held), None)
        if key is None:
            raise AdapterError(f"the gradients hold no d{name}, but {', '.join(map(str, held))}")
        gradients[f"d{name}"] = held[key]
    return gradients


def _all_turned(
    found: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]
) -> bool:
    """Whether all matrices are there with their axes exchanged."""
    pairs = [(found[name], shape) for name, shape in wanted.items() if 1 not in shape]
    telling = [(a, b) for a, b in pairs if b != b[::-1]]
    return bool(telling) and all(a == b[::-1] for a, b in telling)


def _known(call: Call | None) -> Call:
    assert call is not None, "an adapter without calls needs no Adapted"
    return call
