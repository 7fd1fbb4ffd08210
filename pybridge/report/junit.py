"""JUnit XML, as Jenkins and Maven's surefire have it, and as every CI reads it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pybridge.report.changes import fields
from pybridge.report.facts import is_right, verdict
from pybridge.report.json import Document
from pybridge.report.markup import element
from pybridge.report.tables import details, head


def document(run: Document) -> str:
    """One suite, a testcase a case under the class of its configuration."""
    wrong = sum(not is_right(case) for case in run["cases"])
    numbers = {"tests": str(len(run["cases"])), "failures": str(wrong), "errors": "0"}
    kept = {name: run[name] for name in ("versions", *_hashes(run))}
    stories = {story["case"]: story["printed"] for story in run["stories"]}
    suite = element(
        "testsuite",
        element("properties", *(_property(name, value) for name, value in fields(kept))),
        *(_case(case, stories.get(case["name"], [])) for case in run["cases"]),
        element("system-out", "\n".join(head(run))),
        name="xcheck",
        **numbers,
        skipped="0",
    )
    top = element("testsuites", suite, **numbers)
    ET.indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(top, encoding="unicode")}\n'


def _case(case: Document, story: list[str]) -> ET.Element:
    kind = case["verdict"]["kind"]
    said = f"{verdict(case)}: {case['verdict']['rule']}"
    return element(
        "testcase",
        None if is_right(case) else element("failure", said, message=said, type=kind),
        element("system-out", "\n".join([*details(case), *story])),
        name=case["name"],
        classname=case["configuration"],
    )


def _property(name: str, value: object) -> ET.Element:
    return element("property", name=name, value=str(value))


def _hashes(run: Document) -> list[str]:
    return [name for name in run if name.endswith("sha256")]
