"""Options that several commands share, and their environment variables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pybridge.errors import InputError

# Exit statuses: all cases right; some not; the run could not be made; Ctrl-C.
RIGHT, NOT_RIGHT, NOT_RUN, INTERRUPTED = 0, 1, 2, 130


class MethodName(StrEnum):
    """How the derivatives of a gradient check are taken."""

    COMPLEX = "complex"
    DIFFERENCE = "difference"
    POSTED = "posted"


class DtypeName(StrEnum):
    """The precision of weights and results."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"


class VocabularyName(StrEnum):
    """Which rows of the vocabulary a case runs over."""

    SENTENCE = "sentence"
    ALL = "all"


class SideName(StrEnum):
    """One side, or both."""

    PYTHON = "python"
    JULIA = "julia"
    BOTH = "both"


Paths = Annotated[list[Path], typer.Argument(help="Sentences: files or folders.")]
JuliaFile = Annotated[
    Path | None,
    typer.Option(
        "--julia",
        envvar="XCHECK_JULIA_FILE",
        metavar="FILE",
        help="The Julia tagger file; by default what xcheck.toml names, else julia/fixed.jl.",
        show_default=False,
    ),
]
PythonFile = Annotated[
    str | None,
    typer.Option(
        "--python",
        envvar="XCHECK_PYTHON_FILE",
        metavar="FILE",
        help="The Python tagger, a file or the name of a module; by default what xcheck.toml "
        "names, else pybridge.tagger.",
        show_default=False,
    ),
]
OnlyFunctions = Annotated[
    bool,
    typer.Option(
        "--only-functions",
        envvar="XCHECK_ONLY_FUNCTIONS",
        help="Load the definitions of both files, and nothing else that they do.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        metavar="SECONDS",
        envvar="XCHECK_TIMEOUT",
        help="How long Julia may take for an answer; it is ended then and started anew.",
    ),
]
Jobs = Annotated[
    str,
    typer.Option(
        "-j",
        "--jobs",
        metavar="N",
        envvar="XCHECK_JOBS",
        help="Processes with Julia; auto: as many as pay. The results do not depend on it.",
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        envvar="XCHECK_MAX_MEMORY",
        help="How much a process with Julia may hold, such as 2G; it is ended and started anew "
        "where it holds more.",
        show_default=False,
    ),
]
JuliaExe = Annotated[
    str | None,
    typer.Option(help="The Julia to run (also XCHECK_JULIA).", metavar="FILE", show_default=False),
]
Hidden = Annotated[
    int | None,
    typer.Option(min=1, envvar="XCHECK_HIDDEN", help="Hidden size of every configuration."),
]
Scale = Annotated[
    float | None, typer.Option(envvar="XCHECK_SCALE", help="Standard deviation of all weights.")
]
Seed = Annotated[
    int | None, typer.Option(min=0, envvar="XCHECK_SEED", help="Seed of every configuration.")
]
Dtype = Annotated[
    DtypeName, typer.Option(envvar="XCHECK_DTYPE", help="Precision of weights and results.")
]
Keyword = Annotated[
    str, typer.Option("-k", metavar="TEXT", help="Only cases whose name contains TEXT.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N cases.")]
Method = Annotated[
    MethodName, typer.Option(envvar="XCHECK_METHOD", help="How gradients are checked.")
]
Exhaustive = Annotated[
    bool,
    typer.Option(
        "--exhaustive",
        envvar="XCHECK_EXHAUSTIVE",
        help="Differentiate large parameters entry by entry, too.",
    ),
]
Vocabulary = Annotated[
    VocabularyName,
    typer.Option(
        envvar="XCHECK_VOCABULARY",
        help="Words in a case: those of its own sentence and one more, or all.",
    ),
]
SkipUntagged = Annotated[
    bool,
    typer.Option(
        "--skip-untagged",
        envvar="XCHECK_SKIP_UNTAGGED",
        help="Leave out sentences with a missing tag.",
    ),
]
JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="FILE",
        envvar="XCHECK_JSON",
        help="Write the results as JSON; FILE.jsonl: a line a case, as they come.",
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.jsonl",
        help="Carry on where a killed run with --json FILE.jsonl stopped.",
    ),
]
HtmlFile = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", envvar="XCHECK_HTML", help="Write a page to look at."),
]
JunitFile = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", envvar="XCHECK_JUNIT", help="Write JUnit XML for CI."),
]
Github = Annotated[
    bool,
    typer.Option(
        "--github",
        envvar="XCHECK_GITHUB",
        help="Annotate the wrong lines for GitHub Actions, and write a summary.",
    ),
]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Print every tensor and every rule.")
]


def above_zero(option: str, value: float | None) -> float | None:
    """What an option gives; InputError where that is no number above zero."""
    if value is not None and not 0 < value < float("inf"):
        raise InputError(f"{option} {value} is out of range", "give a number above 0")
    return value
