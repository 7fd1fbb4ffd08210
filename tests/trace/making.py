"""Recordings and matchings for the tests of this room."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

from pybridge import python_file
from pybridge.case import Case, nudged
from pybridge.edit import UNCHANGED, Edit
from pybridge.faults import ladder
from pybridge.trace import Keep, Recording
from pybridge.trace.match import Matching, match
from pybridge.trace.pairs import Side
from pybridge.trace.python.instrument import Instrumented, instrument
from pybridge.trace.python.record import record

PORT = "pybridge.tagger"
LOOPS = str(Path(__file__).with_name("loop_style.py"))


def a_case(words: str = "a b a c b", hidden: int = 3) -> Case:
    """Five words, two of them twice, under weights that tell."""
    return ladder.case(words, replace(ladder.TELLING, hidden=hidden))


def recorded(
    source: str,
    case: Case,
    edit: Edit = UNCHANGED,
    keep: Keep = Keep(),  # noqa: B008  # frozen
) -> Recording:
    """A recording of a Python tagger, edited or not."""
    made: list[Instrumented] = []

    def change(tree: ast.Module) -> ast.Module:
        made.append(instrument(tree))
        return made[0].tree

    return record(python_file.load(source, edit, change), made[0], source, case, keep)


def matched(source: str, other: str, case: Case, edit: Edit = UNCHANGED, **names: str) -> Matching:
    """Two Python taggers, the first one edited or not, matched on a case."""
    ours, theirs = both_sides(source, other, case, edit)
    return match(ours, theirs, len(case.words), case.precision, names)


def both_sides(
    source: str,
    other: str,
    case: Case,
    edit: Edit = UNCHANGED,
    keep: Keep = Keep(),  # noqa: B008
) -> tuple[Side, Side]:
    """Two Python taggers, the first one edited or not, recorded."""
    return (
        Side(recorded(source, case, edit, keep), recorded(source, nudged(case), edit, keep)),
        Side(recorded(other, case, keep=keep), recorded(other, nudged(case), keep=keep)),
    )
