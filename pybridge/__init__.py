"""xcheck: do a Python port and its Julia original compute the same thing, and is it right?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pybridge.api import Results, Weights, backward, check, forward, run

__version__ = "0.1.0"
__all__ = ["Results", "Weights", "backward", "check", "forward", "run"]


def __getattr__(name: str) -> Any:
    """The names of `pybridge.api`, imported when one is asked for: the command starts sooner."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pybridge import api

    return getattr(api, name)
