"""Two values that stand for each other, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass

from pybridge.agreement import NOISE_FACTOR
from pybridge.precision import Precision
from pybridge.trace import Kind, Recording, Sketch, Value
from pybridge.trace.values import apart, row_of


@dataclass(frozen=True)
class Place:
    """A value of a recording: the write of an event, or one row of it."""

    event: int
    write: int
    row: int | None = None


@dataclass(frozen=True)
class Pair:
    """Two values that stand for each other."""

    a: Place
    b: Place
    distance: float  # relative to the largest entry
    tolerance: float  # relative to the same

    @property
    def agrees(self) -> bool:
        """NaN does not."""
        return self.distance <= self.tolerance


@dataclass(frozen=True)
class Side:
    """A recording, and the same case with every weight moved by a unit in the last place."""

    recording: Recording
    nudged: Recording | None = None

    def value(self, place: Place) -> Value | None:
        """The value at a place."""
        return _value(self.recording, place)

    def noise(self, place: Place) -> float:
        """How far the nudge moves it, relative; 0 where that is unknown."""
        if self.nudged is None or len(self.nudged.events) != len(self.recording.events):
            return 0.0
        a, b = self.value(place), _value(self.nudged, place)
        found = apart(a, b) if a is not None and b is not None else 0.0
        return found if found < float("inf") else 0.0


@dataclass(frozen=True)
class Judge:
    """Compares two places."""

    a: Side
    b: Side
    precision: Precision

    def pair(self, a: Place, b: Place) -> Pair | None:
        """The pair of two places; None where one has no value, or rounding is too large to tell."""
        ours, theirs = self.a.value(a), turned(self.a, self.b, a, b)
        if ours is None or theirs is None:
            return None
        if isinstance(theirs, Sketch) and self.a.recording.columns != self.b.recording.columns:
            return None  # of a matrix and its transpose there are two
        distance = apart(ours, theirs)
        if distance <= self.precision.agreement:
            return Pair(a, b, distance, self.precision.agreement)
        noise = max(self.a.noise(a), self.b.noise(b))
        tolerance = max(self.precision.agreement, NOISE_FACTOR * noise)
        return Pair(a, b, distance, tolerance) if tolerance <= self.precision.telling else None


def turned(a: Side, b: Side, place: Place, other: Place) -> Value | None:
    """The value at a place of `b`, as `a` has it: matrices of one that has columns are transposed.

    Not what the two functions returned, which is recorded as xcheck compares it.
    """
    ours, theirs = a.value(place), b.value(other)
    if a.recording.columns == b.recording.columns or _is_output(b.recording, other):
        return theirs
    if ours is None or theirs is None or isinstance(theirs, Sketch):
        return theirs
    return theirs.T if theirs.ndim == 2 and ours.shape == theirs.shape[::-1] else theirs


def _is_output(recording: Recording, place: Place) -> bool:
    event = recording.events[place.event]
    is_return = recording.statements[event.statement].kind is Kind.RETURN
    return is_return and event.writes[place.write].name != "return"


def _value(recording: Recording, place: Place) -> Value | None:
    writes = recording.events[place.event].writes
    if place.write >= len(writes):
        return None
    value = writes[place.write].value
    return value if value is None or place.row is None else row_of(value, place.row)
