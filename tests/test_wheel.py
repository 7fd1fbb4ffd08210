"""An installed wheel: it carries what a run needs, and runs anywhere."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli_support import ROOT, Call, fixture_runs, flaws

# build, hatchling and pip warn of what is not ours.
QUIET = ("-W", "ignore")


@dataclass(frozen=True)
class Wheel:
    """The wheel, and a folder into which it is installed."""

    file: Path
    installed: Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, *QUIET, "-m", *build], check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    installed = folder / "installed"
    install = ["pip", "install", "--no-deps", "--no-index", "--target", str(installed), str(file)]
    subprocess.run([sys.executable, *QUIET, "-m", *install], check=True, capture_output=True)
    return Wheel(file, installed)


def test_what_the_wheel_carries(wheel: Wheel) -> None:
    with zipfile.ZipFile(wheel.file) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    for shipped in ("julia", "fixtures"):
        here = {
            f"pybridge/shipped/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / shipped).rglob("*")
            if path.is_file()
        }
        assert here
        assert here <= names
    stand_ins = ROOT / "pybridge" / "runtime" / "stand_ins"
    own = {
        path.relative_to(ROOT).as_posix()
        for path in stand_ins.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert any(name.endswith("Project.toml") for name in own)
    assert own <= names
    assert {
        "pybridge/shipped/docs/schema.json",
        "pybridge/report/html/style.css",
        "pybridge/report/html/script.js",
    } <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"pybridge"}
    own_tests = [name for name in names if name.rpartition("/")[2].startswith("test_")]
    assert not own_tests
    assert not [name for name in names if name.endswith((".pyc", ".md~"))]


def test_the_installed_wheel_runs_anywhere(runtime: object, wheel: Wheel, tmp_path: Path) -> None:
    """And it comes to the same as the checkout, to the last bit: the same in, the same out."""
    where = f"import pybridge.shipped as s; print(s.ROOT == s._IN_WHEEL, {str(wheel.installed)!r})"
    path = {"PYTHONPATH": str(wheel.installed)}
    place = Call(("-c", where), env=path, command=(sys.executable,))()
    assert place.out == f"True {wheel.installed}\n"
    command = (sys.executable, "-m", "pybridge")
    run = ("run", "fixtures", "-k", "notes", "--json", "{json}")
    result = Call(run, cwd=tmp_path, env=path, command=command)()
    assert result.err == ""
    assert result.status == 0
    assert flaws(result.document) == []
    checkout = fixture_runs()["fixed"]
    expected = {name: case for name, case in checkout.cases.items() if "notes" in name}
    assert len(expected) >= 20
    assert result.cases == expected
    assert result.document["weights_sha256"] == checkout.document["weights_sha256"]
