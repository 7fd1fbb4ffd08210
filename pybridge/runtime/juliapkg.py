"""The way over juliapkg: a current Julia with the environment's own juliacall.

What juliapkg has resolved is read from the file it keeps, which takes a millisecond; importing
it takes a tenth of a second, and asking it may take it to the network. Resolving happens in a
child process.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

from pybridge.runtime.home import private
from pybridge.runtime.model import Julia, Notify, Runtime, ask_version
from pybridge.runtime.process import RouteError, run

# A server behind a firewall that drops packets must not hold us for ever.
_RESOLVE = "import socket; socket.setdefaulttimeout(30); import juliapkg; juliapkg.resolve()"


def resolved(environment: dict[str, str] | None = None) -> Runtime:
    """Return what juliapkg has resolved for the installed juliacall; RouteError says why not."""
    environment = dict(os.environ) if environment is None else environment
    project = _project(environment)
    meta_file = project / "pyjuliapkg" / "meta.json"
    try:
        meta: dict[str, Any] = json.loads(meta_file.read_text(encoding="utf-8"))
        executable, version = Path(meta["executable"]), str(meta["version"])
        seen = {file: str(entry["hash_sha256"]) for file, entry in meta["deps_files"].items()}
        chosen = meta.get("override_executable")
    except FileNotFoundError:
        raise RouteError("juliapkg has not resolved a Julia yet") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RouteError(f"{meta_file} cannot be read as juliapkg's record") from None
    if not os.access(executable, os.X_OK):
        raise RouteError(f"the Julia that juliapkg resolved is gone ({executable})")
    if (environment.get("PYTHON_JULIAPKG_EXE") or None) != (chosen or None):
        raise RouteError("PYTHON_JULIAPKG_EXE has changed since juliapkg resolved")
    if not (project / "Project.toml").is_file():
        raise RouteError(f"the project that juliapkg resolved is gone ({project})")
    wish = _wish()
    digest = hashlib.sha256(wish.read_bytes()).hexdigest()
    if seen.get(os.path.normcase(os.path.normpath(wish.absolute()))) != digest:
        raise RouteError("juliapkg has not resolved a Julia for the juliacall installed now")
    return Runtime(
        executable=executable,
        version=version,
        origin="juliapkg",
        reason=f"juliapkg has resolved it ({project})",
        juliacall=installed_juliacall(),
        project=project,
    )


def resolve(notify: Notify) -> Runtime:
    """Let juliapkg find or download a Julia and PythonCall; RouteError says why it cannot."""
    return _resolve(notify, dict(os.environ))


def resolved_with(julia: Julia, origin: str) -> Runtime:
    """Return what juliapkg has resolved for a Julia that the user named; RouteError if nothing."""
    reason = RouteError("juliapkg has not resolved its packages yet")
    # The environment's own project may be for this very Julia; then it needs no second one.
    for environment in (dict(os.environ), _environment_for(julia)):
        try:
            found = resolved(environment)
        except RouteError as error:
            reason = error
            continue
        same = found.executable.resolve() == julia.executable.resolve()
        if same and found.version == julia.version:
            return _named(found, julia, origin)
    raise reason


def resolve_with(julia: Julia, origin: str, notify: Notify) -> Runtime:
    """Let juliapkg resolve PythonCall for a Julia that the user named."""
    return _named(_resolve(notify, _environment_for(julia)), julia, origin)


def installed_juliacall() -> str:
    """Return the version of the environment's own juliacall; RouteError if there is none."""
    from importlib import metadata  # which takes a hundredth of a second

    try:
        return metadata.version("juliacall")
    except metadata.PackageNotFoundError:
        raise RouteError("juliacall is not installed") from None


def _resolve(notify: Notify, environment: dict[str, str]) -> Runtime:
    installed_juliacall()
    environment.setdefault("JULIA_CONDAPKG_BACKEND", "Null")
    notify("juliapkg: looking for a current Julia")
    command = [sys.executable, "-u", "-c", _RESOLVE]
    run(command, timeout=3600, env=environment, each=_progress(notify))
    try:
        found = resolved(environment)
        ask_version(found.executable)
    except ValueError as error:
        raise RouteError(f"the Julia that juliapkg brought {error}") from None
    return found


def _progress(notify: Notify) -> Notify:
    """Pass on what juliapkg and Julia say, up to a traceback, whose gist is reported later."""
    failed = False

    def pass_on(line: str) -> None:
        nonlocal failed
        failed = failed or line.startswith("Traceback ")
        if not failed:
            notify(f"juliapkg: {line.removeprefix('[juliapkg]').strip()}")

    return pass_on


def _named(found: Runtime, julia: Julia, origin: str) -> Runtime:
    return Runtime(
        executable=julia.executable,
        version=found.version,
        origin=origin,
        reason=f"{origin} names it, with the installed juliacall",
        juliacall=found.juliacall,
        project=found.project,
    )


def _environment_for(julia: Julia) -> dict[str, str]:
    """Give a named Julia a project of its own: the environment's stays as juliapkg left it."""
    key = hashlib.sha256(str(julia.executable).encode()).hexdigest()[:12]
    return os.environ | {
        "PYTHON_JULIAPKG_EXE": str(julia.executable),
        "PYTHON_JULIAPKG_PROJECT": str(private() / "projects" / key),
    }


def _wish() -> Path:
    """Return the file in which the installed juliacall says what it needs."""
    spec = importlib.util.find_spec("juliacall")  # finds without importing
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "juliapkg.json"
        if file.is_file():
            return file
    raise RouteError("juliacall is not installed")


def _project(environment: dict[str, str]) -> Path:
    """Return juliapkg's project folder, by its own rules (juliapkg/state.py)."""
    option = sys._xoptions.get("juliapkg-project")
    chosen = environment.get("PYTHON_JULIAPKG_PROJECT") or option
    if isinstance(chosen, str):
        return Path(chosen)
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix).absolute() / "julia_env"
    if environment.get("CONDA_PREFIX"):
        return Path(environment["CONDA_PREFIX"]).absolute() / "julia_env"
    depot = environment.get("JULIA_DEPOT_PATH", "").split(os.pathsep)[0]
    folder = Path(depot).absolute() if depot else Path("~/.julia").expanduser()
    return folder / "environments" / "pyjuliapkg"
