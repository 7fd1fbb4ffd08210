"""Which Julia a run would use. Looks, and neither installs nor asks the network.

1. the one that --julia-exe or XCHECK_JULIA names;
2. the one that juliapkg has resolved, with the environment's own juliacall;
3. the private install.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from pybridge.errors import InputError
from pybridge.runtime import bridge, debian, juliapkg
from pybridge.runtime.home import private, whole
from pybridge.runtime.model import CURRENT, OLDEST, Candidate, Julia, Runtime, ask_version, locate
from pybridge.runtime.process import RouteError

OPTION = "--julia-exe"
VARIABLE = "XCHECK_JULIA"


def find(explicit: str | None = None) -> Runtime | None:
    """Return the Julia that a run would use, or None if one has to be installed first.

    InputError if the user names a Julia that cannot be used: then no other is taken in its place.
    """
    for look in _places(explicit):
        candidate = look()
        if candidate.runtime is not None:
            return candidate.runtime
        if named(explicit) is not None:
            return None
    return None


def candidates(explicit: str | None = None) -> list[Candidate]:
    """Return the three places in their order, each with what is there."""
    found = []
    for look in _places(explicit):
        try:
            found.append(look())
        except InputError as error:
            found.append(Candidate(f"{OPTION} or {VARIABLE}", None, str(error)))
    return found


def named(explicit: str | None) -> tuple[str, str] | None:
    """Return the executable that the user names and where: the option goes before the variable."""
    if explicit:
        return explicit, OPTION
    variable = os.environ.get(VARIABLE)
    return (variable, VARIABLE) if variable else None


def named_julia(name: str, origin: str) -> Julia:
    """Return the Julia that the user names; InputError if it is none or too old."""
    remedy = f"set {origin} to the path of a Julia executable, 1.5 or newer"
    try:
        executable = locate(name)
        julia = Julia(executable, ask_version(executable))
    except ValueError as error:
        raise InputError(f"{origin}={name} {error}", remedy) from None
    if julia.release < OLDEST:
        raise InputError(f"{origin}={name} is Julia {julia.version}, which is too old", remedy)
    return julia


def bridged(julia: Julia, origin: str, reason: str) -> Runtime:
    """Return a Julia that runs on the private bridge."""
    folder = bridge.place()
    return Runtime(
        executable=julia.executable,
        version=julia.version,
        origin=origin,
        reason=reason,
        juliacall=bridge.VERSION,
        project=bridge.project(folder),
        bridge=folder,
        depot=private() / "depot",
    )


def tried(runtime: Runtime) -> Path:
    """Return the file that says that this Julia has run on this bridge."""
    assert runtime.bridge is not None
    # Inside the home by name, so that the home can be moved; elsewhere by path.
    inside = runtime.executable.is_relative_to(private())
    key = runtime.executable.relative_to(private()) if inside else runtime.executable
    digest = hashlib.sha256(str(key).encode()).hexdigest()[:12]
    return private() / "tried" / f"{runtime.version}-{digest}-{runtime.bridge.name}"


def private_install() -> Runtime:
    """Return the private install, there or not."""
    tree = debian.place()
    julia = Julia(debian.executable(tree), debian.VERSION)
    found = bridged(julia, "private install", f"Debian 11's Julia, installed in {private()}")
    return replace(found, libjulia=debian.libjulia(tree))


def is_ready(runtime: Runtime) -> bool:
    """Say whether a Julia on the bridge can be used: all of it is there, and it has run once."""
    parts = [bridge.place()]
    if runtime.executable.is_relative_to(debian.place()):
        parts.append(debian.place())
    return tried(runtime).is_file() and all(whole(part) for part in parts)


def _places(explicit: str | None) -> Iterator[Callable[[], Candidate]]:
    yield lambda: _look_at_named(explicit)
    yield _look_at_juliapkg
    yield _look_at_private


def _look_at_named(explicit: str | None) -> Candidate:
    place = f"{OPTION} or {VARIABLE}"
    wish = named(explicit)
    if wish is None:
        return Candidate(place, None, "neither is given")
    name, origin = wish
    julia = named_julia(name, origin)
    if julia.release >= CURRENT:
        try:
            runtime = juliapkg.resolved_with(julia, origin)
        except RouteError as error:
            return Candidate(place, None, f"Julia {julia.version} at {julia.executable}: {error}")
        return Candidate(place, runtime, runtime.reason)
    reason = f"{origin} names it, with juliacall {bridge.VERSION} for Julia below 1.10"
    runtime = bridged(julia, origin, reason)
    if not is_ready(runtime):
        why = f"Julia {julia.version} at {julia.executable}: its juliacall is not installed yet"
        return Candidate(place, None, why)
    return Candidate(place, runtime, reason)


def _look_at_juliapkg() -> Candidate:
    try:
        runtime = juliapkg.resolved()
    except RouteError as error:
        return Candidate("juliapkg", None, str(error))
    return Candidate("juliapkg", runtime, runtime.reason)


def _look_at_private() -> Candidate:
    runtime = private_install()
    if is_ready(runtime):
        return Candidate("private install", runtime, runtime.reason)
    some = debian.place().exists() or bridge.place().exists()
    why = f"{private()} is not complete" if some else f"nothing in {private()}"
    return Candidate("private install", None, why)
