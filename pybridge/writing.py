"""Files that a run writes: found to be writable before it, written whole or not at all after it."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pybridge.errors import InputError


def check_writable(file: Path, option: str = "--json") -> None:
    """InputError, before anything is computed, where `file` cannot be written."""
    folder = file.parent
    if file.is_dir():
        raise InputError("is a folder", f"name a file for {option}", file=file)
    if not folder.is_dir():
        raise InputError(f"no folder {folder}", "make it, or name another file", file=file)
    if is_special(file):
        return
    try:
        with tempfile.TemporaryFile(dir=file.resolve().parent):
            pass
    except OSError as e:
        raise unwritable(file, e, option) from e


def write_bytes(file: Path, data: bytes, option: str) -> None:
    """Write a file. InputError where it cannot be written; what was there stays then."""
    try:
        if is_special(file):
            file.write_bytes(data)
            return
        target = file.resolve()  # what a link leads to is written, and the link stays
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            part.chmod(0o644)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as e:
        raise unwritable(file, e, option) from e


def write_arrays(file: Path, arrays: Mapping[str, Any], option: str) -> None:
    """Write named arrays as .npz, likewise; the same arrays give the same bytes."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    write_bytes(file, stream.getvalue(), option)


def is_special(file: Path) -> bool:
    """/dev/stdout, a pipe: nothing that could be replaced."""
    return file.exists() and not file.is_file()


def unwritable(file: Path, e: OSError, option: str) -> InputError:
    """What to tell the user."""
    return InputError(f"cannot be written ({e.strerror})", f"name another for {option}", file=file)
