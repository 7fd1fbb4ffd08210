"""What the relative debugger asks of Julia. Runs in the worker process.

What Trace.jl records comes over in few pieces, most of them long vectors of integers, and is put
together here: a value that crosses the border by itself costs as much as ten thousand numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pybridge.case import Case
from pybridge.edit import Edit
from pybridge.sides import Failure, worker
from pybridge.trace import (
    Access,
    Event,
    Keep,
    Kind,
    Recording,
    Rewrite,
    Sketch,
    Statement,
    Trial,
    Value,
)

_NONE = np.iinfo(np.int64).min  # no step
_EVENT = 9  # integers for each event, see Tape.jl
_UNSET = -2  # in place of a value, likewise
Integers = NDArray[np.int64]


def record(setup: worker.Setup, case: Case, keep: Keep) -> Recording | Failure:
    """Run the tagger file once on a case and record what it does."""
    _, _, _, problem = worker.session(setup)
    if problem:
        return Failure(problem)
    _, *question = worker.question(case)
    answer, problem = worker.part(setup, "Trace").record(
        str(setup.tagger),
        list(setup.parameters),
        _replacements(setup.edit),
        setup.edit.appended,
        setup.form,
        (
            min(keep.sketch_over, 1 << 62),
            [_text(a) for a in sorted(keep.scopes_of)],
            sorted(keep.full),
        ),
        *question,
    )
    if problem:
        return Failure(str(problem))
    statements, tape, run, problem = answer
    return Recording(
        language="Julia",
        file=str(setup.tagger),
        statements=tuple(_statement(s) for s in statements),
        events=_events(tape),
        run=None if run is None else worker.run_of(setup, run, case),
        problem=str(problem),
        columns=setup.adapter is not None and setup.adapter.columns,
    )


def rewrites(
    setup: worker.Setup, case: Case, address: tuple[int, ...], trials: Sequence[Trial]
) -> list[Rewrite] | Failure:
    """Other code for a statement that comes to what the trials want."""
    _, _, tagger, problem = worker.session(setup)
    if problem:
        return Failure(problem)
    names, values, *_ = worker.question(case)
    found, problem = worker.part(setup, "Trace").rewrites(
        tagger,
        _replacements(setup.edit),
        setup.edit.appended,
        names,
        values,
        _text(address),
        [
            (
                _text(trial.address),
                [str(name) for name in trial.scope],
                list(trial.scope.values()),
                trial.target,
                trial.wanted,
                list(trial.carried),
                None if trial.shape is None else list(trial.shape),
            )
            for trial in trials
        ],
    )
    if problem:
        return Failure(str(problem))
    return [
        Rewrite(address, str(code), str(what), int(cost), float(distance))
        for code, what, cost, distance in found
    ]


def patched(setup: worker.Setup, edit: Edit) -> str | Failure:
    """The text of the file with an edit put in."""
    _, _, _, problem = worker.session(setup)
    if problem:
        return Failure(problem)
    text, problem = worker.part(setup, "Trace").patched(
        str(setup.tagger), _replacements(edit), edit.appended
    )
    return Failure(str(problem)) if problem else str(text)


def _replacements(edit: Edit) -> list[tuple[str, str]]:
    return [(_text(r.address), r.code) for r in edit.replacements]


def _text(address: Sequence[int]) -> str:
    return " ".join(map(str, address))


def _address(text: object) -> tuple[int, ...]:
    return tuple(map(int, str(text).split()))


def _statement(s: Any) -> Statement:
    address, function, line, text, kind, targets, within = s
    return Statement(
        address=_address(address),
        function=str(function),
        line=int(line),
        text=str(text),
        kind=Kind(str(kind)),
        targets=tuple(map(str, targets)),
        within=tuple(map(int, within)),
    )


def _integers(vector: Any) -> Integers:
    return np.array(vector, dtype=np.int64)


def _events(tape: Any) -> tuple[Event, ...]:
    names = [str(name) for name in tape.names]
    values = _values(tape)
    accesses = [
        Access(
            names[name],
            None if step == _NONE else step,
            values[value] if value >= 0 else None,
            unset=value == _UNSET,
        )
        for name, step, value in _integers(tape.accesses).reshape(-1, 3).tolist()
    ]
    scopes = _scopes(_integers(tape.scopes).tolist(), names, values)
    return tuple(
        Event(
            statement=statement,
            phase="backward" if backward else "forward",
            call=call,
            step=None if step == _NONE else step,
            reads=tuple(accesses[first : first + count]),
            writes=tuple(accesses[wrote : wrote + written]),
            scope=scopes.get(i, {}),
            threw=bool(threw),
        )
        for i, (statement, backward, call, step, threw, first, count, wrote, written) in enumerate(
            _integers(tape.events).reshape(-1, _EVENT).tolist()
        )
    )


def _values(tape: Any) -> list[Value]:
    """All values, as views of the pool that they lie in, which nobody may write to."""
    types = [np.dtype(_NUMPY.get(name := str(t), name)) for t in tape.types]
    pools = [np.array(p, dtype=t, order="C") for p, t in zip(tape.pools, types, strict=True)]
    for pool in pools:
        pool.flags.writeable = False
    digests = [str(digest) for digest in tape.digests]
    doubles = next((p for p in pools if p.dtype == np.float64), np.array([]))
    flat = _integers(tape.values).tolist()
    found: list[Value] = []
    i = 0
    while i < len(flat):
        kind, offset, axes = flat[i : i + 3]
        shape = tuple(flat[i + 3 : i + 3 + axes])
        i += 3 + axes
        if kind > 0:
            size = int(np.prod(shape))
            found.append(pools[kind - 1][offset : offset + size].reshape(shape))
        else:
            norm, projection = doubles[offset : offset + 2].tolist()
            found.append(Sketch(shape, norm, projection, digests[-kind - 1]))
    return found


_NUMPY = {"complexf32": "complex64", "complexf64": "complex128"} | {
    f"complex{{float{n}}}": f"complex{2 * n}" for n in (32, 64)
}


def _scopes(
    flat: Sequence[int], names: Sequence[str], values: Sequence[Value]
) -> dict[int, dict[str, object]]:
    """The local variables by event."""
    found: dict[int, dict[str, object]] = {}
    i = 0
    while i < len(flat):
        event, name, is_list, count = flat[i : i + 4]
        here = [values[v] if v >= 0 else None for v in flat[i + 4 : i + 4 + count]]
        i += 4 + count
        found.setdefault(event, {})[names[name]] = here if is_list else here[0]
    return found
