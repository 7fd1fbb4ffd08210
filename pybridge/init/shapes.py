"""Which parameter goes from where to where, and which way round a file has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pybridge.init import Function, Outline, words
from pybridge.weights import Parameters

UNKNOWN = "?"


@dataclass(frozen=True)
class Layout:
    """What is known of the arrays of a file."""

    columns: bool | None  # None: cannot be told
    vectors: bool | None
    roles: Mapping[str, tuple[str, str]]  # (from, to) of each parameter; "?" where it is not known
    why: str = ""  # for columns


def layout(outline: Outline, functions: Sequence[Function], names: Sequence[str]) -> Layout:
    """The layout of these parameters, from how they are made and what is done to them."""
    shapes = {name: shape for name in names if (shape := _shape(outline, name))}
    symbols = _symbols(shapes, functions)
    turned = _from_shapes(shapes, symbols)
    why = "as they are made" if turned is not None else ""
    if turned is None:
        turned = _from_products(functions, names)
        why = "by the products that they are in" if turned is not None else ""
    biases = [shape for shape in shapes.values() if len(shape) == 1 or "1" in shape]
    vectors = all(len(shape) == 1 for shape in biases) if biases else None
    if vectors is None and outline.language == "Python" and _transposes(functions, names):
        vectors = False  # what has one axis has no transpose to multiply with
    roles = {}
    for name in names:
        shape = tuple(symbols.get(s, UNKNOWN) for s in shapes.get(name, ()))
        if len(shape) == 1:
            roles[name] = ("1", shape[0])
        elif len(shape) == 2:
            first, second = shape
            roles[name] = (second, first) if turned else (first, second)
        else:
            roles[name] = (UNKNOWN, UNKNOWN)
    return Layout(turned, vectors, roles, why)


def matched(
    roles: Mapping[str, tuple[str, str]], names: Sequence[str], parameters: Parameters
) -> dict[str, str] | None:
    """What each of the parameters is called in the file: by its name, or else by its shape.

    None where they are those of another cell.
    """
    if len(names) != len(parameters):
        return None
    by_name = {words.plain(name): name for name in names}
    if all(words.plain(p) in by_name for p in parameters):
        return {p: by_name[words.plain(p)] for p in parameters}
    by_shape = {roles[name]: name for name in names}
    distinct = len(by_shape) == len(names) == len(set(parameters.values()))
    if distinct and all(shape in by_shape for shape in parameters.values()):
        return {p: by_shape[shape] for p, shape in parameters.items()}
    return None


def _symbols(
    shapes: Mapping[str, tuple[str, ...]], functions: Iterable[Function]
) -> dict[str, str]:
    """What each size is: "in", "hidden", "out" or "1", by its name or by where it stands."""
    found = {"1": "1"}
    counts = Counter(s for shape in shapes.values() for s in set(shape) if s != "1")
    for symbol in counts:
        if what := words.size(symbol):
            found[symbol] = what
    if "hidden" not in found.values() and counts:
        square = [s[0] for s in shapes.values() if len(s) == 2 and s[0] == s[1] != "1"]
        found[square[0] if square else counts.most_common(1)[0][0]] = "hidden"
    given = _of_inputs(functions)
    for name, shape in shapes.items():
        for symbol in shape:
            if symbol not in found:
                found[symbol] = "in" if name in given else "out"
    return found


def _of_inputs(functions: Iterable[Function]) -> set[str]:
    """The parameters that words are looked up in, or that the input is multiplied with."""
    found: set[str] = set()
    for function in functions:
        found |= {name for name, _ in function.lookups}
        for left, right in function.products:
            for one, other in ((left, right), (right, left)):
                if words.is_inputs(other.removesuffix(".T")):
                    found.add(one.removesuffix(".T"))
    return found


def _shape(outline: Outline, name: str) -> tuple[str, ...]:
    """The shape in which a parameter, or else its gradient, is made; empty where it is not said."""
    for one in (name, f"d{name}"):
        shape = outline.shapes.get(one, ())
        if shape and all(s.isidentifier() or s.isdigit() for s in shape):
            return shape
    return ()


def _transposes(functions: Iterable[Function], names: Sequence[str]) -> bool:
    """Whether a state is transposed."""
    factors = {f for function in functions for pair in function.products for f in pair}
    turned = {f.removesuffix(".T") for f in factors if f.endswith(".T")}
    return any(words.is_states(name) for name in turned - set(names))


def _from_shapes(shapes: Mapping[str, tuple[str, ...]], symbols: Mapping[str, str]) -> bool | None:
    """Whether weights are (to, from), from how they are made."""
    votes: Counter[bool] = Counter()
    for shape in shapes.values():
        if len(shape) == 2:
            match tuple(symbols[s] for s in shape):
                case ("in", "hidden") | ("hidden", "out") | ("1", _):
                    votes[False] += 1
                case ("hidden", "in") | ("out", "hidden") | (_, "1"):
                    votes[True] += 1
    return _winner(votes)


def _from_products(functions: Iterable[Function], names: Sequence[str]) -> bool | None:
    """The same, from the products of a forward pass: W * x, or x * W."""
    votes: Counter[bool] = Counter()
    for function in functions:
        for left, right in function.products:
            if left in names and right not in names:
                votes[True] += 1
            elif right in names and left not in names:
                votes[False] += 1
        for name, axis in function.lookups:
            if name in names:
                votes[axis == 1] += 1
    return _winner(votes)


def _winner(votes: Counter[bool]) -> bool | None:
    if votes[True] == votes[False]:
        return None
    return votes[True] > votes[False]
