"""The statements whose inputs agree with the other side while their result does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pybridge.trace import Event, Kind, Statement
from pybridge.trace.cells import canonical
from pybridge.trace.flow import Flow, bits_of, flow
from pybridge.trace.match import Matching, is_output, variable, without
from pybridge.trace.pairs import Pair, Place

THE_REST = "(what was still to come)"  # what is spoiled where a tagger breaks off


@dataclass(frozen=True)
class Culprit:
    """Where an error is made, and not only carried on."""

    variable: str  # phase and name, as "backward dhnext"
    event: int  # of the recording of the accused side; the first one in order
    step: int | None  # time step from 0
    steps: int  # how many events of this statement are at fault
    distance: float  # from the other side, relative to the largest entry; infinite: no value
    other: int | None  # the event on the other side
    inputs: tuple[str, ...]  # names of what it reads, all of which agree
    spoils: tuple[str, ...]  # outputs that differ because of it
    between: tuple[int, ...]  # statements, by index, that made what it reads and have no partner:
    #                           one of them may be the wrong one as well
    suspects: tuple[int, ...]  # the one named, those between, those that write the same variable,
    #                            and the loops and conditions around all of them


def culprits(matching: Matching) -> list[Culprit]:
    """All culprits of the side `a`, in order of execution, one for each statement.

    A value that differs and does no harm is none: one that stands for something else under the
    same name, whose readers agree all the same.
    """
    graph = flow(matching.a.recording)
    search = _Search(matching, graph)
    friends = search.false_friends()
    if friends:
        search = _Search(without(matching, friends), graph)
    return search.culprits()


def settled(matching: Matching, rematch: Callable[[str], Matching]) -> Matching:
    """Of a matching and those with the last values of one variable, that with fewest culprits.

    `dy = p[t]` agrees with the first of two statements that make dy on the other side, where the
    second subtracts: each reader of dy would then be at fault, and not the line that lacks a term.
    """
    found = culprits(matching)
    events = matching.a.recording.events
    read = Counter(
        variable(events[c.event], access)
        for c in found
        for access in {access.name: access for access in events[c.event].reads}.values()
    )
    for name, times in read.items():
        if times > 1 and name in matching.partners:
            other = rematch(name)
            fewer = culprits(other)
            if 0 < len(fewer) < len(found):
                matching, found = other, fewer
    return matching


class _Search:
    """One matching, with what has been found out about its places."""

    def __init__(self, matching: Matching, graph: Flow) -> None:
        self.matching, self.flow = matching, graph
        self.recording = matching.a.recording
        self.pairs: dict[Place, Pair] = {pair.a: pair for pair in matching.pairs}
        self.rows: dict[tuple[int, int], list[Pair]] = {}
        for pair in matching.pairs:
            if pair.a.row is not None:
                self.rows.setdefault((pair.a.event, pair.a.write), []).append(pair)
        self._theirs: frozenset[object] = frozenset()
        self._clean: dict[int, bool] = {}
        self._harm: dict[Place, frozenset[str]] = {}
        self._writes: dict[int, frozenset[str]] = {}

    def culprits(self) -> list[Culprit]:
        """In order of execution."""
        found: dict[int, list[tuple[int, Place, Pair | None]]] = {}
        for i, event in enumerate(self.recording.events):
            for place, pair in self._at_fault(i, event):
                found.setdefault(event.statement, []).append((i, place, pair))
        every = [
            self._culprit(several) for several in found.values() if self._spoils(several[0][1])
        ]
        every += self._not_executed()
        return sorted(every, key=lambda c: c.event)

    def false_friends(self) -> set[str]:
        """Variables that differ where everything that reads them agrees, and accuse nobody."""
        harmless: set[str] = set()
        accused: set[str] = set()
        for i, event in enumerate(self.recording.events):
            if is_output(self.recording, event):
                continue
            for j, access in enumerate(event.writes):
                name = variable(event, access)
                for place, pair in self._pairs_of(i, j):
                    if pair.agrees:
                        continue
                    readers = [e for e, p in self.flow.readers.get(i, ()) if _same(p, place)]
                    known = [a for e in readers if (a := self._event_agrees(e)) is not None]
                    if known and all(known):
                        harmless.add(name)
                    elif self.clean(i) and self._spoils(place):
                        accused.add(name)
        return harmless - accused

    def clean(self, i: int) -> bool:
        """Whether every value that an event reads agrees with the other side."""
        if i not in self._clean:
            self._clean[i] = True  # while it is looked at: a loop of reads accuses nobody
            self._clean[i] = all(
                self._agrees(p) for _, places in self.flow.sources[i] for p in places
            )
        return self._clean[i]

    def _agrees(self, place: Place) -> bool:
        """Whether a place agrees; of one without a partner, whether all it was made of does."""
        pairs = self._seen_at(place)
        return all(p.agrees for p in pairs) if pairs else self.clean(place.event)

    def _seen_at(self, place: Place) -> list[Pair]:
        if place in self.pairs:
            return [self.pairs[place]]
        whole = Place(place.event, place.write)
        if whole in self.pairs:
            return [self.pairs[whole]]
        return self.rows.get((place.event, place.write), []) if place.row is None else []

    def _pairs_of(self, i: int, j: int) -> list[tuple[Place, Pair]]:
        whole = Place(i, j)
        found = [(whole, self.pairs[whole])] if whole in self.pairs else []
        return found + [(pair.a, pair) for pair in self.rows.get((i, j), [])]

    def _event_agrees(self, i: int) -> bool | None:
        """Whether all that an event writes agrees; None where it has no partner."""
        pairs = [
            p for j in range(len(self.recording.events[i].writes)) for _, p in self._pairs_of(i, j)
        ]
        return all(p.agrees for p in pairs) if pairs else None

    def _at_fault(self, i: int, event: Event) -> Iterable[tuple[Place, Pair | None]]:
        if event.threw:
            if self.clean(i):
                yield Place(i, 0), None
            return
        if self._reads_unset(i):
            yield Place(i, 0), None
            return
        output = is_output(self.recording, event)
        for j in range(len(event.writes)):
            wrong = [(place, pair) for place, pair in self._pairs_of(i, j) if not pair.agrees]
            if wrong and (self._output_clean(i, j) if output else self.clean(i)):
                yield from wrong

    def _reads_unset(self, i: int) -> bool:
        """Whether an event reads an entry that nothing was written to: whatever lay in memory."""
        events = self.recording.events
        return any(
            place.row is not None and events[place.event].writes[place.write].unset
            for _, places in self.flow.sources[i]
            for place in places
        )

    def _output_clean(self, i: int, j: int) -> bool:
        """Of a return, each output has a read of its own where there are as many."""
        event, sources = self.recording.events[i], self.flow.sources[i]
        if len(event.reads) != len(event.writes):
            return self.clean(i)
        return all(self._agrees(p) for p in sources[j][1])

    def _spoils(self, place: Place) -> frozenset[str]:
        """Outputs that differ and that the place flows into through values that differ."""
        if place in self._harm:
            return self._harm[place]
        self._harm[place] = frozenset()
        event = self.recording.events[place.event]
        found = {THE_REST} if event.threw else set()
        written = event.writes[place.write].name if event.writes else ""  # none: it threw
        if is_output(self.recording, event) and written not in ("", "return"):
            found.add(written)  # without a pair: noise alone
        for reader, source in self.flow.readers.get(place.event, ()):
            if not _same(source, place):
                continue
            reading = self.recording.events[reader]
            if reading.threw:
                found.add(THE_REST)
            output = is_output(self.recording, reading)
            mapped = output and len(reading.reads) == len(reading.writes)
            for j in range(len(reading.writes)):
                if mapped and source not in self.flow.sources[reader][j][1]:
                    continue
                pairs = self._pairs_of(reader, j)
                for target, pair in pairs:
                    if not pair.agrees:
                        found |= self._spoils(target)
                if not pairs:
                    found |= self._spoils(Place(reader, j))
        self._harm[place] = frozenset(found)
        return self._harm[place]

    def _culprit(self, several: list[tuple[int, Place, Pair | None]]) -> Culprit:
        i, place, pair = several[0]
        event = self.recording.events[i]
        spoils = frozenset().union(*(self._spoils(p) for _, p, _ in several))
        # Those without a pair, for noise, after those that differ.
        order = (*self._output_names(), *sorted(spoils - {THE_REST}), THE_REST)
        targets = self._statement(i).targets
        name = f"{event.phase} {self._statement(i).text}"
        if event.writes:
            name = variable(event, event.writes[place.write])
        elif targets:  # what it would have written
            name = f"{event.phase} {canonical(targets[0].split('[')[0])}"
        return Culprit(
            variable=name,
            event=i,
            step=event.step if place.row is None else place.row,
            steps=len({i for i, _, _ in several}),
            distance=pair.distance if pair else float("inf"),
            other=pair.b.event if pair else None,
            inputs=tuple(
                name
                for name in dict.fromkeys(read.name for read in event.reads)
                if name not in self._handed(i)
            ),
            spoils=tuple(n for n in dict.fromkeys(order) if n in spoils),
            between=self._between(i),
            suspects=self._suspects(i),
        )

    def _between(self, i: int) -> tuple[int, ...]:
        """The statements that made what an event reads, back to values with a partner."""
        events = self.recording.events
        found: dict[int, None] = {}
        seen, waiting = {i}, [i]
        while waiting:
            for _, places in self.flow.sources[waiting.pop(0)]:
                for place in places:
                    if place.event not in seen and not self._seen_at(place):
                        seen.add(place.event)
                        waiting.append(place.event)
                        found.setdefault(events[place.event].statement)
        at = self.flow.callers[i]
        while at is not None and self._handed(i):
            found.setdefault(events[at].statement)
            at = self.flow.callers[at]
        return tuple(k for k in found if k != events[i].statement)

    def _handed(self, i: int) -> frozenset[str]:
        """What an event reads that its function was handed, and that the other side never has."""
        if self.flow.callers[i] is None:
            return frozenset()
        if not self._theirs:
            self._theirs = frozenset(
                (canonical(access.name), bits_of(access.value))
                for event in self.matching.b.recording.events
                for access in (*event.reads, *event.writes)
                if access.value is not None
            )
        return frozenset(
            read.name
            for read, places in self.flow.sources[i]
            if not places
            and read.step is None
            and read.value is not None
            and (canonical(read.name), bits_of(read.value)) not in self._theirs
        )

    def _suspects(self, i: int) -> tuple[int, ...]:
        """The statement of an event, and all that may be wrong in its place."""
        events = self.recording.events
        found = dict.fromkeys((events[i].statement, *self._between(i)))
        # Sisters: the other statements that write the same variable, as the two arms of a branch.
        calls = {events[at].statement for at in self.flow.callers if at is not None}
        names = {name for k in found if k not in calls for name in self._written(k)}
        for event in events:
            kind = self.recording.statements[event.statement].kind
            if kind is not Kind.RETURN and names & self._written(event.statement):
                found.setdefault(event.statement)
        for k in list(found):
            for around in reversed(self.recording.statements[k].within):
                found.setdefault(around)
        return tuple(found)

    def _written(self, k: int) -> frozenset[str]:
        """Function and variables that a statement was seen to write."""
        if k not in self._writes:
            function = self.recording.statements[k].function
            self._writes[k] = frozenset(
                f"{function} {access.name}"
                for event in self.recording.events
                if event.statement == k
                for access in event.writes
            )
        return self._writes[k]

    def _not_executed(self) -> list[Culprit]:
        """Steps that the other side has and this one has not, though nothing broke it off."""
        if self.recording.problem or not self.matching.missing:
            return []
        found: dict[tuple[int, ...], Culprit] = {}
        for name, step in self.matching.missing:
            made = [
                i
                for i, event in enumerate(self.recording.events)
                if event.step is not None
                and any(variable(event, access) == name for access in event.writes)
            ]
            if not made:
                continue
            around = self._statement(made[0]).within
            if not around or around in found:
                continue
            found[around] = Culprit(
                variable=name,
                event=made[0],
                step=step,
                steps=len(self.matching.missing),
                distance=float("inf"),
                other=None,
                inputs=(),
                spoils=self._output_names(),
                between=(),
                suspects=(*reversed(around), self.recording.events[made[0]].statement),
            )
        return list(found.values())

    def _output_names(self) -> tuple[str, ...]:
        """The outputs that differ, in order."""
        return tuple(
            self.recording.events[p.a.event].writes[p.a.write].name
            for p in self.matching.pairs
            if not p.agrees and is_output(self.recording, self.recording.events[p.a.event])
        )

    def _statement(self, i: int) -> Statement:
        return self.recording.statements[self.recording.events[i].statement]


def _same(source: Place, place: Place) -> bool:
    """Whether a read of `source` reads `place`, or the whole that it is a row of."""
    if (source.event, source.write) != (place.event, place.write):
        return False
    return source.row is None or place.row is None or source.row == place.row
