"""Fixtures for all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from pybridge.gradcheck.methods import COMPLEX
from pybridge.runtime import Runtime, obtain
from pybridge.sides.julia import JuliaSide
from tests.making import FIXED, ORIGINAL, a_case, setup

# A shell that starts pytest in the background has it ignored, and all that the tests start as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


# No timed tests.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """The Julia that the tests run on: the one there is, or a newly installed one."""
    return obtain(print)


@pytest.fixture(scope="session")
def julia_sides(runtime: Runtime) -> Iterator[dict[Path, JuliaSide]]:
    """A Julia process for each of the two files, started at the same time."""
    files = (FIXED, ORIGINAL)
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        starting = [threads.submit(JuliaSide.start, setup(runtime, file)) for file in files]
        sides = [stack.enter_context(side.result()) for side in starting]
        for side in sides:
            for task in COMPLEX.tasks(a_case()):
                side.submit(task)  # both compile at the same time; nobody waits for the answer
        yield dict(zip(files, sides, strict=True))


@pytest.fixture(scope="session")
def fixed(julia_sides: dict[Path, JuliaSide]) -> JuliaSide:
    """Julia with julia/fixed.jl."""
    return julia_sides[FIXED]


@pytest.fixture(scope="session")
def original(julia_sides: dict[Path, JuliaSide]) -> JuliaSide:
    """Julia with julia/original.jl."""
    return julia_sides[ORIGINAL]
