"""From the failures of a session to the lines where they are made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pybridge.failing import Failing
from pybridge.running import Session, for_many
from pybridge.trace.codes import LIMIT, JuliaCode, PythonCode
from pybridge.trace.stories import Story, stories


def codes(session: Session) -> tuple[PythonCode, JuliaCode]:
    """Both files of a session as what faults are looked for in."""
    request, chosen = session.plan.request, session.plan.chosen
    python = PythonCode(
        chosen.python,
        request.python_file,
        form=chosen.form,
        gives=chosen.gives,
        limit=min(LIMIT, request.timeout or LIMIT),
    )
    return python, JuliaCode(session.julia, str(request.julia))


def tell(
    session: Session, failures: Sequence[Failing], ended: Collection[str] = ()
) -> Iterator[Story]:
    """Where the errors of these cases are made, and what would mend them. While the session is up.

    What would mend them is not tried on the cases called `ended`, over which Julia's process ended:
    each would end one more. InputError as `start` has it.
    """
    planned = session.plan
    return stories(
        failures,
        *codes(session),
        lambda: (case for case in planned.cases() if case.name not in ended),
        for_many(planned.request),
        names=planned.names,
        tolerance=planned.request.rtol,
    )
