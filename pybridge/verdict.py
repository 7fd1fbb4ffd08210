"""What follows from the agreement of two sides and the gradient check of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pybridge.agreement import Agreement, Match
from pybridge.gradcheck import GradientCheck, Status, complex_step
from pybridge.grain import STEP, Grain


class Kind(StrEnum):
    """The verdicts on a case: five on what was computed, three where Julia's process ended."""

    BOTH_RIGHT = "both right"
    BOTH_WRONG = "both wrong"
    PYTHON_WRONG = "python wrong"
    JULIA_WRONG = "julia wrong"
    UNDECIDED = "undecided"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"

    @property
    def is_end(self) -> bool:
        """Whether Julia's process ended over the case: nothing is known of what it computes."""
        return self in (Kind.CRASHED, Kind.TIMED_OUT, Kind.OUT_OF_MEMORY)


@dataclass(frozen=True)
class Verdict:
    """A verdict and the rule that led to it, with its margin."""

    kind: Kind
    rule: str


def decide(
    agreement: Agreement | None,
    python: GradientCheck | str,
    julia: GradientCheck | str,
    grains: tuple[Grain, Grain] | None = None,
    ended: str = "",
) -> Verdict:
    """The verdict on one case.

    A side that gave no answer stands as a text that says why, and counts as failed; there is no
    agreement then. A side whose check fails is wrong, also where the check of the other one is
    undecided: the rule says so. Where the sides differ and no check accuses one, `grains` (Python's
    and Julia's) do: a side is wrong that has lost precision on the way. `ended` says how the
    process of a side did, where it did: that is the verdict then, whatever the other came to.
    """
    wrong = {side: _is_wrong(check) for side, check in (("Python", python), ("Julia", julia))}
    checks = f"Python: {_summary(python)}; Julia: {_summary(julia)}"
    if ended:
        return Verdict(next(kind for kind in Kind if ended.startswith(kind)), checks)
    if all(wrong.values()):
        return Verdict(Kind.BOTH_WRONG, checks)
    if wrong["Python"]:
        return Verdict(Kind.PYTHON_WRONG, checks)
    if wrong["Julia"]:
        return Verdict(Kind.JULIA_WRONG, checks)
    if agreement is not None and agreement.match is Match.DIFFERS and grains is not None:
        ours, theirs = grains
        apart = f"{agreement.worst.name}: {agreement.worst.rule}"
        if ours.coarser(theirs) and not _is_smooth(python):
            lost = _lost("Python", ours, "Julia", theirs)
            return Verdict(Kind.PYTHON_WRONG, f"{lost}; {apart}; {checks}")
        if theirs.coarser(ours) and not _is_smooth(julia):
            lost = _lost("Julia", theirs, "Python", ours)
            return Verdict(Kind.JULIA_WRONG, f"{lost}; {apart}; {checks}")
    if _is_undecided(python) or _is_undecided(julia):
        return Verdict(Kind.UNDECIDED, checks)
    assert agreement is not None, "both sides have answered"
    worst = agreement.worst
    apart = f"{worst.name}: {worst.rule}"
    match agreement.match:
        case Match.AGREES:
            return Verdict(Kind.BOTH_RIGHT, f"they agree, nearest to the limit {apart}; {checks}")
        case Match.UNDECIDED:
            return Verdict(Kind.UNDECIDED, f"rounding is too large to compare, {apart}; {checks}")
        case _:
            problem = "they differ, yet each gradient is right for its own forward pass"
            return Verdict(Kind.UNDECIDED, f"{problem}; {apart}; {checks}")


def _is_wrong(check: GradientCheck | str) -> bool:
    return isinstance(check, str) or check.status is Status.FAILED


def _is_undecided(check: GradientCheck | str) -> bool:
    return isinstance(check, GradientCheck) and check.status is Status.UNDECIDED


def _is_smooth(check: GradientCheck | str) -> bool:
    """Whether the cost has a derivative to the last digits, which a staircase has not."""
    return (
        isinstance(check, GradientCheck)
        and check.method == complex_step.NAME
        and check.status is Status.PASSED
    )


def _lost(side: str, grain: Grain, other: str, others: Grain) -> str:
    return (
        f"{side} loses precision on the way: over steps of {STEP:.1e} its cost is rough by "
        f"{grain.size:.1e} nats, {other}'s by {others.size:.1e}, and rounding explains "
        f"{grain.fine:.1e}"
    )


def _summary(check: GradientCheck | str) -> str:
    if isinstance(check, str):
        return check
    worst = check.worst
    return f"{check.status}" + (f" ({worst.name}: {worst.rule})" if worst else "")


def counted(kinds: Iterable[Kind]) -> str:
    """`2 both right, 1 julia wrong`, of two and one of these or of their counts."""
    counts = Counter(kinds)
    return ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind])
