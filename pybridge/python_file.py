"""A Python tagger by the name that people give it, evaluated in memory, as it is or edited."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import sys
import tokenize
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from pybridge.adapters.definitions import definitions, twice
from pybridge.edit import UNCHANGED, Edit
from pybridge.errors import InputError
from pybridge.syntax import edited

MEND = "mend the Python file"
NEEDED = {
    "forward": "define forward(weights, words, tags, h_prev)",
    "backward": "define backward(weights, words, tags, h_prev, trace)",
}


def source_of(source: str) -> tuple[str, Path]:
    """The text of a file, line ends as they are, and its path.

    `source` is a path (`mine.py`, `dir/mine.py`) or the name of a module (`package.module`), which
    is also looked for in the current folder. InputError where there is no such file.
    """
    file, _ = _located(source)
    return _text(file), file


def load(
    source: str,
    edit: Edit = UNCHANGED,
    change: Callable[[ast.Module], ast.Module] = lambda tree: tree,
    *,
    needed: Mapping[str, str] = NEEDED,
    only_functions: bool = False,
) -> ModuleType:
    """Evaluate a file, named as `source_of` has it, with an edit of its syntax tree.

    The result is a module of its own each time, apart from the one that an import gives; the file
    stays as it is. While a path is evaluated its folder comes first on sys.path, and what the file
    imports from there is forgotten afterwards, so that two folders may each have a helpers.py. An
    import from there inside of a function, at run time, finds nothing. With `only_functions` the
    definitions are evaluated, and nothing else that the file does.
    InputError where the file is missing, broken, defines a function twice, or has no function of a
    name that is `needed`.
    """
    file, package = _located(source)
    full = file.absolute()
    try:
        tree = ast.parse(_text(file))
        _check_once(tree, file)
        tree = change(edited(tree, edit))
        code = compile(definitions(tree) if only_functions else tree, str(full), "exec")
        more = compile(edit.appended, "<appended>", "exec")
    except (SyntaxError, ValueError, RecursionError) as e:
        problem = f"{type(e).__name__}: {getattr(e, 'msg', e)}"
        raise InputError(problem, MEND, file=file, line=getattr(e, "lineno", None)) from None
    digest = hashlib.sha256(str(full).encode(errors="replace")).hexdigest()[:8]
    module = ModuleType(f"{full.stem}_{digest}_evaluated")
    module.__package__, module.__file__ = package or "", str(full)
    sys.modules[module.__name__] = module  # where dataclasses look for the names in annotations
    try:
        with _importing(Path.cwd() if package is not None else full.parent, package is None):
            exec(code, module.__dict__)
            exec(more, module.__dict__)
    except (Exception, SystemExit) as e:
        raise _raised(e, file, full) from e
    for name, remedy in needed.items():
        if not callable(getattr(module, name, None)):
            remedy += f"; `xcheck init {source}` where its functions are called otherwise"
            raise InputError(f"no function {name}", remedy, file=file)
    return module


def _check_once(tree: ast.Module, file: Path) -> None:
    found = twice(tree)
    if found is not None:
        name, first, line = found
        problem = f"a second function {name}, which takes the place of the one in line {first}"
        raise InputError(problem, "give one of them another name", file=file, line=line)


def _located(source: str) -> tuple[Path, str | None]:
    """The file, and of a module named as such the package it belongs to."""
    file = Path(source)
    if file.suffix == ".py" or len(file.parts) > 1 or file.is_file():
        if not file.is_file():
            problem = "is not a file" if file.exists() else "no such file"
            raise InputError(problem, "name a Python file or a module", file=source)
        return file, None
    try:
        with _importing(Path.cwd(), forget=False):
            found = importlib.util.find_spec(source)
    except Exception as e:  # a package on the way to it may throw whatever it likes
        problem = f"module {source!r} cannot be found: {type(e).__name__}: {e}"
        raise InputError(problem, "name a Python file or a module") from e
    if found is None:
        raise InputError(f"no module {source!r}", "name a Python file or a module")
    if not found.has_location or not str(found.origin).endswith(".py"):
        raise InputError(f"module {source!r} is not written in Python", "name another module")
    return Path(str(found.origin)), found.parent or ""


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except OSError as e:
        problem = f"cannot be read ({e.strerror or e})"
        raise InputError(problem, "make it readable", file=file) from None
    except (SyntaxError, UnicodeDecodeError) as e:
        raise InputError(f"cannot be decoded: {e}", "save it as UTF-8", file=file) from None


@contextmanager
def _importing(folder: Path, forget: bool) -> Iterator[None]:
    """With a folder first on sys.path; `forget` modules that come from it afterwards."""
    before = {name.partition(".")[0] for name in sys.modules}
    entry = str(folder)
    sys.path_importer_cache.pop(entry, None)  # it may hold a listing older than the files
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        if entry in sys.path:  # the file may have changed sys.path itself
            sys.path.remove(entry)
        for name in _neighbours(folder, before) if forget else ():
            del sys.modules[name]


def _neighbours(folder: Path, before: set[str]) -> list[str]:
    """Modules and packages in a folder that were not there before, with all that is in them."""
    tops = {
        name
        for name, module in sys.modules.items()
        if "." not in name and name not in before and folder in _folders(module)
    }
    return [name for name in sys.modules if name.partition(".")[0] in tops]


def _folders(module: ModuleType) -> list[Path]:
    """Where a module or package lies."""
    package = list(getattr(module, "__path__", None) or ())
    return [Path(place).parent for place in package or [getattr(module, "__file__", None) or ""]]


def _raised(e: BaseException, file: Path, full: Path) -> InputError:
    """What an exception says, with the line of the innermost frame in the file."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(e.__traceback__)
        if frame.filename == str(full)
    ]
    line = lines[-1] if lines else None
    return InputError(f"{type(e).__name__}: {e}", MEND, file=file, line=line)
