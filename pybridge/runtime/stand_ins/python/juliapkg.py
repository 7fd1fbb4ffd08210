"""Stands in for juliapkg in a worker that runs on the private bridge.

juliacall 0.9.24 asks juliapkg two things, and juliapkg would go to the network to answer. Later
versions of juliacall read the same two environment variables by themselves.
"""

import os


def executable() -> str:
    """Return the Julia that `pybridge.runtime.prepare` chose."""
    return os.environ["PYTHON_JULIACALL_EXE"]


def project() -> str:
    """Return the project that `pybridge.runtime.prepare` chose."""
    return os.environ["PYTHON_JULIACALL_PROJECT"]
