import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.errors import InputError
from pybridge.runtime.home import STAMP, building, home, locked, private, remove, whole

BUILD = """
import os, sys
os.environ["XCHECK_HOME"] = sys.argv[1]
from pybridge.runtime.home import *
with locked(lambda line: print(line, flush=True)):
    part = private() / "part"
    if whole(part):
        print("used")
    else:
        with building(part, {}) as stage:
            (stage / "a").write_text("a")
            print("built", flush=True)
            sys.stdin.readline()
            if sys.argv[2] == "die":
                os._exit(1)
"""


def build(path: Path, end: str = "live") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(path), end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_home_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XCHECK_HOME", str(tmp_path / "a"))
    assert home() == tmp_path / "a"
    monkeypatch.setenv("XCHECK_HOME", "a")
    assert home() == Path.cwd() / "a"
    monkeypatch.setenv("XCHECK_HOME", "")
    assert home().name == "xcheck"


def test_a_part_is_whole_only_as_it_was_made(own_home: Path) -> None:
    part = private() / "part"
    with building(part, {"julia": "0"}) as stage:
        assert not whole(stage)
        (stage / "inner").mkdir()
        (stage / "inner" / "a").write_text("aaa")
    assert whole(part)
    assert json.loads((part / STAMP).read_text())["versions"] == {"julia": "0"}
    (part / "__pycache__").mkdir()
    (part / "__pycache__" / "a.pyc").write_text("a")
    assert whole(part), "what Python writes by itself does not count"
    (part / "inner" / "a").write_text("aa")
    assert not whole(part), "shortened"
    (part / "inner" / "a").write_text("aaa")
    (part / "b").write_text("")
    assert not whole(part), "one file more"
    (part / "b").unlink()
    (part / "inner" / "a").unlink()
    assert not whole(part), "one file less"


@pytest.mark.parametrize("stamp", ["", "[]", "{}", "{", '{"files": 0}', None])
def test_without_a_proper_stamp_nothing_is_whole(tmp_path: Path, stamp: str | None) -> None:
    if stamp is not None:
        (tmp_path / STAMP).write_text(stamp)
    assert not whole(tmp_path)
    assert not whole(tmp_path / "not there")


def test_an_error_leaves_nothing(own_home: Path) -> None:
    with pytest.raises(FileNotFoundError), building(private() / "part", {}) as stage:
        (stage / "not there").read_text()
    assert list(private().iterdir()) == []


def test_a_broken_part_and_leftovers_are_replaced(own_home: Path) -> None:
    part = private() / "part"
    part.mkdir(parents=True)
    (part / "old").touch()
    (private() / "building-old").mkdir()
    with building(part, {}) as stage:
        (stage / "new").touch()
    assert whole(part)
    assert sorted(path.name for path in part.iterdir()) == ["new", STAMP]
    with building(private() / "other", {}):
        pass
    assert sorted(path.name for path in private().iterdir()) == ["other", "part"]


def test_a_killed_build_is_not_whole_and_its_lock_is_free(own_home: Path) -> None:
    killed = build(own_home, "die")
    assert line_of(killed) == "built"
    killed.communicate("\n")
    assert not whole(private() / "part")
    assert [path.name[:9] for path in private().iterdir()] == ["building-"]
    after = build(own_home)
    assert line_of(after) == "built"
    after.communicate("\n")
    assert [path.name for path in private().iterdir()] == ["part"]


def test_of_two_at_once_one_builds_and_the_other_waits_and_uses(own_home: Path) -> None:
    first = build(own_home)
    assert line_of(first) == "built"
    second = build(own_home)
    assert line_of(second).startswith("waiting for another xcheck")
    first.communicate("\n")
    assert second.communicate("\n")[0].strip() == "used"


def test_remove_takes_all_and_only_what_is_private(own_home: Path) -> None:
    with locked(print), building(private() / "part", {}) as stage:
        (stage / "a").write_text("a" * 1000)
    (own_home / "mine.txt").write_text("keep")
    gone = remove()
    assert gone.folders == (private() / "part",)
    assert gone.bytes > 1000
    assert sorted(path.name for path in own_home.iterdir()) == ["julia.lock", "mine.txt"]
    assert remove().folders == ()


def test_remove_waits_for_a_build(own_home: Path) -> None:
    first = build(own_home)
    assert line_of(first) == "built"
    said: list[str] = []

    def go_on(line: str) -> None:
        said.append(line)
        assert first.stdin is not None
        first.stdin.write("\n")
        first.stdin.flush()

    gone = remove(go_on)
    first.communicate()
    assert first.returncode == 0
    assert said[0].startswith("waiting")
    assert gone.folders == (private() / "part",)
    assert not private().exists()


def test_a_home_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XCHECK_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(InputError, match="set XCHECK_HOME"), locked(print):
        pass


def test_a_symlink_counts_as_itself(own_home: Path, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.mkdir()
    (big / "a").write_text("a" * 1000)
    with building(private() / "part", {}) as stage:
        (stage / "link").symlink_to(big)
    shutil.rmtree(big)
    assert whole(private() / "part")
