"""Texts that a run writes, see pybridge.writing."""

from __future__ import annotations

from pathlib import Path

from pybridge.writing import check_writable as check_writable
from pybridge.writing import is_special as is_special
from pybridge.writing import unwritable as unwritable
from pybridge.writing import write_bytes


def write(file: Path, text: str, option: str = "--json") -> None:
    """Write a text as UTF-8. A path in it may hold bytes that are not UTF-8."""
    write_bytes(file, text.encode("utf-8", "backslashreplace"), option)
