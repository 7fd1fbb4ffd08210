"""What the evidence says beside each line of the question's own check."""

from __future__ import annotations

from dataclasses import dataclass

from pybridge.case import Case
from pybridge.evidence import ask, collect
from pybridge.gradcheck import ParameterCheck, Status, posted
from pybridge.gradcheck.methods import COMPLEX, DIFFERENCE
from pybridge.sides import Failure, Side, Task


@dataclass(frozen=True)
class SecondLook:
    """One line of the question's check, and what is true of it."""

    parameter: str  # its name, with d before it
    pick: posted.Pick
    remark: str


def second_look(side: Side, case: Case) -> tuple[SecondLook, ...] | Failure:
    """Run the question's check on one side, and judge each of its lines by the evidence."""
    evidence = collect(ask(side, case, COMPLEX))
    if isinstance(evidence, Failure):
        return evidence
    method = COMPLEX if evidence.gradient.method == COMPLEX.name else DIFFERENCE
    probes = posted.probes(case)
    as_posted = side.submit(Task(case, probes, posted.STEPS)).result()
    exactly = side.submit(Task(case, probes, method.steps)).result()
    for reply in (as_posted, exactly):
        if isinstance(reply, Failure):
            return reply
        if reply.refusal:
            return Failure(reply.refusal)
    assert not isinstance(as_posted, Failure)
    assert not isinstance(exactly, Failure)
    checks = {check.name: check for check in evidence.gradient.parameters}
    found = []
    for i, probe in enumerate(probes):
        name = f"d{probe.name}"
        gradient = as_posted.run.gradients[probe.name]
        if gradient.shape != case.weights.arrays[probe.name].shape:
            return Failure(f"{name}: {checks[name].rule}")
        true = method.derivatives(exactly.costs[i]).values
        for pick, derivative in zip(
            posted.picks(gradient, probe, as_posted.costs[i]), true, strict=True
        ):
            remark = _remark(pick, float(derivative), checks[name])
            found.append(SecondLook(name, pick, remark))
    return tuple(found)


def _remark(pick: posted.Pick, true: float, check: ParameterCheck) -> str:
    """What is true of the entry, and of the whole gradient that it stands for."""
    analytic = pick.entry.analytic
    apart = abs(analytic - true)
    right = apart <= check.tolerance * check.scale
    size = f"{apart / check.scale:.0e} of the largest entry" if check.scale else "0"
    if pick.relative != pick.relative:
        return "a pass on 0/0, which says nothing" if right else "a pass on NaN; the entry is wrong"
    if not pick.passed:
        if right:
            return f"a false alarm: the entry is right, off by {size}"
        return f"rightly: the entry is wrong, off by {size}"
    if not right:
        return f"missed: the entry is wrong, off by {size}"
    if check.status is Status.FAILED:
        return f"the entry is right, yet {check.name} is wrong elsewhere: these picks missed it"
    return f"rightly: off by {size}" if check.status is Status.PASSED else str(check.status)


def is_misleading(look: SecondLook) -> bool:
    """Whether the question's line says other than the evidence."""
    return not look.remark.startswith("rightly")
