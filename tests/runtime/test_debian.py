import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pybridge.runtime import debian
from pybridge.runtime.home import whole
from pybridge.runtime.process import RouteError, run
from tests.runtime.conftest import FreshInstall, script


def tree_of(fresh: FreshInstall) -> Path:
    (tree,) = (fresh.home / "private-julia").glob("debian-*")
    return tree


def test_no_library_of_the_tree_is_missing_one(fresh: FreshInstall) -> None:
    tree = tree_of(fresh)
    libraries = [file for file in tree.rglob("*.so*") if file.is_file() and not file.is_symlink()]
    assert len(libraries) > 50
    for file in libraries:
        found = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False)
        assert "not found" not in found.stdout, file


def test_the_tree_can_be_moved_and_wins_over_the_users_library_path(
    fresh: FreshInstall, tmp_path: Path
) -> None:
    # libunwind decides: another one crashes Julia at the first exception.
    moved = tmp_path / "elsewhere"
    shutil.copytree(tree_of(fresh), moved, symlinks=True)
    other = tmp_path / "lib"
    other.mkdir()
    (other / "libunwind.so.8").write_bytes(b"not a library")
    environment = os.environ | {"LD_LIBRARY_PATH": str(other), "JULIA_DEPOT_PATH": str(tmp_path)}
    command = [str(debian.executable(moved)), "--startup-file=no", "-e", debian._SMOKE]
    assert run(command, timeout=120, env=environment)[-1] == "caught 1.5.3"
    assert whole(moved)
    shutil.rmtree(moved)  # pytest would keep the last three


def test_the_tree_keeps_to_itself_and_to_the_machines_c_library(fresh: FreshInstall) -> None:
    names = {file.name for file in tree_of(fresh).rglob("*.so*")}
    assert {"libjulia.so", "sys.so", "libunwind.so.8", "libLLVM-9.so.1"} <= names
    assert names.isdisjoint({"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("kill -SEGV $$", "is not a Julia"),
        ('[ "$1" = --version ] && echo julia version 1.5.3 || kill -SEGV $$', "signal 11"),
        ('[ "$1" = --version ] && echo julia version 1.5.3', "ended with 1"),
        ("echo julia version 1.5.3", "answered"),
        ('[ "$1" = --version ] && echo julia version 1.5.2 || echo caught 1.5.2', "answered"),
    ],
)
def test_a_tree_whose_julia_does_not_catch_is_refused(tmp_path: Path, body: str, why: str) -> None:
    julia = debian.executable(tmp_path)
    julia.parent.mkdir(parents=True)
    script(julia, body)
    with pytest.raises(RouteError, match=why):
        debian.smoke_test(tmp_path)


def test_a_tree_without_julias_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RouteError, match="no Julia system image"):
        debian.set_library_paths(tmp_path, Path("patchelf"))


def test_without_patchelf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(RouteError, match="no patchelf"):
        debian.find_patchelf()
