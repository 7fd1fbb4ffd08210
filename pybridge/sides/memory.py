"""How much memory a process holds, and sizes as a user writes them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pybridge.errors import InputError

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}  # powers of 1024


def size(text: str) -> int:
    """Bytes of `2G`, `512M`, `1.5 GiB`; InputError says what a size is."""
    found = _SIZE.fullmatch(text)
    number = 0 if found is None else int(float(found[1]) * 1024 ** _UNITS[found[2].lower()])
    if number == 0:
        raise InputError(f"--max-memory {text} is no size", "give one such as 2G or 512M")
    if not is_known():
        raise InputError(
            "--max-memory: how much a process holds is known on Linux alone", "leave it out"
        )
    return number


def text(number: int) -> str:
    """Bytes as a person reads them: `2 GiB`."""
    scaled, unit = float(number), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if scaled < 1024:
            break
        scaled, unit = scaled / 1024, larger
    return f"{scaled:.4g} {unit}"


def is_known() -> bool:
    """Whether this system says what a process holds."""
    return Path("/proc/self/status").exists()


def held(pid: int) -> int:
    """Bytes of memory that a child process holds, swapped out or not; 0 where there is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    facts = dict(re.findall(r"^(PPid|VmRSS|VmSwap):\s+(\d+)", status, re.MULTILINE))
    if facts.get("PPid") != str(os.getpid()):  # another has got its number
        return 0
    return 1024 * sum(int(facts.get(name, 0)) for name in ("VmRSS", "VmSwap"))
