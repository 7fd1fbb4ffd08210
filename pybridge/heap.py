"""What the C library does with memory that numpy frees."""

from __future__ import annotations

import ctypes

KEPT = 256 << 20  # bytes that may be free before any are given back
LARGEST = 32 << 20  # of an allocation that comes from there, the most that glibc allows
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h


def keep_freed() -> bool:
    """Have freed memory kept for arrays to come; False where this C library knows no such thing.

    glibc gives arrays of some megabytes back to the system at once. A check of one case over a
    whole vocabulary makes twenty of them, and taking in their pages anew, one by one, takes longer
    than all that is computed with them (`benchmarks/gradcheck.py`). For a process of one's own.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # Windows; macOS, musl
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST) and mallopt(M_TRIM_THRESHOLD, KEPT))
