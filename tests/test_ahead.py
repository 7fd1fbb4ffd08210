"""The Python side at work while Julia is busy: what it is asked, when, and how much it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest

from pybridge import ahead
from pybridge.ahead import Ahead, entries
from pybridge.case import Case
from pybridge.checking import check_cases
from pybridge.evidence import Evidence
from pybridge.gradcheck.methods import COMPLEX, quick
from pybridge.sides import Reply, Task
from pybridge.sides.python import PythonSide
from tests.making import PLANTED, a_case, port_with

PORT = PythonSide()
METHOD = quick(COMPLEX)


@dataclass
class Counting:
    """The port, and the cases that it was asked about."""

    asked: list[Case] = field(default_factory=list)
    name: str = "Python"

    def submit(self, task: Task) -> Future[Reply]:
        self.asked.append(task.case)
        return PORT.submit(task)


def some_cases(count: int) -> list[Case]:
    return [a_case(" ".join("abcdefgh"[: 1 + i % 5]), seed=i) for i in range(count)]


def after(times: int) -> Callable[[], bool]:
    left = iter([False] * times)
    return lambda: next(left, True)


def test_what_is_done_before_julia_has_started_is_not_done_again() -> None:
    cases, python, julia = some_cases(9), Counting(), Counting()
    work = Ahead(iter(cases), python, METHOD)
    work.work(until=after(4))
    assert python.asked == cases[:4]
    results = list(check_cases(work, python, julia, method=METHOD))
    assert python.asked == julia.asked == [r.case for r in results] == cases
    plain = check_cases(cases, PORT, PORT, method=METHOD)
    assert [r.verdict for r in results] == [r.verdict for r in plain]


def test_no_time() -> None:
    cases, python = some_cases(2), Counting()
    left = iter(cases)
    work = Ahead(left, python, METHOD)
    work.work(until=lambda: True)
    assert python.asked == []
    assert next(left) is cases[0]  # was not drawn either


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cases, python = some_cases(20), Counting()
    work = Ahead(cases, python, METHOD)
    monkeypatch.setattr(ahead, "HALVES", 5)
    work.work(until=lambda: False)
    assert len(python.asked) == 5
    assert isinstance(work.half(0), Evidence)
    work.work(until=lambda: False)
    assert len(python.asked) == 6  # in the room that was left
    monkeypatch.setattr(ahead, "HALVES", 512)
    monkeypatch.setattr(ahead, "ENTRIES", sum(map(entries, cases[1:8])))
    work.work(until=lambda: False)
    assert len(python.asked) == 9  # the one that is more than there is room for is the last
    with pytest.raises(KeyError):
        work.half(0)


def test_cases_are_handed_out_once_and_in_order() -> None:
    cases, python = some_cases(6), Counting()
    work = Ahead(cases, python, METHOD)
    handed = iter(work)
    assert next(handed) == (0, cases[0])
    work.work(until=after(3))
    assert python.asked == cases[:3]  # that which was handed out is among them
    assert list(handed) == list(enumerate(cases))[1:]
    assert list(work) == []
    assert work.task(4, cases[4]) is work.task(4, cases[4])
    work.half(4)  # now, since it was not done before
    assert python.asked == [*cases[:3], cases[4]]
    work.work(until=lambda: False)
    assert python.asked == [*cases[:3], cases[4], cases[3], cases[5]]
    Ahead([], python, METHOD).work(until=lambda: False)  # at once done with nothing


class Slow:
    """A side that answers only when it is asked for the fourth time whether it has."""

    name = "Slow"

    def __init__(self) -> None:
        self.waits: list[int] = []

    def submit(self, task: Task) -> Future[Reply]:
        waits, at = self.waits, len(self.waits)
        waits.append(0)

        class Late(Future[Reply]):
            def done(self) -> bool:
                waits[at] += 1
                return waits[at] > 3

        reply = Late()
        reply.set_result(PORT.submit(task).result())
        return reply


def test_python_works_while_julia_is_busy() -> None:
    """After each question there is time for three cases, of which later ones find theirs done."""
    cases, python = some_cases(60), Counting()
    results = check_cases(iter(cases), python, Slow(), method=METHOD)
    next(results)
    assert python.asked == cases[:3]
    next(results)
    assert python.asked == cases[:6]
    assert len(list(results)) == 58
    assert python.asked == cases


def test_a_second_question_to_julia_is_none_to_python() -> None:
    """Where Julia is asked once more before Python was asked at all."""
    wrong = PythonSide(port_with(PLANTED["the question's own"][0]))
    cases, python = some_cases(8), Counting()
    results = list(check_cases(iter(cases), python, wrong, method=METHOD))
    assert sorted(case.configuration.seed for case in python.asked) == list(range(8))
    alone = [next(check_cases([case], PORT, wrong, method=METHOD)) for case in cases]
    assert [r.verdict for r in results] == [r.verdict for r in alone]
    assert len({r.verdict.kind for r in results}) == 2  # a word alone has no wrong gradient


def test_cases_are_not_drawn_long_before_they_are_needed() -> None:
    drawn = []

    def generate() -> Iterator[Case]:
        for case in some_cases(3):
            drawn.append(case)
            yield case

    work = Ahead(generate(), PORT, METHOD)
    assert drawn == []
    work.work(until=after(1))
    assert len(drawn) == 1
