import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pybridge.runtime import Image, Runtime, prepare
from pybridge.runtime.find import private_install
from pybridge.runtime.prepare import set_environment

WORKER = """
import pickle, sys
from pybridge.runtime import prepare
prepare(pickle.loads(bytes.fromhex(sys.argv[1])))
assert "juliacall" not in sys.modules
import juliacall
print(juliacall.Main.seval("1 + 1"), juliacall.Main.seval("string(VERSION)"), juliacall.__version__)
"""

OLD = Runtime(
    executable=Path("/j/julia"),
    version="1.5.3",
    origin="private install",
    reason="",
    juliacall="0.9.24",
    project=Path("/b/project"),
    bridge=Path("/b"),
    depot=Path("/d"),
)
NEW = Runtime(
    executable=Path("/j/julia"),
    version="1.12.1",
    origin="juliapkg",
    reason="",
    juliacall="0.9.37",
    project=Path("/p"),
)


def start(runtime: Runtime, folder: Path) -> "subprocess.Popen[str]":
    # -W error: what the bridge warns of would fail a test run under filterwarnings = error.
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", WORKER, pickle.dumps(runtime).hex()],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_starts_from_any_folder_and_two_at_once_without_a_word(
    runtime: Runtime, tmp_path: Path
) -> None:
    both = [start(runtime, tmp_path), start(runtime, Path("/"))]
    for worker in both:
        out, err = worker.communicate()
        assert (out, err) == (f"2 {runtime.version} {runtime.juliacall}\n", "")


def test_the_environment_of_the_bridge() -> None:
    environment = {
        "JULIA_PROJECT": "/mine",
        "JULIA_LOAD_PATH": "/mine",
        "JULIA_DEPOT_PATH": "/mine",
        "PYTHON_JULIACALL_SYSIMAGE": "/mine/sys.so",
        "PYTHON_JULIACALL_BINDIR": "/mine/bin",
        "PYTHON_JULIACALL_LIB": "/mine/lib",
        "PYTHON_JULIACALL_INIT": "no",
        "OPENBLAS_NUM_THREADS": "4",
    }
    set_environment(OLD, environment)
    assert environment == {
        "PYTHON_JULIACALL_EXE": "/j/julia",
        "PYTHON_JULIACALL_PROJECT": "/b/project",
        "PYTHON_JULIACALL_HANDLE_SIGNALS": "no",
        "PYTHON_JULIACALL_OPTIMIZE": "1",
        "JULIA_PROJECT": "/b/project",
        "JULIA_LOAD_PATH": "@:/b/packages:@stdlib",
        "JULIA_DEPOT_PATH": "/d",
        "JULIA_CONDAPKG_BACKEND": "Null",
        "OPENBLAS_NUM_THREADS": "4",
    }


def test_the_environment_of_an_image() -> None:
    image = Image(Path("/i/xcheck.so"), Path("/j/lib/libjulia.so"), Path("/j/bin"))
    environment = {"PYTHON_JULIACALL_SYSIMAGE": "/mine"}
    plain: dict[str, str] = {}
    set_environment(replace(NEW, image=image), environment)
    set_environment(NEW, plain)
    assert environment == plain | {
        "PYTHON_JULIACALL_SYSIMAGE": "/i/xcheck.so",
        "PYTHON_JULIACALL_LIB": "/j/lib/libjulia.so",
        "PYTHON_JULIACALL_BINDIR": "/j/bin",
    }


def test_where_the_library_is_known_nobody_is_asked() -> None:
    environment: dict[str, str] = {}
    plain: dict[str, str] = {}
    set_environment(replace(OLD, libjulia=Path("/j/lib/libjulia.so.1")), environment)
    set_environment(OLD, plain)
    assert environment == plain | {
        "PYTHON_JULIACALL_LIB": "/j/lib/libjulia.so.1",
        "PYTHON_JULIACALL_BINDIR": "/j",
    }


def test_the_library_of_the_private_install_is_the_one_that_julia_names(runtime: Runtime) -> None:
    found = private_install()
    if runtime.executable != found.executable:
        pytest.skip("the tests run with another Julia")
    ask = 'import Libdl; print(abspath(Libdl.dlpath("libjulia")), "\\n", Sys.BINDIR)'
    command = [str(runtime.executable), "--startup-file=no", "-e", ask]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(found.libjulia), str(found.executable.parent)]


def test_the_environment_of_the_environments_own_juliacall() -> None:
    environment = {"JULIA_DEPOT_PATH": "/mine"}
    set_environment(NEW, environment)
    assert environment == {
        "PYTHON_JULIACALL_EXE": "/j/julia",
        "PYTHON_JULIACALL_PROJECT": "/p",
        "PYTHON_JULIACALL_HANDLE_SIGNALS": "no",
        "PYTHON_JULIACALL_OPTIMIZE": "1",
        "JULIA_PROJECT": "/p",
        "JULIA_DEPOT_PATH": "/mine",
        "JULIA_CONDAPKG_BACKEND": "Null",
        "OPENBLAS_NUM_THREADS": "1",
    }


def test_after_juliacall_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "juliacall", sys)
    with pytest.raises(RuntimeError, match="before juliacall"):
        prepare(OLD)
