"""`xcheck diff`: what changed between two saved runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybridge.agreement import Match
from pybridge.report import saved
from pybridge.report.changes import Change, changes
from pybridge.report.console import Output, print_line
from pybridge.report.json import Document, figure
from pybridge.report.tables import number

SHOWN = 20  # cases of each kind of change that are named


@dataclass(frozen=True)
class Moved:
    """A tensor that agrees in one run and not in the other."""

    case: str
    tensor: str
    text: str


@dataclass(frozen=True)
class Difference:
    """What changed from one run to another."""

    heads: tuple[Change, ...]
    verdicts: tuple[Change, ...]  # by case
    moved: tuple[Moved, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    common: int  # cases of both

    @property
    def same(self) -> bool:
        """Whether no verdict differs, of one case at least."""
        return self.common > 0 and not self.verdicts


def run(before: Path, after: Path, *, verbose: bool) -> bool:
    """Print what changed; whether no verdict did."""
    found = compare(saved.read(before), saved.read(after))
    out = Output()
    for line in lines(found, None if verbose else SHOWN):
        print_line(out, line)
    return found.same


def compare(before: Document, after: Document) -> Difference:
    """Compare two runs case by case, by name."""
    a, b = ({case["name"]: case for case in run["cases"]} for run in (before, after))
    common = [name for name in a if name in b]
    kinds = {name: (a[name]["verdict"]["kind"], b[name]["verdict"]["kind"]) for name in common}
    heads = ({**run, "cases": {}, "stories": {}, "counts": {}} for run in (before, after))
    return Difference(
        heads=tuple(changes(*heads)),
        verdicts=tuple(Change(n, *kinds[n]) for n in common if kinds[n][0] != kinds[n][1]),
        moved=tuple(m for name in common for m in _moved(a[name], b[name])),
        new=tuple(name for name in b if name not in a),
        gone=tuple(name for name in a if name not in b),
        common=len(common),
    )


def lines(found: Difference, shown: int | None) -> list[str]:
    """The difference in words; `shown` cases of each kind of change."""
    told = [f"{c.field}: {c.before} -> {c.after}" for c in found.heads]
    told += _some([f"{c.field}: {c.before} -> {c.after}" for c in found.verdicts], shown, "cases")
    told += _some([f"{m.case}: {m.tensor}: {m.text}" for m in found.moved], shown, "tensors")
    told += _some([f"{name}: new" for name in found.new], shown, "new cases")
    told += _some([f"{name}: gone" for name in found.gone], shown, "cases that are gone")
    counts = Counter(f"{c.before} -> {c.after}" for c in found.verdicts)
    kinds = ", ".join(f"{n} {change}" for change, n in counts.items())
    n = len(found.verdicts)
    differ = f"{number(n, 'verdict')} {'differs' if n == 1 else 'differ'}"
    parts = [differ + (f" ({kinds})" if kinds else "")]
    parts += [f"{len(found.new)} new"] if found.new else []
    parts += [f"{len(found.gone)} gone"] if found.gone else []
    return [*told, f"{number(found.common, 'case')} in both: {', '.join(parts)}"]


def _some(every: list[str], shown: int | None, what: str) -> list[str]:
    more = 0 if shown is None else len(every) - shown
    return [*every[:shown], f"... and {more} {what} more, see -v"] if more > 0 else every


def _moved(a: Document, b: Document) -> Iterator[Moved]:
    """The tensors of a case that have moved over their tolerance, either way."""
    tensors = [
        {t["name"]: t for t in case["agreement"]["tensors"]} if case["agreement"] else {}
        for case in (a, b)
    ]
    for name, before in tensors[0].items():
        after = tensors[1].get(name)
        if after is None or (before["match"] == Match.AGREES) == (after["match"] == Match.AGREES):
            continue
        text = f"{_distance(before)} -> {_distance(after)}, tolerance {_tolerance(before, after)}"
        yield Moved(a["name"], name, text)


def _distance(tensor: Document) -> str:
    distance = figure(tensor, "distance")
    return f"({tensor['rule']})" if distance != distance else f"{distance:.0e}"


def _tolerance(before: Document, after: Document) -> str:
    found = [f"{figure(t, 'tolerance'):.0e}" for t in (before, after)]
    measured = list(dict.fromkeys(text for text in found if text != "nan"))
    return " -> ".join(measured) or "none"
