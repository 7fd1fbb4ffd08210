import pickle
from pathlib import Path

import pytest

from pybridge.runtime.model import Candidate, Julia, Runtime, ask_version, locate
from tests.runtime.conftest import script


def test_a_runtime_can_be_handed_to_another_process() -> None:
    runtime = Runtime(Path("j"), "1.5.3", "juliapkg", "why", "0.9.24", Path("p"), Path("b"), None)
    assert pickle.loads(pickle.dumps(runtime)) == runtime


def test_found() -> None:
    assert not Candidate("juliapkg", None, "why").found


@pytest.mark.parametrize(
    ("said", "version", "release"),
    [
        ("julia version 1.5.3", "1.5.3", (1, 5)),
        ("julia version 1.13.0-DEV.12", "1.13.0-DEV.12", (1, 13)),
        ("julia version 2.0.0+x", "2.0.0+x", (2, 0)),
    ],
)
def test_version(tmp_path: Path, said: str, version: str, release: tuple[int, int]) -> None:
    julia = script(tmp_path / "julia", f"echo '{said}'")
    assert ask_version(julia) == version
    assert Julia(julia, version).release == release


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("echo Python 3.11.7", r"printed: Python 3\.11\.7"),
        ("echo julia version one", "not a Julia"),
        ("exit 7", "nothing, exit status 7"),
        ("kill -SEGV $$", "nothing, exit status -11"),
        ("printf '\\377\\n'", "not a Julia"),
    ],
)
def test_not_a_julia(tmp_path: Path, body: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ask_version(script(tmp_path / "julia", body))


def test_a_file_that_the_system_cannot_start(tmp_path: Path) -> None:
    file = tmp_path / "julia"
    file.write_bytes(b"\x00\x01")
    file.chmod(0o755)
    with pytest.raises(ValueError, match="cannot be started"):
        ask_version(file)


def test_locate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    julia = script(tmp_path / "julia", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path.parent)
    assert locate(str(julia)) == julia
    assert locate("julia") == julia, "on PATH"
    assert locate("~/julia") == julia
    assert locate(f"./{tmp_path.name}/julia") == tmp_path.parent / tmp_path.name / "julia"
    (tmp_path / "text").touch()
    for name, why in [("nothing", "not there"), (str(tmp_path), "folder")]:
        with pytest.raises(ValueError, match=why):
            locate(name)
    with pytest.raises(ValueError, match="not executable"):
        locate(str(tmp_path / "text"))


def test_a_dot_means_this_folder_and_not_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        script(tmp_path / folder / "julia", "")
    monkeypatch.setenv("PATH", str(tmp_path / "a"))
    monkeypatch.chdir(tmp_path / "b")
    assert locate("./julia").samefile(tmp_path / "b" / "julia")
