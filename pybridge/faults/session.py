"""A whole hunt: start both sides, list what may be planted, and try one fault after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from pybridge import runtime
from pybridge.case import Case
from pybridge.configuration import Configuration
from pybridge.edit import Edit, Replacement
from pybridge.errors import InputError
from pybridge.faults import Fault, Language, Outcome, Skipped, ladder, python
from pybridge.faults.hunt import Hunt, by_size
from pybridge.faults.mutants import Mutant, PythonNursery, Remembered, julia_mutant
from pybridge.gradcheck.methods import METHODS
from pybridge.running import Plan, python_side, setup_of
from pybridge.sides.julia import JuliaSide

LIMIT = 20.0  # seconds that an answer of an edited copy may take


@dataclass(frozen=True)
class Session:
    """A hunt under way."""

    faults: tuple[Fault, ...]
    skipped: tuple[Skipped, ...]
    cases: int
    julia: str  # version
    outcomes: Iterator[Outcome]


@contextmanager
def start(
    planned: Plan, languages: Sequence[Language], notify: Callable[[str], None]
) -> Iterator[Session]:
    """Start Julia and list the faults; `outcomes` tries them.

    InputError where Julia or the tagger file cannot be had.
    """
    request, chosen = planned.request, planned.chosen
    found = runtime.obtain(notify, request.julia_exe)
    make = _maker(planned)
    with ExitStack() as stack:
        julia = stack.enter_context(JuliaSide.start(setup_of(planned, found)))
        nursery = stack.enter_context(PythonNursery.of(chosen.python, chosen.form, chosen.gives))
        makers: dict[Language, Callable[[Edit], Mutant]] = {
            Language.PYTHON: lambda edit: nursery.mutant(edit, LIMIT),
            Language.JULIA: lambda edit: julia_mutant(julia, edit, LIMIT),
        }
        faults: list[Fault] = []
        skipped: list[Skipped] = []
        for language in languages:
            more, missing = (
                python.faults(chosen.tagger, request.python_file, ladder.shapes_case(make))
                if language is Language.PYTHON
                else julia_faults(julia, str(request.julia), make)
            )
            faults += more
            skipped += missing
        hunt = Hunt(
            cases=by_size(list(planned.cases())),
            sides={
                Language.PYTHON: Remembered(python_side(planned)),
                Language.JULIA: Remembered(julia),
            },
            method=METHODS[request.method],
            tolerance=request.rtol,
            make=make,
        )
        yield Session(
            faults=tuple(faults),
            skipped=tuple(skipped),
            cases=len(hunt.cases),
            julia=julia.version,
            outcomes=(hunt.outcome(f, makers[f.language](f.edit)) for f in faults),
        )


def _maker(planned: Plan) -> ladder.Make:
    """Makes cases for the cell of a plan."""
    chosen = planned.chosen

    def make(words: str, configuration: Configuration) -> Case:
        h_prev = configuration.random_h_prev and chosen.takes_h_prev
        return ladder.case(words, replace(configuration, random_h_prev=h_prev), chosen.parameters)

    return make


def julia_faults(
    julia: JuliaSide, file: str, make: ladder.Make = ladder.case
) -> tuple[list[Fault], list[Skipped]]:
    """All faults for the file of a Julia side; `file` is what the report calls it."""
    found, skipped, problem = julia.faults(ladder.shapes_case(make))
    if problem:
        raise InputError(problem, "mend the Julia file")
    return (
        [
            Fault(Language.JULIA, name, file, line, old, new, _edit(replacements, appended))
            for name, line, old, new, replacements, appended in found
        ],
        [Skipped(Language.JULIA, name, why) for name, why in skipped],
    )


def _edit(replacements: Sequence[tuple[str, str]], appended: str) -> Edit:
    return Edit(
        tuple(
            Replacement(tuple(map(int, address.split())), code) for address, code in replacements
        ),
        appended,
    )
