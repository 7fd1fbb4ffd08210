"""Holds an adapter against the parameters: it names all that is needed, and nothing unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pybridge.adapters import GRADIENTS, RESULTS, WORDS, Adapter, Call
from pybridge.adapters.grammar import call_of
from pybridge.weights import Parameters

# How the question's functions are called; the gradients come before the second.
FORWARD = "cost = forwardRNN(x, y, h, p, hPrev)"
BACKWARD = " = backwardRNN(x, y, h, p, hPrev)"


def julia_form(adapter: Adapter | None, parameters: Parameters) -> Adapter:
    """The adapter of a Julia file, checked: the question's form where no table says another.

    InputError as `checked` has it.
    """
    found = adapter or Adapter()
    if found.forward is None:
        gradients = ", ".join(_gradients(parameters))
        found = replace(found, forward=call_of(FORWARD), backward=call_of(gradients + BACKWARD))
    return checked(found, parameters)


def checked(adapter: Adapter, parameters: Parameters) -> Adapter:
    """The adapter as it is. InputError where it lacks something or names what is not known."""
    forward, backward = adapter.forward, adapter.backward
    if forward is None or backward is None:
        return adapter
    carried = [r for r in forward.gives if r not in RESULTS]
    _check_arguments(adapter, "forward", forward, parameters, [])
    _check_arguments(adapter, "backward", backward, parameters, carried)
    _check_results(adapter, forward, backward, parameters, carried)
    for word, _ in adapter.globals:
        if word not in {*WORDS, *parameters} - {*RESULTS}:
            raise adapter.problem(
                f"globals names {word!r}, which is nothing known",
                f"what may be a global: {_listed([*parameters, *_inputs()])}",
                "globals",
            )
    return adapter


def _check_arguments(
    adapter: Adapter, key: str, call: Call, parameters: Parameters, carried: list[str]
) -> None:
    known = [*_inputs(), "h", "p", *parameters]
    if key == "backward":
        known += ["cost", *carried]
    for word in call.words:
        if word not in known:
            raise adapter.problem(
                f"{call.function} takes {word!r}, which is nothing known",
                f"{key} may take {_listed(known)}",
                key,
            )
    forward = adapter.forward
    for word in ("h", "p") if key == "backward" and forward is not None else ():
        if word in call.words and word not in adapter.gives:
            raise adapter.problem(
                f"{call.function} takes {word}, which forward neither gives nor fills",
                "add it to what forward returns, or to its arguments",
                key,
            )


def _check_results(
    adapter: Adapter, forward: Call, backward: Call, parameters: Parameters, carried: list[str]
) -> None:
    for key, call in (("forward", forward), ("backward", backward)):
        for name in call.gives:
            if call.gives.count(name) > 1:
                problem = f"{call.function} gives {name} twice"
                raise adapter.problem(problem, "write _ for one of them", key)
    for name in carried:
        if name not in backward.words:
            raise adapter.problem(
                f"{forward.function} gives {name!r}, which is nothing known, and which backward "
                "does not take",
                f"forward may give {_listed(RESULTS)}, what backward takes, and _ for the rest",
                "forward",
            )
    if "cost" not in forward.gives:
        problem = f"{forward.function} gives no cost"
        raise adapter.problem(problem, f"write cost = {forward.function}(...)", "forward")
    gradients = _gradients(parameters)
    for name in backward.gives:
        if name not in (*RESULTS, *gradients, GRADIENTS):
            raise adapter.problem(
                f"{backward.function} gives {name!r}, which is nothing known",
                f"backward may give {_listed(gradients)}, {GRADIENTS} for a dictionary of them, "
                "and _ for the rest",
                "backward",
            )
    missing = [d for d in gradients if d not in backward.gives]
    if missing and GRADIENTS not in backward.gives:
        raise adapter.problem(
            f"{backward.function} does not give {_listed(missing)}",
            "name all gradients; the parameters of another cell stand in a [parameters] table",
            "backward",
        )


def _inputs() -> list[str]:
    """What either function may be handed, besides parameters."""
    return [word for word in WORDS if word not in RESULTS]


def _gradients(parameters: Iterable[str]) -> list[str]:
    return [f"d{name}" for name in parameters]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
