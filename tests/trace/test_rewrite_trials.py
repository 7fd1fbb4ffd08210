"""Trials: what they let through, what they do not, and that they leave no trace."""

from __future__ import annotations

import ast
import math
from types import SimpleNamespace

import numpy as np

from pybridge.syntax import node_at
from pybridge.trace import Trial
from pybridge.trace.rewrites import RESULT, rewrites
from pybridge.trace.rewrites.trials import distance, numbers, silence
from pybridge.weights import Weights
from tests.trace.searching import MODULE, RNG, arrays, codes, search

# --- What a single trial cannot tell, another one does --------------------------------------------


def test_a_symmetric_matrix_lets_a_wrong_rewrite_through_and_another_one_does_not() -> None:
    plain, symmetric = arrays(d=(3,), W=(3, 3)), arrays(d=(3,), W=(3, 3))
    symmetric["W"] = symmetric["W"] + symmetric["W"].T
    wrong, right = "x = d @ W", "x = d @ W.T"
    one = codes(search("x = 2 * (d @ W)", right, symmetric))
    assert {wrong, right} <= set(one) | {wrong, right}
    assert wrong in one
    both = codes(search("x = 2 * (d @ W)", right, symmetric, plain))
    assert wrong not in both
    assert "x = d @ W.T" in both


def test_a_single_step_lets_a_wrong_index_through_and_another_one_does_not() -> None:
    first = {**arrays(h=(4, 3), g=(3,)), "t": 1}
    alike = {**first, "h": np.tile(RNG.standard_normal(3), (4, 1))}
    code, right = "x = -(g * h[t])", "x = g * h[t - 1]"
    loop = "    h[t] = g\n"  # where t is an index
    assert "x = g * h[t]" in codes(search(code, right, alike, function=loop))
    told = codes(search(code, right, alike, first, function=loop))
    assert "x = g * h[t]" not in told
    assert "x = g * h[t - 1]" in told


def test_one_word_lets_update_pass_for_assignment_and_two_do_not() -> None:
    once = {"d": np.zeros((4, 2)), "i": np.array([2, 0]), **arrays(v=(2, 2))}
    twice = {**once, "i": np.array([2, 2])}
    one = codes(search("d[i] = -v", "np.add.at(d, i, v)", once, target="d"))
    assert one[0] == "d[i] = v"
    both = codes(search("d[i] = v", "np.add.at(d, i, v)", once, twice, target="d"))
    assert both == ["np.add.at(d, i, v)"]


def test_nan_and_infinity_never_agree() -> None:
    scope = arrays(a=(3,), b=(3,))
    assert "x = a + b" in codes(search("x = a - b", "x = a + b", scope))
    for bad in (np.nan, np.inf):
        wanted = np.array([bad, 0.0, 1.0])
        trial = Trial((0, 1), scope, "x", wanted)
        assert rewrites(MODULE, ast.parse("def f(a):\n    x = a - b"), (0, 1), [trial]) == []
        with silence():
            assert math.isnan(distance(wanted, wanted))
        assert search("x = a - b", "x = a + b", {**scope, "a": wanted}) == []


def test_the_precision_of_what_is_wanted_decides() -> None:
    scope = arrays(a=(50,), b=(50,))
    single = {n: v.astype("float32") for n, v in scope.items()}
    cast = "x = (a * b).astype('float32')"
    assert "x = a * b" in codes(search(cast, "x = a * b", scope))
    assert cast not in codes(search("x = (a - b).astype('float32')", "x = a * b", scope))
    found = search("x = a - b", "x = a.astype(float) * b * 1.00001", single)
    assert found == []  # wanted in double precision
    again = search("x = a - b", "x = a * b * np.float32(1.00001)", single)
    assert "x = a * b" in codes(again)
    assert 1e-6 < again[0].distance < 1e-4


def test_shapes_agree_without_axes_of_length_one_and_not_otherwise() -> None:
    scope = arrays(a=(1, 3), b=(1, 3))
    assert "x = a + b" in codes(search("x = a - b", "x = (a + b)[0]", scope))
    assert "x = a + b" not in codes(search("x = a - b", "x = np.append(a + b, 0)", scope))
    assert distance(np.zeros((2, 1, 3)), np.zeros((2, 3))) == 0
    assert math.isnan(distance(np.zeros((3, 2)), np.zeros((2, 3))))
    assert math.isnan(distance(np.zeros(2), np.zeros(())))
    assert math.isnan(distance(None, np.zeros(2)))


# --- How trials are run ---------------------------------------------------------------------------

SUM = """
def f(h, d, T):
    s = 0
    for t in range(T):
        if t:
            s += h[t] * d
        else:
            s -= h[t]
    return s
"""


def test_a_sister_statement_runs_as_it_is_and_values_are_carried() -> None:
    tree = ast.parse(SUM.replace("s += h[t] * d", "s += h[t] + d"))
    plus, minus = (
        next(
            (0, 2, 2, k)
            for k, node in enumerate(ast.iter_child_nodes(node_at(tree, (0, 2, 2))))
            if isinstance(node, ast.AugAssign) and isinstance(node.op, op)
        )
        for op in (ast.Add, ast.Sub)
    )
    h, d = RNG.standard_normal((4, 3)), RNG.standard_normal(3)
    wanted = -h[0] + h[1] * d + h[2] * d + h[3] * d
    trials = [
        Trial(
            plus if t else minus,
            {"h": h, "d": d, "T": 4, "t": t, "s": 0 if not t else np.full(3, np.nan)},
            "s",
            wanted if t == 3 else None,
            ("s",),
        )
        for t in range(4)
    ]
    assert codes(rewrites(MODULE, tree, plus, trials))[0] == "s += h[t] * d"
    # without what is carried, the last step alone is nothing but NaN
    alone = [Trial(t.address, t.scope, t.target, t.wanted) for t in trials]
    assert rewrites(MODULE, tree, plus, alone) == []


def test_all_that_a_statement_assigns_is_carried() -> None:
    """Of `b = h[t] = ...` both: h is what is compared, b what the next step begins with."""
    tree = ast.parse("def f(h, b, W):\n    b = h[t] = h[t] - b * W\n")
    given = arrays(h=(3, 2), b=(2,), W=(2,))
    wanted, b = given["h"].copy(), given["b"]
    for t in range(3):
        b = wanted[t] = wanted[t] + b * given["W"]

    def trials(*carried: str) -> list[Trial]:
        scopes = [
            {**given, "t": t, "b": given["b"] if not t else np.full(2, np.nan)} for t in range(3)
        ]
        return [Trial((0, 1), s, "h[t]", w, carried) for s, w in zip(scopes, wanted, strict=True)]

    found = codes(rewrites(MODULE, tree, (0, 1), trials("h", "b")))
    assert found[0] == "b = h[t] = h[t] + b * W"
    assert rewrites(MODULE, tree, (0, 1), trials("h")) == []


def test_where_no_value_is_known_a_shape_is() -> None:
    tree = ast.parse("def f(dW, dy, h):\n    dW = dW + dy\n")
    scope = arrays(dW=(2, 3), dy=(4, 1), h=(2, 1)) | {"e": arrays(e=(3,))["e"]}
    fits = [Trial((0, 1), scope, "dW", None, shape=(2, 3))]
    found = codes(rewrites(MODULE, tree, (0, 1), fits))
    assert "dW = dW + h" in found
    assert "dW = dW - dy" not in found  # which throws
    other = [Trial((0, 1), scope, "dW", None, shape=(3, 3))]
    assert "dW = dW + h" not in codes(rewrites(MODULE, tree, (0, 1), other))


def test_a_chain_leads_through_other_statements() -> None:
    tree = ast.parse("def f(a, b):\n    y = a - b\n    x = 2 * y\n")
    scopes = [arrays(a=(3,), b=(3,)) for _ in range(2)]
    trials = []
    for scope in scopes:
        wanted = 2 * (scope["a"] * scope["b"])
        trials.append(Trial((0, 1), scope, "y", None))
        trials.append(Trial((0, 2), scope, "x", wanted, ("y",)))
    assert "y = a * b" in codes(rewrites(MODULE, tree, (0, 1), trials))


def test_no_search_changes_its_trials() -> None:
    scope = {
        **arrays(d=(4, 2), v=(2, 2)),
        "i": np.array([1, 1]),
        "several": [np.zeros(2)],
        "by_name": {"a": np.zeros(2), 0: np.ones(2)},
        "weights": Weights(W=np.ones((2, 2))),
        "thing": SimpleNamespace(g=np.zeros(2)),
    }
    before = {n: str(v) for n, v in scope.items()}
    for code in ("d[i] = v", "np.add.at(d, v, i)", "d -= v", "thing.g += v[0]", "by_name[0] -= d"):
        search(code, "np.add.at(d, i, v); d += 1", scope, target="d")
    search("several.append(d[0])", "several.append(v[0])", scope, target="several[-1]")
    search("several[0] += v", "several[0] -= v[0]", scope, target="several[0]")
    assert {n: str(v) for n, v in scope.items()} == before


def test_headers_and_returns_have_a_result() -> None:
    tree = ast.parse(
        "def f(T, t):\n    for t in range(T):\n        if t > 1:\n            return T, t\n"
    )
    iterable, test, value = (0, 1, 1), (0, 1, 2, 0), (0, 1, 2, 1)
    assert isinstance(node_at(tree, iterable), ast.Call)
    assert isinstance(node_at(tree, test), ast.Compare)
    ranges = [Trial(iterable, {"T": T}, "", np.arange(T - 1, -1, -1)) for T in (3, 4)]
    found = codes(rewrites(MODULE, tree, iterable, ranges))
    assert found[0] == "reversed(range(T))"
    assert "range(T - 1, -1, -1)" in found
    tests = [Trial(test, {"T": 3, "t": t}, RESULT, np.array(t >= 1)) for t in range(3)]
    assert codes(rewrites(MODULE, tree, test, tests))[0] == "t >= 1"
    returned = [Trial(value, {"T": 3, "t": t}, f"{RESULT}[0]", np.array(t)) for t in (1, 2)]
    assert codes(rewrites(MODULE, tree, value, returned))[0] == "return (t, T)"


def test_what_no_trial_can_judge_comes_untried() -> None:
    tree = ast.parse(
        "def f(dW, dV, W):\n    for t in range(len(W)):\n        if t > 0:\n            dW = dV\n"
        "    return Grad(W=dV, V=dW)\n"
    )
    returned = rewrites(MODULE, tree, (0, 2), [])
    assert [math.isnan(r.distance) for r in returned] == [True] * len(returned)
    assert "return Grad(W=dW, V=dW)" in codes(returned)[:6]
    assert "return Grad(W=dW, V=dV)" in codes(returned)[:12]
    assert codes(rewrites(MODULE, tree, (0, 1, 1), []))[0] == "reversed(range(len(W)))"
    conditions = codes(rewrites(MODULE, tree, (0, 1, 2, 0), []))
    assert {"t >= 0", "t > 1", "t == 0", "not t > 0"} <= set(conditions[:10])
    nothing_wanted = [Trial((0, 2), {"dW": 1.0, "dV": 2.0, "W": 3.0}, "", None)]
    assert "return Grad(W=dW, V=dV)" in codes(rewrites(MODULE, tree, (0, 2), nothing_wanted))


def test_numbers_of_many_kinds_of_values() -> None:
    def listed(value: object) -> object:
        found = numbers(value)
        return None if found is None else found.tolist()

    assert listed({1: np.ones(2), -1: np.zeros(2)}) == [[0, 0], [1, 1]]
    assert listed([np.ones((1, 2)), np.zeros(3)]) == [1, 1, 0, 0, 0]
    assert listed(Weights(a=np.ones(2), b=np.zeros(1))) == [1, 1, 0]
    assert listed(reversed(range(3))) == [2, 1, 0]
    assert listed(True) is True
    assert listed([]) == []
    assert listed([1, None]) is None
    assert listed("text") is None
    assert listed(np.array(["text"])) is None
    assert listed(object()) is None
