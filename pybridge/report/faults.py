"""`xcheck faults` from a request to its table."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from pybridge.faults import Caught, Fate, Language, Outcome, Skipped
from pybridge.faults.session import Session, start
from pybridge.report import json
from pybridge.report.console import Output, print_line, progress
from pybridge.report.plain import visible
from pybridge.running import Request, plan

VERSION = 1
COLUMNS = ("fault", "change", "caught by", "attributed to")


@dataclass(frozen=True)
class Hunted:
    """What the exit status follows from."""

    all_caught: bool  # every fault that was tried and can be seen
    interrupted: bool


def run(request: Request, languages: Sequence[Language], json_file: Path | None) -> Hunted:
    """Plant, print, write. Ctrl-C ends it, and what was tried so far is reported all the same."""
    planned = plan(request)
    request = planned.request
    if json_file is not None:
        json.check_writable(json_file)
    out, err = Output(), Output(stderr=True)
    outcomes: list[Outcome] = []
    interrupted = False
    with start(
        planned, languages, lambda line: print(f"xcheck: {line}", file=sys.stderr)
    ) as session:
        print_line(out, head(request, session))
        for note in planned.chosen.notes:
            print_line(out, f"note: {note}")
        print_line(out, "")
        table = Table(*COLUMNS, box=None, pad_edge=False, header_style="bold")
        try:
            with progress(len(session.faults), err) as bar:
                for outcome in session.outcomes:
                    outcomes.append(outcome)
                    bar.add()
                    if outcome.caught is None:
                        continue
                    cells = row(outcome, outcome.caught)
                    if out.is_terminal:
                        style = "" if outcome.right else "yellow"
                        table.add_row(*(Text(visible(c)) for c in cells), style=style)
                    else:
                        print_line(out, "  ".join(cells))
        except KeyboardInterrupt:
            interrupted = True
    if out.is_terminal:
        out.print(table)
    for line in tail(outcomes, session.skipped):
        print_line(out, line)
    if interrupted:
        print_line(out, f"interrupted after {len(outcomes)} of {len(session.faults)} faults")
    if json_file is not None:
        json.write(json_file, document(request, session, outcomes, interrupted=interrupted))
    return Hunted(not any(o.fate is Fate.MISSED for o in outcomes), interrupted)


def head(request: Request, session: Session) -> str:
    """What is tried on what."""
    counts = Counter(fault.language for fault in session.faults)
    faults = ", ".join(f"{n} in {language}" for language, n in counts.items())
    paths = " ".join(map(str, request.paths))
    posted = request.method == "posted"
    how = "the question's own check of one side, without the other" if posted else request.method
    return (
        f"faults: {faults}; {paths}: {session.cases} cases, checked by {how}; Julia {session.julia}"
    )


def row(outcome: Outcome, caught: Caught) -> tuple[str, str, str, str]:
    """A fault that was caught, under COLUMNS."""
    fault = outcome.fault
    words = "1 word" if caught.words == 1 else f"{caught.words} words"
    return (
        f"{fault.place} {fault.operator}:",
        fault.change,
        f"by {caught.case} ({words}):",
        f"{caught.kind}{_what(caught)}{'' if outcome.right else _misjudged(caught)}",
    )


def tail(outcomes: Sequence[Outcome], skipped: Sequence[Skipped]) -> list[str]:
    """What was not caught, what cannot be, what was left out, and the count."""
    lines = [""]
    missed = [o for o in outcomes if o.fate is Fate.MISSED]
    lines += [f"not caught: {_named(o)}; {_would_see(o)}" for o in missed]
    equivalent = [o for o in outcomes if o.fate is Fate.EQUIVALENT]
    lines += [f"equivalent (changes no number): {_named(o)}" for o in equivalent]
    lines += [f"did not apply to the {s.language} file: {s.name}; {s.why}" for s in skipped]
    for language, own in _by_language(outcomes):
        seen = [o for o in own if o.fate is not Fate.EQUIVALENT]
        caught = [o.caught for o in seen if o.caught]
        lines.append(
            f"{language}: {len(seen)} faults that can be seen, {len(caught)} caught "
            f"({sum(bool(c.problem) for c in caught)} by giving no answer), "
            f"{sum(c.attributed(language) for c in caught)} attributed to all and only what is "
            f"wrong, {len(seen) - len(caught)} not caught; {len(own) - len(seen)} equivalent"
        )
    return lines


def document(
    request: Request, session: Session, outcomes: Sequence[Outcome], *, interrupted: bool
) -> dict[str, Any]:
    """The table; docs/faults.schema.json describes it, `version` counts incompatible changes."""
    return {
        "version": VERSION,
        "paths": [str(path) for path in request.paths],
        "julia_file": str(request.julia),
        "julia": session.julia,
        "method": request.method,
        "cases": session.cases,
        "planned": len(session.faults),
        "interrupted": interrupted,
        "faults": [_fault(outcome) for outcome in outcomes],
        "not_applied": [
            {"side": str(s.language), "name": s.name, "why": s.why} for s in session.skipped
        ],
    }


def _fault(outcome: Outcome) -> dict[str, Any]:
    fault, caught = outcome.fault, outcome.caught
    return {
        "side": str(fault.language),
        "operator": fault.operator,
        "file": fault.file,
        "line": fault.line,
        "old": fault.old,
        "new": fault.new or None,
        "fate": str(outcome.fate),
        "would_see": outcome.would_see or None,
        "caught": caught
        and {
            "case": caught.case,
            "words": caught.words,
            "verdict": str(caught.kind),
            "failed": list(caught.failed),
            "differing": list(caught.differing),
            "spoiled": None if caught.spoiled is None else list(caught.spoiled),
            "problem": caught.problem or None,
            "attributed": caught.attributed(fault.language),
        },
    }


def _what(caught: Caught) -> str:
    if caught.problem:
        return f", no answer: {caught.problem}"
    if caught.failed:
        return f", {' '.join(caught.failed)}"
    return f", the sides differ in {' '.join(caught.differing)}" if caught.differing else ""


def _misjudged(caught: Caught) -> str:
    if caught.spoiled is None:
        return " (yet one side alone is wrong)"
    return f" (yet wrong is {' '.join(caught.spoiled) or 'nothing'})"


def _named(outcome: Outcome) -> str:
    fault = outcome.fault
    return f"{fault.place} {fault.operator}: {fault.change}"


def _would_see(outcome: Outcome) -> str:
    if outcome.would_see:
        return f"seen by {outcome.would_see}"
    return "no small case sees it either"


def _by_language(outcomes: Iterable[Outcome]) -> list[tuple[Language, list[Outcome]]]:
    groups: dict[Language, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.fault.language, []).append(outcome)
    return list(groups.items())
