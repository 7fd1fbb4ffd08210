"""The command that all others are about: `xcheck run`."""

from __future__ import annotations

from typing import Annotated

import typer

from pybridge.errors import InputError
from pybridge.options import (
    INTERRUPTED,
    NOT_RIGHT,
    RIGHT,
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
    SkipUntagged,
    Timeout,
    Vocabulary,
    VocabularyName,
    above_zero,
)


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
        scale=above_zero("--scale", scale),
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
