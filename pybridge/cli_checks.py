"""The commands that check the checks: `xcheck gradcheck`, `xcheck faults`."""

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
    Exhaustive,
    Hidden,
    JuliaExe,
    JuliaFile,
    Keyword,
    Limit,
    Method,
    MethodName,
    OnlyFunctions,
    Paths,
    PythonFile,
    Scale,
    Seed,
    SideName,
    SkipUntagged,
    Vocabulary,
    VocabularyName,
    above_zero,
)


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
        scale=above_zero("--scale", scale),
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
