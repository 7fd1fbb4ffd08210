"""Tangents against the complex step, entry by entry; and that none is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pybridge.sides.partials import PARTIALS
from pybridge.sides.tangents import Seed, Tangents
from pybridge.weights import Array

H = 1e-20
RNG = np.random.default_rng(1)
W, V = RNG.uniform(0.5, 1.5, (3, 3)), RNG.uniform(0.5, 1.5, (3, 3))  # W moves, V does not
A = RNG.standard_normal((2, 3))
Expression = Callable[[Any, Any], Any]


def by_tangents(f: Expression, w: Array = W, v: Array = V) -> Array:
    """Derivative of f along every entry of w, in two parts: (size of w,)."""
    entries = np.arange(w.size).reshape(w.shape)
    parts = []
    for first, k in ((0, 4), (4, w.size - 4)):
        result = f(Tangents(w, Seed(entries - first, k), k), Tangents(v, None, k))
        assert result.shape == ()
        assert isinstance(result.tangent, np.ndarray)
        parts.append(result.tangent)
    return np.concatenate(parts)


def by_complex_steps(f: Expression, w: Array = W, v: Array = V) -> Array:
    found = []
    for index in np.ndindex(w.shape):
        moved = w.astype(complex)
        moved[index] += 1j * H
        found.append(complex(f(moved, v.astype(complex))).imag / H)
    return np.array(found)


def same(f: Expression) -> bool:
    return bool(np.allclose(by_tangents(f), by_complex_steps(f), rtol=1e-13, atol=1e-14))


def filled(w: Any, _: Any) -> Any:
    h = np.empty_like(w)
    for t in range(3):
        h[t] = np.tanh(w[t] @ w)
    h[1, 0] = 2.0  # a number takes the place of what had a tangent
    h[..., 2] = h[..., 1] * h[0]
    h[:, 1:] = h[:, :-1]
    return np.sum(h * h)


def through_views(w: Any, _: Any) -> Any:
    h = np.zeros_like(w)
    h[1][:] = w[0]
    h.T[2] += w[:, 1]
    h.reshape(-1)[0] = w[2, 2]
    h[[0, 1]][0] = 7  # a copy
    return np.sum(h**3)


def in_place(w: Any, v: Any) -> Any:
    h = w[[0, 0, 2]]
    h += v
    h *= w
    h -= 1
    h /= 2
    return h.sum()


def row_by_row(w: Any, v: Any) -> Any:
    h = w.take([2, 0, 2], axis=0) + v
    before = np.empty_like(h[0])
    before[:] = A[0]
    for row in h:
        before = np.tanh(row + before.dot(w), out=row)
    return np.sum(h * h) + np.take(w, [1, 0], axis=1).sum() * w.take([5]).sum() + w.take(3)


def in_a_list(w: Any, v: Any) -> Any:
    rows = [v[:1]]
    for t in range(3):
        rows.append(np.tanh(rows[t] @ w))
    cost = 0.0
    for row in rows:
        cost = cost - np.log(np.exp(row).sum())
    return cost + np.vstack(rows).mean() + np.stack([r[0] for r in rows], axis=1)[2, 3]


EXPRESSIONS: dict[str, Expression] = {
    "sums": lambda w, v: (
        np.sum(w + 2 + v) + np.sum(1 - w) - (w - v).sum() + (-w).sum() + sum(+w[0])
    ),
    "products": lambda w, v: np.sum(w * v * w) + np.sum(3 * w) + np.sum(np.float64(2) * w),
    "quotients": lambda w, v: np.sum(v / w) + np.sum(w / v) + np.sum(1 / (w * w)),
    "powers": lambda w, v: np.sum(w**2 + w**-1.5 + 2**w + w**v + np.square(w) + np.sqrt(w)),
    "functions": lambda w, _: np.sum(np.tanh(w) + np.exp(w) + np.log(w)),
    "matrix and matrix": lambda w, v: np.sum((A @ w) * (A @ w @ v) ** 2) + np.sum(w @ w.T @ v),
    "matrix and vector": lambda w, v: np.sum((w @ w[0]) * (v @ w[1])) + w[0] @ w[:, 1],
    "vector and matrix": lambda w, v: np.sum((w[0] @ w) * (w[1] @ v) * (A[0] @ w) * (A[0] @ w.T)),
    "stacked and matrix": lambda w, _: np.sum((np.stack([w, w * w]) @ w) ** 2),
    "dot": lambda w, v: np.sum(np.dot(A, w) * np.dot(A, v)) + w.dot(v).sum(),
    "broadcasting": lambda w, v: np.sum((w[0] + v) * w[:, :1] * w[0, 0] + v[None, 0] * w[:, None]),
    "sums over axes": lambda w, _: np.sum(
        w.sum(axis=0) * w.sum(axis=-1) * w.sum(axis=1, keepdims=True) * w.sum(axis=(0, 1))
    ),
    "means": lambda w, _: np.mean(w * w) + np.sum(np.mean(w * w, axis=1) * w.mean(0)),
    "largest": lambda w, _: (
        np.sum((w - w.max(axis=1, keepdims=True)) * np.max(w, axis=0))
        + w.max()
        + np.sum(w.max(keepdims=True))
    ),
    "softmax": lambda w, v: np.sum(
        np.log(np.exp(w - w.real.max()).sum(axis=1)) - v[[0, 1], 1].sum()
    ),
    "indices": lambda w, _: np.sum(w[[0, 2, 2], [1, 0, 0]] ** 2) + np.sum(w[w.real > 1] ** 3),
    "shapes": lambda w, v: (
        np.sum(np.reshape(w, (1, 9)) * np.ravel(w * w) * w.T.reshape(9))
        + np.sum(np.transpose(w) * w * len(w) * w.size * w.ndim * np.ndim(w) * np.shape(w)[0])
        + np.sum(np.real(v) * w)
    ),
    "copies": lambda w, _: np.sum(w.copy() * np.copy(w) * w.astype(w.dtype) * np.ones_like(w)),
    "side by side": lambda w, v: (
        np.sum(np.concatenate([w, v, A]) * np.concatenate([A, w * w, w]) * 2)
        + np.sum(np.concatenate([w, v], axis=-1) ** 2)
    ),
    "beside plain complex zeros": lambda w, _: np.sum((np.zeros(3, dtype=w.dtype) + w) ** 2),
    "filled": filled,
    "through views": through_views,
    "in place": in_place,
    "row by row": row_by_row,
    "in a list": in_a_list,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_tangents_are_what_complex_steps_give(name: str) -> None:
    assert same(EXPRESSIONS[name])


@pytest.mark.parametrize("ufunc", PARTIALS, ids=lambda u: u.__name__)
def test_every_rule_is_looked_at_by_one_of_these(
    ufunc: np.ufunc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a rule off by a part in 10^6 along any argument is found."""
    for i, right in enumerate(PARTIALS[ufunc]):
        several = list(PARTIALS[ufunc])
        several[i] = lambda *a, right=right: np.asarray(right(*a)) * (1 + 1e-6)
        with monkeypatch.context() as patched:
            patched.setitem(PARTIALS, ufunc, tuple(several))
            assert not all(same(f) for f in EXPRESSIONS.values())


def assigned(w: Any, key: Any) -> None:
    np.zeros(w.shape, dtype=w.dtype)[key] = w[key]


REFUSED: dict[str, Expression] = {
    "into a plain array": lambda w, _: assigned(w, slice(None)),
    "a row into a plain array": lambda w, _: assigned(w, 0),
    "a number into a plain array": lambda w, _: assigned(w, (0, 0)),
    "in place of a plain array": lambda w, v: np.add(w, v, out=np.zeros((3, 3))),
    "as a plain array": lambda w, _: np.asarray(w),
    "a list as a plain array": lambda w, _: np.array([w, w]),
    "numbers as a plain array": lambda w, _: np.array([w[0, 0], w[0, 1]]),
    "as a float": lambda w, _: float(w[0, 0]),
    "of another dtype": lambda w, _: w.astype(float),
    "into single precision": lambda w, _: w.astype("complex64"),
    "into a weight": lambda w, _: w.__setitem__(0, 1.0),
    "into a weight that does not move": lambda w, v: v.__setitem__(0, w[0]),
    "into a row of a weight": lambda w, v: v[0].__setitem__(0, w[0, 0]),
    "imaginary numbers": lambda w, _: w * 1j,
    "absolute values": lambda w, _: abs(w),
    "a comparison": lambda w, _: w > 1,
    "a truth value": lambda w, _: 1 if w else 0,
    "an unknown function": lambda w, _: np.cumsum(w),
    "an unknown ufunc": lambda w, _: np.arctan(w),
    "a reduction": lambda w, _: np.add.reduce(w),
    "the method of a plain array": lambda w, _: A.dot(w),
    "stacked matrices": lambda w, _: np.ones((2, 3, 3)) @ np.stack([w, w]),
    "an unknown option": lambda w, _: np.zeros_like(w, dtype=float),
    "an imaginary part": lambda w, _: w.imag,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused(name: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        by_tangents(REFUSED[name])


def test_single_precision_stays_single() -> None:
    w, v = W.astype("float32"), V.astype("float32")
    for name in ("functions", "in a list", "filled", "softmax"):
        found = by_tangents(EXPRESSIONS[name], w, v)
        assert found.dtype == np.float32, name
        np.testing.assert_allclose(found, by_complex_steps(EXPRESSIONS[name]), rtol=1e-4, atol=1e-4)
    assert Tangents(w, None, 1).dtype == np.complex64
    assert Tangents(W, None, 1).dtype == np.complex128
