"""The command line: options in, exit status out. Imports stay inside the commands that need them."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pybridge import __version__
from pybridge.errors import InputError

RIGHT, NOT_RIGHT, NOT_RUN, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="xcheck",
    help="Do a Python port and its Julia original compute the same thing, and is it right?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
julia = typer.Typer(
    name="julia", help="Which Julia runs, and how to get or remove one.", no_args_is_help=True
)
app.add_typer(julia)


class MethodName(StrEnum):
    """How the derivatives of a gradient check are taken."""

    COMPLEX = "complex"
    DIFFERENCE = "difference"
    POSTED = "posted"


class VocabularyName(StrEnum):
    """Which rows of the vocabulary a case runs over."""

    SENTENCE = "sentence"
    ALL = "all"


JuliaExe = Annotated[
    str | None,
    typer.Option(help="The Julia to run (also XCHECK_JULIA).", metavar="FILE", show_default=False),
]


@app.callback(invoke_without_command=True)
def main_options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Options of the command itself."""
    if version:
        typer.echo(f"xcheck {__version__}")
        raise typer.Exit


@app.command()
def run(
    paths: Annotated[list[Path], typer.Argument(help="Sentences: files or folders.")],
    julia_file: Annotated[
        Path,
        typer.Option("--julia", envvar="XCHECK_JULIA_FILE", help="The Julia tagger file."),
    ] = Path("julia/fixed.jl"),
    julia_exe: JuliaExe = None,
    hidden: Annotated[
        int | None,
        typer.Option(min=1, envvar="XCHECK_HIDDEN", help="Hidden size of every configuration."),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(envvar="XCHECK_SCALE", help="Standard deviation of all weights."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, envvar="XCHECK_SEED", help="Seed of every configuration."),
    ] = None,
    rtol: Annotated[
        float,
        typer.Option(
            envvar="XCHECK_RTOL",
            help="Tolerance of the agreement, relative to the largest entry of a tensor.",
        ),
    ] = 1e-12,
    keyword: Annotated[
        str,
        typer.Option("-k", metavar="TEXT", help="Only cases whose name contains TEXT."),
    ] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N cases.")] = None,
    method: Annotated[
        MethodName, typer.Option(envvar="XCHECK_METHOD", help="How gradients are checked.")
    ] = MethodName.COMPLEX,
    vocabulary: Annotated[
        VocabularyName,
        typer.Option(
            envvar="XCHECK_VOCABULARY",
            help="Rows of Wxh in a case: those of its own sentence and one more, or all.",
        ),
    ] = VocabularyName.SENTENCE,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON.")
    ] = None,
    skip_untagged: Annotated[
        bool,
        typer.Option(
            "--skip-untagged",
            envvar="XCHECK_SKIP_UNTAGGED",
            help="Leave out sentences with a missing tag.",
        ),
    ] = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first case that is not right.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Print every tensor and every rule.")
    ] = False,
) -> None:
    """Check the Python port against a Julia tagger file, sentence by sentence."""
    from pybridge import run as running
    from pybridge.report import command

    if not rtol >= 0:
        raise InputError(f"--rtol {rtol} is no tolerance", "give a number from 0 up")
    if scale is not None and not 0 < scale < float("inf"):
        raise InputError(f"--scale {scale} is no scale", "give a number above 0")
    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        julia_exe=julia_exe,
        hidden=hidden,
        scale=scale,
        seed=seed,
        rtol=rtol,
        keyword=keyword,
        limit=limit,
        method=method.value,
        whole_vocabulary=vocabulary is VocabularyName.ALL,
        skip_untagged=skip_untagged,
    )
    outcome = command.run(request, json_file=json_file, fail_fast=fail_fast, verbose=verbose)
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(RIGHT if outcome.all_right else NOT_RIGHT)


@julia.command()
def where(julia_exe: JuliaExe = None) -> None:
    """Say which Julia a run would use, and why."""
    from pybridge import runtime

    found = runtime.find(julia_exe)
    for candidate in runtime.candidates(julia_exe):
        mark = "->" if candidate.runtime is not None and candidate.runtime == found else "  "
        typer.echo(f"{mark} {candidate.place}: {candidate.why}")
    if found is None:
        typer.echo("no Julia yet: `xcheck julia install` gets one, and so does `xcheck run`")
        raise typer.Exit(NOT_RIGHT)
    typer.echo(f"Julia {found.version}, juliacall {found.juliacall}: {found.executable}")


@julia.command()
def install(julia_exe: JuliaExe = None) -> None:
    """Get a Julia, unless there is one."""
    from pybridge import runtime

    found = runtime.obtain(_say, julia_exe)
    typer.echo(f"Julia {found.version}, juliacall {found.juliacall}: {found.executable}")


@julia.command()
def remove() -> None:
    """Take the private install away again."""
    from pybridge import runtime

    removed = runtime.remove()
    for folder in removed.folders:
        typer.echo(f"removed {folder}")
    typer.echo(f"{removed.bytes / 1e6:.0f} MB freed" if removed.folders else "nothing to remove")


def main() -> NoReturn:
    """Entry point of the command `xcheck`: every error is one line, with exit status 2."""
    try:
        sys.exit(app(standalone_mode=False) or RIGHT)
    except InputError as e:
        _fail(str(e))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except Exception as e:
        # A mistake in the options. Typer brings its own copy of click or uses click's, as its
        # version goes; what both have in common is the method.
        if not hasattr(e, "format_message"):
            raise
        _fail(f"{' '.join(e.format_message().split())} See `xcheck --help`.")


def _fail(problem: str) -> NoReturn:
    _say(f"error: {problem}")
    sys.exit(NOT_RUN)


def _say(line: str) -> None:
    typer.echo(f"xcheck: {line}", err=True)
