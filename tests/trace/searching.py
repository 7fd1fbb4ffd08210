"""A search for rewrites of one statement, from code to code."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from pybridge.trace import Rewrite, Trial
from pybridge.trace.rewrites import rewrites
from pybridge.trace.rewrites.trials import numbers

RNG = np.random.default_rng(4)
MODULE = ModuleType("module")
MODULE.__dict__["np"] = np


def arrays(**shapes: tuple[int, ...]) -> dict[str, Any]:
    return {name: RNG.standard_normal(shape) for name, shape in shapes.items()}


def search(
    code: str,
    right: str,
    *scopes: Mapping[str, object],
    function: str = "",
    target: str = "x",
) -> list[Rewrite]:
    """Rewrites of `code` that come to what `right` comes to in each scope, for the target."""
    before = f"def f(a):\n{function}    {code}\n"
    tree = ast.parse(before)
    address = (0, len(tree.body[0].body))  # type: ignore[attr-defined]  # it is a function
    trials = []
    for scope in scopes:
        after = {"np": np, **copy.deepcopy(dict(scope))}
        exec(right, after)
        wanted = numbers(eval(target, after))
        assert wanted is not None
        trials.append(Trial(address, scope, target, wanted))
    return rewrites(MODULE, tree, address, trials)


def codes(found: Sequence[Rewrite]) -> list[str]:
    return [rewrite.code for rewrite in found]
