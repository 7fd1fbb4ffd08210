"""How far apart two sets of tensors are, and where first. Knows names and shapes, and no cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, isfinite

import numpy as np

from pybridge.precision import PRECISIONS
from pybridge.weights import Array, joined, largest, starts

# The tolerance is the larger of the one asked for and NOISE_FACTOR times the rounding noise of the
# tensor: what moving every weight by one unit in the last place does to it on either side.
NOISE_FACTOR = 16.0
# Two results that rounding alone moves further than this cannot be compared.
TELLING = PRECISIONS["float64"].telling


class Match(StrEnum):
    """What comparing one tensor came to."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Distance:
    """One tensor on two sides, `a` and `b`."""

    name: str
    match: Match
    rule: str  # the rule that decided, with its numbers
    distance: float  # largest |a - b|, relative to the largest |a| or |b| of the tensor
    tolerance: float  # relative to the same
    ulps: float  # largest |a - b| in units in the last place; decides nothing
    compared: int  # numbers compared
    at: tuple[int, ...] = ()  # index from 0 of the entry that decided, where it does not agree
    a: float = float("nan")  # the entries there
    b: float = float("nan")


@dataclass(frozen=True)
class Agreement:
    """All tensors of two sides. Never empty: what is missing on a side is a tensor that differs."""

    tensors: tuple[Distance, ...]

    @property
    def match(self) -> Match:
        """Differs where one tensor differs; agrees only where every one agrees."""
        found = {tensor.match for tensor in self.tensors}
        if Match.DIFFERS in found or not found:
            return Match.DIFFERS
        return Match.UNDECIDED if Match.UNDECIDED in found else Match.AGREES

    @property
    def worst(self) -> Distance:
        """The tensor that decided, or the one that came nearest to its tolerance."""
        order = [Match.AGREES, Match.UNDECIDED, Match.DIFFERS]
        return max(self.tensors, key=lambda d: (order.index(d.match), _rank(d)))


def agree(
    a: Mapping[str, Array],
    b: Mapping[str, Array],
    *,
    tolerance: float,
    telling: float = TELLING,
    sides: tuple[str, str] = ("first", "second"),
    noise: Mapping[str, float] | None = None,
    floor: Mapping[str, float] | None = None,
) -> Agreement:
    """Compare tensors by name. A name or a number that only one side has is a difference.

    `noise` is the relative distance by which rounding moves each tensor, see NOISE_FACTOR. A
    distance over the tolerance that is no larger than the absolute `floor` of a tensor, which
    rounding may reach at the worst, is undecided.
    """
    noise, floor = noise or {}, floor or {}
    names = [*a, *(name for name in b if name not in a)]
    if not names:
        return Agreement((_differs("(nothing)", "no tensor on either side", 0),))
    extents = _extents(a, b, _sizes_and_ulps)
    return Agreement(
        tuple(
            _differs(name, f"missing on the {sides[name in a]} side", 0)
            if name not in a or name not in b
            else _compare(
                name,
                a[name],
                b[name],
                extents.get(name),
                asked=tolerance,
                telling=telling,
                sides=sides,
                noise=noise.get(name, 0.0),
                floor=floor.get(name, 0.0),
            )
            for name in names
        )
    )


def distance(a: Array, b: Array) -> float:
    """Largest |a - b| over the largest |a| or |b|; 0 where both are zero everywhere."""
    return _Extent(*_most(_sizes(a, b))).distance


def distances(a: Mapping[str, Array], b: Mapping[str, Array]) -> dict[str, float]:
    """The distance of each tensor that both have, of one shape and with numbers in it."""
    return {name: extent.distance for name, extent in _extents(a, b, _sizes).items()}


@dataclass(frozen=True)
class _Extent:
    """How large the entries of two tensors are, and how far apart."""

    most: float  # |a - b|
    a: float  # |a|
    b: float  # |b|
    ulps: float = 0.0  # |a - b| in units in the last place

    @property
    def distance(self) -> float:
        # A tensor of denormals would overflow the quotient of the differences one by one.
        scale = max(self.a, self.b)
        return self.most / scale if scale > 0 else scale

    @property
    def is_finite(self) -> bool:
        return isfinite(self.a) and isfinite(self.b)


@np.errstate(invalid="ignore", over="ignore")  # Inf - Inf is NaN, and is never near
def _sizes(a: Array, b: Array) -> tuple[Array, ...]:
    return np.abs(a - b), np.abs(a), np.abs(b)


@np.errstate(invalid="ignore", over="ignore")
def _sizes_and_ulps(a: Array, b: Array) -> tuple[Array, ...]:
    apart, of_a, of_b = _sizes(a, b)
    return apart, of_a, of_b, apart / np.spacing(np.maximum(of_a, of_b))


def _extents(
    a: Mapping[str, Array],
    b: Mapping[str, Array],
    measure: Callable[[Array, Array], tuple[Array, ...]],
) -> dict[str, _Extent]:
    """That of each tensor that both have, of one shape and with numbers in it."""
    names = [n for n in a if n in b and a[n].shape == b[n].shape and a[n].size]
    ours, theirs = [a[name] for name in names], [b[name] for name in names]
    one, other = joined(ours), joined(theirs)
    if one is None or other is None:
        return {name: _Extent(*_most(measure(a[name], b[name]))) for name in names}
    of_each = np.maximum.reduceat(np.stack(measure(one, other)), starts(ours), axis=1)
    return {n: _Extent(*numbers) for n, numbers in zip(names, of_each.T.tolist(), strict=True)}


def _most(arrays: Iterable[Array]) -> list[float]:
    return [float(array.max(initial=0.0)) for array in arrays]


def by_step(a: Array, b: Array) -> Array:
    """The distance at each time step, the first axis, relative to the largest entry of all steps.

    NaN or infinite at a step where either side is not finite.
    """
    of_a, of_b = largest(a), largest(b)
    scale = max(of_a, of_b)
    if not (isfinite(of_a) and isfinite(of_b)):
        entries = np.abs(np.stack([a, b]))
        scale = np.max(entries, where=np.isfinite(entries), initial=0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.max(np.abs(a - b).reshape(len(a), -1), axis=1, initial=0.0)
        return np.asarray(apart / scale if scale > 0 else apart)


def _compare(
    name: str,
    a: Array,
    b: Array,
    extent: _Extent | None,
    *,
    asked: float,
    telling: float,
    sides: tuple[str, str],
    noise: float,
    floor: float,
) -> Distance:
    if a.shape != b.shape:
        return _differs(name, f"shapes {_shape(a)} and {_shape(b)}", 0)
    if extent is None:
        return _differs(name, "no number to compare", 0)
    if np.may_share_memory(a, b) and np.shares_memory(a, b):
        return _differs(name, "both sides share memory: compared with itself", 0)
    if not extent.is_finite:
        array, side = (a, sides[0]) if not isfinite(extent.a) else (b, sides[1])
        at = _first(~np.isfinite(array))
        place = f", first at {[i + 1 for i in at]}" if at else ""
        rule = f"{array[at]} on the {side} side{place}"
        return _differs(name, rule, a.size, at, float(np.real(a[at])), float(np.real(b[at])))
    apart = extent.distance
    tolerance = max(asked, NOISE_FACTOR * noise)
    reason = f"rounding noise {noise:.1e} x {NOISE_FACTOR:g}" if tolerance > asked else "asked for"
    if not apart <= tolerance:  # NaN is not at or below
        explained = extent.most <= floor
        match = Match.UNDECIDED if explained else Match.DIFFERS
        reason += f"; rounding may reach {floor:.1e}, not relative" if explained else ""
    elif not tolerance <= max(asked, telling):
        match = Match.UNDECIDED
    else:
        match = Match.AGREES
    found = Distance(
        name=name,
        match=match,
        rule=f"distance {apart:.1e}, tolerance {tolerance:.1e} ({reason})",
        distance=apart,
        tolerance=tolerance,
        ulps=extent.ulps,
        compared=a.size,
    )
    if match is Match.AGREES:
        return found
    at = _first(np.abs(a - b))
    return replace(found, at=at, a=float(np.real(a[at])), b=float(np.real(b[at])))


def _differs(
    name: str,
    rule: str,
    compared: int,
    at: tuple[int, ...] = (),
    a: float = float("nan"),
    b: float = float("nan"),
) -> Distance:
    nan = float("nan")
    return Distance(name, Match.DIFFERS, rule, nan, nan, nan, compared, at, a, b)


def _rank(d: Distance) -> float:
    """How far along to its tolerance; what could not be measured comes first."""
    if not isfinite(d.distance) or d.distance == 0:
        return 0.0 if d.distance == 0 else inf
    return d.distance / d.tolerance if d.tolerance > 0 else inf


def _first(array: Array) -> tuple[int, ...]:
    """Index of the first of its largest entries; of a mask, of the first that is set."""
    return tuple(map(int, np.unravel_index(int(array.argmax()), array.shape)))


def _shape(array: Array) -> str:
    return " x ".join(map(str, array.shape)) or "of one number"
