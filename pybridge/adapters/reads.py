"""What the functions of a Python file read: an adapter may name globals that none of them does."""

from __future__ import annotations

from types import CodeType, FunctionType, ModuleType

from pybridge.adapters import WORDS, Adapter
from pybridge.weights import Parameters

DYNAMIC = {"globals", "eval", "exec", "vars", "locals"}  # may read any global


def check_module(module: ModuleType, file: str, adapter: Adapter, parameters: Parameters) -> None:
    """InputError where the file lacks a function, or none reads what is set as a global."""
    calls = {"forward": adapter.forward, "backward": adapter.backward}
    reading: set[str] = set()
    to_set: list[dict[str, str]] = []
    for key, call in calls.items():
        if call is None:
            return
        function = getattr(module, call.function, None)
        if not callable(function):
            own = [n for n, f in vars(module).items() if isinstance(f, FunctionType)]
            raise adapter.problem(
                f"{file} has no function {call.function}",
                f"its functions are {', '.join(own)}" if own else "name a file that has one",
                key,
            )
        reading |= reads(function)
        to_set.append(dict(adapter.set_for(call, parameters)))
    if not reading or reading & DYNAMIC:
        return
    for word, name in to_set[0].items():
        if word in to_set[1] and name not in reading:
            alike = [n for n in sorted(reading) if _plain(n) == _plain(word)]
            spelt = alike[0] if alike else "..."
            handed = "" if word in WORDS else ", or hand it over as an argument"
            raise adapter.problem(
                f"{name} is not read by any function that {file} runs",
                f'say how it is spelt there, globals = {{ {word} = "{spelt}" }}{handed}',
                "globals",
            )


def reads(function: object) -> set[str]:
    """The names outside of it that a function reads, those of what it calls among them.

    Attributes as well. Empty where the function is not written in Python.
    """
    found: set[str] = set()
    waiting = [function]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        current = getattr(current, "__wrapped__", current)
        code = getattr(current, "__code__", None)
        if not isinstance(code, CodeType) or id(code) in seen:
            continue
        seen.add(id(code))
        names = _names(code)
        found |= names
        scope = getattr(current, "__globals__", {})
        waiting += [scope[name] for name in names if isinstance(scope.get(name), FunctionType)]
    return found


def _names(code: CodeType) -> set[str]:
    inner = [_names(c) for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*inner)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
