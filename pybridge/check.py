"""One case on both sides: ask, collect, compare, decide."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from pybridge.agreement import Agreement, agree, distance
from pybridge.case import Case
from pybridge.errors import InputError
from pybridge.gradcheck import GradientCheck
from pybridge.gradcheck.methods import COMPLEX, DIFFERENCE, Method
from pybridge.sides import Examination, Failure, Reply, Run, Side, Task
from pybridge.verdict import Verdict, decide
from pybridge.weights import Array, fingerprint

# Cases asked of Julia before the first of them is collected: enough to keep its process busy while
# this one works, few enough to keep memory flat over a treebank.
AHEAD = 8


@dataclass(frozen=True)
class Evidence:
    """What is known of one side in one case."""

    run: Run
    noise: Mapping[str, float]  # by tensor, relative distance that rounding moves it
    gradient: GradientCheck


@dataclass(frozen=True)
class CaseResult:
    """One case, checked. A side that gave no answer is a Failure; there is no agreement then."""

    case: Case
    python: Evidence | Failure
    julia: Evidence | Failure
    agreement: Agreement | None
    verdict: Verdict


@dataclass(frozen=True)
class Asked:
    """A question put to a side, about a case and about the same case with nudged weights."""

    side: Side
    method: Method
    reason: str  # why this method and not the one asked for
    tasks: tuple[Task, Task]
    replies: tuple[Future[Reply], Future[Reply]]


def check_cases(
    cases: Iterable[Case], python: Side, julia: Side, *, method: Method, tolerance: float
) -> Iterator[CaseResult]:
    """Check every case, in order. `tolerance` is that of the agreement, relative.

    InputError where the two sides do not hold the same weights.
    """
    asked: deque[tuple[Case, Asked]] = deque()
    for case in cases:
        asked.append((case, ask(julia, case, method)))
        if len(asked) > AHEAD:
            yield _check(*asked.popleft(), python, method, tolerance)
    while asked:
        yield _check(*asked.popleft(), python, method, tolerance)


def ask(side: Side, case: Case, method: Method, reason: str = "") -> Asked:
    """Put a case to a side; the answer may come later."""
    first, second = method.tasks(case)
    return Asked(side, method, reason, (first, second), (side.submit(first), side.submit(second)))


def collect(asked: Asked) -> Evidence | Failure:
    """Wait for the answer and check its gradients.

    Where a forward pass does not take complex weights, central differences stand in.
    """
    answer, again = (reply.result() for reply in asked.replies)
    for reply in (answer, again):
        if isinstance(reply, Failure):
            return reply
    assert isinstance(answer, Examination)
    assert isinstance(again, Examination)
    case = asked.tasks[0].case
    held = fingerprint(case.weights.arrays)
    if answer.fingerprint != held:
        raise InputError(
            f"{case.name}: {asked.side.name} holds other weights than it was handed "
            f"(sha256 {answer.fingerprint[:12]}, not {held[:12]})",
            "this is a fault of xcheck or of the bridge; please report it",
        )
    refusal = answer.refusal or again.refusal
    if refusal and asked.method is COMPLEX:
        return collect(ask(asked.side, case, DIFFERENCE, f"no complex weights: {refusal}"))
    if refusal:
        return Failure(refusal)
    return Evidence(
        run=answer.run,
        noise=_noise(tensors(answer.run), tensors(again.run)),
        gradient=GradientCheck(
            method=asked.method.name,
            reason=asked.reason,
            parameters=tuple(asked.method.check(asked.tasks[0], answer, again)),
        ),
    )


def tensors(run: Run) -> dict[str, Array]:
    """All tensors of a run by the names they are printed under; gradients begin with d."""
    return {**run.results, **{f"d{name}": array for name, array in run.gradients.items()}}


def _check(
    case: Case, asked: Asked, python: Side, method: Method, tolerance: float
) -> CaseResult:
    ours, theirs = collect(ask(python, case, method)), collect(asked)
    agreement = None
    if isinstance(ours, Evidence) and isinstance(theirs, Evidence):
        agreement = agree(
            tensors(ours.run),
            tensors(theirs.run),
            tolerance=tolerance,
            noise={name: max(n, theirs.noise.get(name, 0.0)) for name, n in ours.noise.items()},
        )
    verdict = decide(
        agreement,
        ours.problem if isinstance(ours, Failure) else ours.gradient,
        theirs.problem if isinstance(theirs, Failure) else theirs.gradient,
    )
    return CaseResult(case, ours, theirs, agreement, verdict)


def _noise(once: Mapping[str, Array], again: Mapping[str, Array]) -> dict[str, float]:
    """How far apart the nudge moved each tensor; 0 where that is not a number."""
    apart = {
        name: distance(array, again[name])
        for name, array in once.items()
        if array.shape == again[name].shape and array.size
    }
    return {name: d if d < float("inf") else 0.0 for name, d in apart.items()}
