"""Python taggers by path and by name: what is evaluated, and what is said of those that fail."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import ModuleType

import pytest

from pybridge import tagger
from pybridge.edit import Edit, Replacement
from pybridge.errors import InputError
from pybridge.python_file import load, source_of
from pybridge.sides import Examination, Task
from pybridge.sides.python import PythonSide
from tests.making import a_case

SMALL = "def forward(*_): return {}\n\ndef backward(*_): pass\n"
TAGGER = Path(str(tagger.__file__))


def written(file: Path, text: str) -> str:
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(text, encoding="utf-8")
    return str(file)


def refused(source: str) -> str:
    with pytest.raises(InputError) as caught:
        load(source)
    return str(caught.value)


def run(module: ModuleType) -> dict[str, bytes]:
    case = a_case()
    trace = module.forward(case.weights, case.words, case.tags, case.h_prev)
    gradients = module.backward(case.weights, case.words, case.tags, case.h_prev, trace)
    return {name: array.tobytes() for name, array in gradients.arrays.items()}


@pytest.mark.parametrize("source", [str(TAGGER), "pybridge.tagger"])
def test_a_path_and_a_name_lead_to_the_same_tagger(source: str) -> None:
    module = load(source)
    assert module is not tagger
    assert module.Trace is not tagger.Trace  # a dataclass of its own
    assert run(module) == run(tagger)
    text, file = source_of(source)
    assert (text, file) == (TAGGER.read_text(encoding="utf-8"), TAGGER)
    assert module.forward.__code__.co_filename == module.__file__ == str(TAGGER)


def test_an_edit_is_in_the_module_and_nowhere_else(tmp_path: Path) -> None:
    file = written(tmp_path / "mine.py", SMALL.format(1))
    # arguments, return: the value of the second
    assert load(file, Edit((Replacement((0, 1, 0), "2"),))).forward() == 2
    assert load(file, Edit((), "def forward(): return 3")).forward() == 3
    assert load(file).forward() == 1
    assert Path(file).read_text() == SMALL.format(1)


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = written(tmp_path / "mine.py", SMALL.format(1))
    first = load(file)
    written(tmp_path / "mine.py", SMALL.format(2))
    assert (first.forward(), load(file).forward()) == (1, 2)


def test_a_relative_path_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "mine.py", SMALL.format(1))
    monkeypatch.chdir(tmp_path)
    assert source_of("mine.py")[1] == Path("mine.py")
    assert load("mine.py").__file__ == str(tmp_path / "mine.py")
    assert load("mine").forward() == 1  # the name of a module in the current folder


def test_packages_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a_package_of_theirs"
    written(tmp_path / name / "__init__.py", "")
    written(tmp_path / name / "one.py", "ONE = 1\n")
    written(tmp_path / name / "mine.py", "from .one import ONE\n" + SMALL.format("ONE"))
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    try:
        assert load(f"{name}.mine").forward() == 1
        assert sys.path == path
    finally:
        for imported in [m for m in sys.modules if m.partition(".")[0] == name]:
            del sys.modules[imported]


def test_each_folder_has_neighbours_of_its_own(tmp_path: Path) -> None:
    path, loaded = list(sys.path), set(sys.modules)
    for folder, value in (("a", "1"), ("b", "2")):
        written(tmp_path / folder / "helpers_of_mine.py", f"VALUE = {value}\n")
        written(tmp_path / folder / "parts_of_mine" / "__init__.py", "")
        written(tmp_path / folder / "parts_of_mine" / "deep.py", f"DEEP = {value}\n")
        text = "from helpers_of_mine import VALUE\nfrom parts_of_mine.deep import DEEP\n"
        written(tmp_path / folder / "mine.py", text + SMALL.format("VALUE, DEEP"))
    a, b = (load(str(tmp_path / folder / "mine.py")) for folder in "ab")
    assert (a.forward(), b.forward()) == ((1, 1), (2, 2))
    assert a.__name__ != b.__name__
    assert sys.path == path
    assert set(sys.modules) - loaded == {a.__name__, b.__name__}


def test_modules_from_elsewhere_are_not_forgotten(tmp_path: Path) -> None:
    sys.modules.pop("pydoc_data", None)
    load(written(tmp_path / "mine.py", "import pydoc_data\n" + SMALL.format(1)))
    assert "pydoc_data" in sys.modules


def test_the_path_is_as_it_was_after_a_file_that_changes_it(tmp_path: Path) -> None:
    before = list(sys.path)
    text = f"import sys\nsys.path.remove({str(tmp_path)!r})\n"
    load(written(tmp_path / "mine.py", text + SMALL.format(1)))
    assert sys.path == before


def test_dataclasses_work(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import KW_ONLY, dataclass\n"
        "from typing import ClassVar\n@dataclass\nclass Pair:\n"
        "    shared: ClassVar[int] = 0\n    a: int\n    _: KW_ONLY\n    b: int\n"
    )
    module = load(written(tmp_path / "mine.py", text + SMALL.format("Pair(1, b=2)")))
    assert (module.forward().a, module.forward().b) == (1, 2)


def test_frames_name_the_file(tmp_path: Path) -> None:
    file = written(tmp_path / "mine.py", SMALL.format("1 / 0"))
    try:
        load(file).forward()
    except ZeroDivisionError as e:
        frame = traceback.extract_tb(e.__traceback__)[-1]
        assert (frame.filename, frame.lineno, frame.line) == (
            file,
            1,
            "def forward(*_): return 1 / 0",
        )
    else:
        pytest.fail("did not throw")


def test_line_ends_and_encodings(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.format("'\N{SNOWMAN}'").replace("\n", "\r\n").encode())
    assert source_of(str(file))[0].count("\r\n") == 3
    assert load(str(file)).forward() == "\N{SNOWMAN}"
    file.write_bytes(b"# coding: latin-1\n" + SMALL.format("'\xe9'").encode("latin-1"))
    assert load(str(file)).forward() == "\xe9"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def forward(*_): pass\n\ndef backward(*_)\n    pass\n", ":3: SyntaxError: expected ':'"),
        ("x = 1\nreturn x\n", ":2: SyntaxError: 'return' outside function"),
        ("import a_module_that_is_not_there\n", ":1: ModuleNotFoundError: No module named"),
        ("def f(): return 1 / 0\n\n\nf()\n", ":1: ZeroDivisionError: division by zero; mend"),
        ("import numpy\n\nnumpy.zeros(\n  -1)\n", ":3: ValueError: negative dimensions"),
        ("import sys\nsys.exit('usage: mine')\n", ":2: SystemExit: usage: mine"),
        ("from . import other\n", ":1: ImportError: attempted relative import"),
        ("def backward(*_): pass\n", ": no function forward; define forward(weights, words"),
        ("def forward(*_): pass\nbackward = 1\n", ": no function backward; define backward("),
        ("x = '\0'\n", ": SyntaxError: source code string cannot contain null bytes"),
        ("# coding: nonsense\n", ": cannot be decoded: unknown encoding"),
    ],
)
def test_what_cannot_be_had_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = list(sys.path)
    file = written(tmp_path / "mine.py", text)
    refusal = refused(file)
    assert refusal.startswith(f"{file}{said}")
    assert "\n" not in refusal
    assert sys.path == path


def test_a_neighbour_that_fails_is_seen_from_the_file(tmp_path: Path) -> None:
    written(tmp_path / "helpers_of_mine.py", "\n\nnowhere\n")
    file = written(tmp_path / "mine.py", "import sys\nimport helpers_of_mine\n")
    assert refused(file).startswith(f"{file}:2: NameError: name 'nowhere' is not defined")
    assert "helpers_of_mine" not in sys.modules


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.py", "nowhere.py: no such file; name a Python file or a module"),
        ("dir/nowhere", "dir/nowhere: no such file; name a Python file or a module"),
        ("nowhere.at.all", "module 'nowhere.at.all' cannot be found: ModuleNotFoundError"),
        ("nowhere", "no module 'nowhere'; name a Python file or a module"),
        ("", "module ''"),
        ("itertools", "module 'itertools' is not written in Python; name another module"),
        ("pybridge.edit", "edit.py: no function forward"),
    ],
)
def test_what_is_not_there_is_one_line(source: str, said: str) -> None:
    assert said in refused(source)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refused(str(tmp_path)).startswith(f"{tmp_path}: is not a file; name")


def test_a_side_takes_it(tmp_path: Path) -> None:
    file = written(tmp_path / "mine.py", TAGGER.read_text(encoding="utf-8"))
    side = PythonSide(load(file))
    assert run(load(file)) == run(tagger)
    assert isinstance(side.submit(Task(a_case())).result(), Examination)
