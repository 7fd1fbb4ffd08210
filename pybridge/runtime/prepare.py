"""The last step before `import juliacall`, in the worker process."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

from pybridge.runtime.bridge import julia_half, python_half
from pybridge.runtime.model import Runtime

# What a user may have set for another Julia. Each would lead juliacall away from the chosen one.
_MISLEADING = ("INIT", "BINDIR", "HOME", "LIB", "SYSIMAGE")


def prepare(runtime: Runtime) -> None:
    """Set this process up so that `import juliacall` starts this runtime and asks no network.

    Call it once, first thing in the worker; it imports neither juliacall nor juliapkg.
    """
    if "juliacall" in sys.modules:
        raise RuntimeError("prepare() must come before juliacall is imported")
    set_environment(runtime, os.environ)
    if runtime.bridge is not None:
        sys.path.insert(0, str(python_half(runtime.bridge)))


def set_environment(runtime: Runtime, environment: MutableMapping[str, str]) -> None:
    """Write into `environment` what Julia and juliacall read from theirs."""
    for name in _MISLEADING:
        environment.pop(f"PYTHON_JULIACALL_{name}", None)
    # Current versions of juliacall read these two, and then leave juliapkg out of it; for 0.9.24
    # stand_ins/python/juliapkg.py reads them.
    environment["PYTHON_JULIACALL_EXE"] = str(runtime.executable)
    environment["PYTHON_JULIACALL_PROJECT"] = str(runtime.project)
    # Python keeps its signals: Ctrl-C stays KeyboardInterrupt.
    environment.setdefault("PYTHON_JULIACALL_HANDLE_SIGNALS", "no")
    environment["JULIA_PROJECT"] = str(runtime.project)
    # Less time in the compiler, which most of a short run goes to; the code runs as fast, most of
    # its time being spent in BLAS and in looking up methods. Measured in docs/performance.md.
    environment.setdefault("PYTHON_JULIACALL_OPTIMIZE", "1")
    # One thread adds in one order, so that a run gives the same bits again.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Python is there already; PythonCall need not bring a Conda of its own.
    environment.setdefault("JULIA_CONDAPKG_BACKEND", "Null")
    if runtime.bridge is not None:
        packages = str(julia_half(runtime.bridge))
        environment["JULIA_LOAD_PATH"] = os.pathsep.join(["@", packages, "@stdlib"])
    if runtime.depot is not None:
        environment["JULIA_DEPOT_PATH"] = str(runtime.depot)
    libjulia, bindir = runtime.libjulia, runtime.executable.parent
    if runtime.image is not None:
        environment["PYTHON_JULIACALL_SYSIMAGE"] = str(runtime.image.file)
        libjulia, bindir = runtime.image.libjulia, runtime.image.bindir
    if libjulia is not None:
        environment["PYTHON_JULIACALL_LIB"] = str(libjulia)
        environment["PYTHON_JULIACALL_BINDIR"] = str(bindir)
