"""Files that come with xcheck: the Julia code and the fixtures, in a wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path

_IN_WHEEL = Path(__file__).parent / "shipped"
ROOT = _IN_WHEEL if _IN_WHEEL.is_dir() else Path(__file__).parent.parent
NAMES = ("julia", "fixtures")


def locate(path: Path) -> Path:
    """`path` where it exists; else the shipped file of that name, `julia/...` or `fixtures...`.

    So that `xcheck run fixtures --julia julia/original.jl` works in any folder. A path that is in
    neither place comes back as it is.
    """
    shipped = ROOT / path
    inside = not path.is_absolute() and path.parts[:1] and path.parts[0] in NAMES
    return shipped if not path.exists() and inside and shipped.exists() else path


def library() -> Path:
    """XCheck.jl, which the worker includes."""
    return ROOT / "julia" / "XCheck.jl"


def schema() -> Path:
    """What a file of results looks like."""
    return ROOT / "docs" / "schema.json"
