"""Faults planted in taggers of several styles, and trials made from a run of the right code."""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from pybridge.case import Case, own_copy
from pybridge.edit import Edit
from pybridge.faults import Fault, ladder, python
from pybridge.python_file import load, source_of
from pybridge.syntax import Address, base, node_at, text
from pybridge.trace import Rewrite, Trial
from pybridge.trace.rewrites import rewrites
from pybridge.trace.rewrites.trials import Bench, Runnable, numbers, silence

TRIED = 12  # rewrites that a run is made with, as in trace/walk.py

# After Karpathy's min-char-rnn.py: column vectors, in dictionaries by time step.
COLUMNS = """
import numpy as np
from pybridge.weights import Weights
from pybridge.tagger import Trace

def forward(weights, words, tags, h_prev):
    Wxh, Whh, Why = weights.Wxh.T, weights.Whh.T, weights.Why.T
    bh, by = weights.Bh.T, weights.By.T
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(h_prev.T)
    loss = 0
    for t in range(len(words)):
        xs[t] = np.zeros((Wxh.shape[1], 1))
        xs[t][words[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][tags[t], 0])
    h = np.array([hs[t][:, 0] for t in range(len(words))])
    p = np.array([ps[t][:, 0] for t in range(len(words))])
    return Trace(cost=loss, h=h, p=p)

def backward(weights, words, tags, h_prev, trace):
    Wxh, Whh, Why = weights.Wxh.T, weights.Whh.T, weights.Why.T
    xs = {t: np.eye(Wxh.shape[1])[:, [words[t]]] for t in range(len(words))}
    hs = {t: trace.h[t][:, None] for t in range(len(words))}
    hs[-1] = h_prev.T
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(weights.Bh.T), np.zeros_like(weights.By.T)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(words))):
        dy = np.copy(trace.p[t][:, None])
        dy[tags[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return Weights(Wxh=dWxh.T, Whh=dWhh.T, Bh=dbh.T, Why=dWhy.T, By=dby.T)
"""


# Vectorised over the sentence, all but the recurrence.
VECTORS = """
import numpy as np
from pybridge.weights import Weights
from pybridge.tagger import Trace

def forward(weights, words, tags, h_prev):
    Wxh, Whh, Bh, Why, By = weights.arrays.values()
    time = np.arange(len(words))

    h = Wxh[words] + Bh
    before = h_prev[0]
    for t in time:
        before = h[t] = np.tanh(h[t] + before @ Whh)

    score = h @ Why + By
    score = score - score.real.max(axis=1, keepdims=True)
    exp_score = np.exp(score)
    sum_exp = exp_score.sum(axis=1, keepdims=True)
    p = exp_score / sum_exp
    cost = np.sum(np.log(sum_exp[:, 0]) - score[time, tags])
    return Trace(cost=cost, h=h, p=p)

def backward(weights, words, tags, h_prev, trace):
    Whh, Why = weights.Whh, weights.Why
    h, p = trace.h, trace.p
    time = np.arange(len(words))

    dy = p.copy()
    dy[time, tags] -= 1
    dWhy = h.T @ dy
    dBy = dy.sum(axis=0, keepdims=True)

    dh = dy @ Why.T
    dtanh = 1 - h * h
    dhRaw = np.empty_like(h)
    dhnext = np.zeros_like(h[0])
    for t in reversed(time):
        dhRaw[t] = dtanh[t] * (dh[t] + dhnext)
        dhnext = dhRaw[t] @ Whh.T

    dWxh = np.zeros_like(weights.Wxh)
    np.add.at(dWxh, words, dhRaw)
    dBh = dhRaw.sum(axis=0, keepdims=True)
    h_before = np.concatenate([h_prev, h[:-1]])
    dWhh = h_before.T @ dhRaw
    return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)
"""


@dataclass
class Recorder:
    """Notes what the statements of a module start from and come to."""

    file: str
    lines: Mapping[int, tuple[Address, ast.stmt]]  # by the line that a statement begins with
    trials: dict[Address, list[Trial]] = field(default_factory=dict)
    running: dict[FrameType, tuple[Address, ast.stmt, dict[str, Any]]] = field(default_factory=dict)

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != self.file:
            return None
        if event in ("line", "return") and frame.f_code.co_name[0] != "<":
            self._finish(frame)
        if event == "line" and frame.f_lineno in self.lines:
            self.running[frame] = (*self.lines[frame.f_lineno], copy.deepcopy(_locals(frame)))
        return self

    def _finish(self, frame: FrameType) -> None:
        address, statement, scope = self.running.pop(frame, ((), ast.Pass(), {}))
        for target in targets(statement):
            value = numbers(eval(target, frame.f_globals, _locals(frame)))
            if value is not None:
                trial = Trial(address, scope, target, np.array(value))
                self.trials.setdefault(address, []).append(trial)


def _locals(frame: FrameType) -> dict[str, Any]:
    return dict(frame.f_locals)


def targets(statement: ast.stmt) -> list[str]:
    """What a statement writes, as it is read: a variable, or its entry at one step."""
    match statement:
        case ast.Assign(targets=several):
            parts = [p for t in several for p in (t.elts if isinstance(t, ast.Tuple) else [t])]
        case ast.AugAssign(target=target):
            parts = [target]
        case ast.Expr(value=ast.Call(args=[array, *_])):
            parts = [array]
        case _:
            return []
    return [text(p) if _is_plain(p) else base(p) for p in parts]


def _is_plain(target: ast.expr) -> bool:
    match target:
        case ast.Name() | ast.Subscript(value=ast.Name(), slice=ast.Name() | ast.UnaryOp()):
            return True
    return not base(target)


def statements(tree: ast.Module) -> dict[int, tuple[Address, ast.stmt]]:
    """The simple statements in functions, by line."""
    found: dict[int, tuple[Address, ast.stmt]] = {}

    def visit(node: ast.AST, address: Address) -> None:
        for i, child in enumerate(ast.iter_child_nodes(node)):
            if isinstance(child, ast.stmt):
                if targets(child) and len(address):
                    found[child.lineno] = ((*address, i), child)
                visit(child, (*address, i))

    visit(tree, ())
    return found


def recorded(module: ModuleType, tree: ast.Module, cases: Sequence[Case]) -> Recorder:
    """The trials of all statements, from a run of the right code over some cases."""
    recorder = Recorder(str(module.__file__), statements(tree))
    for case in cases:
        sys.settrace(recorder)
        try:
            results(module, case)
        finally:
            sys.settrace(None)
    return recorder


def results(module: ModuleType, case: Case) -> dict[str, Any]:
    """All that a tagger returns."""
    own = own_copy(case)
    trace = module.forward(own.weights, own.words, own.tags, own.h_prev)
    gradients = module.backward(own.weights, own.words, own.tags, own.h_prev, trace)
    return {"cost": trace.cost, "h": trace.h, "p": trace.p, **gradients.arrays}


def agree(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return set(a) == set(b) and all(
        np.shape(a[n]) == np.shape(b[n]) and np.allclose(a[n], b[n]) for n in a
    )


@dataclass(frozen=True)
class Style:
    """A right tagger, with the trials of its statements."""

    source: str
    module: ModuleType
    text: str
    tree: ast.Module
    trials: Mapping[Address, Sequence[Trial]]
    lines: Mapping[int, tuple[Address, ast.stmt]]

    @classmethod
    def of(cls, source: str) -> Style:
        """`source` is a path or the name of a module."""
        module, (code, _) = load(source), source_of(source)
        tree = ast.parse(code)
        recorder = recorded(module, tree, ladder.random_cases()[:2])
        return cls(source, module, code, tree, recorder.trials, recorder.lines)

    def faults(self) -> list[Fault]:
        """Those of one statement that has trials."""
        found, _ = python.faults(self.module, "mine.py", ladder.shapes_case())
        return [f for f in found if self.statement_of(f.edit)]

    def statement_of(self, edit: Edit) -> Address:
        """Address of the statement that an edit changes; empty where it is none with trials."""
        if len(edit.replacements) != 1:
            return ()
        where = edit.replacements[0].address
        return next((a for a in self.trials if where[: len(a)] == a), ())

    def shown(self, tree: ast.Module, address: Address) -> bool:
        """Whether any trial shows that a statement is wrong."""
        node = node_at(tree, address)
        if not isinstance(node, ast.stmt) or not targets(node):
            return False
        with silence():
            bench = Bench.of(self.module, tree, address, self.trials[address])
            return bench.distance(Runnable.of(node, ast.unparse(node), bench.scope)) is None

    def mended(self, tree: ast.Module, address: Address) -> Rewrite | None:
        """The first of the simplest rewrites that gives the right results on other cases again."""
        for rewrite in rewrites(self.module, tree, address, self.trials[address])[:TRIED]:
            if self.is_right(rewrite.edit):
                return rewrite
        return None

    def is_right(self, edit: Edit) -> bool:
        """Whether the file with an edit gives the right results on cases without trials."""
        try:
            other = load(self.source, edit)
            return all(
                agree(results(other, case), results(self.module, case))
                for case in ladder.random_cases()[2:4]
            )
        except Exception:
            return False
