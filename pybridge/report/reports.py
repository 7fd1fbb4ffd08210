"""Where a run is reported besides the terminal, all of it made from its JSON form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pybridge.errors import InputError
from pybridge.report import files, json
from pybridge.report.json import Document
from pybridge.report.saved import LINES


@dataclass(frozen=True)
class Reports:
    """Where a run is reported besides the terminal."""

    json: Path | None = None  # a document; JSON lines where the name ends in .jsonl
    html: Path | None = None
    junit: Path | None = None
    github: bool = False

    @property
    def whole(self) -> bool:
        """Whether one of them needs the whole run at once."""
        document = self.json is not None and self.json.suffix != LINES
        return document or self.html is not None or self.junit is not None or self.github

    def check(self) -> None:
        """InputError where a file could not be written."""
        for option, file in (("--json", self.json), ("--html", self.html), ("--junit", self.junit)):
            if file is not None:
                files.check_writable(file, option)

    def write(self, run: Document) -> None:
        """Write all; InputError, after the others, where one could not be written."""
        failed: list[InputError] = []
        for write in self._writers(run):
            try:
                write()
            except InputError as e:
                failed.append(e)
        if failed:
            raise failed[0]

    def _writers(self, run: Document) -> list[Callable[[], None]]:
        found: list[Callable[[], None]] = []
        if (file := self.json) is not None and file.suffix != LINES:
            found.append(lambda: json.write(file, run))
        if (page := self.html) is not None:
            from pybridge.report import html

            found.append(lambda: files.write(page, html.page(run), "--html"))
        if (results := self.junit) is not None:
            from pybridge.report import junit

            found.append(lambda: files.write(results, junit.document(run), "--junit"))
        if self.github:
            from pybridge.report import github

            found.append(lambda: github.report(run))
        return found
