"""The one exception that a user is meant to read, and the one that nobody is to catch."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """The run cannot be made. Printed as one line, `place: what is wrong; what to do`; exit 2."""

    def __init__(
        self, problem: str, remedy: str, *, file: Path | str | None = None, line: int | None = None
    ) -> None:
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(" ".join(f"{place}{problem}; {remedy}".split()))
        self.file, self.line = file, line


class EndedBySignal(BaseException):
    """Somebody ends the command. No SystemExit: that may be a tagger's own."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number
