"""The methods by name: what each asks of a side, and what the answer says about every gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pybridge.case import Case, nudged
from pybridge.gradcheck import Derivatives, ParameterCheck, complex_step, differences, posted, probes
from pybridge.gradcheck.judge import Comparison, compare, judge, slope
from pybridge.sides import Examination, Task
from pybridge.weights import Array


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
    tolerance: float
    derivatives: Callable[[Array], Derivatives]

    def tasks(self, case: Case) -> tuple[Task, Task]:
        """Directions and entries of the case, and the directions again with nudged weights."""
        directions = probes.directions(case)
        return (
            Task(case, directions + probes.entries(case), self.steps),
            Task(nudged(case), directions, self.steps),
        )

    def check(self, task: Task, answer: Examination, again: Examination) -> list[ParameterCheck]:
        """One verdict a parameter, see `judge`."""
        shapes = {name: array.shape for name, array in task.case.weights.arrays.items()}
        comparisons = {
            name: self._comparisons(name, task, answer, again)
            for name, shape in shapes.items()
            if answer.run.gradients[name].shape == shape
        }
        largest = _largest(answer.run.gradients, comparisons)
        return [
            judge(
                f"d{name}",
                answer.run.gradients[name],
                shape,
                comparisons.get(name, []),
                tolerance=self.tolerance,
                largest=largest,
                steps=len(self.steps),
            )
            for name, shape in shapes.items()
        ]

    def _comparisons(
        self, name: str, task: Task, answer: Examination, again: Examination
    ) -> list[Comparison]:
        # The nudged task has the first probes of this one, and not the entries after them.
        repeated = [self.derivatives(costs) for costs in again.costs]
        return [
            compare(
                answer.run.gradients[name],
                probe,
                self.derivatives(answer.costs[i]),
                repeated[i] if i < len(repeated) else None,
            )
            for i, probe in enumerate(task.probes)
            if probe.name == name
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
        return [
            posted.judge(answer.run.gradients[probe.name], probe, costs)
            for probe, costs in zip(task.probes, answer.costs, strict=True)
        ]


COMPLEX = Differencing(
    complex_step.NAME, complex_step.STEPS, complex_step.TOLERANCE, complex_step.derivatives
)
DIFFERENCE = Differencing(
    differences.NAME, differences.STEPS, differences.TOLERANCE, differences.derivatives
)
METHODS: Mapping[str, Method] = {"complex": COMPLEX, "difference": DIFFERENCE, "posted": Posted()}


def _largest(
    gradients: Mapping[str, Array], comparisons: Mapping[str, Sequence[Comparison]]
) -> float:
    """The largest entry of any gradient, as stated or as the derivatives prove; NaN left out."""
    stated = [float(np.max(np.abs(g), initial=0.0)) for g in gradients.values()]
    proven = [slope(c) for several in comparisons.values() for c in several]
    return max((n for n in stated + proven if np.isfinite(n)), default=0.0)
