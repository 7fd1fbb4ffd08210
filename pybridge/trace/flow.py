"""Which value came from which: the flow of data through one recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pybridge.trace import Access, Event, Kind, Recording, Sketch, Value
from pybridge.trace.cells import canonical
from pybridge.trace.pairs import Place


@dataclass(frozen=True)
class Flow:
    """For each event the places that its reads came from, and the events that read each event."""

    sources: tuple[tuple[tuple[Access, tuple[Place, ...]], ...], ...]  # by event, by read
    readers: Mapping[int, tuple[tuple[int, Place], ...]]  # by event: who, and which place
    callers: tuple[int | None, ...]  # by event: the event that called its function


def flow(recording: Recording) -> Flow:
    """Follow every read to the writes that it got its value from.

    A read of a variable comes from the last write of it in the same call of the function; a read of
    the whole of what is written entry by entry, from all of these. What comes from another
    function, as its argument or its result, is found by its bits. A read without a source is of
    what the tagger was given: weights, words, tags.
    """
    inside = _inside(recording)
    written: dict[tuple[int, str], list[Place]] = defaultdict(list)
    bits: dict[object, list[Place]] = defaultdict(list)
    sources: list[tuple[tuple[Access, tuple[Place, ...]], ...]] = []
    pending: list[tuple[int, Event]] = []

    def settle(before: int) -> None:
        """Make the writes of earlier events known, innermost calls first."""
        while pending and pending[-1][0] < before:
            at, event = pending.pop()
            for j, access in enumerate(event.writes):
                place = Place(at, j)
                written[event.call, access.name].append(place)
                if access.value is not None:
                    bits[bits_of(access.value)].append(place)

    for i, event in enumerate(recording.events):
        while pending and not (event.call > pending[-1][1].call and i in inside[pending[-1][0]]):
            settle(pending[-1][0] + 1)
        found = [(read, _source(recording, event, read, written, bits)) for read in event.reads]
        sources.append(tuple(found))
        pending.append((i, event))
    settle(len(recording.events))
    complete = tuple((*found, *_results(recording, inside[i])) for i, found in enumerate(sources))
    readers: dict[int, list[tuple[int, Place]]] = defaultdict(list)
    for i, reads in enumerate(complete):
        for _, places in reads:
            for place in places:
                readers[place.event].append((i, place))
    callers: list[int | None] = [None] * len(inside)
    for i, called in enumerate(inside):  # the innermost one comes last
        for j in called:
            callers[j] = i
    return Flow(complete, {k: tuple(v) for k, v in readers.items()}, tuple(callers))


def _source(
    recording: Recording,
    event: Event,
    read: Access,
    written: Mapping[tuple[int, str], Sequence[Place]],
    bits: Mapping[object, Sequence[Place]],
) -> tuple[Place, ...]:
    here = written.get((event.call, read.name), ())
    if here:
        return tuple(_latest(recording, here, read))
    if read.value is None:
        return ()
    same = bits.get(bits_of(read.value), ())
    named = [
        p
        for p in same
        if canonical(recording.events[p.event].writes[p.write].name) == canonical(read.name)
    ]
    if named:
        return (named[-1],)
    return (same[-1],) if same and _telling(read.value) else ()


def _latest(recording: Recording, here: Sequence[Place], read: Access) -> Iterator[Place]:
    """The writes that a read sees, from the last one back to one of the whole variable."""
    for place in reversed(here):
        write = recording.events[place.event].writes[place.write]
        if write.step is None:
            yield Place(place.event, place.write, read.step)
            return
        if read.step is None or write.step == read.step:
            yield place
            if read.step is not None:
                return


def _inside(recording: Recording) -> list[range]:
    """For each event the events of the calls that it made. Events come as they begin."""
    events = recording.events
    found: list[range] = []
    for i, event in enumerate(events):
        end = i + 1
        while (
            end < len(events)
            and events[end].call > event.call
            and (events[end].phase == event.phase)
        ):
            end += 1
        found.append(range(i + 1, end))
    return found


def _results(recording: Recording, inside: range) -> Iterator[tuple[Access, tuple[Place, ...]]]:
    """What the calls inside an event returned, which is as good as read by it."""
    events = recording.events
    for i in inside:
        if recording.statements[events[i].statement].kind is Kind.RETURN:
            for j, access in enumerate(events[i].writes):
                yield access, (Place(i, j),)


def bits_of(value: Value) -> object:
    """What values have in common that are the same, a row and a vector among them."""
    if isinstance(value, Sketch):
        return value.digest
    entries = value[0] if value.ndim == 2 and value.shape[0] == 1 else value
    return np.asarray(entries).tobytes(), np.asarray(entries).shape


def _telling(value: Value) -> bool:
    """Whether equal bits say something: not of zeros, nor of a single number."""
    if isinstance(value, Sketch):
        return value.norm > 0
    return value.size > 1 and bool(np.any(value))
