"""One statement after the other run over the same variables, to see which comes to what is wanted.

Nothing that a statement does outlives its run: what it may change in place is copied for it.
"""

from __future__ import annotations

import ast
import copy
import itertools
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from pybridge.syntax import Address, names, node_at
from pybridge.trace import Trial
from pybridge.weights import Array

SINGLE, DOUBLE = 1e-4, 1e-9  # relative distance of what agrees, by the precision of what is wanted
RESULT = "result"  # the value of a RETURN, a range or a condition, in the target of its trial
STEPS = 1 << 20  # of a range that are looked at
CALLED = re.compile(r"(\w+)\(")
HARMLESS = frozenset(
    re.findall(
        r"\w+",
        """
        sum mean max min prod copy astype reshape dot ravel transpose conj round clip any all
        argmax argmin cumsum squeeze item tolist items keys values get tanh exp log sqrt abs outer
        multiply matmul zeros_like ones_like zeros ones concatenate array arange eye len range
        reversed maximum minimum float int list
        """,
    )
)
UNCOPIED = (int, float, complex, str, bytes, type(None), np.generic, ModuleType, FunctionType, type)


@dataclass(frozen=True)
class Runnable:
    """A statement or the expression of a header, compiled."""

    code: CodeType
    is_value: bool  # it has a value, but no effect on variables
    changes: frozenset[str]  # variables that it may change in place

    @classmethod
    def of(cls, root: ast.AST, text: str, scope: Mapping[str, object]) -> Runnable:
        """`text` is the code of `root`. SyntaxError, ValueError where it is none."""
        value = root.value if isinstance(root, ast.Return) else root
        if isinstance(value, ast.expr):
            source = text.removeprefix("return").lstrip()
            return cls(compile(source, "<rewrite>", "eval"), True, _changes(root, text, scope))
        return cls(compile(text, "<rewrite>", "exec"), False, _changes(root, text, scope))

    def run(self, scope: dict[str, Any]) -> None:
        """Run it; a value gets the name RESULT. Whatever it throws comes out."""
        if self.is_value:
            scope[RESULT] = eval(self.code, scope)
        else:
            exec(self.code, scope)


@dataclass(frozen=True)
class _Prepared:
    trial: Trial
    sister: Runnable | None  # what runs instead of the candidate
    target: CodeType | None  # None: the value itself
    base: str  # the variable that the target is, or is a part of
    wanted: Array | None
    tolerance: float
    makes: frozenset[str]  # all variables that its statement assigns


@dataclass(frozen=True)
class Bench:
    """The trials of one search."""

    scope: Mapping[str, object]  # the globals of the module
    trials: tuple[_Prepared, ...]

    @classmethod
    def of(
        cls, module: ModuleType, tree: ast.Module, address: Address, trials: Sequence[Trial]
    ) -> Bench:
        """Trials with another address than that of the search run their own statement."""
        sisters: dict[Address, Runnable] = {}
        for trial in trials:
            if trial.address != address and trial.address not in sisters:
                node = node_at(tree, trial.address)
                known = {**vars(module), **trial.scope}
                sisters[trial.address] = Runnable.of(node, ast.unparse(node), known)
        prepared = [
            _Prepared(
                trial,
                sisters.get(trial.address),
                compile(trial.target, "<target>", "eval") if trial.target else None,
                _base(trial.target),
                None if trial.wanted is None else _squeezed(np.asarray(trial.wanted)),
                _tolerance(trial.wanted),
                _assigned(node_at(tree, trial.address)),
            )
            for trial in trials
        ]
        return cls(vars(module), tuple(prepared))

    @property
    def tells(self) -> bool:
        """Whether any trial says what is wanted."""
        return any(trial.wanted is not None for trial in self.trials)

    @property
    def screens(self) -> bool:
        """Whether any trial says what shape is wanted."""
        return any(one.trial.shape is not None for one in self.trials)

    def distance(self, candidate: Runnable) -> float | None:
        """The largest distance over the trials; None at the first that it fails or throws in."""
        made: dict[str, object] = {}
        worst = 0.0
        for one in self.trials:
            runnable = one.sister or candidate
            scope = self.scope_of(one.trial, runnable.changes, made)
            try:
                runnable.run(scope)
                outcome = eval(one.target, scope) if one.target else scope[RESULT]
                if one.wanted is not None:
                    apart = distance(numbers(outcome), one.wanted)
                    if not apart <= one.tolerance:  # and NaN is not
                        return None
                    worst = max(worst, apart)
                elif one.trial.shape is not None:
                    found = numbers(outcome)
                    if found is None or found.shape != one.trial.shape:
                        return None
            except Exception:  # a rewrite may throw whatever it likes
                return None
            for name in {*one.makes, one.base} & scope.keys():
                made[name] = scope[name]
        return worst

    def scope_of(
        self, trial: Trial, changes: frozenset[str], made: Mapping[str, object]
    ) -> dict[str, Any]:
        """The variables of one run, those that may be changed in place being copies.

        `made` is what the runs before have made.
        """
        found: dict[str, Any] = {**self.scope, **trial.scope}
        for name in trial.carried:
            if name in made:
                found[name] = made[name]
        for name, (whole, step) in trial.rows.items():
            if whole in trial.carried and whole in made and name not in trial.carried:
                with suppress(IndexError, KeyError, TypeError):  # it is something else now
                    found[name] = found[whole][step]
        for name in changes:
            if name in found:
                found[name] = copied(found[name])
        return found


@contextmanager
def silence() -> Iterator[None]:
    """Without warnings: rewrites overflow, and mix up what they like."""
    # numpy's ufunc.at throws a second time, where nothing can catch it, after an index too large.
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = hook


def numbers(value: object) -> Array | None:
    """An array of all numbers in a value; None where there are none, or something else."""
    if isinstance(value, np.ndarray):
        return value if value.dtype.kind in "biufc" else None
    if isinstance(value, bool | int | float | complex | np.generic):
        return numbers(np.asarray(value))
    if isinstance(value, str | bytes | type) or value is None:
        return None
    parts = _parts(value)
    arrays = [numbers(part) for part in parts] if parts is not None else [None]
    found = [array for array in arrays if array is not None]
    if len(found) < len(arrays):
        return None
    if len({array.shape for array in found}) == 1:
        return np.array(found)
    return np.concatenate([array.ravel() for array in found]) if found else np.array([])


def _parts(value: object) -> Sequence[object] | None:
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    if hasattr(value, "arrays"):
        return _parts(value.arrays)
    if is_dataclass(value):
        return [getattr(value, field.name) for field in fields(value)]
    if hasattr(value, "__iter__"):
        return list(itertools.islice(iter(value), STEPS))
    return None


def distance(found: Array | None, wanted: Array) -> float:
    """Largest |a - b| over the largest |a| or |b|; NaN where they cannot be compared.

    `wanted` has no axes of length 1. NaN and Inf in either give NaN.
    """
    if found is None:
        return np.nan
    found = _squeezed(found)
    if found.shape != wanted.shape:
        return np.nan
    if not found.size:
        return 0.0
    if found.dtype.kind == "b" or wanted.dtype.kind == "b":  # which numpy does not subtract
        found, wanted = found + 0, wanted + 0
    gap = float(np.abs(found - wanted).max())
    scale = max(float(np.abs(found).max()), float(np.abs(wanted).max()))
    return gap / scale if scale else gap


def _squeezed(array: Array) -> Array:
    return array.reshape([n for n in array.shape if n != 1]) if 1 in array.shape else array


def _tolerance(wanted: Array | None) -> float:
    single = wanted is not None and wanted.dtype in (np.float16, np.float32, np.complex64)
    return SINGLE if single else DOUBLE


def _assigned(node: ast.AST) -> frozenset[str]:
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return frozenset(n.id for n in stored if isinstance(n.ctx, ast.Store))


def _base(target: str) -> str:
    """The variable of a target: h, of h[t] or h.T."""
    found = re.match(r"\w+", target)
    return found[0] if found else ""


def _changes(root: ast.AST, text: str, scope: Mapping[str, object]) -> frozenset[str]:
    """Names of what an in-place operation, or a call that may do one, can reach."""
    found: set[str] = set()
    written: list[ast.expr] = []
    match root:
        case ast.AugAssign(target=target):
            found |= names(target)
        case ast.Assign(targets=targets):
            written = targets
        case ast.Expr():
            return frozenset(names(root))
    for one in written:
        for part in ast.walk(one) if not isinstance(one, ast.Name) else ():
            if isinstance(part, ast.Subscript | ast.Attribute):
                found |= names(part)
    # Most calls are of numpy, or harmless methods: the text says so faster than the tree.
    if set(CALLED.findall(text)) <= HARMLESS and "out=" not in text:
        return frozenset(found)
    for node in ast.walk(root):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(value=ast.Name(id=name)) if _is_module(scope.get(name)):
                    if any(keyword.arg == "out" for keyword in node.keywords):
                        found |= names(node)
                case ast.Attribute(value=value, attr=attr) if attr not in HARMLESS:
                    found |= names(value)  # a method, such as pop
                case ast.Name(id=name) if isinstance(scope.get(name), FunctionType):
                    found |= names(node)  # of the user's, it may do anything
    return frozenset(found)


def _is_module(value: object) -> bool:
    return isinstance(value, ModuleType)


def copied(value: object) -> object:
    """A value that may be changed without changing this one."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return [copied(v) for v in value]
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return value if isinstance(value, UNCOPIED) or callable(value) else copy.deepcopy(value)
