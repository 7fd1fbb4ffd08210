"""What follows from one case in its JSON form."""

from __future__ import annotations

from pybridge.agreement import Match
from pybridge.failing import NO_ANSWER
from pybridge.gradcheck import Status
from pybridge.report.json import Document, figure
from pybridge.verdict import Kind

SIDES = {"Python": "python", "Julia": "julia"}  # as printed, as in JSON


def is_right(case: Document) -> bool:
    """Whether both sides are."""
    return bool(case["verdict"]["kind"] == Kind.BOTH_RIGHT)


def verdict(case: Document) -> str:
    """The verdict as it is printed: with the seconds, of a case that timed out."""
    return str(case["julia"].get("ended", case["verdict"]["kind"]))


def worst_tensor(case: Document) -> Document:
    """The tensor that decided, or that came nearest to its tolerance."""
    agreement = case["agreement"]
    found: Document = next(t for t in agreement["tensors"] if t["name"] == agreement["worst"])
    return found


def worst_parameter(side: Document) -> Document | None:
    """The parameter with the largest error among those of the overall status."""
    gradient = side["gradient"]
    own = [p for p in gradient["parameters"] if p["status"] == gradient["status"]]
    return max(own, key=lambda p: _size(figure(p, "error")), default=None)


def with_status(side: Document, status: str) -> list[str]:
    """The gradients of a side with this status."""
    return [p["name"] for p in side["gradient"]["parameters"] if p["status"] == status]


def signature(case: Document) -> tuple[str, ...]:
    """Verdict and tensors at fault: what cases of one fault have in common."""
    found = [case["verdict"]["kind"]]
    for key in SIDES.values():
        side = case[key]
        found += [NO_ANSWER] if "problem" in side else with_status(side, Status.FAILED)
    tensors = case["agreement"]["tensors"] if case["agreement"] else ()
    return (*found, *(t["name"] for t in tensors if t["match"] == Match.DIFFERS))


def severity(case: Document) -> tuple[bool, float]:
    """By which the worst case of several is found: where there are numbers, the largest."""
    sizes = [figure(worst_tensor(case), "distance")] if case["agreement"] else []
    for key in SIDES.values():
        worst = None if "problem" in case[key] else worst_parameter(case[key])
        sizes += [] if worst is None else [figure(worst, "error")]
    return case["agreement"] is not None, max(map(_size, sizes), default=0.0)


def _size(number: float) -> float:
    """NaN is the largest of all."""
    return number if number == number else float("inf")
