import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.errors import InputError
from pybridge.runtime import bridge, candidates, debian, find
from pybridge.runtime.find import private_install, tried
from pybridge.runtime.home import building, private
from tests.runtime.conftest import script
from tests.runtime.test_juliapkg import record


def pretend_bridge() -> None:
    with building(bridge.place(), {}):
        pass


def pretend_debian() -> None:
    with building(debian.place(), {}) as stage:
        julia = debian.executable(stage)
        julia.parent.mkdir(parents=True)
        script(julia, "echo julia version 1.5.3")


def pretend_tried(path: Path | None = None) -> None:
    path = path or tried(private_install())
    path.parent.mkdir(exist_ok=True)
    path.touch()


def test_nothing_is_there(own_home: Path) -> None:
    assert find() is None
    assert [candidate.found for candidate in candidates()] == [False, False, False]
    assert [candidate.place for candidate in candidates()] == [
        "--julia-exe or XCHECK_JULIA",
        "juliapkg",
        "private install",
    ]
    assert [candidate.why.partition(" /")[0] for candidate in candidates()] == [
        "neither is given",
        "juliapkg has not resolved a Julia yet",
        "nothing in",
    ]
    assert not own_home.exists(), "looking makes nothing"


def test_the_order(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_bridge()
    pretend_debian()
    pretend_tried()
    found = find()
    assert found is not None
    assert (found.origin, found.version, found.juliacall) == ("private install", "1.5.3", "0.9.24")

    record(tmp_path / "juliapkg", script(tmp_path / "new", "echo julia version 1.12.1"))
    found = find()
    assert found is not None
    assert (found.origin, found.version) == ("juliapkg", "1.12.1")

    old = script(tmp_path / "old", "echo julia version 1.8.5")
    monkeypatch.setenv("XCHECK_JULIA", str(old))
    assert find() is None, "the named Julia is not fitted out, and no other takes its place"
    pretend_tried(private() / "tried" / named_mark(old))
    found = find()
    assert found is not None
    assert (found.origin, found.executable, found.juliacall) == ("XCHECK_JULIA", old, "0.9.24")
    assert found.bridge == bridge.place()

    found = find(str(debian.executable(debian.place())))
    assert found is not None
    assert found.origin == "--julia-exe", "the option goes before the variable"
    assert [candidate.found for candidate in candidates()] == [True, True, True]


def named_mark(julia: Path) -> str:
    from pybridge.runtime.find import bridged
    from pybridge.runtime.model import Julia

    return tried(bridged(Julia(julia, "1.8.5"), "XCHECK_JULIA", "")).name


@pytest.mark.parametrize("missing", ["bridge", "debian", "tried"])
def test_an_install_that_lacks_a_part_is_not_taken(own_home: Path, missing: str) -> None:
    for part, make in {
        "bridge": pretend_bridge,
        "debian": pretend_debian,
        "tried": pretend_tried,
    }.items():
        private().mkdir(parents=True, exist_ok=True)
        if part != missing:
            make()
    assert find() is None
    assert "is not complete" in candidates()[2].why


def test_a_half_made_install_is_not_taken(own_home: Path) -> None:
    pretend_bridge()
    pretend_debian()
    pretend_tried()
    debian.executable(debian.place()).unlink()
    assert find() is None


def test_a_home_that_was_moved_is_whole(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bridge()
    pretend_debian()
    pretend_tried()
    own_home.rename(tmp_path / "moved")
    monkeypatch.setenv("XCHECK_HOME", str(tmp_path / "moved"))
    found = find()
    assert found is not None
    assert found.executable.is_relative_to(tmp_path / "moved")


@pytest.mark.parametrize("by", ["option", "variable"])
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "is not there"),
        ("", "is not executable"),
        ("echo Python 3.11", "is not a Julia"),
        ("kill -SEGV $$", "is not a Julia"),
        ("echo julia version 1.4.2", r"is Julia 1\.4\.2, which is too old"),
        ("echo julia version 0.6.4", r"is Julia 0\.6\.4, which is too old"),
    ],
)
def test_a_named_julia_that_cannot_be_used_is_an_error_of_one_line(
    own_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str | None,
    why: str,
    by: str,
) -> None:
    pretend_bridge()
    pretend_debian()
    pretend_tried()
    julia = tmp_path / "named"
    if body is not None:
        script(julia, body)
    if body == "":
        julia.chmod(0o644)
    name = "--julia-exe" if by == "option" else "XCHECK_JULIA"
    if by == "variable":
        monkeypatch.setenv("XCHECK_JULIA", str(julia))
    with pytest.raises(InputError, match=why) as caught:
        find(str(julia) if by == "option" else None)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{name}={julia} ")
    assert text.endswith(f"set {name} to the path of a Julia executable, 1.5 or newer")
    first = candidates(str(julia) if by == "option" else None)[0]
    assert not first.found
    assert first.why == text


def test_a_named_current_julia_waits_for_juliapkg(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    julia = script(tmp_path / "julia", "echo julia version 1.11.2")
    monkeypatch.setenv("XCHECK_JULIA", str(julia))
    assert find() is None
    record(tmp_path / "juliapkg", julia, version="1.11.2")
    found = find()
    assert found is not None
    assert (found.origin, found.bridge) == ("XCHECK_JULIA", None)


def test_an_empty_name_is_none(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCHECK_JULIA", "")
    assert find("") is None


def test_looking_imports_no_bridge(own_home: Path) -> None:
    code = (
        "import sys; from pybridge.runtime import candidates, find; find(); candidates();"
        "print(sorted({'juliacall', 'juliapkg', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
