"""Which rewrites of a Python statement there are, and in which order."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge.edit import Edit, Replacement
from pybridge.syntax import node_at
from pybridge.trace import Trial
from pybridge.trace.rewrites import rewrites
from pybridge.trace.rewrites.sites import put, sites
from pybridge.trace.rewrites.trials import numbers
from pybridge.weights import Array
from tests.faults.test_python import LOOP
from tests.trace.planting import COLUMNS
from tests.trace.searching import MODULE, RNG, arrays, codes, search


def test_the_simplest_comes_first_and_nothing_twice() -> None:
    scopes = [arrays(a=(3, 3), b=(3, 3), x=(3, 3)) for _ in range(2)]
    found = search("x = a @ b.T", "x = a @ b", *scopes)
    assert codes(found)[0] == "x = a @ b"
    assert found[0].what == "b not transposed"
    assert [r.cost for r in found] == sorted(r.cost for r in found)
    assert len(set(codes(found))) == len(found)
    assert all(r.address == (0, 1) and r.distance <= 1e-9 for r in found)
    assert found[0].edit == Edit((Replacement((0, 1), "x = a @ b"),))


def test_two_edits_are_made_where_one_is_not_enough() -> None:
    scopes = [arrays(a=(3, 3), b=(3, 3), c=(3, 3)) for _ in range(2)]
    found = search("x = -(a @ b.T) * c", "x = a @ b * c", *scopes)
    assert codes(found)[0] == "x = a @ b * c"
    assert ";" in found[0].what
    assert found[0].cost > 2
    assert not any(";" in r.what for r in search("x = a @ b.T", "x = a @ b", *scopes))


def test_nothing_is_found_where_nothing_is_to_be_found() -> None:
    scopes = [arrays(a=(3,), b=(3,)) for _ in range(2)]
    wanted: list[Array] = [RNG.standard_normal(3) for _ in scopes]
    trials = [Trial((0, 1), s, "x", w) for s, w in zip(scopes, wanted, strict=True)]
    assert rewrites(MODULE, ast.parse("def f(a):\n    x = a + b"), (0, 1), trials) == []


def test_a_statement_that_throws_has_rewrites() -> None:
    scopes = [arrays(a=(3, 2), b=(3, 4)) for _ in range(2)]
    assert codes(search("x = a @ b", "x = a.T @ b", *scopes))[0] == "x = a.T @ b"
    assert codes(search("x = a.T @ c", "x = a.T @ b", *scopes))[0] == "x = a.T @ b"


WAYS = ["{} @ {}", "np.dot({}, {})", "np.matmul({}, {})", "{}.dot({})"]


@pytest.mark.parametrize("way", WAYS)
def test_products_are_mended_however_they_are_written(way: str) -> None:
    scopes = [arrays(a=(3, 3), b=(3, 3), c=(3, 3)) for _ in range(2)]
    right = f"x = {way.format('a', 'b')}"
    for left_factor, right_factor in (("a.T", "b"), ("a", "b.T"), ("b", "a"), ("a", "c")):
        wrong = f"x = {way.format(left_factor, right_factor)}"
        assert right in codes(search(wrong, right, *scopes)), wrong
    found = codes(search(f"x = {way.format('a', 'b')}", "x = a * b", *scopes))
    assert "x = a * b" in found[:2]  # or np.multiply
    with_another = f"    z = {way.format('a', 'c')}\n"
    found = codes(search("x = a", right, *scopes, function=with_another))
    assert found[0] == right  # as the function writes products


def test_a_method_of_another_kind_is_no_product() -> None:
    """Its object stays what it is: nothing is put in its place, and nothing after it."""
    scopes = [{**arrays(a=(3, 3)), "names": {"a": 1.0, "b": 2.0}} for _ in range(2)]
    found = codes(search("x = names.get('b')", "x = names.get('a')", *scopes))
    assert not any(".dot" in code or "@" in code for code in found)


def test_a_site_is_at_its_address_and_putting_there_changes_nothing_else() -> None:
    tree = ast.parse(COLUMNS + LOOP)
    seen = 0
    for root in ast.walk(tree):
        if not isinstance(root, ast.Assign | ast.AugAssign | ast.Return | ast.Expr):
            continue
        before = ast.dump(root)
        for site in sites(root):
            assert node_at(root, site.address) is site.node
            new = put(root, site.address, ast.Name("elsewhere", ast.Load()))
            assert ast.dump(node_at(new, site.address)) == "Name(id='elsewhere', ctx=Load())"
            assert ast.dump(put(new, site.address, site.node)) == before
            seen += 1
        assert ast.dump(root) == before
    assert seen > 300


# No numbers: which one an edit has dropped, nothing in reach tells.
VARIABLES = st.sampled_from(["a", "b", "W", "W.T", "h[t]", "h[t - 1]", "np.tanh(a)"])
FORMULAS = st.recursive(
    VARIABLES,
    lambda e: st.one_of(
        st.tuples(e, st.sampled_from(["+", "-", "*", "@"]), e).map(lambda p: f"({' '.join(p)})"),
        e.map("-{}".format),
        e.map("({}).sum(axis=0)".format),
    ),
    max_leaves=4,
)


# The same examples in every run: that every edit can be undone is not promised, see docs/trace.md.
@settings(max_examples=20, derandomize=True)
@given(right=FORMULAS, data=st.data())
def test_what_is_found_is_right_and_an_edit_of_it_can_be_undone(
    right: str, data: st.DataObject
) -> None:
    """Take any formula and any rewrite of it: a search from there finds one that is as good."""
    scopes = [{**arrays(a=(3,), b=(3,), W=(3, 3), h=(4, 3)), "t": 2} for _ in range(2)]
    loop = "    h[t] = a\n"
    tree = ast.parse(f"def f(a):\n{loop}    x = {right}\n")
    untried = [Trial((0, 2), scopes[0], "x", None)]
    edits = [r.code for r in rewrites(MODULE, tree, (0, 2), untried) if r.cost <= 2]
    if not edits:
        return
    wrong = data.draw(st.sampled_from(edits))
    with np.errstate(all="ignore"):
        try:
            found = search(wrong, f"x = {right}", *scopes, function=loop)
        except (ValueError, TypeError, IndexError, AttributeError):
            return  # the formula itself has no value
    if not np.isfinite(outcome(f"x = {right}", scopes[0])).all():
        return
    assert found, f"{right} is not found from {wrong}"
    for rewrite in found[:5]:
        for scope in scopes:
            assert outcome(rewrite.code, scope) == pytest.approx(outcome(f"x = {right}", scope))


def outcome(code: str, scope: Mapping[str, object]) -> Array:
    variables: dict[str, object] = {"np": np, "x": np.zeros(3), **scope}
    exec(code, variables)
    found = numbers(variables["x"])
    assert found is not None
    return np.squeeze(found)
