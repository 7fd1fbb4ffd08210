import os
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.errors import InputError
from pybridge.runtime import Runtime, bridge, debian, find, install, juliapkg, obtain
from pybridge.runtime.find import is_ready, private_install
from pybridge.runtime.install import install_privately
from pybridge.runtime.process import RouteError
from tests.runtime.conftest import INSTALL, FreshInstall, script


def test_a_killed_install_is_not_whole_and_of_two_at_once_one_installs(
    fresh: FreshInstall, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any(name.startswith(("debian", "bridge")) for name in fresh.left_by_the_killed)
    assert any(name.startswith("building") for name in fresh.left_by_the_killed)

    monkeypatch.setenv("XCHECK_HOME", str(fresh.home))
    assert is_ready(private_install())
    executable = private_install().executable
    assert all(text.splitlines()[-1] == f"done {executable}" for text in fresh.printed)
    fetched = ["fetching Julia" in text for text in fresh.printed]
    waited = ["waiting for another xcheck" in text for text in fresh.printed]
    assert sorted(fetched) == [False, True]
    assert waited == [not one for one in fetched]
    names = {path.name.partition("-")[0] for path in (fresh.home / "private-julia").iterdir()}
    assert names == {"bridge", "debian", "depot", "tried"}


def test_a_second_install_does_nothing_even_where_it_could_not(
    fresh: FreshInstall, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INSTALL, str(fresh.home)],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("done ")


def test_the_private_julia_named_by_the_user(
    fresh: FreshInstall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XCHECK_HOME", str(fresh.home))
    executable = str(private_install().executable)
    assert install(print, explicit=executable).origin == "--julia-exe"


def test_a_julia_elsewhere_below_1_10_gets_the_bridge(
    fresh: FreshInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XCHECK_HOME", str(fresh.home))
    inner = private_install().executable
    outer = script(tmp_path / "julia", f'exec {inner} "$@"')
    monkeypatch.setenv("XCHECK_JULIA", str(outer))
    assert find() is None
    said: list[str] = []
    runtime = obtain(said.append)
    assert (runtime.executable, runtime.version, runtime.juliacall) == (outer, "1.5.3", "0.9.24")
    assert "fetching" not in "".join(said), "the bridge is there already"
    assert find() == runtime


def closed(*_: object, **__: object) -> Runtime:
    raise RouteError("no route to the server")


def test_where_none_can_be_had_one_line_says_why(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(juliapkg, "resolve", closed)
    monkeypatch.setattr(debian, "find_patchelf", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError) as caught:
        install(print)
    assert str(caught.value) == (
        "no Julia could be had (tried juliapkg: no route to the server; Debian 11's Julia 1.5.3:"
        " no apt-get here); set XCHECK_JULIA to the path of a Julia executable, 1.5 or newer"
    )
    assert list((own_home / "private-julia").iterdir()) == []
    script(tmp_path / "julia", "")
    with pytest.raises(InputError, match=rf"newer, as {tmp_path}/julia may be$"):
        install(print)


def test_juliapkg_comes_first(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Runtime(tmp_path, "1.12.1", "juliapkg", "", "0.9.37", tmp_path)
    monkeypatch.setattr(juliapkg, "resolve", lambda _: wanted)
    assert install(print) == wanted
    assert not own_home.exists()


def test_a_named_current_julia_whose_packages_cannot_be_had(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    julia = script(tmp_path / "julia", "echo julia version 1.11.2")
    monkeypatch.setattr(juliapkg, "resolve_with", closed)
    with pytest.raises(InputError) as caught:
        install(print, explicit=str(julia))
    assert str(caught.value).startswith(
        f"--julia-exe={julia} is Julia 1.11.2, but its juliacall cannot be had: no route"
    )


def test_a_named_julia_that_does_not_run_is_not_ready(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    julia = script(tmp_path / "julia", '[ "$1" = --version ] && echo julia version 1.8.5')
    monkeypatch.setattr(bridge, "ensure", lambda _: own_home.mkdir(exist_ok=True))
    with pytest.raises(InputError, match="cannot be had"):
        install(print, explicit=str(julia))
    assert find(str(julia)) is None


def test_a_full_disk_is_a_closed_way(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(debian, "ensure", full)
    with pytest.raises(RouteError, match="No space left on device"):
        install_privately(print)
