"""What a run leaves in files: JSON lines as they come, and whole files at its end."""

from __future__ import annotations

import json as syntax
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pybridge.report import files, json
from pybridge.report.json import Document
from pybridge.report.reports import Reports
from pybridge.report.saved import LINES, Lines


@dataclass
class Stream:
    """A file of JSON lines. A line is in the file when `write` returns, so a killed run leaves it.

    What cannot be written does not end the run: `tell` tells it.
    """

    file: Path
    option: str
    known: bool = False  # whether the cases of a resumed run are in the file already
    stream: BinaryIO | None = None
    failed: OSError | None = None

    def open(self, head: Document, lines: Lines) -> None:
        """Begin the file, or cut it after its last case."""
        try:
            # Unbuffered: what a full disk has refused must not be tried again by a buffer.
            self.stream = self.file.open("r+b" if self.known else "wb", buffering=0)
            if self.known:
                self.stream.truncate(lines.resumable)
                self.stream.seek(lines.resumable)
        except OSError as e:
            self.failed = e
        if not self.known or lines.head is None:
            self.write("head", head)

    def write(self, kind: str, content: Document) -> None:
        """One line more."""
        if self.failed is not None or self.stream is None:
            return
        text = syntax.dumps({kind: content}, ensure_ascii=False, allow_nan=False) + "\n"
        data = memoryview(text.encode("utf-8", "backslashreplace"))
        try:
            while data:
                data = data[self.stream.write(data) :]
        except OSError as e:
            self.failed = e

    def close(self) -> None:
        """Nothing more is written."""
        if self.stream is not None:
            with suppress(OSError):
                self.stream.close()

    def tell(self) -> None:
        """InputError where a line could not be written."""
        if self.failed is not None:
            raise files.unwritable(self.file, self.failed, self.option) from self.failed


@dataclass
class Record:
    """The files of one run. Cases are kept only where a whole file is made of them."""

    head: Document
    reports: Reports
    streams: tuple[Stream, ...]
    cases: list[Document] = field(default_factory=list)
    stories: list[Document] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)  # verdicts so far

    @classmethod
    def begin(cls, head: Document, reports: Reports, resume: Path | None, lines: Lines) -> Record:
        """Open the files of lines, and write the head to those that are new."""
        streams = [] if resume is None else [Stream(resume, "--resume", known=True)]
        file = reports.json if reports.json is not None and reports.json.suffix == LINES else None
        if file is not None and (resume is None or resume.resolve() != file.resolve()):
            streams.append(Stream(file, "--json"))
        for stream in streams:
            stream.open(head, lines)
        return cls(head, reports, tuple(streams))

    def case(self, case: Document, *, known: bool) -> None:
        """One case more; `known` where a resumed run brings it along."""
        self.kinds[case["verdict"]["kind"]] += 1
        if self.reports.whole:
            self.cases.append(case)
        for stream in self.streams:
            if not (known and stream.known):
                stream.write("case", case)

    def story(self, story: Document) -> None:
        """One story more."""
        self.stories.append(story)
        for stream in self.streams:
            stream.write("story", story)

    def end(self, *, interrupted: bool) -> None:
        """The last line, and the whole files; InputError where one could not be written."""
        end = {"counts": json.counts(self.kinds.elements()), "interrupted": interrupted}
        for stream in self.streams:
            stream.write("end", end)
        if self.reports.whole:
            whole = json.document(self.head, self.cases, self.stories, interrupted=interrupted)
            self.reports.write(whole)
        for stream in self.streams:
            stream.tell()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self.streams:
            stream.close()
