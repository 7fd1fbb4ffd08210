import importlib.util
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from pybridge.runtime import Runtime, bridge
from pybridge.runtime.home import whole
from pybridge.runtime.process import RouteError

TOP = f"juliacall-{bridge.VERSION}"


def sdist(file: Path, *names: str) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(f"{TOP}/{name}")
            member.size = 2
            tar.addfile(member, io.BytesIO(b"x\n"))
    return file


def test_another_archive_is_refused_and_named(tmp_path: Path) -> None:
    archive = sdist(tmp_path / "juliacall-0.9.24.tar.gz", "src/PythonCall.jl")
    with pytest.raises(RouteError, match=r"juliacall-0\.9\.24\.tar\.gz has the SHA-256") as caught:
        bridge.verify(archive)
    assert bridge.SHA256 in str(caught.value)


def test_nothing_is_kept_of_an_archive_that_is_refused(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(folder: Path) -> Path:
        folder.mkdir()
        return sdist(folder / "juliacall-0.9.24.tar.gz", "src/PythonCall.jl")

    monkeypatch.setattr(bridge, "fetch", fetch)
    with pytest.raises(RouteError, match="SHA-256"):
        bridge.ensure(print)
    assert not whole(bridge.place())
    assert list((own_home / "private-julia").iterdir()) == []


def test_only_the_two_halves_are_unpacked(tmp_path: Path) -> None:
    archive = sdist(
        tmp_path / "a.tar.gz",
        "src/PythonCall.jl",
        "src/C/C.jl",
        "pysrc/juliacall/__init__.py",
        "Project.toml",
        "LICENSE",
        "README.md",
        "pytest/test_all.py",
        "bump.jl",
    )
    bridge.unpack(archive, tmp_path / "stage")
    found = {
        file.relative_to(tmp_path / "stage/packages/PythonCall").as_posix()
        for file in (tmp_path / "stage").rglob("*")
        if file.is_file()
    }
    assert found == {
        "src/PythonCall.jl",
        "src/C/C.jl",
        "pysrc/juliacall/__init__.py",
        "Project.toml",
        "LICENSE",
    }


def test_a_member_that_leads_out_is_refused(tmp_path: Path) -> None:
    archive = sdist(tmp_path / "a.tar.gz", "src/../../../out.jl")
    with pytest.raises(RouteError, match="odd member"):
        bridge.unpack(archive, tmp_path / "stage")


@pytest.mark.parametrize("names", [["src/PythonCall.jl"], ["pysrc/juliacall/__init__.py"]])
def test_an_archive_without_a_half_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(RouteError, match=r"has no (pysrc|src)/"):
        bridge.unpack(sdist(tmp_path / "a.tar.gz", *names), tmp_path / "stage")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"not found")
    with pytest.raises(RouteError, match="cannot be unpacked"):
        bridge.unpack(tmp_path / "a.tar.gz", tmp_path / "stage")


def test_who_changes_a_stand_in_gets_another_bridge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bridge.place()
    copy = tmp_path / "stand_ins"
    shutil.copytree(bridge._STAND_INS, copy)
    monkeypatch.setattr(bridge, "_STAND_INS", copy)
    assert bridge.place() == before
    with (copy / "julia/Tables/src/Tables.jl").open("a") as file:
        file.write("\n")
    assert bridge.place() != before


def test_what_is_back_ported_is_there(runtime: Runtime) -> None:
    if runtime.bridge is None:
        pytest.skip("this machine's Julia needs no bridge")
    for name, old, new in bridge._BACKPORTS:
        text = (bridge.julia_half(runtime.bridge) / "PythonCall" / name).read_text("utf-8")
        assert new in text
        assert old in new or old not in text


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_source_that_a_back_port_does_not_fit_is_refused(tmp_path: Path, times: int) -> None:
    *others, (name, old, _) = bridge._BACKPORTS
    for other, text in [*((n, o) for n, o, _ in others), (name, old * times)]:
        file = bridge.julia_half(tmp_path) / "PythonCall" / other
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
    if times == 1:
        bridge.back_port(tmp_path)
        return
    with pytest.raises(RouteError, match=rf"'.*' {times} times, not once"):
        bridge.back_port(tmp_path)


def test_who_changes_a_back_port_gets_another_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    before = bridge.place()
    monkeypatch.setattr(bridge, "_BACKPORTS", bridge._BACKPORTS[1:])
    assert bridge.place() != before


def test_without_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(RouteError, match="no pip in"):
        bridge.fetch(tmp_path / "download")


def test_pip_that_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(RouteError, match=r"juliacall==0\.9\.24"):
        bridge.fetch(tmp_path / "download")


def test_pip_refuses_an_archive_with_another_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "links").mkdir()
    sdist(tmp_path / "links" / f"{TOP}.tar.gz", "setup.py")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    with pytest.raises(RouteError, match="DO NOT MATCH THE HASHES"):
        bridge.fetch(tmp_path / "download")
