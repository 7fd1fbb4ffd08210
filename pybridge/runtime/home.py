"""The one folder that xcheck writes to, and how something whole gets into it.

<home>/julia.lock         held while something is installed or removed
<home>/private-julia/     all that `xcheck julia install` makes, all that `remove` takes away
    debian-.../  bridge-.../  image-.../    parts: either whole, with a stamp, or not there at all
    depot/                        what Julia compiles
    projects/                     Julia projects of executables that the user named
    tried/                        which Julia has run with which bridge
    building-.../                 half-made; never used, cleared by the next install
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from pybridge.errors import InputError
from pybridge.runtime.model import Notify

STAMP = "xcheck-stamp.json"


@dataclass(frozen=True)
class Removed:
    """What `remove` took away."""

    folders: tuple[Path, ...]
    bytes: int


def home() -> Path:
    """Return the folder that everything private lives in: XCHECK_HOME, or the user's cache."""
    chosen = os.environ.get("XCHECK_HOME")
    return Path(chosen).expanduser().absolute() if chosen else user_cache_path("xcheck")


def private() -> Path:
    """Return the folder of the private install, there or not."""
    return home() / "private-julia"


@contextlib.contextmanager
def locked(notify: Notify) -> Iterator[None]:
    """Hold the home for ourselves. A killed holder leaves no lock behind: the system drops it."""
    from filelock import FileLock, Timeout  # 16 ms, which only who installs needs

    place = home() / "julia.lock"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            notify(f"waiting for another xcheck that installs into {home()}")
            lock.acquire()
    except (OSError, NotImplementedError) as error:
        raise InputError(
            f"{home()} cannot be written to ({getattr(error, 'strerror', None) or error})",
            "set XCHECK_HOME to a folder that can",
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def building(final: Path, versions: dict[str, str]) -> Iterator[Path]:
    """Yield a folder to fill; on leaving without an error it becomes `final`, stamped and whole.

    Call it with the home locked: what other builds left behind is cleared first.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    for left in final.parent.glob("building-*"):
        shutil.rmtree(left, ignore_errors=True)
    stage = Path(tempfile.mkdtemp(dir=final.parent, prefix="building-"))
    try:
        stage.chmod(0o755)
        yield stage
        count, size = _measure(stage)
        stamp = {"versions": versions, "files": count, "bytes": size}
        (stage / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
        if final.exists():  # it is not whole, or we would not be here
            final.replace(tempfile.mkdtemp(dir=final.parent, prefix="building-"))
        stage.replace(final)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def whole(part: Path) -> bool:
    """Say whether a part is complete: the stamp is there and counts what is there."""
    try:
        stamp = json.loads((part / STAMP).read_text(encoding="utf-8"))
        return (stamp["files"], stamp["bytes"]) == _measure(part)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def remove(notify: Notify | None = None) -> Removed:
    """Take the private install away; waits while another process installs."""
    place = private()
    if not place.exists():
        return Removed((), 0)
    with locked(notify or (lambda _: None)):
        if not place.exists():  # another process was faster
            return Removed((), 0)
        folders = tuple(sorted(path for path in place.iterdir() if path.is_dir()))
        size = sum(path.lstat().st_size for path in place.rglob("*") if not path.is_dir())
        # First out of sight, then away: a kill in between leaves nothing that looks whole.
        gone = Path(tempfile.mkdtemp(dir=home(), prefix="removing-"))
        try:
            place.replace(gone)
            for left in home().glob("removing-*"):
                shutil.rmtree(left)
        except OSError as error:
            raise InputError(
                f"{place} cannot be removed ({error.strerror})", "delete the folder by hand"
            ) from None
    return Removed(folders, size)


def _measure(folder: Path) -> tuple[int, int]:
    """Count files and bytes; what Python and this module add by themselves does not count."""
    count = size = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    inner = _measure(Path(entry.path))
                    count, size = count + inner[0], size + inner[1]
            elif entry.name != STAMP:
                count, size = count + 1, size + entry.stat(follow_symlinks=False).st_size
    return count, size
