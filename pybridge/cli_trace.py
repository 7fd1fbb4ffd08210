"""The commands that lead to a line: `xcheck trace`, `xcheck port`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pybridge.options import (
    INTERRUPTED,
    NOT_RIGHT,
    RIGHT,
    Dtype,
    DtypeName,
    JuliaExe,
    JuliaFile,
    Keyword,
    Limit,
    OnlyFunctions,
    Paths,
    PythonFile,
    SkipUntagged,
    Timeout,
)


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
