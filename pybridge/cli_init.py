"""`xcheck init`: writes the adapter of somebody's files, as far as it can be told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pybridge.cli_julia import say
from pybridge.errors import InputError
from pybridge.options import JuliaExe

if TYPE_CHECKING:  # numpy is not to be waited for
    from pybridge.weights import Parameters

COMPLETE, LEFT = 0, 1


def init(
    files: Annotated[
        list[str], typer.Argument(help="A Julia file, a Python file or module, or one of each.")
    ],
    julia_exe: JuliaExe = None,
) -> None:
    """Read tagger files, run nothing of them, and write how they are called to xcheck.toml."""
    from pybridge import tagger
    from pybridge.configuration import FILE_NAME
    from pybridge.init import julia, python
    from pybridge.init.recognise import guess
    from pybridge.init.write import written

    ours = [file for file in files if not file.endswith(".jl")]
    theirs = [file for file in files if file.endswith(".jl")]
    if len(ours) > 1 or len(theirs) > 1:
        what = "Python" if len(ours) > 1 else "Julia"
        raise InputError(f"two {what} files", "name one of each language at most")
    read = [python.outline(file) for file in ours]  # first: it takes no time
    outlines = julia.outlines(theirs, say, julia_exe) + read
    stated = python.parameters(ours[0]) if ours else None
    standard: Parameters = stated or tagger.PARAMETERS
    parameters = standard
    guesses = []
    for outline in outlines:
        found = guess(outline, parameters)
        parameters = found.parameters  # those of the Julia file hold for the Python file
        guesses.append((outline.file, found))
    result = written(guesses, standard)
    place = Path(FILE_NAME)
    if place.exists():
        typer.echo(result.text, nl=False)
        say(f"{FILE_NAME} is there already and stays as it is; the lines above belong into it")
    else:
        _write(place, result.text)
        say(f"wrote {FILE_NAME}")
    for what in result.unknown:
        say(f"left to fill in: {what}")
    raise typer.Exit(LEFT if result.unknown else COMPLETE)


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as e:
        remedy = "go to a folder where it can be"
        raise InputError(f"cannot be written ({e.strerror})", remedy, file=file) from e
