"""Options that several commands share, and their environment variables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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
    Path, typer.Option("--julia", envvar="XCHECK_JULIA_FILE", help="The Julia tagger file.")
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
        help="Rows of Wxh in a case: those of its own sentence and one more, or all.",
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
