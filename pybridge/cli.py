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

from pybridge import __version__, heap
from pybridge.cli_init import init
from pybridge.cli_julia import julia, say
from pybridge.cli_saved import diff, show
from pybridge.cli_train import tag, train
from pybridge.errors import EndedBySignal, InputError
from pybridge.options import (
    Dtype,
    DtypeName,
    Exhaustive,
    Github,
    Hidden,
    HtmlFile,
    Jobs,
    JsonFile,
    JuliaExe,
    JuliaFile,
    JunitFile,
    Keyword,
    Limit,
    MaxMemory,
    Method,
    MethodName,
    OnlyFunctions,
    Paths,
    PythonFile,
    Resume,
    Scale,
    Seed,
    SideName,
    SkipUntagged,
    Timeout,
    Vocabulary,
    VocabularyName,
)

RIGHT, NOT_RIGHT, NOT_RUN, INTERRUPTED = 0, 1, 2, 130
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

app = typer.Typer(
    name="xcheck",
    help="Do a Python port and its Julia original compute the same thing, and is it right?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(julia)
app.command()(init)
app.command()(show)
app.command()(diff)
app.command()(train)
app.command()(tag)


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
    julia_file: JuliaFile = None,
    python_file: PythonFile = None,
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
    jobs: Jobs = "auto",
    timeout: Timeout = 60.0,
    max_memory: MaxMemory = None,
    json_file: JsonFile = None,
    resume: Resume = None,
    html_file: HtmlFile = None,
    junit_file: JunitFile = None,
    github: Github = False,
    skip_untagged: SkipUntagged = False,
    only_functions: OnlyFunctions = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first case that is not right.")
    ] = False,
    trace: Annotated[
        bool, typer.Option(help="End with the lines where errors are made, and what mends them.")
    ] = True,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Print every tensor and every rule.")
    ] = False,
) -> None:
    """Check the Python port against a Julia tagger file, sentence by sentence."""
    from pybridge import running, workers
    from pybridge.report import command
    from pybridge.report.reports import Reports
    from pybridge.sides import memory

    if rtol is not None and not 0 <= rtol < float("inf"):
        raise InputError(f"--rtol {rtol} is no tolerance", "give a number from 0 up")
    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        python=python_file,
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
        only_functions=only_functions,
        timeout=timeout,
        max_memory=None if max_memory is None else memory.size(max_memory),
        jobs=workers.jobs(jobs),
    )
    outcome = command.run(
        request,
        reports=Reports(json_file, html_file, junit_file, github),
        resume=resume,
        fail_fast=fail_fast,
        verbose=verbose,
        trace=trace,
    )
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(RIGHT if outcome.all_right else NOT_RIGHT)


@app.command()
def gradcheck(
    paths: Paths,
    side: Annotated[SideName, typer.Option(help="Whose gradients.")] = SideName.BOTH,
    julia_file: JuliaFile = None,
    python_file: PythonFile = None,
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
    only_functions: OnlyFunctions = False,
) -> None:
    """Check gradients alone, parameter by parameter; `--method posted`: as the question does."""
    from pybridge import running
    from pybridge.report import gradcheck as report

    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        python=python_file,
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
        only_functions=only_functions,
    )
    names = ["python", "julia"] if side is SideName.BOTH else [side.value]
    raise typer.Exit(RIGHT if report.run(request, names) else NOT_RIGHT)


@app.command()
def trace(
    paths: Paths,
    julia_file: JuliaFile = None,
    python_file: PythonFile = None,
    julia_exe: JuliaExe = None,
    case: Annotated[
        str, typer.Option(metavar="TEXT", help="Only cases whose name contains TEXT.")
    ] = "",
    limit: Limit = None,
    dtype: Dtype = DtypeName.FLOAT64,
    everything: Annotated[
        bool, typer.Option("--all", help="Print one case assignment by assignment.")
    ] = False,
    own: Annotated[
        bool,
        typer.Option("--self", help="Judge the Julia file by its own cost alone, without a port."),
    ] = False,
    patch_file: Annotated[
        Path | None,
        typer.Option("--write-patch", metavar="FILE", help="Write the suggestion for `patch`."),
    ] = None,
    timeout: Timeout = 60.0,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON.")
    ] = None,
    skip_untagged: SkipUntagged = False,
    only_functions: OnlyFunctions = False,
) -> None:
    """Name the lines where errors are made, and suggest what mends them."""
    from pybridge import running
    from pybridge.report import tracing

    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        python=python_file,
        julia_exe=julia_exe,
        keyword=case,
        limit=limit,
        dtype=dtype.value,
        timeout=timeout,
        skip_untagged=skip_untagged,
        only_functions=only_functions,
    )
    outcome = tracing.run(
        request, everything=everything, patch_file=patch_file, own=own, json_file=json_file
    )
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(RIGHT if outcome.all_right else NOT_RIGHT)


@app.command("port")
def port_command(
    old: Annotated[str, typer.Argument(help="The Julia file before: a file, or revision:path.")],
    new: Annotated[str, typer.Argument(help="The Julia file with the fixes.")],
    paths: Annotated[
        list[Path] | None,
        typer.Option("--fixtures", metavar="PATH", help="Sentences: files or folders."),
    ] = None,
    python_file: PythonFile = None,
    julia_exe: JuliaExe = None,
    keyword: Keyword = "",
    timeout: Timeout = 60.0,
    skip_untagged: SkipUntagged = False,
    only_functions: OnlyFunctions = False,
) -> None:
    """Say which changes between two Julia files the Python port has, and which are left to do."""
    from pybridge import running
    from pybridge.report import port

    request = running.Request(
        paths=tuple(paths or [Path("fixtures")]),
        python=python_file,
        julia_exe=julia_exe,
        keyword=keyword,
        timeout=timeout,
        skip_untagged=skip_untagged,
        only_functions=only_functions,
    )
    raise typer.Exit(RIGHT if port.run(request, old, new) else NOT_RIGHT)


@app.command()
def faults(
    paths: Paths,
    julia_file: JuliaFile = None,
    python_file: PythonFile = None,
    julia_exe: JuliaExe = None,
    side: Annotated[SideName, typer.Option(help="Where faults are planted.")] = SideName.BOTH,
    method: Method = MethodName.COMPLEX,
    keyword: Keyword = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the table as JSON.")
    ] = None,
    skip_untagged: SkipUntagged = False,
    only_functions: OnlyFunctions = False,
) -> None:
    """Plant faults in copies of both taggers and see which of them these sentences catch."""
    from pybridge import running
    from pybridge.faults import Language
    from pybridge.report import faults as report

    request = running.Request(
        paths=tuple(paths),
        julia=julia_file,
        python=python_file,
        julia_exe=julia_exe,
        keyword=keyword,
        method=method.value,
        skip_untagged=skip_untagged,
        only_functions=only_functions,
    )
    languages = [
        language
        for language in Language
        if side is SideName.BOTH or language.value.lower() == side.value
    ]
    hunted = report.run(request, languages, json_file)
    if hunted.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(RIGHT if hunted.all_caught else NOT_RIGHT)


def _scale(scale: float | None) -> float | None:
    if scale is not None and not 0 < scale < float("inf"):
        raise InputError(f"--scale {scale} is no scale", "give a number above 0")
    return scale


def main() -> NoReturn:
    """Entry point of the command `xcheck`: every error is one line, with exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a word that the terminal cannot show
    # So that Julia ends and its folder goes when a CI job is cancelled, or a terminal closed, too.
    for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _end)
    # One process, one core: products as small as these only lose by more. numpy is not loaded yet.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    heap.keep_freed()
    try:
        status = app(standalone_mode=False) or RIGHT
        if status == INTERRUPTED:
            say("interrupted")
        sys.exit(status)
    except InputError as e:
        _fail(str(e))
    except EndedBySignal as e:
        sys.exit(e.status)
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
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


def _end(number: int, _: object) -> NoReturn:
    raise EndedBySignal(number)


def _fail(problem: str) -> NoReturn:
    say(f"error: {problem}")
    sys.exit(NOT_RUN)


def _forget_output() -> None:
    """Let go of what could not be written: Python would try again at its end, and fail again."""
    with suppress(OSError, ValueError), Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
