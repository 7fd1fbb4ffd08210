import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

INSTALL = """
import os, sys
os.environ["XCHECK_HOME"] = sys.argv[1]
from pybridge.runtime.install import install_privately
print("done", install_privately(lambda line: print(line, flush=True)).executable)
"""


@dataclass(frozen=True)
class FreshInstall:
    """A private install made from nothing: first one that was killed, then two at once."""

    home: Path
    left_by_the_killed: tuple[str, ...]
    printed: tuple[str, str]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshInstall]:
    if shutil.which("apt-get") is None:
        pytest.skip("the private install is for machines with apt")
    home = tmp_path_factory.mktemp("home")
    with start(home) as killed:
        assert killed.stdout is not None
        for line in killed.stdout:
            if "unpacking" in line:
                break
        killed.send_signal(signal.SIGKILL)
    left = tuple(sorted(path.name for path in (home / "private-julia").iterdir()))
    both = [start(home), start(home)]
    first, second = (process.communicate()[0] for process in both)
    yield FreshInstall(home, left, (first, second))
    shutil.rmtree(home)  # pytest would keep the last three


def start(home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", INSTALL, str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty xcheck home, and no Julia named by the environment."""
    home = tmp_path / "home"
    monkeypatch.setenv("XCHECK_HOME", str(home))
    for name in ("XCHECK_JULIA", "PYTHON_JULIAPKG_EXE", "XCHECK_DEBIAN_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    # juliapkg too finds nothing that an earlier run on this machine may have resolved.
    monkeypatch.setenv("PYTHON_JULIAPKG_PROJECT", str(tmp_path / "juliapkg"))
    return home


def script(file: Path, body: str) -> Path:
    """Write an executable shell script."""
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return file
