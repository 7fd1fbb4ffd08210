"""How verdicts look: a mark and a word, and a colour for those who see it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pybridge.report.markup import element as e
from pybridge.verdict import Kind

MARKS = {
    Kind.BOTH_RIGHT: ("✓", "good"),
    Kind.BOTH_WRONG: ("✗", "bad"),
    Kind.PYTHON_WRONG: ("P", "bad"),
    Kind.JULIA_WRONG: ("J", "bad"),
    Kind.UNDECIDED: ("?", "unsure"),
    Kind.CRASHED: ("C", "bad"),
    Kind.TIMED_OUT: ("T", "bad"),
    Kind.OUT_OF_MEMORY: ("M", "bad"),
}


def verdict(kind: str, text: str = "") -> ET.Element:
    """A verdict in a line of text, in these words where it has some of its own."""
    mark, colour = MARKS.get(Kind(kind), ("!", "bad"))
    return e("span", e("span", mark, class_="mark"), text or kind, class_=f"v {colour}")


def slug(kind: str) -> str:
    """A verdict as the script knows it."""
    return kind.replace(" ", "-")
