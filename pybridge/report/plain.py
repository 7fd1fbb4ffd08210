"""Text that stays text on a terminal."""

from __future__ import annotations

import re

# What would steer a terminal, break a line, or turn the direction in which it is read.
_STEERING = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def visible(line: str) -> str:
    """A line for a terminal: what would steer it is written out, as Python writes it."""
    return _STEERING.sub(lambda m: ascii(m[0])[1:-1], line)
