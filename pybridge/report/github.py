"""Annotations on the wrong lines for GitHub Actions, and the summary of the job."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pybridge.errors import InputError
from pybridge.report.console import Output, print_line
from pybridge.report.facts import is_right, verdict
from pybridge.report.json import Document
from pybridge.report.tables import Tally, head, summary
from pybridge.verdict import Kind, counted

CASES = 50  # that are not right, in the summary: GitHub takes a megabyte
_SPECIAL = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES = {**_SPECIAL, ":": "%3A", ",": "%2C"}


def report(run: Document, environment: Mapping[str, str] = os.environ) -> None:
    """Print the annotations, and add the summary where GitHub has named a file for it."""
    out = Output()
    for line in commands(run, environment.get("GITHUB_WORKSPACE", "")):
        print_line(out, line)
    file = environment.get("GITHUB_STEP_SUMMARY")
    if file:
        try:
            with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(markdown(run))
        except OSError as e:
            problem = f"cannot be written ({e.strerror})"
            raise InputError(problem, "mend GITHUB_STEP_SUMMARY", file=file) from e


def commands(run: Document, workspace: str = "") -> Iterator[str]:
    """One workflow command for each wrong line; one for the run where no line is known."""
    tally = _tally(run)
    if tally.all_right and not run["interrupted"]:
        return
    places = 0
    for story in run["stories"]:
        text = "\n".join(story["printed"])
        for finding in story["findings"]:
            places += 1
            yield _command(
                text,
                file=_in_workspace(finding["file"], workspace),
                line=str(finding["line"]),
                title=f"xcheck: {_title(finding)}",
            )
    if not places:
        yield _command("\n".join(summary(tally)), title=f"xcheck: {_answer(run, tally)}")


def markdown(run: Document) -> str:
    """The summary of the job."""
    tally = _tally(run)
    kinds = [kind for kind in Kind if tally.verdicts[kind]]
    parts = [f"### xcheck: {_text(_answer(run, tally))}", ""]
    parts += [_row(["configuration", *kinds]), _row(["---", *("---:" for _ in kinds)])]
    for name, counts in tally.configurations.items():
        parts.append(_row([_text(name), *(str(counts[kind]) for kind in kinds)]))
    for story in run["stories"]:
        parts += ["", *_fenced(story["printed"])]
    wrong = [case for case in run["cases"] if not is_right(case)]
    if wrong:
        parts += ["", _row(["case", "verdict", "rule"]), _row(["---"] * 3)]
        for case in wrong[:CASES]:
            rule = case["verdict"]["rule"]
            parts.append(_row([_text(case["name"]), verdict(case), _text(rule)]))
        if len(wrong) > CASES:
            parts += ["", f"and {len(wrong) - CASES} more"]
    return "\n".join([*parts, "", *_fenced(head(run)), ""])


def _command(message: str, **properties: str) -> str:
    given = ",".join(f"{k}={_escaped(v, _IN_PROPERTIES)}" for k, v in properties.items())
    return f"::error {given}::{_escaped(message, _SPECIAL)}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)


def _in_workspace(file: str, workspace: str) -> str:
    """The path from the top of the repository, which is what GitHub knows."""
    full = Path(file).resolve()
    if workspace and full.is_relative_to(Path(workspace).resolve()):
        return full.relative_to(Path(workspace).resolve()).as_posix()
    return file


def _title(finding: Document) -> str:
    rewrite = finding["rewrite"]
    return f"suggested: {rewrite['code']}" if rewrite else f"{finding['variable']} goes wrong here"


def _answer(run: Document, tally: Tally) -> str:
    cases = f"{tally.cases} of {run['selected']} cases" if run["interrupted"] else "cases"
    begun = "interrupted after " if run["interrupted"] else f"{tally.cases} "
    return f"{begun}{cases}: {counted(tally.verdicts)}"


def _tally(run: Document) -> Tally:
    tally = Tally()
    for case in run["cases"]:
        tally.add(case)
    return tally


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Text that stays text in a table of Markdown, which may hold HTML."""
    plain = re.sub(r"([\\`*_\[\]#!|~<>&@$])", lambda m: f"&#{ord(m[1])};", text)
    return " ".join(plain.split())


def _fenced(lines: list[str]) -> list[str]:
    """A block of code, whatever it holds."""
    longest = max((len(m) for m in re.findall("`+", "\n".join(lines))), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]
