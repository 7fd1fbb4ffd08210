"""An adapter as julia/Adapter.jl takes it: in plain text and numbers."""

from __future__ import annotations

from collections.abc import Iterable

from pybridge.adapters import Adapter, Call

CallText = tuple[str, list[tuple[str, str, str]], list[str], bool]
Plain = tuple[CallText, CallText, list[tuple[str, str]], list[str], bool, bool, bool, str, str]


def form_of(adapter: Adapter, parameters: Iterable[str], biases: Iterable[str]) -> Plain:
    """The arguments of `adapter_of` in julia/Adapter.jl."""
    assert adapter.forward is not None
    assert adapter.backward is not None
    names = list(parameters)
    needed = {
        word: name
        for call in (adapter.forward, adapter.backward)
        for word, name in adapter.set_for(call, names)
    }
    return (
        _text(adapter.forward),
        _text(adapter.backward),
        [*needed.items()],
        list(biases),
        adapter.columns,
        adapter.vectors,
        adapter.only_functions,
        adapter.module,
        adapter.states,
    )


def _text(call: Call) -> CallText:
    arguments = [(a.word, a.keyword, a.literal) for a in call.arguments]
    return call.function, arguments, list(call.results), call.rest
