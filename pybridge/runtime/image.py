"""A system image: Julia with PythonCall, our modules and the compiled code of a run in one file.

Without one each start compiles all that a run calls, some five seconds of it; with one a start
takes half a second. It is never required, made only when asked for, and kept beside the private
install:

    image-1.5.3-0.9.24-<digest>/
        xcheck.so
        julia.json      where Julia's library is, as seen from the executable

The digest goes over all that is compiled into it. An image that does not fit, because one of these
has changed, has another name and so is not found.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pybridge import __version__
from pybridge.errors import InputError
from pybridge.runtime.home import building, locked, private, whole
from pybridge.runtime.linker import link
from pybridge.runtime.model import Image, Julia, Notify, Runtime
from pybridge.runtime.prepare import set_environment
from pybridge.runtime.process import RouteError, run

_SCRIPT = Path(__file__).with_name("image.jl")
_ASK = (
    "import Libdl;"
    'println(abspath(Libdl.dlpath("libjulia")));'
    "println(Sys.BINDIR);"
    "println(unsafe_string(Base.JLOptions().image_file))"
)
_REHEARSAL = "pybridge.sides.rehearsal"
# Beside XCheck.jl, which others load when they need them.
_PARTS = ("Faults.jl", "Trace.jl", "train.jl")


def is_possible() -> bool:
    """Say whether images are made on this system: how to link one is known for Linux alone."""
    return sys.platform.startswith("linux")


def place(runtime: Runtime, library: Path) -> Path:
    """Return where the image of this Julia with this XCheck.jl belongs, there or not."""
    digest = hashlib.sha256(f"{__version__} {_name(runtime)}".encode())
    if runtime.bridge is not None:
        digest.update(runtime.bridge.name.encode())
    for file in (_SCRIPT, *(f for one in _modules(library) for f in sources(one))):
        digest.update(b"\0" + file.read_bytes())
    return private() / f"{_prefix(runtime)}{digest.hexdigest()[:12]}"


def sources(file: Path) -> Iterator[Path]:
    """Yield a Julia file and all that it includes by a plain name."""
    yield file
    for name in re.findall(r'^\s*include\("([^"]+)"\)', file.read_text(encoding="utf-8"), re.M):
        yield from sources(file.parent / name)


def _modules(library: Path) -> list[Path]:
    return [library, *(library.with_name(name) for name in _PARTS)]


def with_image(runtime: Runtime, library: Path) -> Runtime:
    """Return the runtime with its image, if there is one that fits; else without one."""
    try:
        folder = place(runtime, library)
        if not whole(folder):
            return replace(runtime, image=None)
        found = json.loads((folder / "julia.json").read_text(encoding="utf-8"))
        base = runtime.executable.parent
        libjulia, bindir = (Path(os.path.normpath(base / found[k])) for k in ("lib", "bindir"))
    except (OSError, ValueError, KeyError, TypeError):
        return replace(runtime, image=None)
    if not (libjulia.is_file() and bindir.is_dir()):
        return replace(runtime, image=None)
    return replace(runtime, image=Image(folder / "xcheck.so", libjulia, bindir))


def make(runtime: Runtime, library: Path, notify: Notify) -> Image:
    """Return the image, built anew if there is none that fits and starts.

    InputError if it cannot be built.
    """
    ready = _working(runtime, library)
    if ready is not None:
        return ready
    try:
        with locked(notify):
            ready = _working(runtime, library)  # another process may have built it meanwhile
            if ready is None:
                _build(runtime, library, notify)
                ready = with_image(runtime, library).image
    except (RouteError, OSError) as error:
        raise InputError(
            f"no system image could be built: {error}",
            "mend that and run `xcheck julia compile` again; xcheck runs without an image, too",
        ) from None
    assert ready is not None
    return ready


def _working(runtime: Runtime, library: Path) -> Image | None:
    found = with_image(runtime, library)
    if found.image is not None:
        try:
            _rehearse(found, library)
        except RouteError:
            return None
    return found.image


def _build(runtime: Runtime, library: Path, notify: Notify) -> None:
    if not is_possible():
        raise RouteError("this is known for Linux alone")
    final = place(runtime, library)
    versions = {"julia": runtime.version, "juliacall": runtime.juliacall, "xcheck": __version__}
    runtime = replace(runtime, image=None)
    with building(final, versions) as stage:
        trace, archive, file = stage / "trace.jl", stage / "xcheck.a", stage / "xcheck.so"
        notify("system image 1/3: recording what a run calls")
        _rehearse(runtime, library, {"PYTHON_JULIACALL_TRACE_COMPILE": str(trace)})
        environment = dict(os.environ)
        set_environment(runtime, environment)
        julia: list[str | Path] = [runtime.executable, "--startup-file=no"]
        libjulia, bindir, base = map(Path, run([*julia, "-e", _ASK], timeout=60, env=environment))
        notify("system image 2/3: compiling, which takes a minute or two")
        # -O1 is what a worker compiles with, see prepare.py; it takes a third less time here. Debug
        # information would be that of Julia's own code.
        options: list[str | Path] = [f"--sysimage={base}", "-O1", "-g0", f"--output-o={archive}"]
        if Julia(runtime.executable, runtime.version).release >= (1, 9):
            options.append("--pkgimages=no")  # code from their caches cannot go into an image
        run([*julia, *options, _SCRIPT, trace, *_modules(library)], timeout=3600, env=environment)
        notify("system image 3/3: linking it and trying it out")
        link(archive, file, libjulia, notify)
        archive.unlink()
        trace.unlink()
        here = runtime.executable.parent
        places = {"lib": os.path.relpath(libjulia, here), "bindir": os.path.relpath(bindir, here)}
        (stage / "julia.json").write_text(json.dumps(places) + "\n", encoding="utf-8")
        _rehearse(replace(runtime, image=Image(file, libjulia, bindir)), library)
        if place(runtime, library) != final:
            raise RouteError(f"{library} or a file it includes was changed meanwhile")
    for other in final.parent.glob(f"{_prefix(runtime)}*"):
        if other != final:  # of another version of XCheck
            shutil.rmtree(other, ignore_errors=True)


def _rehearse(runtime: Runtime, library: Path, more: dict[str, str] | None = None) -> None:
    """Call all that a run calls, in a Python process of its own; RouteError if it cannot be."""
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(_ROOT)]))
    environment = os.environ | {"PYTHONPATH": path} | (more or {})
    what = pickle.dumps((runtime, library)).hex()
    command = [sys.executable, "-m", _REHEARSAL, what]
    # From a folder of ours: Python puts the current one first, and a user's may hold a numpy.py.
    lines = run(command, timeout=600, env=environment, cwd=private())
    if lines[-1:] != ["rehearsed"]:
        raise RouteError(f"Julia {runtime.version} did not answer as it should: {lines[-1:]}")


_ROOT = Path(__file__).parents[2]


def _prefix(runtime: Runtime) -> str:
    return f"image-{runtime.version}-{runtime.juliacall}-"


def _name(runtime: Runtime) -> str:
    """Which Julia it is: inside the home by name, so that the home can be moved; elsewhere by path.

    One elsewhere may be built anew in its place, under the same version.
    """
    if runtime.executable.is_relative_to(private()):
        return str(runtime.executable.relative_to(private()))
    stat = runtime.executable.stat()
    return f"{runtime.executable} {stat.st_size} {stat.st_mtime_ns}"
