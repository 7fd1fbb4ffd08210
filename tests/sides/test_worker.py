import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pybridge
from pybridge.sides import worker
from tests.making import FIXED

PACKAGE = Path(pybridge.__file__).parent


def imports(source: str) -> set[str]:
    """Top-level packages that a source imports, at whatever place, by statement or by name."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module)
            case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(name)), *_]):
                found.add(name)
            case ast.Call(
                func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]
            ):
                found.add(name)
    return {name.split(".")[0] for name in found}


def test_the_worker_alone_imports_juliacall() -> None:
    found = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if "juliacall" in imports(file.read_text(encoding="utf-8"))
    }
    assert found == {"sides/worker.py"}


@pytest.mark.parametrize(
    "source",
    [
        "import juliacall",
        "import os, juliacall as jl",
        "def f():\n  from juliacall import Main",
        "from juliacall.ipython import x",
        "__import__('juliacall')",
        "importlib.import_module('juliacall')",
    ],
)
def test_an_import_in_any_form_would_be_seen(source: str) -> None:
    assert "juliacall" in imports(source)


def test_and_the_worker_imports_it_only_when_it_starts() -> None:
    tree = ast.parse(Path(worker.__file__).read_text(encoding="utf-8"))
    at_the_top = ast.Module([node for node in tree.body if "Import" in type(node).__name__], [])
    assert "juliacall" not in imports(ast.unparse(at_the_top))


RUN = """
import sys
from pybridge import cli
sys.argv = ["xcheck", "run", sys.argv[1]]
try:
    cli.main()
except SystemExit as e:
    assert e.code == 0, e.code
assert "pybridge.sides.julia" in sys.modules
print([name for name in sys.modules if name.split(".")[0] in ("juliacall", "juliapkg")])
"""


def test_the_command_s_own_process_never_imports_juliacall(tmp_path: Path) -> None:
    file = tmp_path / "one.tagged"
    file.write_text("dog/NOUN barks/VERB\n")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(file)], capture_output=True, text=True, check=True
    )
    *lines, modules = done.stdout.splitlines()
    assert lines[-1] == "2 cases: 2 both right"
    assert "juliacall" not in modules


def test_nor_does_this_process(fixed: object) -> None:
    assert "juliacall" not in sys.modules


def test_a_copy_is_numpy_s_own() -> None:
    lent = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    own = worker.own_copy(lent)
    assert not np.shares_memory(own, lent)
    assert own.flags.c_contiguous
    assert own.flags.owndata
    np.testing.assert_array_equal(own, lent)


def test_the_setup_can_be_sent_to_a_process_and_be_a_key() -> None:
    assert FIXED.is_file()
    assert worker.Setup.__dataclass_params__.frozen  # type: ignore[attr-defined]
