"""Makes a shared library of what Julia wrote: with the machine's own compiler or linker, or else
with binutils from Debian, fetched for this once.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pybridge.runtime.apt import open_apt
from pybridge.runtime.debian import THE_MACHINES_OWN
from pybridge.runtime.model import Notify
from pybridge.runtime.process import RouteError, run

# They can all link; a plain linker will do, since the image needs none of C's start-up code.
_COMPILERS = ("cc", "gcc", "clang")
_LINKERS = ("ld", "ld.bfd", "ld.lld")


def link(archive: Path, target: Path, libjulia: Path, notify: Notify) -> None:
    """Link an archive of object files into a shared library; RouteError says why it cannot be.

    Scratch files go beside the target.
    """
    # All of the archive, since nothing in it is asked for by name. libjulia as a file, because it
    # may lie there as libjulia.so.1 alone, which -l does not find.
    whole: list[str | Path] = ["--whole-archive", archive, "--no-whole-archive"]
    files: list[str | Path] = ["-o", target, *whole, libjulia]
    compiler = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if compiler is not None:
        words: list[str | Path] = [f"-Wl,{w}" if str(w).startswith("--") else w for w in files]
        run([compiler, "-shared", "-Wl,--strip-all", *words], timeout=600)
        return
    linker = next(filter(None, map(shutil.which, _LINKERS)), None)
    if linker is not None:
        run([linker, "-shared", "--strip-all", *files], timeout=600)
        return
    _with_debians(["-shared", "--strip-all", *files], target.parent / "binutils", notify)


def _with_debians(arguments: list[str | Path], folder: Path, notify: Notify) -> None:
    """Link with Debian 11's linker, unpacked into a folder that goes away again."""
    tried = ", ".join(_COMPILERS + _LINKERS)
    try:
        folder.mkdir()
        apt = open_apt(folder / "apt", notify)
        wanted = [name for name in apt.closure(["binutils"]) if name not in THE_MACHINES_OWN]
        notify(f"no C compiler and no linker here: fetching Debian 11's, {len(wanted)} packages")
        for package in apt.download(wanted, folder / "packages"):
            run(["dpkg-deb", "-x", package, folder], timeout=300)
        linker = next((folder / "usr" / "bin").glob("*-ld.bfd"), None)
        if linker is None:
            raise RouteError("Debian's package holds no linker")
        libraries = (folder / "usr" / "lib").glob("*/libbfd-*.so")
        path = os.pathsep.join(str(file.parent) for file in libraries)
        run([linker, *arguments], timeout=600, env=os.environ | {"LD_LIBRARY_PATH": path})
    except RouteError as error:
        raise RouteError(
            f"no C compiler and no linker here ({tried}), and Debian's cannot be had: {error}"
        ) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
