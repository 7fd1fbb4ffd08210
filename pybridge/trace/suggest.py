"""What would mend a culprit: rewrites of its statement, run over the inputs of the right side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pybridge.case import Case
from pybridge.trace import Event, Kind, Recording, Rewrite, Sketch, Trial, Value
from pybridge.trace.cells import canonical
from pybridge.trace.codes import Code
from pybridge.trace.culprits import Culprit
from pybridge.trace.flow import Flow, flow
from pybridge.trace.match import Matching, value_at
from pybridge.trace.pairs import Pair, Place, turned
from pybridge.trace.values import row_of
from pybridge.weights import Array

LONGEST_CHAIN = 4  # statements between a suspect and the result that shows its error
TRIALS = 60  # of one search; the first steps say as much as all
AT_ONCE = 40  # rewrites of one statement that only a run can judge


@dataclass(frozen=True)
class Scene:
    """A case in which both sides were recorded, the scopes of suspects among it."""

    case: Case
    matching: Matching


def suggestions(
    code: Code, culprit: Culprit, scene: Scene, further: Sequence[Scene]
) -> list[Rewrite]:
    """Rewrites of a culprit's suspects that come to what the other side has, the simplest first.

    They stand at every step of `scene`, and of the further ones, in which the weights are others
    and no length is the same as another: what agrees by chance in one does not in all.
    """
    found: list[Rewrite] = []
    statements = scene.matching.a.recording.statements
    for k in culprit.suspects:
        statement = statements[k]
        if statement.kind in (Kind.LOOP, Kind.CONDITION, Kind.RETURN):
            continue
        standing = _standing(code, culprit, scene, k)
        for other in further:
            if standing:
                again = {r.code for r in _standing(code, culprit, other, k)}
                standing = [r for r in standing if r.code in again]
        found += standing
    order = {statements[k].address: i for i, k in enumerate(culprit.suspects)}
    return sorted(found, key=lambda r: (r.cost, order[r.address]))


def untried(code: Code, culprit: Culprit, scene: Scene) -> Iterator[Rewrite]:
    """Rewrites that no trial can judge, only a run.

    Of loops, conditions and returns, and of a statement whose result nothing shows.
    """
    statements = scene.matching.a.recording.statements
    events, graph = scene.matching.a.recording.events, flow(scene.matching.a.recording)
    makes = _Trials(scene.matching, graph)
    calls = {events[at].statement for at in graph.callers if at is not None}
    for k in culprit.suspects:
        blind = statements[k].kind in (Kind.LOOP, Kind.CONDITION, Kind.RETURN) or k in calls
        own = k == culprit.suspects[0]
        trials = [] if blind or not own else makes.of(culprit, k)
        if blind or (own and all(trial.wanted is None for trial in trials)):
            shaped = [trial for trial in trials if trial.shape is not None]
            yield from code.rewrites(scene.case, statements[k].address, shaped)[:AT_ONCE]


def _standing(code: Code, culprit: Culprit, scene: Scene, k: int) -> list[Rewrite]:
    trials = _Trials(scene.matching, flow(scene.matching.a.recording)).of(culprit, k)
    if not any(trial.wanted is not None for trial in trials):
        return []
    address = scene.matching.a.recording.statements[k].address
    return code.rewrites(scene.case, address, trials)


class _Trials:
    """Makes the trials of one scene."""

    def __init__(self, matching: Matching, graph: Flow) -> None:
        self.matching, self.flow = matching, graph
        self.recording: Recording = matching.a.recording
        self.pairs: Mapping[Place, Pair] = {pair.a: pair for pair in matching.pairs}
        self._good: dict[int, bool] = {}

    def of(self, culprit: Culprit, k: int) -> list[Trial]:
        """The trials of statement k, a suspect of a culprit; none where it cannot be tried."""
        made = culprit.variable
        named = self.recording.statements[culprit.suspects[0]]
        sisters = {
            i
            for i, event in enumerate(self.recording.events)
            if any(_is(event, access.name, made) for access in event.writes)
            or event.statement == culprit.suspects[0]
        }
        own = {self.recording.events[i].statement for i in sisters} | {culprit.suspects[0]}
        trials: list[Trial] = []
        for i in sorted(sisters):
            event = self.recording.events[i]
            if not event.scope:
                continue
            chain = [i] if k in own else self._chain(i, k)
            if k not in own and not chain and event.statement == culprit.suspects[0]:
                continue
            made_here = [self._trial(j, last=j == i) for j in chain]
            trials += [trial for trial in made_here if trial is not None]
            if len(trials) >= TRIALS and named.within:
                break
        return trials

    def _trial(self, i: int, *, last: bool) -> Trial | None:
        """The statement of an event over the inputs that the other side has."""
        event = self.recording.events[i]
        statement = self.recording.statements[event.statement]
        if not statement.targets:
            return None
        known = all(self._known(p) for _, places in self.flow.sources[i] for p in places)
        target, wanted = self._target(i)
        scope = {name: self._corrected(i, name, v) for name, v in event.scope.items()}
        for read in event.reads:  # a row under a name of its own is as the whole has it
            whole = scope.get(read.name)
            if read.alias in scope and isinstance(whole, np.ndarray) and read.step is not None:
                row = row_of(whole, read.step)
                scope[read.alias] = scope[read.alias] if row is None else row.copy()
        return Trial(
            address=statement.address,
            scope=scope,
            target=target,
            wanted=wanted if last and known else None,
            carried=self._carried(i),
            shape=self._shape_before(event, target) if last and event.threw else None,
            rows={r.alias: (r.name, r.step) for r in event.reads if r.alias and r.step is not None},
        )

    def _shape_before(self, event: Event, target: str) -> tuple[int, ...] | None:
        """Shape of a variable before a statement that was to add to it; None where it is new."""
        held = event.scope.get(target)
        if isinstance(held, np.ndarray):
            return tuple(held.shape)
        return () if isinstance(held, int | float | complex | np.generic) else None

    def _target(self, i: int) -> tuple[str, Array | None]:
        """What the statement assigns, and the value of that on the other side."""
        event = self.recording.events[i]
        statement = self.recording.statements[event.statement]
        for j, access in enumerate(event.writes):
            for text in statement.targets:
                if text.split("[")[0] in (access.name, access.alias):
                    wanted = self._wanted(i, j)
                    if wanted is not None:
                        whole = access.step is None
                        return (access.name if whole else text), wanted
        target = statement.targets[0]
        return target, self._in_its_place(i, target) if event.threw else None

    def _in_its_place(self, i: int, target: str) -> Array | None:
        """What the other side has where the statement threw."""
        event = self.recording.events[i]
        variable = f"{event.phase} {canonical(target.split('[')[0])}"
        nth = sum(
            _is(earlier, access.name, variable) and earlier.step == event.step
            for earlier in self.recording.events[:i]
            for access in earlier.writes
        )
        found = _array(value_at(self.matching, variable, event.step, nth))
        columns = self.recording.columns != self.matching.b.recording.columns
        return found.T if columns and found is not None and found.ndim == 2 else found

    def _wanted(self, i: int, j: int) -> Array | None:
        whole = self.pairs.get(Place(i, j))
        if whole is not None:
            return _array(self._turned(whole))
        value = _array(self.matching.a.value(Place(i, j)))
        if value is None or not value.ndim:
            return None
        rows = [self.pairs.get(Place(i, j, t)) for t in range(len(value))]
        if not rows or any(row is None for row in rows):
            return None
        values = [_array(self.matching.b.value(row.b)) for row in rows if row is not None]
        if any(v is None for v in values):
            return None
        return np.array([np.reshape(v, -1) for v in values if v is not None])

    def _turned(self, pair: Pair) -> Value | None:
        """What the other side has, in the form of this one."""
        return turned(self.matching.a, self.matching.b, pair.a, pair.b)

    def _known(self, place: Place) -> bool:
        """Whether the value that should be at a place is known."""
        pairs = self._pairs_at(place)
        if pairs:
            values = ((pair, self.matching.b.value(pair.b)) for pair in pairs)
            return all(pair.agrees or not isinstance(v, Sketch) for pair, v in values)
        if place.event not in self._good:
            self._good[place.event] = True
            self._good[place.event] = all(
                self._agrees(p) for _, places in self.flow.sources[place.event] for p in places
            )
        return self._good[place.event]

    def _agrees(self, place: Place) -> bool:
        pairs = self._pairs_at(place)
        return all(p.agrees for p in pairs) if pairs else self._known(place)

    def _pairs_at(self, place: Place) -> list[Pair]:
        if place in self.pairs:
            return [self.pairs[place]]
        whole = Place(place.event, place.write)
        if whole in self.pairs:
            return [self.pairs[whole]]
        if place.row is None:
            return [
                p
                for p in self.matching.pairs
                if p.a.row is not None and (p.a.event, p.a.write) == (place.event, place.write)
            ]
        return []

    def _carried(self, i: int) -> tuple[str, ...]:
        """What the statement reads and has no partner: what was made on the way to it."""
        found = []
        for read, places in self.flow.sources[i]:
            if any(not self._pairs_at(place) for place in places):
                found.append(read.name)
                if self._named_at(i, read.alias):
                    found.append(read.alias)
        # What it assigns, too: a sum that it should have been added to.
        for name in self._assigned(i):
            if any(not self._pairs_at(place) for place in self._latest(i, name)):
                found.append(name)
        return tuple(dict.fromkeys(found))

    def _named_at(self, i: int, alias: str) -> bool:
        """Whether a statement before an event, of the same step, wrote a row under this name."""
        here = self.recording.events[i]
        return bool(alias) and any(
            access.alias == alias
            for event in self.recording.events[:i]
            if (event.call, event.step) == (here.call, here.step)
            for access in event.writes
        )

    def _assigned(self, i: int) -> list[str]:
        statement = self.recording.statements[self.recording.events[i].statement]
        return [target.split("[")[0] for target in statement.targets]

    def _corrected(self, i: int, name: str, value: object) -> object:
        """A variable as it should be: from the other side, where the two are matched."""
        places = self._latest(i, name)
        for place in reversed(places):
            pair = self.pairs.get(place)
            write = self.recording.events[place.event].writes[place.write]
            if pair is None or pair.agrees:
                if pair is None and write.step is None:
                    value = self._rows_corrected(place, value)
                continue
            right = _array(self._turned(pair))
            if right is not None:
                value = _put(value, write.step, right)
        return value

    def _rows_corrected(self, place: Place, value: object) -> object:
        for pair in self.matching.pairs:
            a = pair.a
            if a.row is not None and (a.event, a.write) == (place.event, place.write):
                right = _array(self.matching.b.value(pair.b))
                if not pair.agrees and right is not None:
                    value = _put(value, a.row, right)
        return value

    def _latest(self, i: int, name: str) -> list[Place]:
        """The writes that make up a variable just before an event, the latest first."""
        call = self.recording.events[i].call
        found: list[Place] = []
        for at in range(i - 1, -1, -1):
            event = self.recording.events[at]
            if event.call != call:
                continue
            for j, access in enumerate(event.writes):
                if access.name == name:
                    found.append(Place(at, j))
                    if access.step is None:
                        return found
        return found

    def _chain(self, i: int, k: int) -> list[int]:
        """The events from one of statement k to event i, along values without a partner."""
        waiting: list[tuple[int, ...]] = [(i,)]
        seen = {i}
        while waiting:
            chain = waiting.pop(0)
            if self.recording.events[chain[0]].statement == k:
                return list(chain)
            if len(chain) >= LONGEST_CHAIN:
                continue
            for _, places in self.flow.sources[chain[0]]:
                for place in places:
                    if place.event not in seen and not self._pairs_at(place):
                        seen.add(place.event)
                        waiting.append((place.event, *chain))
        return []


def _is(event: Event, name: str, variable: str) -> bool:
    return f"{event.phase} {canonical(name)}" == variable


def _array(value: Value | None) -> Array | None:
    return None if value is None or isinstance(value, Sketch) else value


def _put(value: object, step: int | None, right: Array) -> object:
    """A variable with an entry, or the whole of it, from the other side, in its own shape."""
    if isinstance(value, list):
        if step is None or not 0 <= step < len(value):
            return value
        own = value[step]
        new = list(value)
        new[step] = _shaped(right, own) if own is not None else right
        return new
    if isinstance(value, dict):
        if step not in value:
            return value
        return {**value, step: _shaped(right, value[step])}
    if isinstance(value, np.ndarray) and step is not None:
        if not 0 <= step < len(value):
            return value
        new_array = value.copy()
        new_array[step] = _shaped(right, value[step])
        return new_array
    return _shaped(right, value)


def _shaped(right: Array, own: object) -> object:
    """The right values in the shape that this side gives them."""
    if isinstance(own, np.ndarray | np.generic):
        if own.size == right.size:
            return np.reshape(right, own.shape)
        return right
    return right.item() if right.ndim == 0 else right
