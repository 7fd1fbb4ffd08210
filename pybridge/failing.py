"""Which results tell of a fault, and what of them is kept until the line is looked for."""

from __future__ import annotations

from dataclasses import dataclass

from pybridge.agreement import Match
from pybridge.case import Case
from pybridge.checking import CaseResult
from pybridge.gradcheck import Status
from pybridge.sides import Failure
from pybridge.verdict import Kind

NO_ANSWER = "no answer"  # of a side, in a signature


@dataclass(frozen=True)
class Failing:
    """A case that is not right, and what is known of it without its numbers."""

    case: Case
    kind: Kind
    signature: tuple[str, ...]  # verdict and tensors at fault: cases of one fault have it in common


def failing(result: CaseResult) -> Failing | None:
    """What a story needs of a result; None where there is nothing to walk along.

    So of one that is right, or undecided without a difference, or over which Julia's process ended.
    """
    differs = result.agreement is not None and result.agreement.match is Match.DIFFERS
    if result.verdict.kind is Kind.BOTH_RIGHT or result.verdict.kind.is_end:
        return None
    if result.verdict.kind is Kind.UNDECIDED and not differs:
        return None
    signature = [str(result.verdict.kind)]
    for side in (result.python, result.julia):
        if isinstance(side, Failure):
            signature.append(NO_ANSWER)
        else:
            signature += side.gradient.named(Status.FAILED)
    if result.agreement is not None:
        signature += [t.name for t in result.agreement.tensors if t.match is Match.DIFFERS]
    return Failing(result.case, result.verdict.kind, tuple(signature))
