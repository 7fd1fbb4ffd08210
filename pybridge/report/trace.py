"""Stories of faults in words."""

from __future__ import annotations

import math
from typing import Any

from pybridge.report.tables import number
from pybridge.trace import Rewrite
from pybridge.trace.match import Matching, is_output
from pybridge.trace.pairs import Pair
from pybridge.trace.stories import Story, Verified
from pybridge.trace.walk import Finding, Traced
from pybridge.verdict import Kind


def lines(story: Story) -> list[str]:
    """One story, ready to be printed."""
    traced = story.traced
    found = [line for finding in traced.findings for line in _finding(finding, traced.case)]
    if traced.problem:
        found = [f"{traced.case}: no recording: {traced.problem}"]
    elif not found:
        found = [f"{traced.case}: no culprit: {_no_culprit(traced)}"]
    if story.verified is not None:
        found.append(f"  {verdict(story.verified)}")
    if story.diff:
        found += ["", *story.diff.splitlines()]
    return found


def verdict(verified: Verified) -> str:
    """What has been seen of a suggestion."""
    checked = verified.kinds.total()
    of = "" if checked == verified.of else f" (of {verified.of} in the run)"
    cases = number(checked, "case") + of
    if verified.all_right:
        return f"verified: all checks pass with it, {cases} both right"
    right = verified.kinds[Kind.BOTH_RIGHT]
    return f"with it {right} of {cases} are both right; still {verified.still}"


def document(story: Story) -> dict[str, Any]:
    """One story as JSON; docs/schema.json describes it."""
    traced, verified = story.traced, story.verified
    return {
        "case": traced.case,
        "side": traced.language,
        "problem": traced.problem,
        "cases": story.cases,
        "findings": [_document(finding) for finding in traced.findings],
        "diff": story.diff,
        "verified": verified
        and {
            "all_right": verified.all_right,
            "checked": verified.kinds.total(),
            "both_right": verified.kinds[Kind.BOTH_RIGHT],
            "of": verified.of,
            "still": verified.still,
        },
        "values": [] if traced.matching is None else _values(traced.matching),
        "printed": lines(story),
    }


def _values(matching: Matching) -> list[dict[str, Any]]:
    """How far each variable is from the other side at each step, in the order of execution."""
    recording = matching.a.recording
    worst: dict[tuple[str, str], dict[int | None, Pair]] = {}
    for pair in sorted(matching.pairs, key=lambda pair: (pair.a.event, pair.a.write)):
        event = recording.events[pair.a.event]
        if is_output(recording, event):
            continue
        cells = worst.setdefault((event.phase, event.writes[pair.a.write].name), {})
        step = event.step if pair.a.row is None else pair.a.row
        if step not in cells or (cells[step].agrees, -cells[step].distance) > (
            pair.agrees,
            -pair.distance,
        ):
            cells[step] = pair
    return [
        {
            "phase": phase,
            "variable": name,
            "cells": [
                {
                    "step": None if step is None else step + 1,
                    "distance": pair.distance if math.isfinite(pair.distance) else None,
                    "agrees": pair.agrees,
                }
                for step, pair in cells.items()
            ],
        }
        for (phase, name), cells in worst.items()
    ]


def _finding(finding: Finding, case: str) -> list[str]:
    culprit, statement = finding.culprit, finding.statement
    step = "" if culprit.step is None else f"step {culprit.step + 1} of {finding.words} in "
    found = [f"{finding.file}:{statement.line}  {statement.text}   {step}{case}"]
    agree = f"{_list(finding.inputs)} agree{'s' * (len(finding.inputs) == 1)}"
    reads = f"of what it reads {agree}" if finding.inputs else "it reads nothing that differs"
    found.append(f"  {reads} with {finding.other_file}; {_result(finding)}")
    if finding.other is not None:
        found.append(f"  there: {finding.other_file}:{finding.other.line}  {finding.other.text}")
    others = [s for s in finding.others if s.line != statement.line]
    if others and finding.rewrite is None:
        places = ", ".join(f"line {s.line} {s.text}" for s in others[:4])
        found.append(f"  or one of these, whose results nothing on the other side shows: {places}")
    if finding.rewrite is not None:
        found.append(f"  suggested: {finding.rewrite.code}   {_agreement(finding.rewrite)}")
    else:
        found.append("  no rewrite of it that was tried comes to what the other side has")
    return found


def _result(finding: Finding) -> str:
    culprit = finding.culprit
    spoils = f", and spoils {_list(culprit.spoils)}" if culprit.spoils else ""
    if math.isfinite(culprit.distance):
        far = f"{culprit.distance:.1e} of its largest entry"
        return f"its result is off by {far} from there on{spoils}"
    if culprit.other is None:
        return f"it gives no result where the other side has one{spoils}"
    return f"its result is not finite, or of another shape{spoils}"


def _agreement(rewrite: Rewrite) -> str:
    if math.isnan(rewrite.distance):
        return f"({rewrite.what})"
    near = "to the last bit" if rewrite.distance == 0 else f"to {rewrite.distance:.0e}"
    return f"({rewrite.what}): agrees {near} at every step"


def _no_culprit(traced: Traced) -> str:
    if traced.matching is None:
        return "nothing was recorded"
    pairs = traced.matching.pairs
    agreeing = sum(pair.agrees for pair in pairs)
    return f"{agreeing} of {len(pairs)} values that both sides have agree"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _document(finding: Finding) -> dict[str, Any]:
    culprit, rewrite = finding.culprit, finding.rewrite
    return {
        "file": finding.file,
        "line": finding.statement.line,
        "function": finding.statement.function,
        "code": finding.statement.text,
        "variable": culprit.variable.split(" ", 1)[1],
        "step": None if culprit.step is None else culprit.step + 1,
        "words": finding.words,
        "distance": culprit.distance if math.isfinite(culprit.distance) else None,
        "inputs": list(finding.inputs),
        "spoils": list(culprit.spoils),
        "other": finding.other
        and {
            "file": finding.other_file,
            "line": finding.other.line,
            "code": finding.other.text,
        },
        "or": [{"line": s.line, "code": s.text} for s in finding.others],
        "rewrite": rewrite
        and {
            "code": rewrite.code,
            "what": rewrite.what,
            "distance": rewrite.distance if math.isfinite(rewrite.distance) else None,
        },
    }
