"""The methods by name: what each asks of a side, and what the answer says about every gradient."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Protocol

import numpy as np

from pybridge.case import Case, nudged
from pybridge.gradcheck import (
    Derivatives,
    ParameterCheck,
    Status,
    complex_step,
    differences,
    posted,
    probes,
)
from pybridge.gradcheck.judge import (
    Comparison,
    compare,
    compare_together,
    judge,
    rounding_floor,
)
from pybridge.precision import Precision
from pybridge.sides import Examination, Probe, Task, Together, parts
from pybridge.weights import Array, largest_each


class Method(Protocol):
    """A gradient check."""

    @property
    def name(self) -> str:
        """As the report prints it."""
        ...

    def tasks(self, case: Case) -> tuple[Task, Task]:
        """What to ask of a side: about the case, and about the case with nudged weights."""
        ...

    def check(self, task: Task, answer: Examination, again: Examination) -> list[ParameterCheck]:
        """Judge every gradient of the first answer, the second one showing the rounding noise."""
        ...


@dataclass(frozen=True)
class Differencing:
    """Derivatives along random directions and entry by entry, with an error of their own."""

    name: str
    steps: tuple[complex, ...]
    tolerance: Callable[[Precision], float]
    derivatives: Callable[[Array], Derivatives]
    one_by_one: int = probes.ONE_BY_ONE  # parameters of up to so many entries go entry by entry
    together: bool = False  # the directions through all parameters at once, see `quick`

    def tasks(self, case: Case) -> tuple[Task, Task]:
        """Directions and entries of the case; the first directions again with nudged weights."""
        lines = probes.directions(case)
        first = tuple(map(probes.first, lines))
        rest = probes.through_absent(case) + probes.entries(case, self.one_by_one)
        return (
            Task(case, self._joined(lines) + rest, self.steps),
            Task(nudged(case), self._joined(first), self.steps),
        )

    def _joined(self, lines: tuple[Probe, ...]) -> tuple[Probe | Together, ...]:
        return (Together(lines),) if self.together else lines

    def check(self, task: Task, answer: Examination, again: Examination) -> list[ParameterCheck]:
        """One verdict a parameter, see `judge`."""
        gradients = answer.run.gradients
        arrays = task.case.weights.arrays
        precision = task.case.precision
        comparisons: dict[str, list[Comparison]] = {}
        # The nudged task has the first probes of this one, and not the entries after them.
        for probe, costs, nudged_costs in zip_longest(task.probes, answer.costs, again.costs):
            names = [part.name for part in parts(probe)]
            if all(n in gradients and gradients[n].shape == arrays[n].shape for n in names):
                numeric = self.derivatives(costs)
                repeated = None if nudged_costs is None else self.derivatives(nudged_costs)
                found = (
                    compare_together(gradients, probe, numeric, repeated, precision.eps)
                    if isinstance(probe, Together)
                    else compare(gradients[probe.name], probe, numeric, repeated, precision.eps)
                )
                for name in names:
                    comparisons.setdefault(name, []).append(found)
        sizes = dict(zip(gradients, largest_each(list(gradients.values())), strict=True))
        noise = _relative_noise(sizes, comparisons)
        tolerance = self.tolerance(precision)
        floor = rounding_floor(
            precision,
            len(task.case.words),
            _largest(sizes, comparisons),
            task.case.largest_weight,
        )
        return _unmatched(arrays, gradients, tolerance) + [
            judge(
                f"d{name}",
                gradients[name],
                array.shape,
                comparisons.get(name, []),
                scale=sizes[name],
                tolerance=tolerance,
                floor=floor,
                noise=noise,
                steps=len(self.steps),
            )
            for name, array in arrays.items()
            if name in gradients
        ]


@dataclass(frozen=True)
class Posted:
    """The question's own check, see `posted`."""

    name: str = posted.NAME

    def tasks(self, case: Case) -> tuple[Task, Task]:
        """Two random entries a parameter."""
        return Task(case, posted.probes(case), posted.STEPS), Task(nudged(case))

    def check(self, task: Task, answer: Examination, again: Examination) -> list[ParameterCheck]:
        """The question's verdict a parameter; it knows nothing of noise."""
        gradients = answer.run.gradients
        return _unmatched(task.case.weights.arrays, gradients, posted.THRESHOLD) + [
            posted.judge(gradients[probe.name], probe, costs)
            for probe, costs in zip(posted.probes(task.case), answer.costs, strict=True)
            if probe.name in gradients
        ]


COMPLEX = Differencing(
    name=complex_step.NAME,
    steps=complex_step.STEPS,
    tolerance=lambda precision: precision.complex_step,
    derivatives=complex_step.derivatives,
)
DIFFERENCE = Differencing(
    name=differences.NAME,
    steps=differences.STEPS,
    tolerance=lambda precision: precision.differences,
    derivatives=differences.derivatives,
)
METHODS: Mapping[str, Method] = {"complex": COMPLEX, "difference": DIFFERENCE, "posted": Posted()}


def quick(method: Method) -> Method:
    """The same along random directions alone, which test all entries at once.

    They go through all parameters at once where the derivatives have no error of their own.
    """
    if not isinstance(method, Differencing):
        return method
    return replace(method, one_by_one=0, together=method.name == COMPLEX.name)


def by_differences(method: Method) -> Method:
    """What stands in for a method where the forward pass takes no complex weights."""
    if not isinstance(method, Differencing):
        return DIFFERENCE
    return replace(DIFFERENCE, one_by_one=method.one_by_one)


def apart(method: Method) -> Method:
    """The same with every parameter by itself."""
    return replace(method, together=False) if isinstance(method, Differencing) else method


def thorough(method: Method) -> Method:
    """The same with the entries of small parameters one by one."""
    if not isinstance(method, Differencing):
        return method
    return replace(method, one_by_one=probes.ONE_BY_ONE, together=False)


def exhaustive(method: Method) -> Method:
    """The same method, taking every parameter entry by entry, however large."""
    if not isinstance(method, Differencing):
        return method
    return replace(method, one_by_one=sys.maxsize, together=False)


def _unmatched(
    parameters: Iterable[str], gradients: Mapping[str, Array], tolerance: float
) -> list[ParameterCheck]:
    """A failure for each parameter without a gradient and each gradient without a parameter."""
    parameters = list(parameters)
    missing = dict.fromkeys((n for n in parameters if n not in gradients), "missing")
    extra = dict.fromkeys((n for n in gradients if n not in parameters), "of no parameter")
    nan = float("nan")
    return [
        ParameterCheck(f"d{name}", Status.FAILED, rule, nan, nan, tolerance, nan, 0, 0)
        for name, rule in (missing | extra).items()
    ]


def _relative_noise(
    sizes: Mapping[str, float], comparisons: Mapping[str, Sequence[Comparison]]
) -> float:
    """The largest noise of any parameter, relative to its largest entry.

    Where the recurrence amplifies rounding it does so for all parameters; one nudge along one
    direction may by luck show little of it in one of them.
    """
    found = [0.0]
    for name, several in comparisons.items():
        scale = max([sizes[name], *(c.slope for c in several)])
        if scale > 0:
            found += [c.noise / scale for c in several]
    return max(n for n in found if np.isfinite(n))


def _largest(sizes: Mapping[str, float], comparisons: Mapping[str, Sequence[Comparison]]) -> float:
    """The largest entry of any gradient, as stated or as the derivatives prove; NaN left out."""
    proven = [c.slope for several in comparisons.values() for c in several]
    return max((n for n in [*sizes.values(), *proven] if np.isfinite(n)), default=0.0)
