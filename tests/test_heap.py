from __future__ import annotations

import subprocess
import sys

import pytest

HELD = """
import sys
import numpy as np
from pathlib import Path
from pybridge import heap

def held():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024

if sys.argv[1:]:
    assert heap.keep_freed()
before = held()
arrays = [np.ones(1 << 19) for _ in range(20)]  # 4 MiB each
assert held() - before > 70
del arrays
print(held() - before)
"""


def left(*arguments: str) -> int:
    """MiB that a process still holds after it has freed 80."""
    command = [sys.executable, "-c", HELD, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc, and glibc's mallopt")
def test_freed_memory_is_kept_for_the_next_arrays() -> None:
    assert left() < 20  # as it is by itself
    assert left("keep") > 60
