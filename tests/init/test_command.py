"""`xcheck init`, and a run with what it wrote."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli_support import ROOT, Result, call, refused, side_by_side, xcheck
from tests.owned import BIASES, OWN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files as people have them, and sentences."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("script.jl", "karpathy.py"):
        shutil.copy(OWN / name, folder)
    (folder / "data").mkdir()
    shutil.copy(ROOT / "fixtures" / "notes.conllu", folder / "data")
    return folder


@pytest.fixture(scope="module")
def written(folder: Path) -> Result:
    return xcheck("init", "script.jl", "karpathy.py", cwd=folder)


@pytest.fixture(scope="module")
def runs(folder: Path, written: Result) -> dict[str, Result]:
    """The files as they are, and the Python file with a fault."""
    faulty = folder / "faulty.py"
    text = (folder / "karpathy.py").read_text(encoding="utf-8")
    faulty.write_text(text.replace("np.dot(Whh.T, dhraw)", "np.dot(Whh, dhraw)"), encoding="utf-8")
    toml = (folder / "xcheck.toml").read_text(encoding="utf-8")
    (folder / "faulty").mkdir()
    faulty.rename(folder / "faulty" / "karpathy.py")
    (folder / "faulty" / "xcheck.toml").write_text(toml, encoding="utf-8")
    common = ("-k", "notes.conllu:25 telling", "--json", "{json}")
    calls = {
        "right": call("run", "data", "--julia", "script.jl", "--python", "karpathy.py", *common,
                      cwd=folder),
        "wrong": call("run", "data", "--julia", "script.jl", "--python", "faulty/karpathy.py",
                      *common, cwd=folder),
    }  # fmt: skip
    with side_by_side(calls) as running:
        return {name: future.result() for name, future in running.items()}


def test_it_writes_a_file_and_says_so(folder: Path, written: Result) -> None:
    assert written.status == 0, written
    assert written.out == ""
    assert written.err.splitlines()[-1] == "xcheck: wrote xcheck.toml"
    text = (folder / "xcheck.toml").read_text(encoding="utf-8")
    assert text.startswith("# How these files are called")
    assert '[julia]\nfile = "script.jl"\nonly_functions = true  # line 4 is no definition' in text
    assert "columns = true  # weights are (to, from)" in text


def test_a_run_takes_what_it_wrote(runs: dict[str, Result]) -> None:
    right = runs["right"]
    assert right.status == 0, right
    assert right.out.splitlines()[3] == "note: Python gives no h and no p: not compared"
    case = right.cases["notes.conllu:25 telling"]
    names = [tensor["name"] for tensor in case["agreement"]["tensors"]]
    assert names == ["cost", "dWxh", "dWhh", "dBh", "dWhy", "dBy"]
    assert right.document["adapters"]["python"]["columns"] is True
    assert right.document["adapters"]["julia"]["only_functions"] is True
    assert right.document["notes"] == ["Python gives no h and no p: not compared"]


def test_a_fault_is_found_and_mended(runs: dict[str, Result]) -> None:
    wrong = runs["wrong"]
    assert wrong.status == 1, wrong
    assert wrong.cases["notes.conllu:25 telling"]["verdict"]["kind"] == "python wrong"
    assert "faulty/karpathy.py:57  dhnext = np.dot(Whh, dhraw)" in wrong.out
    assert "+    dhnext = np.dot(Whh.T, dhraw)" in wrong.out


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    shutil.copy(OWN / "karpathy.py", tmp_path)
    file = tmp_path / "xcheck.toml"
    file.write_text("[names]\n", encoding="utf-8")
    result = xcheck("init", "karpathy.py", cwd=tmp_path)
    assert result.status == 0
    assert file.read_text(encoding="utf-8") == "[names]\n"
    assert "[python]" in result.out
    assert "xcheck.toml is there already and stays as it is" in result.err


def test_what_is_left_gives_status_1(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def train():\n    pass\n", encoding="utf-8")
    result = xcheck("init", "mine.py", cwd=tmp_path)
    assert result.status == 1
    assert "xcheck: left to fill in: [python] no functions" in result.err
    assert (tmp_path / "xcheck.toml").exists()
    # And a run says the same, with the line.
    shutil.copy(ROOT / "fixtures" / "notes.conllu", tmp_path)
    refused(xcheck("run", ".", cwd=tmp_path), "xcheck.toml:5: forward cannot be read: '?'")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("nowhere.py",), "nowhere.py: no such file"),
        (("a.py", "b.py"), "two Python files; name one of each language at most"),
        (("a.jl", "b.jl"), "two Julia files; name one of each language at most"),
    ],
)
def test_bad_input_is_one_line(files: tuple[str, ...], said: str, tmp_path: Path) -> None:
    refused(xcheck("init", *files, cwd=tmp_path), said)


def test_the_biases_of_these_tests_are_those_of_the_port() -> None:
    assert BIASES == ("Bh", "By")
