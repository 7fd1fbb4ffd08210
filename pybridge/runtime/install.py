"""Getting a Julia where there is none."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
from pathlib import Path

from pybridge import shipped
from pybridge.errors import InputError
from pybridge.runtime import bridge, debian, image, juliapkg
from pybridge.runtime.find import (
    VARIABLE,
    bridged,
    find,
    is_ready,
    named,
    named_julia,
    private_install,
    tried,
)
from pybridge.runtime.home import locked, private
from pybridge.runtime.image import with_image
from pybridge.runtime.model import CURRENT, Julia, Notify, Runtime
from pybridge.runtime.process import RouteError, run

# What a worker does first. Julia compiles PythonCall on the way, into the depot; the next start
# finds it there. The error at the end goes the way that breaks first if a library is wrong.
_TRIAL = """\
import pickle, sys
runtime = pickle.loads(bytes.fromhex(sys.argv[1]))
from pybridge.runtime.prepare import prepare
prepare(runtime)
import juliacall, numpy
Main = juliacall.Main
version = str(Main.seval("string(VERSION)"))
total = Main.seval("x -> sum(Array{Float64}(x))")(numpy.ones((2, 3)))
try:
    Main.seval("[1 2] * [1 2]")
except juliacall.JuliaError:
    print("trial", version, total, juliacall.__version__)
"""


def obtain(notify: Notify, explicit: str | None = None) -> Runtime:
    """Return the Julia to run with: the one that is there, or else a newly installed one.

    Someone at a terminal also hears that there is no system image for it yet; a log would only get
    longer by it.
    """
    found = find(explicit) or install(notify, explicit=explicit)
    wanted = sys.stderr.isatty() and image.is_possible()
    if wanted and with_image(found, shipped.library()).image is None:
        notify("each start takes 5 seconds less after `xcheck julia compile` (once, two minutes)")
    return found


def install(notify: Notify, *, explicit: str | None = None) -> Runtime:
    """Get a Julia; progress goes to `notify`, a line at a time.

    A Julia that the user names is only fitted out with its juliacall. Otherwise juliapkg is
    asked first and the private install comes second. InputError if there is no way.
    """
    wish = named(explicit)
    if wish is not None:
        return _fit_out(named_julia(*wish), wish[1], notify)
    failures = []
    try:
        return juliapkg.resolve(notify)
    except RouteError as error:
        notify(f"juliapkg: {error}")
        failures.append(f"juliapkg: {error}")
    try:
        return install_privately(notify)
    except RouteError as error:
        failures.append(f"Debian 11's Julia {debian.VERSION}: {error}")
    there = shutil.which("julia")
    raise InputError(
        f"no Julia could be had (tried {'; '.join(failures)})",
        f"set {VARIABLE} to the path of a Julia executable, 1.5 or newer"
        + (f", as {there} may be" if there else ""),
    )


def _fit_out(julia: Julia, origin: str, notify: Notify) -> Runtime:
    """Give a Julia that the user named the juliacall that goes with it."""
    try:
        if julia.release >= CURRENT:
            return juliapkg.resolve_with(julia, origin, notify)
        reason = f"{origin} names it, with juliacall {bridge.VERSION} for Julia below 1.10"
        runtime = bridged(julia, origin, reason)
        if not is_ready(runtime):
            with locked(notify):
                _make_ready(runtime, notify)
    except RouteError as error:
        raise InputError(
            f"{origin}={julia.executable} is Julia {julia.version}, but its juliacall cannot be"
            f" had: {error}",
            f"set {VARIABLE} to another Julia, or to none to have one installed",
        ) from None
    return runtime


def install_privately(notify: Notify) -> Runtime:
    """Make the private install, or what is missing of it; RouteError says why it cannot be."""
    runtime = private_install()
    if is_ready(runtime):  # needs no lock, so a home that cannot be written to is no hindrance
        return runtime
    with locked(notify):
        _make_ready(runtime, notify)
    return runtime


def _make_ready(runtime: Runtime, notify: Notify) -> None:
    """Make what is missing, then start it once. Another process may have done so meanwhile."""
    try:
        if runtime.executable.is_relative_to(debian.place()):
            debian.ensure(notify)
        bridge.ensure(notify)
        if not is_ready(runtime):
            notify(f"Julia {runtime.version}: compiling juliacall's Julia half, once")
            try_out(runtime)
            mark = tried(runtime)
            mark.parent.mkdir(exist_ok=True)
            mark.write_text(json.dumps({"executable": str(runtime.executable)}), encoding="utf-8")
            notify(f"Julia {runtime.version}: ready")
    except OSError as error:
        raise RouteError(f"{error.strerror or error} (in {private()})") from None


def try_out(runtime: Runtime) -> None:
    """Start a Julia once as a worker does; RouteError if it does not answer as it should."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), root]))
    command = [sys.executable, "-c", _TRIAL, pickle.dumps(runtime).hex()]
    # From a folder of ours: Python puts the current one first, and a user's may hold a numpy.py.
    lines = run(command, timeout=600, env=os.environ | {"PYTHONPATH": path}, cwd=private())
    expected = f"trial {runtime.version} 6.0 {runtime.juliacall}"
    if expected not in lines:
        raise RouteError(f"Julia {runtime.version} did not answer with {expected!r}: {lines[-1:]}")
