"""Which value on one side stands for which on the other.

Names match when they are the same without case and underscores, or as a table says; what is left
over matches by value. A value that holds a whole sentence, time first, is matched row by row with
one that is made step by step.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pybridge.precision import Precision
from pybridge.trace import Access, Event, Kind, Recording, Sketch, Value
from pybridge.trace.cells import (
    Cell,
    canonical,
    has_rows,
    is_sum,
    paired,
    same_everywhere,
    variables,
)
from pybridge.trace.pairs import Judge, Pair, Place, Side
from pybridge.trace.values import row_of


@dataclass(frozen=True)
class Matching:
    """All pairs between two sides of a case of `words` words."""

    a: Side
    b: Side
    words: int
    pairs: tuple[Pair, ...]
    partners: Mapping[str, str]  # of the variables of `a`, by phase and name, as "forward h"
    alone: tuple[str, ...]  # variables of `a` without a partner, likewise
    missing: tuple[tuple[str, int], ...]  # variables, likewise, and steps that only `b` has


def match(
    a: Side,
    b: Side,
    words: int,
    precision: Precision,
    names: Mapping[str, str] | None = None,
    last: str = "",
) -> Matching:
    """Match the values of two recordings of one case of `words` words.

    `names` maps names of `a` to names of `b`, both as written. Of the variable `last`, given by
    phase and name, the last values belong together, even if earlier ones agree.
    """
    table = {canonical(k): canonical(v) for k, v in (names or {}).items()}
    judge = Judge(a, b, precision)
    ours, theirs = variables(a.recording, words), variables(b.recording, words)
    pairs: list[Pair] = list(_outputs(a.recording, b.recording, judge))
    partners: dict[str, str] = {}
    missing: list[tuple[str, int]] = []
    broken = _broken(a.recording)
    for (phase, name), cells in ours.items():
        other = (phase, _counterpart(name, table, {n for p, n in theirs if p == phase}))
        if other in theirs:
            whole = f"{phase} {name}" == last
            found, lacking = paired(cells, theirs[other], words, judge, whole)
            if broken is not None:  # what it came to is not there, or of an earlier assignment
                known = name not in broken
                found = [p for p in found if p.agrees or (known and _is_step(a, b, p))]
                lacking = []
            if found or lacking:
                partners[f"{phase} {name}"] = f"{phase} {other[1]}"
                pairs += found
                missing += [(f"{phase} {name}", step) for step in lacking]
    for (phase, name), cells in ours.items():
        if f"{phase} {name}" not in partners:
            by_value = [
                (other, found)
                for (where, other), candidate in theirs.items()
                if where == phase and (found := same_everywhere(cells, candidate, words, judge))
            ]
            # What one statement gives two names, x = y[t] = ..., is one and the same.
            if len({tuple(pair.b.event for pair in found) for _, found in by_value}) == 1:
                partners[f"{phase} {name}"] = f"{phase} {by_value[0][0]}"
                pairs += by_value[0][1]
    alone = tuple(f"{p} {n}" for p, n in ours if f"{p} {n}" not in partners)
    return Matching(a, b, words, tuple(pairs), partners, alone, tuple(missing))


def without(matching: Matching, variables: Iterable[str]) -> Matching:
    """The matching without some variables of `a`, given by phase and name."""
    gone = set(variables)
    events = matching.a.recording.events
    kept = tuple(
        pair
        for pair in matching.pairs
        if variable(events[pair.a.event], events[pair.a.event].writes[pair.a.write]) not in gone
    )
    partners = {k: v for k, v in matching.partners.items() if k not in gone}
    return replace(matching, pairs=kept, partners=partners, alone=(*matching.alone, *sorted(gone)))


def value_at(matching: Matching, name: str, step: int | None, nth: int = 1 << 30) -> Value | None:
    """What the other side has for a variable of `a`, given by phase and name, at a step.

    Of what it has more than once the nth, from 0, or the last; None where it has no such step.
    """
    phase, own = name.split(" ", 1)
    theirs = variables(matching.b.recording, matching.words)
    other = matching.partners.get(name, "").removeprefix(f"{phase} ")
    other = other or _counterpart(own, {}, {n for p, n in theirs if p == phase})
    cells = theirs.get((phase, other), [])
    if step is None and any(c.step is not None for c in cells):
        return _in_one(cells, matching.words, nth)
    by_step = [c.value for c in cells if c.step == step]
    if by_step or step is None:
        return by_step[min(nth, len(by_step) - 1)] if by_step else None
    rows = [row_of(c.value, step) for c in cells if has_rows(c, matching.words)]
    return rows[min(nth, len(rows) - 1)] if rows and len(cells) == len(rows) else None


def _in_one(cells: Sequence[Cell], words: int, nth: int) -> Value | None:
    """What is made step by step in one piece: what it adds up to, or its steps below each other."""
    if is_sum(cells):
        return max(cells, key=lambda c: (c.place.event, c.place.write)).value
    steps = [[c.value for c in cells if c.step == t] for t in range(words)]
    if not all(steps):
        return None
    rows = [values[min(nth, len(values) - 1)] for values in steps]
    if any(isinstance(row, Sketch) or row.shape != rows[0].shape for row in rows):
        return None
    return np.array([np.reshape(row, -1) for row in rows if not isinstance(row, Sketch)])


def variable(event: Event, access: Access) -> str:
    """Phase and canonical name."""
    return f"{event.phase} {canonical(access.name)}"


def is_output(recording: Recording, event: Event) -> bool:
    """Whether the event is the return of `forward` or `backward` itself."""
    return recording.statements[event.statement].kind is Kind.RETURN


def _counterpart(name: str, table: Mapping[str, str], others: Container[str]) -> str:
    """What a variable is called on the other side; also hs, the list of what is called h there."""
    given = table.get(name, name)
    candidates = (given, given.removesuffix("s"), f"{given}s")
    return next((c for c in candidates if c in others), given)


def _broken(recording: Recording) -> set[str] | None:
    """The variables that the statement which threw would have assigned; None where none threw."""
    if not recording.problem:
        return None
    found: set[str] = set()
    for event in recording.events:
        if event.threw:
            targets = {t.split("[")[0] for t in recording.statements[event.statement].targets}
            found |= {canonical(target) for target in targets}
            found |= {canonical(read.name) for read in event.reads if read.alias in targets}
    return found


def _is_step(a: Side, b: Side, pair: Pair) -> bool:
    """Whether both values are of one step, or both of none."""
    events = a.recording.events[pair.a.event], b.recording.events[pair.b.event]
    steps = [
        e.step is not None or p.row is not None
        for e, p in zip(events, (pair.a, pair.b), strict=True)
    ]
    return steps[0] == steps[1]


def _outputs(a: Recording, b: Recording, judge: Judge) -> list[Pair]:
    """What the two functions returned, by name."""

    def places(recording: Recording) -> dict[str, Place]:
        return {
            f"{event.phase} {access.name}": Place(i, j)
            for i, event in enumerate(recording.events)
            if is_output(recording, event)
            for j, access in enumerate(event.writes)
            if access.name != "return"
        }

    theirs = places(b)
    found = [judge.pair(p, theirs[name]) for name, p in places(a).items() if name in theirs]
    return [pair for pair in found if pair is not None]
