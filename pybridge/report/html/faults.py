"""The faults of a run: wrong lines on both sides, what mends them, and how the error spreads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from pybridge.report.facts import is_right, severity, signature
from pybridge.report.html.heat import KEY, of_case, of_values
from pybridge.report.html.marks import verdict
from pybridge.report.json import Document
from pybridge.report.markup import element as e
from pybridge.report.tables import number

SHOWN = 8  # faults


@dataclass(frozen=True)
class Fault:
    """Cases that have verdict and tensors at fault in common, and the stories told of them."""

    cases: tuple[Document, ...]
    stories: tuple[Document, ...]

    @property
    def worst(self) -> Document:
        """The case in which it shows most."""
        return max(self.cases, key=severity)


def faults(run: Document) -> list[ET.Element]:
    """A card for each fault, those with a story first."""
    found = sorted(grouped(run), key=lambda f: (not f.stories, -len(f.cases)))
    if not found:
        return []
    cards = [e("section", *_card(fault), class_="card") for fault in found[:SHOWN]]
    more = len(found) - SHOWN
    rest = [e("p", f"and {number(more, 'group')} of cases more", class_="soft")] if more > 0 else []
    return [e("h2", "Where it goes wrong"), e("p", KEY, class_="soft"), *cards, *rest]


def grouped(run: Document) -> list[Fault]:
    """The cases that are not right, by what is at fault in them."""
    groups: dict[tuple[str, ...], list[Document]] = {}
    for case in run["cases"]:
        if not is_right(case):
            groups.setdefault(signature(case), []).append(case)
    return [Fault(tuple(cases), tuple(_stories(run, cases))) for cases in groups.values()]


def _stories(run: Document, cases: list[Document]) -> Iterator[Document]:
    names = {case["name"] for case in cases}
    yield from (story for story in run["stories"] if story["case"] in names)


def _card(fault: Fault) -> Iterator[ET.Element]:
    kind, *tensors = signature(fault.cases[0])
    at_fault = [e("code", name) for name in dict.fromkeys(tensors)]
    cases = number(len(fault.cases), "case")
    yield e("h3", verdict(kind), f" in {cases}", ": " if at_fault else "", *_spaced(at_fault))
    for story in fault.stories:
        yield from _story(story)
    if not fault.stories:
        yield e("p", fault.worst["verdict"]["rule"], class_="soft")
    maps = [part for story in fault.stories for part in of_values(story)]
    yield e("div", *maps, *of_case(fault.worst, len(fault.cases)), class_="beside")


def _spaced(elements: list[ET.Element]) -> list[ET.Element | str]:
    return [part for one in elements for part in (one, " ")]


def _story(story: Document) -> Iterator[ET.Element]:
    for finding in story["findings"]:
        yield from _finding(finding, story["case"], story["side"])
    if not story["findings"]:
        yield e("p", story["printed"][0])
    verified = story["verified"]
    if verified is not None:
        right = f"{verified['both_right']} of {number(verified['checked'], 'case')} both right"
        mark, colour = ("✓", "good") if verified["all_right"] else ("✗", "bad")
        still = f"; still {verified['still']}" if verified["still"] else ""
        yield e("p", e("span", mark, class_=f"mark {colour}"), f"with it {right}{still}")
    if story["diff"]:
        yield e("pre", *(_diff_line(line) for line in story["diff"].splitlines()))


def _finding(finding: Document, case: str, side: str) -> Iterator[ET.Element]:
    rows = [_source(side, finding)]
    other = finding["other"]
    if other is not None:
        rows.append(_source("Julia" if side == "Python" else "Python", other))
    rewrite = finding["rewrite"]
    if rewrite is not None:
        cells = [e("th", "suggested", scope="row"), e("td"), e("td", e("code", rewrite["code"]))]
        cells[1].text = rewrite["what"]
        rows.append(e("tr", *cells))
    yield e("div", e("table", e("tbody", *rows), class_="sources"), class_="wide")
    inputs = ", ".join(finding["inputs"])
    agree = "agrees" if len(finding["inputs"]) == 1 else "agree"
    read = f"What it reads ({inputs}) {agree} with the other side. " if inputs else ""
    step = "" if finding["step"] is None else f" at step {finding['step']} of {finding['words']}"
    far = finding["distance"]
    off = "has no value to compare" if far is None else f"is off by {far:.2g} of its largest entry"
    spoils = f", and spoils {', '.join(finding['spoils'])}" if finding["spoils"] else ""
    yield e("p", f"{read}{finding['variable']} {off}{step} in {case}{spoils}.")
    if finding["or"] and rewrite is None:
        places = "; ".join(f"line {s['line']} {s['code']}" for s in finding["or"][:4])
        yield e("p", f"Or one of these, whose results nothing shows: {places}", class_="soft")


def _source(side: str, place: Document) -> ET.Element:
    return e(
        "tr",
        e("th", side, scope="row"),
        e("td", f"{place['file']}:{place['line']}", class_="where"),
        e("td", e("code", place["code"])),
    )


def _diff_line(line: str) -> ET.Element:
    marks = {"+": "add", "-": "del"}
    named = line.startswith(("+++", "---"))  # the files
    return e("span", line, class_="same" if named else marks.get(line[:1], "same"))
