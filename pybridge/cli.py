"""The command line: options in, exit status out. Each command imports what it needs by itself."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pybridge import __version__
from pybridge.errors import InputError
from pybridge.options import (
    Dtype,
    DtypeName,
    Exhaustive,
    Hidden,
    JuliaExe,
    JuliaFile,
    Keyword,
    Limit,
    Method,
    MethodName,
    Paths,
    Scale,
    Seed,
    SideName,
    SkipUntagged,
    Vocabulary,
    VocabularyName,
)

RIGHT, NOT_RIGHT, NOT_RUN, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143

app = typer.Typer(
    name="xcheck",
    help="Do a Python port and its Julia original compute the same thing, and is it right?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
julia = typer.Typer(name="julia", help="Which Julia runs, and how to get or remove one.")
app.add_typer(julia)


@app.callback(invoke_without_command=True)
def main_options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Options of the command itself."""
    if version:
        typer.echo(f"xcheck {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(NOT_RUN)  # and not 0, which says that all cases are right


@app.command()
def run(
    paths: Paths,
    julia_file: JuliaFile = Path("julia/fixed.jl"),
    julia_exe: JuliaExe = None,
    hidden: Hidden = None,
    scale: Scale = None,
    seed: Seed = None,
    dtype: Dtype = DtypeName.FLOAT64,
    rtol: Annotated[
        float | None,
        typer.Option(
            envvar="XCHECK_RTOL",
            help="Tolerance of the agreement, relative to the largest entry of a tensor: "
            "1e-12 by default, 1e-5 for float32.",
            show_default=False,
        ),
    ] = None,
    keyword: Keyword = "",
    limit: Limit = None,
    method: Method = MethodName.COMPLEX,
    exhaustive: Exhaustive = False,
    referee: Annotated[
        bool,
        typer.Option(
            "--referee",
            envvar="XCHECK_REFEREE",
            help="Hold every case against Julia's functions in 256 bits: who has how many digits.",
        ),
    ] = False,
    vocabulary: Vocabulary = VocabularyName.SENTENCE,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON.")
    ] = None,
    skip_untagged: SkipUntagged = False,
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

    if rtol is not None and not 0 <= rtol < float("inf"):
        raise InputError(f"--rtol {rtol} is no tolerance", "give a number from 0 up")
    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        julia_exe=julia_exe,
        hidden=hidden,
        scale=_scale(scale),
        seed=seed,
        dtype=dtype.value,
        rtol=rtol,
        keyword=keyword,
        limit=limit,
        method=method.value,
        exhaustive=exhaustive,
        referee=referee,
        whole_vocabulary=vocabulary is VocabularyName.ALL,
        skip_untagged=skip_untagged,
    )
    outcome = command.run(request, json_file=json_file, fail_fast=fail_fast, verbose=verbose)
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(RIGHT if outcome.all_right else NOT_RIGHT)


@app.command()
def gradcheck(
    paths: Paths,
    side: Annotated[SideName, typer.Option(help="Whose gradients.")] = SideName.BOTH,
    julia_file: JuliaFile = Path("julia/fixed.jl"),
    julia_exe: JuliaExe = None,
    hidden: Hidden = None,
    scale: Scale = None,
    seed: Seed = None,
    dtype: Dtype = DtypeName.FLOAT64,
    keyword: Keyword = "",
    limit: Limit = None,
    method: Method = MethodName.COMPLEX,
    exhaustive: Exhaustive = False,
    vocabulary: Vocabulary = VocabularyName.SENTENCE,
    skip_untagged: SkipUntagged = False,
) -> None:
    """Check gradients alone, parameter by parameter; `--method posted`: as the question does."""
    from pybridge import run as running
    from pybridge.report import gradcheck as report

    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        julia_exe=julia_exe,
        hidden=hidden,
        scale=_scale(scale),
        seed=seed,
        dtype=dtype.value,
        keyword=keyword,
        limit=limit,
        method=method.value,
        exhaustive=exhaustive,
        whole_vocabulary=vocabulary is VocabularyName.ALL,
        skip_untagged=skip_untagged,
    )
    names = ["python", "julia"] if side is SideName.BOTH else [side.value]
    raise typer.Exit(RIGHT if report.run(request, names) else NOT_RIGHT)


@app.command()
def faults(
    paths: Paths,
    julia_file: JuliaFile = Path("julia/fixed.jl"),
    julia_exe: JuliaExe = None,
    side: Annotated[SideName, typer.Option(help="Where faults are planted.")] = SideName.BOTH,
    method: Method = MethodName.COMPLEX,
    keyword: Keyword = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the table as JSON.")
    ] = None,
    skip_untagged: SkipUntagged = False,
) -> None:
    """Plant faults in copies of both taggers and see which of them these sentences catch."""
    from pybridge import run as running
    from pybridge.faults import Language
    from pybridge.report import faults as report

    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        julia_exe=julia_exe,
        keyword=keyword,
        method=method.value,
        skip_untagged=skip_untagged,
    )
    languages = [
        language
        for language in Language
        if side is SideName.BOTH or language.value.lower() == side.value
    ]
    all_caught = report.run(request, languages, json_file)
    raise typer.Exit(RIGHT if all_caught else NOT_RIGHT)


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

    removed = runtime.remove(_say)
    for folder in removed.folders:
        typer.echo(f"removed {folder}")
    typer.echo(f"{removed.bytes / 1e6:.0f} MB freed" if removed.folders else "nothing to remove")


def _scale(scale: float | None) -> float | None:
    if scale is not None and not 0 < scale < float("inf"):
        raise InputError(f"--scale {scale} is no scale", "give a number above 0")
    return scale


def main() -> NoReturn:
    """Entry point of the command `xcheck`: every error is one line, with exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a word that the terminal cannot show
    # So that Julia ends and its folder goes when a CI job is cancelled, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        status = app(standalone_mode=False) or RIGHT
        if status == INTERRUPTED:
            _say("interrupted")
        sys.exit(status)
    except InputError as e:
        _fail(str(e))
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted")
        sys.exit(INTERRUPTED)
    except OSError as e:
        if e.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO):
            raise
        _forget_output()
        _fail(f"{e.filename or 'standard output'}: {e.strerror}; make room or write elsewhere")
    except Exception as e:
        # A mistake in the options. Typer brings its own copy of click or uses click's, as its
        # version goes; what both have in common is the method.
        if not hasattr(e, "format_message"):
            raise
        context = getattr(e, "ctx", None)
        command = context.command_path if context else "xcheck"
        problem = " ".join(e.format_message().split()).rstrip(".")
        _fail(f"{problem}; see `{command} --help`")


def _fail(problem: str) -> NoReturn:
    _say(f"error: {problem}")
    sys.exit(NOT_RUN)


def _forget_output() -> None:
    """Let go of what could not be written: Python would try again at its end, and fail again."""
    with suppress(OSError, ValueError), Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _say(line: str) -> None:
    typer.echo(f"xcheck: {line}", err=True)
