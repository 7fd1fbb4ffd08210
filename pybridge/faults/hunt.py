"""One fault: can it be seen at all, which case catches it first, and is the right thing blamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pybridge.agreement import Agreement, Match, distance
from pybridge.case import Case
from pybridge.checking import check_cases
from pybridge.evidence import Evidence, ask, collect
from pybridge.faults import WRONG, Caught, Fate, Fault, Language, Outcome, ladder
from pybridge.faults.mutants import Mutant
from pybridge.faults.spoiled import spoiled
from pybridge.gradcheck import Status
from pybridge.gradcheck.methods import COMPLEX, METHODS, Method
from pybridge.sides import Examination, Failure, Probe, Side, Task
from pybridge.verdict import Kind
from pybridge.weights import Array, largest

# What moves a tensor less is another order of rounding: relative to its largest entry or, where it
# is rounding altogether, to the cost and the gradients that it comes from.
CHANGED, ROUNDING = 1e-10, 1e-14
POSTED = METHODS["posted"]
H = 1e-100  # of the complex steps through every entry


@dataclass(frozen=True)
class Hunt:
    """The cases, both sides as they are, and how they are checked."""

    cases: Sequence[Case]  # as `by_size` puts them
    sides: dict[Language, Side]  # without a fault, asked each question once
    method: Method
    tolerance: float | None  # of the agreement; None: that of the precision
    make: ladder.Make = ladder.case  # cases of its own, for these taggers
    right: dict[tuple[str, str, Language | None], bool] = field(default_factory=dict)

    def outcome(self, fault: Fault, mutant: Mutant) -> Outcome:
        """The fate of one fault."""
        with np.errstate(all="ignore"):  # a fault may well bring Inf and NaN
            return self._outcome(fault, mutant)

    def _outcome(self, fault: Fault, mutant: Mutant) -> Outcome:
        if not self._changes_a_number(fault, mutant):
            return Outcome(fault, Fate.EQUIVALENT)
        mutant.died = None
        for case in self.cases:
            found = self._caught(fault, mutant, case, self.method)
            if found:
                return Outcome(fault, Fate.CAUGHT, found)
        return Outcome(fault, Fate.MISSED, would_see=self._would_see(fault, mutant))

    def _changes_a_number(self, fault: Fault, mutant: Side) -> bool:
        unchanged = self.sides[fault.language]
        for case in ladder.random_cases(self.make):
            every = tuple(Probe(name, None) for name in case.weights.arrays)
            task = Task(case, every, (complex(0.0, H),))
            a, b = mutant.submit(task).result(), unchanged.submit(task).result()
            assert not isinstance(b, Failure)
            if isinstance(a, Failure) or bool(a.refusal) != bool(b.refusal):
                return True
            ours, theirs = _numbers(a), _numbers(b)
            size = (len(case.words) + _largest(b)) * max(1.0, case.largest_weight)
            for name, array in theirs.items():
                if ours[name].shape != array.shape or not (
                    distance(ours[name], array) <= CHANGED
                    or largest(ours[name] - array) <= ROUNDING * size
                ):
                    return True
        return False

    def _caught(self, fault: Fault, mutant: Side, case: Case, method: Method) -> Caught | None:
        """How a case catches a fault; None where it does not, or is not right without it."""
        kind, evidence, agreement = self._check(fault.language, mutant, case, method)
        if kind is Kind.BOTH_RIGHT or not self._is_right(fault.language, case, method):
            return None
        tensors = agreement.tensors if agreement else ()
        caught = Caught(
            case=case.name,
            words=len(case.words),
            kind=kind,
            failed=(),
            differing=tuple(t.name for t in tensors if t.match is not Match.AGREES),
            spoiled=None,
        )
        if isinstance(evidence, Failure):
            return replace(caught, problem=_short(evidence.problem))
        return replace(
            caught,
            failed=tuple(evidence.gradient.named(Status.FAILED)),
            spoiled=spoiled(mutant, self.sides[fault.language], case),
        )

    def _is_right(self, language: Language, case: Case, method: Method) -> bool:
        alone = language if method is POSTED else None
        key = (f"{case.name} {case.configuration}", method.name, alone)
        if key not in self.right:
            found, _, _ = self._check(language, self.sides[language], case, method)
            self.right[key] = found is Kind.BOTH_RIGHT
        return self.right[key]

    def _check(
        self, language: Language, side: Side, case: Case, method: Method
    ) -> tuple[Kind, Evidence | Failure, Agreement | None]:
        """The verdict where `side` stands for one language, and what is known of that side."""
        if method is POSTED:  # the question has one side, and its gradient check
            evidence = collect(ask(side, case, method))
            passed = isinstance(evidence, Evidence) and evidence.gradient.status is Status.PASSED
            return Kind.BOTH_RIGHT if passed else WRONG[language], evidence, None
        sides = {**self.sides, language: side}
        python, julia = sides[Language.PYTHON], sides[Language.JULIA]
        result = next(check_cases([case], python, julia, method=method, tolerance=self.tolerance))
        own = result.python if language is Language.PYTHON else result.julia
        return result.verdict.kind, own, result.agreement

    def _would_see(self, fault: Fault, mutant: Mutant) -> str:
        """The smallest case that catches what the cases here have missed."""
        mutant.died = None
        if self.method is not COMPLEX:
            for case in self.cases:
                if self._caught(fault, mutant, case, COMPLEX):
                    return f"--method complex, on {case.name}"
        for name, case in ladder.rungs(self.make):
            if self._caught(fault, mutant, case, COMPLEX):
                return name
        return ""


def by_size(cases: Sequence[Case]) -> list[Case]:
    """The shortest sentences first, the telling configurations first among those.

    One of each kind before a second one of any: sentences of one length under one configuration see
    much the same, unless they differ in the words they repeat.
    """

    def order(case: Case) -> tuple[int, int, bool]:
        c = case.configuration
        telling = sum((c.hidden > 1, c.random_h_prev, c.random_biases, not c.one_tag))
        return (len(case.words), -telling, c.scale is not None)

    kinds: dict[tuple[str, int, int], list[Case]] = {}
    for case in sorted(cases, key=order):
        kind = (case.configuration.name, len(case.words), len(set(case.words.tolist())))
        kinds.setdefault(kind, []).append(case)
    first = [several[0] for several in kinds.values()]
    return first + [case for several in kinds.values() for case in several[1:]]


def _numbers(answer: Examination) -> dict[str, Array]:
    """All numbers of an answer to a task of complex steps."""
    found = dict(answer.run.results)
    found |= {f"d{name}": array for name, array in answer.run.gradients.items()}
    for i, costs in enumerate(answer.costs):
        found |= {f"cost {i}": costs.real, f"derivative {i}": costs.imag / H}
    return found


def _largest(answer: Examination) -> float:
    return max(largest(a) for a in answer.run.gradients.values())


def _short(problem: str) -> str:
    """A problem without the folders of the file it begins with."""
    place, found, rest = problem.partition(": ")
    return f"{Path(place).name}{found}{rest}"
