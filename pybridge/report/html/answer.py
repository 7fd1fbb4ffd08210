"""What the page opens with: who is right, in how many cases, and where the fault is."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pybridge.report.html.marks import MARKS, verdict
from pybridge.report.json import Document
from pybridge.report.markup import element as e
from pybridge.report.tables import Tally, number, summary
from pybridge.verdict import Kind

SAID = {
    Kind.PYTHON_WRONG: "Python is wrong",
    Kind.JULIA_WRONG: "Julia is wrong",
    Kind.BOTH_WRONG: "both are wrong",
    Kind.UNDECIDED: "undecided",
    Kind.CRASHED: "Julia crashed",
    Kind.TIMED_OUT: "Julia timed out",
    Kind.OUT_OF_MEMORY: "Julia ran out of memory",
}


def answer(run: Document) -> list[ET.Element]:
    """The headline, and the first line of each story."""
    tally = tallied(run)
    colour = "good" if tally.all_right else "bad"
    mark = "✓" if tally.all_right else "✗"
    found = [
        e(
            "p",
            e("code", run["julia_file"]),
            " and ",
            e("code", run["python_file"]),
            f" on {' '.join(run['fixtures']['paths'])}",
            class_="soft",
        ),
        e("h1", e("span", mark, class_=f"mark {colour}"), " ", headline(tally)),
    ]
    if tally.all_right:
        text = (
            "Both sides agree in every tensor, and each gradient agrees with a derivative of its "
            "own forward pass."
        )
        found.append(e("p", text, class_="lead"))
    if len(run["cases"]) < run["selected"]:
        why = "The run was interrupted" if run["interrupted"] else "The run stopped early"
        rest = number(run["selected"] - len(run["cases"]), "case")
        found.append(e("p", f"{why}: {rest} of {run['selected']} not done.", class_="bad"))
    pointers = [line for story in run["stories"] for line in _pointer(story)]
    once = {"".join(line.itertext()): line for line in pointers}  # two stories may be of one line
    return found + list(once.values())


def headline(tally: Tally) -> str:
    """The answer in one sentence."""
    of = number(tally.cases, "case")
    if tally.all_right:
        return (
            f"Both are right in all {of}" if tally.cases > 1 else "Both are right in the one case"
        )
    if not tally.cases:
        return "No case was checked"
    parts = [f"{SAID[k]} in {tally.verdicts[k]}" for k in SAID if tally.verdicts[k]]
    text = f"{', '.join(parts)} of {of}"
    return text[0].upper() + text[1:]


def by_configuration(run: Document) -> list[ET.Element]:
    """How many cases have which verdict, by configuration."""
    tally = tallied(run)
    kinds = [kind for kind in Kind if tally.verdicts[kind]]
    rows = [
        e("tr", e("th", name, scope="row"), *(_count(counts[kind]) for kind in kinds))
        for name, counts in tally.configurations.items()
    ]
    total = [_count(tally.verdicts[kind]) for kind in kinds]
    table = e(
        "table",
        e("thead", e("tr", e("th", "configuration"), *(_head(kind) for kind in kinds))),
        e("tbody", *rows),
        e("tfoot", e("tr", e("th", "all", scope="row"), *total, class_="total")),
    )
    notes = [e("p", line, class_="soft") for line in summary(tally)[:-1] if not _known(line, tally)]
    beside = [e("div", table, class_="wide"), e("div", *notes)]
    return [e("h2", "Verdicts by configuration"), e("div", *beside, class_="beside")]


def tallied(run: Document) -> Tally:
    """The counts over all cases."""
    tally = Tally()
    for case in run["cases"]:
        tally.add(case)
    return tally


def _pointer(story: Document) -> list[ET.Element]:
    """The wrong lines of a story."""
    return [
        e(
            "p",
            e("code", f"{finding['file']}:{finding['line']}"),
            " ",
            e("code", finding["code"]),
            " goes wrong first",
            *_mended(story, finding),
            class_="lead",
        )
        for finding in story["findings"][:1]
    ]


def _mended(story: Document, finding: Document) -> list[ET.Element | str]:
    if finding["rewrite"] is None:
        return []
    verified = story["verified"]
    seen = ""
    if verified is not None and verified["all_right"]:
        seen = f": with it all {verified['checked']} cases checked are both right"
    return ["; suggested: ", e("code", finding["rewrite"]["code"]), seen]


def _head(kind: Kind) -> ET.Element:
    return e("th", verdict(kind), class_="n", scope="col")


def _count(count: int) -> ET.Element:
    return e("td", str(count), class_="n" if count else "n zero")


def _known(line: str, tally: Tally) -> bool:
    """Whether the table above says it."""
    return any(
        line.startswith(f"{name}: ") and line.split(": ", 1)[1][:1].isdigit()
        for name in tally.configurations
    )


__all__ = ["MARKS", "answer", "by_configuration", "headline", "tallied"]
