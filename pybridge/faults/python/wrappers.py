"""Faults that need no place in the syntax tree: a wrapper around `forward` or `backward`."""

from __future__ import annotations

from pybridge.edit import Edit
from pybridge.faults import Fault, Language
from pybridge.faults.python.scope import Scope

FORWARD = "forward(weights, words, tags, h_prev)"
BACKWARD = "backward(weights, words, tags, h_prev, trace)"
# What the wrappers are written with: results that are changed without touching the tagger's own.
TOOLS = """
import copy as xcheck_copy
import numpy as xcheck_np

def xcheck_changed(trace, **fields):
    trace = xcheck_copy.copy(trace)
    for name, value in fields.items():
        object.__setattr__(trace, name, value)
    return trace

class XcheckGradients:
    def __init__(self, change, gradients):
        arrays = gradients.arrays.items()
        self.arrays = {name: change(name, xcheck_np.array(a)) for name, a in arrays}

def xcheck_one_entry(array):
    array.flat[xcheck_np.argmax(xcheck_np.abs(array))] *= 1 + 1e-6
    return array

xcheck_copies = {}
xcheck_total = [0.0]

def xcheck_stale(weights):
    key = tuple(a.shape for a in weights.arrays.values())
    return xcheck_copies.setdefault(key, xcheck_copy.deepcopy(weights))

def xcheck_add_up(cost):
    xcheck_total[0] = xcheck_total[0] + cost
    return xcheck_total[0]
"""
ROLLED = "xcheck_np.roll(tags, 1)"
WRAPPERS: dict[str, tuple[str, str]] = {
    "hPrev ignored in the forward pass": (
        FORWARD,
        "return xcheck_inner(weights, words, tags, 0 * h_prev)",
    ),
    "hPrev ignored in the backward pass": (
        BACKWARD,
        "return xcheck_inner(weights, words, tags, 0 * h_prev, trace)",
    ),
    "the target off by one in the cost": (
        FORWARD,
        f"return xcheck_inner(weights, words, {ROLLED}, h_prev)",
    ),
    "the target off by one in the backward pass": (
        BACKWARD,
        f"return xcheck_inner(weights, words, {ROLLED}, h_prev, trace)",
    ),
    "the cost averaged": (
        FORWARD,
        "trace = {inner}; return xcheck_changed(trace, cost=trace.cost / len(words))",
    ),
    "a gradient clipped at 5": (
        BACKWARD,
        "return XcheckGradients(lambda name, a: xcheck_np.clip(a, -5, 5), {inner})",
    ),
    "a regulariser in the cost alone": (
        FORWARD,
        "trace = {inner}; squares = sum(xcheck_np.sum(a * a) for a in weights.arrays.values()); "
        "return xcheck_changed(trace, cost=trace.cost + 0.005 * squares)",
    ),
    "an aliased h: every h[t] is the last": (
        FORWARD,
        "trace = {inner}; return xcheck_changed(trace, h=trace.h * 0 + trace.h[-1])",
    ),
    "a stale copy of the weights": (
        FORWARD,
        "return xcheck_inner(xcheck_stale(weights), words, tags, h_prev)",
    ),
    "a cost that adds up from call to call": (
        FORWARD,
        "trace = {inner}; return xcheck_changed(trace, cost=xcheck_add_up(trace.cost))",
    ),
}
ONE_ENTRY = (
    "return XcheckGradients("
    "lambda name, a: xcheck_one_entry(a) if name == {name!r} else a, {{inner}})"
)


def wrappers(scope: Scope) -> list[Fault]:
    """The faults that fit every tagger."""
    every = WRAPPERS | {
        f"one entry of d{name} off by a part in 10^6": (BACKWARD, ONE_ENTRY.format(name=name))
        for name in scope.parameters
    }
    return [_wrapper(scope, name, *wrapped) for name, wrapped in every.items()]


def _wrapper(scope: Scope, name: str, signature: str, body: str) -> Fault:
    function = signature.split("(")[0]
    inner = "xcheck_inner" + signature.removeprefix(function)
    code = body.replace("{inner}", inner)
    appended = f"{TOOLS}\nxcheck_inner = {function}\ndef {signature}:\n    {code}\n"
    line = scope.functions[function][0].lineno
    return Fault(Language.PYTHON, name, scope.file, line, signature, "", Edit((), appended))
