"""The table of all cases, and the buttons that filter it by verdict."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pybridge.report.facts import is_right
from pybridge.report.html.answer import tallied
from pybridge.report.html.faults import grouped
from pybridge.report.html.marks import MARKS, slug, verdict
from pybridge.report.json import Document
from pybridge.report.markup import element as e
from pybridge.report.tables import COLUMNS, details, number, row
from pybridge.verdict import Kind

DETAILED = (
    100  # cases that are not right, with every tensor and rule: a treebank may have thousands
)
OPEN = 200  # cases that are not right and shown at once


def cases(run: Document) -> list[ET.Element]:
    """Cases that are not right first; those that are, folded."""
    if not run["cases"]:
        return []
    wrong = [case for case in run["cases"] if not is_right(case)]
    named = {case["name"] for case in wrong[:DETAILED]}
    named |= {fault.worst["name"] for fault in grouped(run)}
    named |= {story["case"] for story in run["stories"]}
    groups = [
        _group(name, some, right, len(wrong) <= OPEN, named)
        for right in (False, True)
        for name in dict.fromkeys(case["configuration"] for case in run["cases"])
        if (some := _of(run, name, right))
    ]
    return [e("h2", "Cases"), _filter(run), *groups]


def _of(run: Document, configuration: str, right: bool) -> list[Document]:
    return [
        case
        for case in run["cases"]
        if case["configuration"] == configuration and is_right(case) == right
    ]


def _filter(run: Document) -> ET.Element:
    """Hidden until the script is there to make it work."""
    counts = tallied(run).verdicts
    kinds = [kind for kind in Kind if counts[kind]]
    every = e(
        "button", f"all {counts.total()}", type="button", data_verdict="", aria_pressed="true"
    )
    buttons = [
        e(
            "button",
            f"{MARKS[kind][0]} {kind} {counts[kind]}",
            type="button",
            data_verdict=slug(kind),
            aria_pressed="false",
        )
        for kind in kinds
    ]
    return e(
        "div",
        every,
        *buttons,
        class_="filter",
        hidden="",
        role="group",
        aria_label="Filter by verdict",
    )


def _group(
    name: str, some: list[Document], right: bool, shown: bool, named: set[str]
) -> ET.Element:
    count = number(len(some), "case")
    head = [e("th", c, class_="n" if i in (1, 2) else None) for i, c in enumerate(COLUMNS)]
    table = e(
        "table",
        e("thead", e("tr", *head)),
        *(_case(case, case["name"] in named and not right) for case in some),
        class_="cases",
    )
    text = f"{name}: {count} " + ("both right" if right else "not right")
    opened = "" if shown and not right else None
    return e(
        "details", e("summary", text), e("div", table, class_="wide"), class_="group", open=opened
    )


def _case(case: Document, detailed: bool) -> ET.Element:
    name, words, costs, *rest, said = row(case)
    kind = case["verdict"]["kind"]
    cells = [e("th", name, scope="row"), e("td", words, class_="n"), e("td", costs, class_="n")]
    cells += [e("td", text) for text in rest]
    body = e("tbody", e("tr", *cells, e("td", verdict(kind, said))), data_verdict=slug(kind))
    if detailed:
        text = e("pre", "\n".join(details(case)), class_="wrap")
        more = e("details", e("summary", "every tensor and every rule"), text)
        body.append(e("tr", e("td", more, colspan=str(len(COLUMNS))), class_="more"))
    return body
