"""Plain values as Julia code, for juliacall's `seval`.

Without a system image a call with arguments costs a second at first, for which Julia compiles all
that takes them over; code it takes as it is.
"""

from __future__ import annotations


def literal(value: object) -> str:
    """Texts, numbers, None, and lists and tuples of these, as Julia writes them."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return f'"{"".join(map(_character, value))}"'
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case tuple():
            return f"({''.join(f'{literal(part)}, ' for part in value)})"
    raise TypeError(f"no literal for {type(value).__name__}")


def _character(c: str) -> str:
    if c in '\\"$':
        return f"\\{c}"
    return c if c.isprintable() else f"\\U{ord(c):08x}"
