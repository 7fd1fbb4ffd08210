import hashlib
import importlib.metadata
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pybridge.runtime import juliapkg
from pybridge.runtime.model import Julia
from pybridge.runtime.process import RouteError
from tests.runtime.conftest import script


def record(project: Path, julia: Path, **changes: Any) -> Path:
    """Write what juliapkg keeps after it has resolved."""
    spec = importlib.util.find_spec("juliacall")
    assert spec is not None
    assert spec.origin is not None
    wish = Path(spec.origin).with_name("juliapkg.json")
    meta: dict[str, Any] = {
        "meta_version": 8,
        "version": "1.12.1",
        "executable": str(julia),
        "deps_files": {
            str(wish): {
                "timestamp": 0.0,
                "hash_sha256": hashlib.sha256(wish.read_bytes()).hexdigest(),
            }
        },
        "override_executable": None,
    }
    file = project / "pyjuliapkg" / "meta.json"
    file.parent.mkdir(parents=True)
    (project / "Project.toml").touch()
    file.write_text(json.dumps(meta | changes))
    return file


@pytest.fixture
def julia(tmp_path: Path) -> Path:
    return script(tmp_path / "julia", "echo julia version 1.12.1")


@pytest.fixture
def project(own_home: Path, tmp_path: Path) -> Path:
    return tmp_path / "juliapkg"


def test_nothing_is_resolved(project: Path) -> None:
    with pytest.raises(RouteError, match="has not resolved a Julia yet"):
        juliapkg.resolved()


def test_what_is_resolved_is_taken(project: Path, julia: Path) -> None:
    record(project, julia)
    runtime = juliapkg.resolved()
    assert (runtime.executable, runtime.version) == (julia, "1.12.1")
    assert (runtime.origin, runtime.project) == ("juliapkg", project)
    assert runtime.juliacall == importlib.metadata.version("juliacall")
    assert runtime.bridge is None
    assert runtime.depot is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"executable": "/nowhere/julia"}, "is gone"),
        ({"deps_files": {}}, "for the juliacall installed now"),
        ({"override_executable": "/other/julia"}, "PYTHON_JULIAPKG_EXE has changed"),
        ({"executable": None}, "cannot be read"),
        ({"deps_files": []}, "cannot be read"),
    ],
)
def test_a_record_that_no_longer_holds(
    project: Path, julia: Path, changes: dict[str, Any], why: str
) -> None:
    record(project, julia, **changes)
    with pytest.raises(RouteError, match=why):
        juliapkg.resolved()


def test_a_record_for_another_juliacall(project: Path, julia: Path) -> None:
    file = record(project, julia)
    meta = json.loads(file.read_text())
    for entry in meta["deps_files"].values():
        entry["hash_sha256"] = "0" * 64
    file.write_text(json.dumps(meta))
    with pytest.raises(RouteError, match="for the juliacall installed now"):
        juliapkg.resolved()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_a_record_that_is_none(project: Path, julia: Path, text: str) -> None:
    record(project, julia).write_text(text)
    with pytest.raises(RouteError, match="cannot be read"):
        juliapkg.resolved()


def test_a_project_that_is_gone(project: Path, julia: Path) -> None:
    record(project, julia)
    (project / "Project.toml").unlink()
    with pytest.raises(RouteError, match="project that juliapkg resolved is gone"):
        juliapkg.resolved()


def test_the_same_julia_named_by_the_user_needs_no_second_project(
    project: Path, julia: Path
) -> None:
    record(project, julia)
    runtime = juliapkg.resolved_with(Julia(julia, "1.12.1"), "XCHECK_JULIA")
    assert (runtime.origin, runtime.project) == ("XCHECK_JULIA", project)


def test_another_julia_gets_a_project_in_the_home(
    project: Path, julia: Path, own_home: Path, tmp_path: Path
) -> None:
    record(project, julia)
    other = Julia(script(tmp_path / "other", "echo julia version 1.11.0"), "1.11.0")
    with pytest.raises(RouteError, match="has not resolved"):
        juliapkg.resolved_with(other, "XCHECK_JULIA")
    place = Path(juliapkg._environment_for(other)["PYTHON_JULIAPKG_PROJECT"])
    assert place.is_relative_to(own_home)
    record(place, other.executable, version="1.11.0", override_executable=str(other.executable))
    assert juliapkg.resolved_with(other, "XCHECK_JULIA").project == place
    with pytest.raises(RouteError, match="not resolved its packages"):
        juliapkg.resolved_with(Julia(other.executable, "1.12.0"), "XCHECK_JULIA")


def test_resolving_reports_progress_and_the_result(
    project: Path, julia: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(juliapkg, "_RESOLVE", "print('[juliapkg] Locating Julia')")
    record(project, julia)
    said: list[str] = []
    assert juliapkg.resolve(said.append).executable == julia
    assert said == ["juliapkg: looking for a current Julia", "juliapkg: Locating Julia"]


def test_resolving_that_fails_is_told_in_one_line_without_its_traceback(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "print('[juliapkg] Querying'); raise OSError('no route')"
    monkeypatch.setattr(juliapkg, "_RESOLVE", code)
    said: list[str] = []
    with pytest.raises(RouteError, match=r"^OSError: no route$"):
        juliapkg.resolve(said.append)
    assert said[1:] == ["juliapkg: Querying"]


def test_resolving_that_crashes_is_a_closed_way(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(juliapkg, "_RESOLVE", "import os; os.abort()")
    with pytest.raises(RouteError, match="signal 6"):
        juliapkg.resolve(print)


def test_the_project_follows_juliapkgs_own_rules() -> None:
    from juliapkg.state import STATE  # what juliapkg itself says in this environment

    environment = {}
    import os

    for name in ("PYTHON_JULIAPKG_PROJECT", "CONDA_PREFIX", "JULIA_DEPOT_PATH"):
        if name in os.environ:
            environment[name] = os.environ[name]
    assert juliapkg._project(environment) == Path(STATE["project"])


def test_the_project_outside_of_any_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert juliapkg._project({"CONDA_PREFIX": "/c"}) == Path("/c/julia_env")
    shared = Path("environments/pyjuliapkg")
    assert juliapkg._project({"JULIA_DEPOT_PATH": "/d:/e"}) == Path("/d") / shared
    assert juliapkg._project({}) == Path("~/.julia").expanduser() / shared


def test_without_juliacall(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(RouteError, match="juliacall is not installed"):
        juliapkg.resolve(print)
