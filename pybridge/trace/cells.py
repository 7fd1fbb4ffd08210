"""The values of one variable on both sides, paired: step by step, row by row, or at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pybridge.trace import Kind, Recording, Value
from pybridge.trace.pairs import Judge, Pair, Place
from pybridge.trace.values import row_of, shape


@dataclass(frozen=True)
class Cell:
    """One value of a variable, of a step or of none."""

    place: Place
    step: int | None
    value: Value


def canonical(name: str) -> str:
    """A name without case, underscores, and the object that it belongs to."""
    return name.split(".")[-1].replace("_", "").lower()


def variables(recording: Recording, words: int) -> dict[tuple[str, str], list[Cell]]:
    """The values of each variable, by phase and canonical name, in order."""
    shifted = _loops_from_one(recording, words)
    found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for i, event in enumerate(recording.events):
        statement = recording.statements[event.statement]
        if statement.kind is Kind.RETURN:
            continue
        for j, access in enumerate(event.writes):
            if access.value is not None:
                step = access.step if event.step is None else event.step
                if step is not None and event.statement in shifted:
                    step -= 1
                cell = Cell(Place(i, j), step, access.value)
                found[event.phase, canonical(access.name)].append(cell)
    return found


def _loops_from_one(recording: Recording, words: int) -> set[int]:
    """Statements in loops that count the words from 1."""
    steps: dict[int, set[int]] = defaultdict(set)
    for event in recording.events:
        if event.step is not None:
            statement = recording.statements[event.statement]
            loops = [i for i in statement.within if recording.statements[i].kind is Kind.LOOP]
            steps[loops[0] if loops else -1].add(event.step)
    late = {loop for loop, seen in steps.items() if min(seen) >= 1 and max(seen) == words}
    return {
        k
        for k, statement in enumerate(recording.statements)
        if any(i in late for i in statement.within)
    }


def paired(
    ours: Sequence[Cell], theirs: Sequence[Cell], words: int, judge: Judge, last: bool = False
) -> tuple[list[Pair], list[int]]:
    """The pairs of one variable, and the steps that only the other side has.

    With `last` the last values of a step belong together, whatever agrees.
    """
    columns = partial(_columns, judge=judge, last=last)
    found: list[Pair] = []
    lacking: list[int] = []
    step_by_step = [any(c.step is not None for c in side) for side in (ours, theirs)]
    if any(step_by_step):
        a, rest_a = _by_step(ours, theirs, words)
        b, rest_b = _by_step(theirs, ours, words)
        found += columns(a, b)
        if a and b:
            lacking = sorted(set(b) - set(a))
        else:  # one of them is only there as a whole: an accumulator, whose last value counts
            last_a, rest_a = _last(ours, rest_a)
            last_b, rest_b = _last(theirs, rest_b)
            found += columns({0: [last_a]}, {0: [last_b]})
    else:
        rest_a, rest_b = list(ours), list(theirs)
    found += columns({0: rest_a}, {0: rest_b})
    return found, lacking


def _by_step(
    cells: Sequence[Cell], other: Sequence[Cell], words: int
) -> tuple[dict[int, list[Cell]], list[Cell]]:
    """The values of each step, rows of whole values among them, and the values of no step."""
    size = next((c.value for c in other if c.step is not None), None)
    if size is None:
        size = next((c.value for c in cells if c.step is not None), None)
    assert size is not None, "one side goes step by step"
    steps: dict[int, list[Cell]] = defaultdict(list)
    rest: list[Cell] = []
    for cell in cells:
        if cell.step is not None:
            steps[cell.step].append(cell)
            continue
        rows = [row_of(cell.value, t) for t in range(words)] if has_rows(cell, words) else []
        are_steps = all(r is not None and shape(r) == shape(size) for r in rows)
        # Neither a row nor the whole has the shape of a step where one of these is wrong.
        wrong = shape(cell.value) != shape(size) and not is_sum(other)
        if rows and (are_steps or (wrong and all(r is not None for r in rows))):
            for t, value in enumerate(rows):
                assert value is not None
                steps[t].append(Cell(replace(cell.place, row=t), t, value))
        else:
            rest.append(cell)
    return steps, rest


def is_sum(cells: Sequence[Cell]) -> bool:
    """Whether a variable that is made step by step has a value before the loop: it adds up."""
    return any(c.step is None for c in cells)


def has_rows(cell: Cell, words: int) -> bool:
    """Whether its first axis may be time."""
    return bool(cell.value.shape) and cell.value.shape[0] == words


def _last(cells: Sequence[Cell], rest: Sequence[Cell]) -> tuple[Cell, list[Cell]]:
    """What the variable came to, and what it was outside of the loop before."""
    last = max(cells, key=lambda c: (c.place.event, c.place.write))
    return replace(last, step=None), [c for c in rest if c.place != last.place]


def _columns(
    a: Mapping[int, Sequence[Cell]], b: Mapping[int, Sequence[Cell]], *, judge: Judge, last: bool
) -> list[Pair]:
    """Pairs of the first, second, ... values of a step, so that as many steps as can be agree.

    Where a variable is assigned more often on one side, it is the last values that belong together,
    unless others agree.
    """
    steps = sorted(set(a) & set(b))
    n = max((len(a[s]) for s in steps), default=0)
    m = max((len(b[s]) for s in steps), default=0)
    if not n or not m:
        return []
    score = [[0.0] * m for _ in range(n)]
    for s in steps:
        for i, ours in enumerate(a[s]):
            for j, theirs in enumerate(b[s]):
                pair = judge.pair(ours.place, theirs.place)
                score[i][j] += 1.0 if pair is not None and pair.agrees else 0.0
    chosen = [] if last else _aligned(score)
    free_a = [i for i in range(n) if i not in {i for i, _ in chosen}]
    free_b = [j for j in range(m) if j not in {j for _, j in chosen}]
    chosen += zip(reversed(free_a), reversed(free_b), strict=False)
    pairs = [
        judge.pair(a[s][i].place, b[s][j].place)
        for s in steps
        for i, j in chosen
        if i < len(a[s]) and j < len(b[s])
    ]
    return [pair for pair in pairs if pair is not None]


def _aligned(score: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs of rising indices with the largest sum of scores; pairs of score 0 left out."""
    n, m = len(score), len(score[0])
    best = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n):
        for j in range(m):
            best[i + 1][j + 1] = max(best[i][j] + score[i][j], best[i][j + 1], best[i + 1][j])
    found: list[tuple[int, int]] = []
    i, j = n, m
    while i and j:
        if score[i - 1][j - 1] and best[i][j] == best[i - 1][j - 1] + score[i - 1][j - 1]:
            i, j = i - 1, j - 1
            found.append((i, j))
        elif best[i][j] == best[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return found[::-1]


def same_everywhere(
    ours: Sequence[Cell], theirs: Sequence[Cell], words: int, judge: Judge
) -> list[Pair]:
    """The pairs of two variables of other names, where they are the same at every step."""
    if max((_entries(c.value) for c in ours), default=0) < 2:
        return []  # numbers are the same by chance
    pairs, lacking = paired(ours, theirs, words, judge)
    steps = {c.step for c in ours if c.step is not None}
    complete = len(pairs) >= max(len(steps), 1)
    return pairs if complete and not lacking and all(p.agrees for p in pairs) else []


def _entries(value: Value) -> int:
    size = 1
    for n in value.shape:
        size *= n
    return size
