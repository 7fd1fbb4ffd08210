"""One case on both sides: ask, collect, compare, decide."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import islice

import numpy as np

from pybridge import grain
from pybridge.agreement import Agreement, Match, agree
from pybridge.ahead import ENTRIES, Ahead, entries
from pybridge.case import Case
from pybridge.evidence import Asked, Evidence, ask, weigh
from pybridge.gradcheck.judge import rounding_floor
from pybridge.gradcheck.methods import Method
from pybridge.gradcheck.probes import directions
from pybridge.grain import Grain
from pybridge.referee import Opinion, opine
from pybridge.sides import Failure, Probe, Reference, Run, Side, tensors
from pybridge.verdict import Kind, Verdict, decide
from pybridge.weights import largest_each

# Cases asked of Julia, for each of its processes, before the first of them is collected: enough to
# keep it busy while this one works, few enough to keep memory flat over a treebank.
AHEAD = 24
# Of so many cases a process the longest are handed out first, where there are several processes.
# Results wait for those before them: more would cost memory, and be lost where a run is killed.
CHOICE = 32

Answer = tuple[Side, Evidence | Failure]
Referee = Callable[[Case, tuple[Probe, ...]], "Future[Reference | Failure]"]


@dataclass(frozen=True)
class CaseResult:
    """One case, checked. A side that gave no answer is a Failure; there is no agreement then."""

    case: Case
    python: Evidence | Failure
    julia: Evidence | Failure
    agreement: Agreement | None
    verdict: Verdict
    opinion: Opinion | Failure | None = None  # of the referee, where it was asked


def check_cases(
    cases: Iterable[Case] | Ahead,
    python: Side,
    julia: Side,
    *,
    method: Method,
    tolerance: float | None = None,
    workers: int = 1,
) -> Iterator[CaseResult]:
    """Check every case; the results come in the order of the cases.

    `tolerance` is that of the agreement, relative; None stands for that of the precision. With more
    `workers` than one on the Julia side the longest cases are handed out first. InputError where
    the two sides do not hold the same weights.
    """
    ahead = cases if isinstance(cases, Ahead) else Ahead(cases, python, method)
    # Twice as many as are asked ahead: results may have to wait for a case that is asked once more.
    window = max(2 * AHEAD, CHOICE if workers > 1 else 0) * workers
    left = iter(ahead)
    read: list[tuple[int, int, Case]] = []  # a heap, by what is handed out first
    asked: deque[tuple[int, Asked]] = deque()
    done: dict[int, CaseResult] = {}
    given = 0  # results
    while True:
        for number, case in islice(left, window - len(read) - len(asked) - len(done)):
            heappush(read, (-len(case.words) if workers > 1 else 0, number, case))
        while read and (not asked or _is_room(asked, workers)):
            _, number, case = heappop(read)
            asked.append((number, ask(julia, case, method, task=ahead.task(number, case))))
        if not asked:
            return
        number, answer = asked.popleft()
        ahead.work(until=answer.reply.done)
        theirs = weigh(answer)
        if isinstance(theirs, Asked):  # the others go on meanwhile
            asked.append((number, theirs))
            continue
        ours = python, ahead.half(number)
        done[number] = _check(answer.case, ours, (julia, theirs), tolerance)
        while given in done:
            yield done.pop(given)
            given += 1


def _is_room(asked: Sequence[tuple[int, Asked]], workers: int) -> bool:
    """Whether another case may be asked ahead."""
    if len(asked) > AHEAD * workers:
        return False
    return sum(entries(one.case) for _, one in asked) <= ENTRIES * workers


def refereed(
    results: Iterable[CaseResult],
    referee: Referee,
    *,
    every_case: bool,
    heard: Iterable[str] = (),
) -> Iterator[CaseResult]:
    """Add the referee's opinion: to every case, or to the first of each configuration that differs.

    256 bits take some hundred times as long, so one case of each kind has to do by default; none
    of a configuration that was `heard` before.
    """
    asked = set(heard)
    for result in results:
        ours, theirs, name = result.python, result.julia, result.case.configuration.name
        differ = result.agreement is not None and result.agreement.match is Match.DIFFERS
        if isinstance(ours, Failure) or isinstance(theirs, Failure):
            yield result
        elif every_case or (differ and name not in asked):
            asked.add(name)
            lines = directions(result.case)
            reference = referee(result.case, lines).result()
            opinion = opine(result.case, lines, ours.run, theirs.run, reference)
            yield replace(result, opinion=opinion)
        else:
            yield result


def _check(case: Case, first: Answer, second: Answer, tolerance: float | None) -> CaseResult:
    (python, ours), (julia, theirs) = first, second
    agreement = None
    if isinstance(ours, Evidence) and isinstance(theirs, Evidence):
        agreement = agree(
            tensors(ours.run),
            tensors(theirs.run),
            tolerance=case.precision.agreement if tolerance is None else tolerance,
            telling=case.precision.telling,
            sides=(python.name, julia.name),
            noise={name: max(n, theirs.noise.get(name, 0.0)) for name, n in ours.noise.items()},
            floor=_floor(case, ours.run, theirs.run),
        )
    checks = (
        ours.problem if isinstance(ours, Failure) else ours.gradient,
        theirs.problem if isinstance(theirs, Failure) else theirs.gradient,
    )
    ended = next((side.ended for side in (ours, theirs) if isinstance(side, Failure)), "")
    verdict = decide(agreement, *checks, ended=ended)
    if verdict.kind is Kind.UNDECIDED and agreement and agreement.match is Match.DIFFERS:
        verdict = decide(agreement, *checks, _grains(case, first, second))
    return CaseResult(case, ours, theirs, agreement, verdict)


def _grains(case: Case, *sides: Answer) -> tuple[Grain, Grain]:
    """How finely each side computes its cost."""
    replies = [grain.ask(side, case) for side, _ in sides]
    ours, theirs = (
        grain.UNKNOWN
        if isinstance(evidence, Failure)
        else grain.measure(case, reply.result(), evidence.noise)
        for reply, (_, evidence) in zip(replies, sides, strict=True)
    )
    return ours, theirs


def _floor(case: Case, *runs: Run) -> dict[str, float]:
    """Absolute rounding that right code may reach at the worst, of the cost and each gradient."""
    names = {f"d{name}" for run in runs for name in run.gradients}
    sizes = [size for run in runs for size in largest_each(list(run.gradients.values()))]
    most = max((size for size in sizes if np.isfinite(size)), default=0.0)
    words, precision = len(case.words), case.precision
    # The cost of a sure and right guess is -log(p) with p known to a unit in the last place of 1.
    return {
        "cost": rounding_floor(precision, words, 0.0, 1.0),
        **dict.fromkeys(names, rounding_floor(precision, words, most, case.largest_weight)),
    }
