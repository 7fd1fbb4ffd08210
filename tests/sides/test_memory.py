import os
import subprocess
import sys

import pytest

from pybridge.errors import InputError
from pybridge.sides import memory


@pytest.mark.parametrize(
    ("text", "size"),
    [("2G", 2 << 30), ("512M", 512 << 20), ("1.5 GiB", 3 << 29), ("64kb", 65536), ("7", 7)],
)
def test_sizes(text: str, size: int) -> None:
    if memory.is_known():
        assert memory.size(text) == size


@pytest.mark.parametrize("text", ["", "G", "much", "-1G", "0", "2X", "nan", "1e9"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="is no size; give one such as 2G or 512M"):
        memory.size(text)


def test_as_a_person_reads_it() -> None:
    assert [memory.text(n) for n in (7, 3 << 29, 2 << 40)] == ["7 B", "1.5 GiB", "2 TiB"]


@pytest.mark.skipif(not memory.is_known(), reason="known on Linux alone")
def test_what_a_child_holds() -> None:
    script = "block = b'x' * (100 << 20); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert 100 << 20 < memory.held(child.pid) < 200 << 20
        child.communicate(b"\n")
    assert memory.held(child.pid) == 0
    assert memory.held(os.getppid()) == 0  # no child of ours, whatever it holds
