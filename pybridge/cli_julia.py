"""The commands `xcheck julia ...`. Each imports what it needs by itself."""

from __future__ import annotations

import typer

from pybridge.options import JuliaExe
from pybridge.report.plain import visible

NOT_THERE = 1

julia = typer.Typer(name="julia", help="Which Julia runs, and how to get or remove one.")


def say(line: str) -> None:
    """A line on stderr; a name in it may hold anything."""
    typer.echo(f"xcheck: {visible(line)}", err=True)


@julia.command()
def where(julia_exe: JuliaExe = None) -> None:
    """Say which Julia a run would use, and why."""
    from pybridge import runtime, shipped

    found = runtime.find(julia_exe)
    for candidate in runtime.candidates(julia_exe):
        mark = "->" if candidate.runtime is not None and candidate.runtime == found else "  "
        typer.echo(f"{mark} {candidate.place}: {candidate.why}")
    if found is None:
        typer.echo("no Julia yet: `xcheck julia install` gets one, and so does `xcheck run`")
        raise typer.Exit(NOT_THERE)
    typer.echo(f"Julia {found.version}, juliacall {found.juliacall}: {found.executable}")
    image = runtime.with_image(found, shipped.library()).image
    how = "none that fits; `xcheck julia compile` makes one"
    typer.echo(f"system image: {image.file if image else how}")


@julia.command()
def install(julia_exe: JuliaExe = None) -> None:
    """Get a Julia, unless there is one."""
    from pybridge import runtime

    found = runtime.obtain(say, julia_exe)
    typer.echo(f"Julia {found.version}, juliacall {found.juliacall}: {found.executable}")


@julia.command("compile")
def compile_image(julia_exe: JuliaExe = None) -> None:
    """Compile what runs call into a system image: each start then takes seconds less."""
    from pybridge import runtime, shipped

    found = runtime.find(julia_exe) or runtime.install(say, explicit=julia_exe)
    image = runtime.make_image(found, shipped.library(), say)
    typer.echo(f"system image: {image.file}, {image.file.stat().st_size / 1e6:.0f} MB")


@julia.command()
def remove() -> None:
    """Take the private install away again."""
    from pybridge import runtime

    removed = runtime.remove(say)
    for folder in removed.folders:
        typer.echo(f"removed {folder}")
    typer.echo(f"{removed.bytes / 1e6:.0f} MB freed" if removed.folders else "nothing to remove")
