from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from pybridge.report import junit
from pybridge.report.json import Document
from pybridge.report.tables import details
from tests.report.runs import HARD, SCRIPT, a_run

SCHEMA = xmlschema.XMLSchema11(Path(__file__).with_name("junit.xsd"))


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def written(run: Document) -> ET.Element:
    """The document through its text, held to the schema."""
    text = junit.document(run)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    top = ET.fromstring(text.encode())
    SCHEMA.validate(top)
    return top


def test_a_testcase_a_case(run: Document) -> None:
    (suite,) = written(run)
    tests = suite.findall("testcase")
    assert [(t.get("name"), t.get("classname")) for t in tests] == [
        (case["name"], case["configuration"]) for case in run["cases"]
    ]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("14", "11", "0")
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties["versions.julia"] == "1.5.3"
    assert properties["weights_sha256"] == "0123456789abcdef" * 4


def test_a_case_that_is_not_right_fails_with_verdict_and_rule(run: Document) -> None:
    (suite,) = written(run)
    for test, case in zip(suite.findall("testcase"), run["cases"], strict=True):
        failure = test.find("failure")
        if case["verdict"]["kind"] == "both right":
            assert failure is None
        else:
            assert failure is not None
            assert failure.get("type") == case["verdict"]["kind"]
            said = f"{case['verdict']['kind']}: {case['verdict']['rule']}"
            assert failure.get("message") == said == failure.text


def test_what_it_prints_is_the_tensors_and_the_story(run: Document) -> None:
    (suite,) = written(run)
    texts = {t.get("name"): t.findtext("system-out") for t in suite.findall("testcase")}
    for case in run["cases"]:
        text = texts[case["name"]]
        assert text is not None
        assert text.startswith("\n".join(details(case)))
        story = "\n".join(run["stories"][0]["printed"])
        assert text.endswith(story) == (case["name"] == run["stories"][0]["case"])


def test_markup_is_text(run: Document) -> None:
    assert SCRIPT not in junit.document(run)
    (suite,) = written(run)
    *_, last = suite.findall("testcase")
    assert last.get("name") == f"{HARD}:1 telling"
    assert SCRIPT in str(last.findtext("system-out"))


@pytest.mark.parametrize(
    ("odd", "shown"),
    [
        ("\x00", "\\x00"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\ufffe", "\\ufffe"),
        ("\udce9", "\\udce9"),
        ("\x7f\x85", "\x7f\x85"),  # discouraged, and legal
        ("\U0001f600", "\U0001f600"),
        ("a\tb", "a\tb"),
    ],
)
def test_what_xml_cannot_hold_is_written_out(run: Document, odd: str, shown: str) -> None:
    run["cases"][0]["configuration"] = f"<{odd}>"
    run["cases"][1]["verdict"]["rule"] = f"<{odd}>"
    (suite,) = written(run)
    first, second, *_ = suite.findall("testcase")
    assert first.get("classname") == f"<{shown}>"
    assert second.findtext("failure") == f"julia wrong: <{shown}>"


def test_a_run_without_a_case(run: Document) -> None:
    (suite,) = written({**run, "cases": [], "stories": []})
    assert suite.get("tests") == "0"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda top: top[0].attrib.pop("name"),
        lambda top: top[0].set("tests", "many"),
        lambda top: top[0].find("testcase").attrib.pop("classname"),
        lambda top: top[0].find("testcase").set("colour", "red"),
        lambda top: top[0].append(ET.Element("testcase", name="a", classname="b")),
        lambda top: top[0].find("testcase").append(ET.Element("failure")),
        lambda top: top.append(ET.Element("surprise")),
    ],
)
def test_the_schema_sees_what_is_wrong(run: Document, spoil: Callable[[ET.Element], None]) -> None:
    top = copy.deepcopy(written(run))
    spoil(top)
    assert not SCHEMA.is_valid(top)
