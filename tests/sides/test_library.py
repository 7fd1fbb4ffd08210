"""How XCheck.jl gets into Julia where no image has it: as a package, or else by its file."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pybridge import shipped
from pybridge.runtime import Runtime
from pybridge.sides.worker import Setup
from tests.making import NAMES

SCRIPT = """
import pickle, sys
from pybridge.sides import worker
setup = pickle.loads(bytes.fromhex(sys.argv[1]))
started = worker.start(setup)
assert not started.problem, started.problem
main, *_ = worker.session(setup)
print(main.seval("string(parentmodule(XCheck))"))
print(main.seval('join(LOAD_PATH, " ")'))
"""
# What must not run when the cache is made, which Julia is a process of its own for.
NO_CACHE = '\nccall(:jl_generating_output, Cint, ()) == 1 && error("not to be kept")\n\nend'


@pytest.fixture
def setup(runtime: Runtime, tmp_path: Path) -> Setup:
    """A copy of the library, and of the depot, so that no other test finds another's cache."""
    shutil.copytree(shipped.library().parent, tmp_path / "julia")
    found = replace(runtime, image=None)
    if runtime.depot is not None:
        shutil.copytree(runtime.depot, tmp_path / "depot", ignore=shutil.ignore_patterns("XCheck*"))
        found = replace(found, depot=tmp_path / "depot")
    library = tmp_path / "julia" / "XCheck.jl"
    return Setup(found, library, library.with_name("fixed.jl"), NAMES)


def start(setup: Setup) -> tuple[list[str], str]:
    """What the script prints, and what Julia says on the way."""
    command = [sys.executable, "-c", SCRIPT, pickle.dumps(setup).hex()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), done.stderr


def test_it_is_a_package_of_which_julia_keeps_a_cache(setup: Setup) -> None:
    (within, folders), said = start(setup)
    assert within == "XCheck", said  # as it is of a package; else it would be in Main
    assert str(setup.library.parent) not in folders.split()  # a tagger file finds none of it
    if setup.runtime.depot is not None:
        (cache,) = setup.runtime.depot.rglob("XCheck*.ji")
        made = cache.read_bytes()  # with the time at which it was made
        (again, _), _ = start(setup)
        assert again == within
        assert cache.read_bytes() == made  # it was read, and not made anew
        part = setup.library.with_name("Messages.jl")
        part.write_text(part.read_text(encoding="utf-8").replace("forget(", "forgotten("))
        _, said = start(setup)  # a change of any of its files is noticed
        assert cache.read_bytes() != made, said


def test_where_there_can_be_no_cache_it_is_evaluated(setup: Setup) -> None:
    text = setup.library.read_text(encoding="utf-8").rstrip()
    assert text.endswith("\nend")
    setup.library.write_text(text.removesuffix("\nend") + NO_CACHE, encoding="utf-8")
    (within, folders), said = start(setup)
    assert within == "Main"
    assert "not to be kept" in said
    assert str(setup.library.parent) not in folders.split()
