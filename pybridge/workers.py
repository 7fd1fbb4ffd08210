"""How many processes with Julia a run is worth."""

from __future__ import annotations

import os

from pybridge.errors import InputError

AUTO = "auto"
# The command's own process, with the Python side and all that judges in it, is busier than one with
# Julia: it keeps a core to itself, and more processes than these would wait for it.
MOST = 2
# Words that a process checks in a second, each in all passes of its case, with 32 hidden units or
# fewer; seconds that Julia takes to start. Measured in docs/performance.md.
WORDS_A_SECOND = 5000
START, START_FROM_IMAGE = 6.0, 1.5
ENTRY_BY_ENTRY = 150  # times as long, at the least
WORTH = 2  # starts that one more process has to save


def jobs(text: str) -> int | None:
    """The number that a user gave, or None for `auto`; InputError where it is neither."""
    if text == AUTO:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise InputError(f"--jobs {text} is no number of workers", f"give 1, 2, ... or {AUTO}")
    return int(text)


def how_many(asked: int | None, cases: int, words: int, *, image: bool) -> int:
    """The number that was asked for, or else as many as pay; never more than there are cases.

    `words` counts those of every case, `image` says whether Julia starts from a system image. One
    process more pays where it saves the others WORTH times the seconds that its own start takes, of
    a core that neither they nor the command's own process have.
    """
    if asked is not None:
        return max(1, min(asked, cases))
    alone = words / WORDS_A_SECOND  # seconds
    start = START_FROM_IMAGE if image else START
    found = 1
    while found < min(MOST, cores() - 1, cases):
        if alone / found - alone / (found + 1) < WORTH * start:
            break
        found += 1
    return found


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
