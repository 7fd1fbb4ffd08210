"""The Python side, which is done with some cases while Julia starts or is busy with others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pybridge.case import Case
from pybridge.evidence import Evidence, ask, collect, question
from pybridge.gradcheck.methods import Method
from pybridge.sides import Failure, Side, Task

# Cases that the Python side may be done with and nobody has asked for yet.
HALVES = 512
# Entries of the weights of these; a question holds each some eight times.
ENTRIES = 1_000_000


class Ahead:
    """Cases by number, each handed out once, and what the Python side says of each."""

    def __init__(self, cases: Iterable[Case], python: Side, method: Method) -> None:
        """Draws a case when it is handed out, or when there is time for it before."""
        self.python, self.method = python, method
        self._left = enumerate(cases)
        self._drawn: dict[int, Case] = {}  # not handed out yet, in order
        self._undone: dict[int, Case] = {}  # without a half, in order
        self._tasks: dict[int, Task] = {}  # the question about each
        self._halves: dict[int, Evidence | Failure] = {}
        self._held = 0  # entries of the weights of these

    def __iter__(self) -> Iterator[tuple[int, Case]]:
        """The cases that were not handed out before, from number 0."""
        while self._drawn or self._draw():
            number = next(iter(self._drawn))
            yield number, self._drawn.pop(number)

    def work(self, until: Callable[[], bool]) -> None:
        """Be done with the next cases, as many as there is time and room for."""
        while not until() and len(self._halves) < HALVES and self._held <= ENTRIES:
            if not self._undone and not self._draw():
                return
            self._do(next(iter(self._undone)))

    def task(self, number: int, case: Case) -> Task:
        """The question about a case, the same for both sides."""
        if number not in self._tasks:
            self._tasks[number] = question(case, self.method)
        return self._tasks[number]

    def half(self, number: int) -> Evidence | Failure:
        """What the Python side says of a case; it is not kept any longer."""
        if number not in self._halves:
            self._do(number)
        self._held -= entries(self._tasks.pop(number).case)
        return self._halves.pop(number)

    def _draw(self) -> bool:
        found = next(self._left, None)
        if found is None:
            return False
        number, case = found
        self._drawn[number] = self._undone[number] = case
        return True

    def _do(self, number: int) -> None:
        case = self._undone.pop(number)
        self._held += entries(case)
        asked = ask(self.python, case, self.method, task=self.task(number, case))
        self._halves[number] = collect(asked)


def entries(case: Case) -> int:
    """How many numbers its weights are."""
    return sum(array.size for array in case.weights.arrays.values())
