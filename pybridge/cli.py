"""The command line: options in, exit status out. Each command imports what it needs by itself."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pybridge import __version__, heap
from pybridge.cli_checks import faults, gradcheck
from pybridge.cli_init import init
from pybridge.cli_julia import julia, say
from pybridge.cli_run import run
from pybridge.cli_saved import diff, show
from pybridge.cli_trace import port_command, trace
from pybridge.cli_train import tag, train
from pybridge.errors import EndedBySignal, InputError
from pybridge.options import INTERRUPTED, NOT_RUN, RIGHT

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

app = typer.Typer(
    name="xcheck",
    help="Do a Python port and its Julia original compute the same thing, and is it right?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run)
app.command()(gradcheck)
app.command()(faults)
app.command()(trace)
app.command("port")(port_command)
app.command()(init)
app.command()(train)
app.command()(tag)
app.command()(show)
app.command()(diff)
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
        gc.freeze()  # Python would go through all that is left several times at its end
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
