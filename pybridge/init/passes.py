"""Which functions of a file are its forward and its backward pass."""

from __future__ import annotations

from dataclasses import dataclass

from pybridge.init import Function, Outline, words


@dataclass(frozen=True)
class Passes:
    """The two functions, and the parameters that the second one gives gradients of."""

    forward: Function
    backward: Function
    names: tuple[str, ...]  # of the parameters, as the file has them


def passes(outline: Outline) -> Passes | None:
    """The forward and the backward pass; None where nothing looks like them."""
    candidates = [(f, _gradients(f, outline)) for f in outline.functions]
    backward, names = max(candidates, key=lambda c: (len(c[1]), _says(c[0])), default=(None, ()))
    if backward is None or not names:
        return None
    if any(words.is_cost(r) for r in backward.results):
        return Passes(backward, backward, names)
    forward = max(
        (f for f in outline.functions if f is not backward),
        key=lambda f: (_has_cost(f), words.says_forward(f.name), len(f.results), len(f.filled)),
        default=None,
    )
    if forward is None or not (_has_cost(forward) or words.says_forward(forward.name)):
        return None
    return Passes(forward, backward, names)


def _says(function: Function) -> bool:
    return words.says_backward(function.name)


def _has_cost(function: Function) -> bool:
    named = any(words.is_cost(r) for r in function.results)
    return named or ("" in function.results and "loss" in function.name.lower())


def _gradients(function: Function, outline: Outline) -> tuple[str, ...]:
    """The parameters whose gradients a function gives, as the file has them."""
    found = [words.derivative_of(r) for r in function.results if words.derivative_of(r)]
    if len(found) > 1:
        return tuple(own_name(name, function, outline) for name in found)
    if len(function.results) == 1 and words.says_backward(function.name):
        seen = function.reads | function.keys | function.fields
        arrays = [n for n in outline.shapes if n in seen or function.keys or function.fields]
        return tuple(n for n in arrays if n in _made_as_weights(outline))
    return ()


def own_name(name: str, function: Function, outline: Outline) -> str:
    """The parameter that a gradient belongs to, as it is spelt in the file."""
    known = [*outline.shapes, *function.reads, *function.arguments, *function.keywords]
    alike = [n for n in known if words.plain(n) == words.plain(name)]
    return name if name in alike or not alike else alike[0]


def _made_as_weights(outline: Outline) -> list[str]:
    """Arrays whose sizes have names, or are numbers: no sums of others, no lengths."""
    return [
        name
        for name, shape in outline.shapes.items()
        if shape and all(s.isidentifier() or s.isdigit() for s in shape) and shape != ("0", "0")
    ]


def reached(outline: Outline, found: Passes) -> list[Function]:
    """The functions that the two run, themselves among them."""
    seen: list[Function] = []
    waiting = [found.forward, found.backward]
    while waiting:
        function = waiting.pop(0)
        if function not in seen:
            seen.append(function)
            waiting += [f for f in outline.functions if f.name in function.reads]
    return seen
