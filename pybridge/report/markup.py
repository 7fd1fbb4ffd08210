"""Text that stays text in elements of XML and HTML."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

Child = ET.Element | str | None

# What XML 1.0 cannot hold, not even escaped, and HTML should not.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, *children: Child, **attributes: str | None) -> ET.Element:
    """An element; `class_` and `data_verdict` stand for class and data-verdict."""
    made = ET.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.rstrip("_").replace("_", "-"), legal(value))
    last: ET.Element | None = None
    for child in children:
        if isinstance(child, ET.Element):
            made.append(child)
            last = child
        elif child is not None and last is None:
            made.text = (made.text or "") + legal(child)
        elif child is not None and last is not None:
            last.tail = (last.tail or "") + legal(child)
    return made


def legal(text: str) -> str:
    """The text with what markup cannot hold written out, as Python writes it."""
    return _ILLEGAL.sub(lambda m: ascii(m[0])[1:-1], text)
