"""What the other files of this room hand each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Notify = Callable[[str], None]
"""Takes one line of progress."""

OLDEST = (1, 5)
"""The oldest Julia that the private bridge was tried on."""

CURRENT = (1, 10)
"""From this Julia on the environment's own juliacall applies; below it only the bridge does."""


@dataclass(frozen=True)
class Image:
    """A system image: Julia with PythonCall and XCheck compiled into it, see runtime/image.py."""

    file: Path
    libjulia: Path
    bindir: Path
    """Julia's Sys.BINDIR. With these two juliacall need not start a Julia to ask for them."""


@dataclass(frozen=True)
class Runtime:
    """A Julia and the juliacall that goes with it: all that a worker process needs to start."""

    executable: Path
    version: str
    origin: str
    """Where it comes from: "--julia-exe", "XCHECK_JULIA", "juliapkg" or "private install"."""
    reason: str
    """One line for a person: why this one."""
    juliacall: str
    """The version of juliacall that goes with it."""
    project: Path
    """The Julia project that is active in the worker."""
    bridge: Path | None = None
    """The folder of the private juliacall, or None where the environment's own is used."""
    depot: Path | None = None
    """Julia's depot, or None where Julia's own choice holds."""
    libjulia: Path | None = None
    """Julia's library, where its Sys.BINDIR is the folder of the executable; or None: juliacall
    starts a Julia to ask for both, which takes it a seventh of a second."""
    image: Image | None = None
    """The system image to start from, or None for Julia's own."""


@dataclass(frozen=True)
class Candidate:
    """One of the three places where a Julia can come from, and what is there."""

    place: str
    runtime: Runtime | None
    why: str

    @property
    def found(self) -> bool:
        """Whether a run could start with it now."""
        return self.runtime is not None


@dataclass(frozen=True)
class Julia:
    """An executable that says of itself that it is a Julia."""

    executable: Path
    version: str

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor, *_ = self.version.split(".")
        return int(major), int(minor)


def ask_version(executable: Path) -> str:
    """Return the version that the executable prints; ValueError says why there is none."""
    try:
        answer = subprocess.run(
            [str(executable), "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError("does not answer to --version within 60 s") from None
    except OSError as error:
        raise ValueError(f"cannot be started ({error.strerror})") from None
    text = answer.stdout.decode(errors="replace").strip()
    match = re.fullmatch(r"julia version (\d+\.\d+\.\d+\S*)", text)
    if match is None:
        said = text.splitlines()[0][:60] if text else f"nothing, exit status {answer.returncode}"
        raise ValueError(f"is not a Julia (--version printed: {said})")
    return match[1]


def locate(name: str) -> Path:
    """Turn what a user gave as an executable into its absolute path; ValueError says why not."""
    # Not always through Path: it would make "./julia" a name to look for on PATH.
    name = str(Path(name).expanduser()) if name.startswith("~") else name
    found = shutil.which(name)
    if found is not None:
        return Path(found).absolute()
    path = Path(name)
    if path.is_dir():
        raise ValueError("is a folder, not an executable")
    if path.exists():
        raise ValueError("is not executable")
    raise ValueError("is not there")
