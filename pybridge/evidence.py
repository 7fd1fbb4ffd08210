"""What is known of one side in one case: ask it, wait for it, check its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from pybridge.agreement import distances
from pybridge.case import Case
from pybridge.errors import InputError
from pybridge.gradcheck import SHOWN, Derivatives, GradientCheck, ParameterCheck, Status, probes
from pybridge.gradcheck.methods import (
    COMPLEX,
    DIFFERENCE,
    Differencing,
    Method,
    apart,
    by_differences,
    thorough,
)
from pybridge.gradcheck.narrow import wrong_entries
from pybridge.sides import Examination, Failure, Probe, Reply, Run, Side, Task, parts, tensors
from pybridge.weights import Array

# A plain difference, where the complex step is blind to a part of the cost, is off by far more than
# SUSPICIOUS times the largest entry; its own error, by rounding and curvature, stays far below.
SUSPICIOUS = 1e-2


@dataclass(frozen=True)
class Evidence:
    """What is known of one side in one case."""

    run: Run
    noise: Mapping[str, float]  # by tensor, relative distance that rounding moves it
    gradient: GradientCheck
    notes: tuple[str, ...] = ()  # findings that decide nothing, such as another precision


@dataclass(frozen=True)
class Asked:
    """A question put to a side, about a case and about the same case with nudged weights.

    `more` of the task is first that about nudged weights; of the complex step then one of plain
    differences.
    """

    side: Side
    method: Method
    reason: str  # why this method and not the one asked for
    task: Task
    reply: Future[Reply]

    @property
    def case(self) -> Case:
        """That of the task."""
        return self.task.case


def ask(
    side: Side, case: Case, method: Method, reason: str = "", *, task: Task | None = None
) -> Asked:
    """Put a case to a side; the answer may come later.

    `task` is the `question` about the case, where it has been put to another side before.
    """
    task = task or question(case, method)
    return Asked(side, method, reason, task, side.submit(task))


def question(case: Case, method: Method) -> Task:
    """All that is asked about a case in one go."""
    first, second = method.tasks(case)
    more = [second]
    if method.name == COMPLEX.name:
        more.append(Task(case, second.probes, (complex(_plain_step(case)),)))
    return replace(first, more=tuple(more))


def collect(asked: Asked) -> Evidence | Failure:
    """Wait for the answer, ask on where that takes it, and check its gradients."""
    found = weigh(asked)
    while isinstance(found, Asked):
        found = weigh(found)
    return found


def weigh(asked: Asked) -> Evidence | Failure | Asked:
    """Wait for the answer and check its gradients, or ask the side once more in another way.

    Central differences stand in where a forward pass does not take complex weights, or takes them
    and drops an imaginary part on the way.
    """
    answer = _answer(asked)
    if isinstance(answer, Failure):
        return answer
    case, again = asked.case, answer.more[0]
    refusal = answer.refusal or again.refusal
    if refusal and asked.method.name == COMPLEX.name:
        reason = f"no complex weights: {refusal}"
        return ask(asked.side, case, by_differences(asked.method), reason)
    if refusal:
        return Failure(refusal)
    parameters = asked.method.check(asked.task, answer, again)
    if not _is_told(asked, answer, parameters):
        return ask(asked.side, case, apart(asked.method), asked.reason)
    blind = _blind_spots(asked, answer, parameters)
    if blind:
        reason = f"its forward pass drops a part of the complex weights, which {blind} needs"
        return ask(asked.side, case, by_differences(asked.method), reason)
    if _worth_a_second_look(asked, parameters):
        return ask(asked.side, case, thorough(asked.method), asked.reason)
    return Evidence(
        run=answer.run,
        noise=_noise(tensors(answer.run), tensors(again.run)),
        gradient=GradientCheck(
            method=asked.method.name,
            reason=asked.reason,
            parameters=tuple(_narrowed(asked, answer.run, check) for check in parameters),
        ),
        notes=_slips(case, answer.run),
    )


def _is_told(asked: Asked, answer: Examination, parameters: list[ParameterCheck]) -> bool:
    """Whether lines through all parameters at once, where these were taken, tell all there is."""
    if not _goes_together(asked.method):
        return True
    if any(p.status not in (Status.PASSED, Status.NOT_EXERCISED) for p in parameters):
        return False
    return not _suspicious(asked, answer, parameters)


def _goes_together(method: Method) -> bool:
    return isinstance(method, Differencing) and method.together


def _worth_a_second_look(asked: Asked, parameters: list[ParameterCheck]) -> bool:
    """Whether a parameter failed that is small enough for all its entries to be named."""
    method, case = asked.method, asked.case
    if not isinstance(method, Differencing) or method.one_by_one >= probes.ONE_BY_ONE:
        return False
    sizes = {f"d{name}": array.size for name, array in case.weights.arrays.items()}
    return any(
        p.status is Status.FAILED and np.isfinite(p.error) and sizes[p.name] <= probes.ONE_BY_ONE
        for p in parameters
    )


def _answer(asked: Asked) -> Reply:
    """The answer, of a side that holds the weights that it was handed."""
    answer, case = asked.reply.result(), asked.case
    if isinstance(answer, Failure):
        return answer
    held = case.weights.fingerprint
    if answer.fingerprint != held:
        raise InputError(
            f"{case.name}: {asked.side.name} holds other weights than it was handed "
            f"(sha256 {answer.fingerprint[:12]}, not {held[:12]})",
            "this is a fault of xcheck or of the bridge; please report it",
        )
    return answer


def _blind_spots(asked: Asked, answer: Examination, parameters: list[ParameterCheck]) -> str:
    """The parameters along which the complex step and central differences contradict each other.

    Then the forward pass is not analytic: somewhere it takes a real part, an absolute value, a
    maximum of real parts, and the complex step does not see what goes through there. It may then
    accuse a right gradient as well as let a wrong one pass. One plain difference along one
    direction tells whether there is reason to look.
    """
    if asked.method.name != COMPLEX.name or _goes_together(asked.method):  # see `_is_told`
        return ""
    case = asked.case
    accused = any(p.status is Status.FAILED and np.isfinite(p.error) for p in parameters)
    if not accused and not _suspicious(asked, answer, parameters):
        return ""
    directions = probes.directions(case) + probes.through_absent(case)
    reply = asked.side.submit(Task(case, directions, DIFFERENCE.steps)).result()
    if isinstance(reply, Failure) or reply.refusal:
        return ""
    scale = {p.name: p.scale for p in parameters}
    found = []
    for probe, complex_costs, real_costs in zip(
        directions, answer.costs, reply.costs, strict=False
    ):
        seen = COMPLEX.derivatives(complex_costs).values
        real = DIFFERENCE.derivatives(real_costs)
        tolerance = DIFFERENCE.tolerance(case.precision) * scale.get(f"d{probe.name}", 0.0)
        if np.any(np.abs(seen - real.values) > 10 * (real.doubts + tolerance)):
            found.append(f"d{probe.name}")
    return " ".join(found)


def _suspicious(asked: Asked, answer: Examination, parameters: list[ParameterCheck]) -> bool:
    """Whether a plain difference is far from the complex step along any of the first directions."""
    _, plain_answer = answer.more
    if plain_answer.refusal or "cost" not in answer.run.results:
        return False
    scale = {p.name: p.scale for p in parameters}
    cost, step = answer.run.results["cost"].real, _plain_step(asked.case)
    for probe, complex_costs, costs in zip(
        asked.task.probes, answer.costs, plain_answer.costs, strict=False
    ):
        seen = COMPLEX.derivatives(complex_costs).values[0]
        with np.errstate(invalid="ignore"):  # Inf - Inf
            plain = float(costs[0, 0] - cost) / step
        smallest = min(scale.get(f"d{part.name}", 0.0) for part in parts(probe))
        if not abs(seen - plain) <= SUSPICIOUS * smallest:
            return True
    return False


def _plain_step(case: Case) -> float:
    """Where the rounding of a plain difference and the curvature of the cost are about as large."""
    return float(4 * np.sqrt(case.precision.eps))


def _narrowed(asked: Asked, run: Run, check: ParameterCheck) -> ParameterCheck:
    """A failed check with its wrong entries, found by halving where they were not all taken."""
    method = asked.method
    if check.status is not Status.FAILED or check.wrong or not np.isfinite(check.error):
        return check
    if not isinstance(method, Differencing):
        return check
    case, passes = asked.case, 0

    def measure(probe: Probe) -> Derivatives:
        nonlocal passes
        reply = asked.side.submit(Task(case, (probe,), method.steps)).result()
        if isinstance(reply, Failure) or reply.refusal:
            raise InterruptedError
        passes += reply.costs[0].size
        return method.derivatives(reply.costs[0])

    try:
        wrong = wrong_entries(
            check.name.removeprefix("d"),
            run.gradients[check.name.removeprefix("d")],
            measure,
            threshold=max(check.tolerance, check.bound) * check.scale,
            limit=SHOWN,
            rng=np.random.default_rng(case.configuration.seed + 4),
        )
    except InterruptedError:  # the side broke down on the way; the verdict stands without names
        return check
    return replace(check, wrong=wrong, passes=check.passes + passes)


def _noise(once: Mapping[str, Array], again: Mapping[str, Array]) -> dict[str, float]:
    """How far apart the nudge moved each tensor; 0 where that is not a number."""
    apart = distances(once, again)
    return {name: d if d < float("inf") else 0.0 for name, d in apart.items()}


def _slips(case: Case, run: Run) -> tuple[str, ...]:
    """A note for tensors of another precision than that of the weights."""
    wanted = case.h_prev.dtype
    kinds = {name: array.dtype for name, array in tensors(run).items()}
    slipped = [f"{name} ({kind})" for name, kind in kinds.items() if kind != wanted]
    return (f"not kept in {wanted}: {', '.join(slipped)}",) if slipped else ()
