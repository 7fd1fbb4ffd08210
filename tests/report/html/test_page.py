"""The page without a browser: it is HTML, holds what it must, and needs nothing from elsewhere."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest

from pybridge.report.html import page
from pybridge.report.json import Document
from tests.report.runs import HARD, SCRIPT, a_run


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def parsed(run: Document) -> ET.Element:
    """The page through a strict parser: any error of HTML is an error here."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    found = parser.parse(page(run))
    assert isinstance(found, ET.Element)
    return found


def text(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def heading(run: Document) -> str:
    (found,) = parsed(run).iter("h1")
    return text(found)


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("interrupted", [False, True])
def test_it_is_html(tmp_path: Path, right: bool, interrupted: bool) -> None:
    parsed(a_run(tmp_path, right=right, interrupted=interrupted))


def test_the_parser_is_strict(run: Document) -> None:
    parser = html5lib.HTMLParser(strict=True)
    with pytest.raises(html5lib.html5parser.ParseError):
        parser.parse(page(run).replace("</table>", "", 1))


def test_it_opens_with_the_answer(run: Document, tmp_path: Path) -> None:
    assert heading(run) == (
        "✗ Python is wrong in 1, Julia is wrong in 6, both are wrong in 1, undecided in 3 of 14 "
        "cases"
    )
    assert heading(a_run(tmp_path, right=True)) == "✓ Both are right in the one case"
    assert heading({**run, "cases": run["cases"][:1] * 2}) == "✓ Both are right in all 2 cases"
    assert heading({**run, "cases": [], "stories": []}) == "✗ No case was checked"
    header = next(parsed(run).iter("header"))
    assert "julia/mine, 50%.jl:53 dhnext = dhRaw*Whh" in text(header)
    assert "suggested: dhnext = dhRaw*Whh': with it all 14 cases checked are both right" in (
        text(header)
    )


def test_what_was_not_done_is_said(tmp_path: Path) -> None:
    run = a_run(tmp_path, interrupted=True)
    assert "interrupted" not in text(
        next(parsed(run).iter("header"))
    )  # all the same, all were done
    run["selected"] = 20
    said = text(next(parsed(run).iter("header")))
    assert "The run was interrupted: 6 cases of 20 not done." in said
    run["interrupted"] = False
    assert "The run stopped early: 6 cases of 20" in text(next(parsed(run).iter("header")))


def test_verdicts_by_configuration(run: Document) -> None:
    table = next(parsed(run).iter("table"))
    rows = [[text(cell) for cell in row] for row in table.iter("tr")]
    assert rows == [
        [
            "configuration",
            "✓both right",
            "✗both wrong",
            "Ppython wrong",
            "Jjulia wrong",
            "?undecided",
        ],
        ["posted", "2", "1", "1", "2", "1"],
        ["telling", "1", "0", "0", "4", "2"],
        ["all", "3", "1", "1", "6", "3"],
    ]


def test_each_fault_has_its_lines_its_diff_and_its_heat_map(run: Document) -> None:
    cards = [s for s in parsed(run).iter("section") if s.get("class") == "card"]
    story, *others = cards
    rows = [[text(cell) for cell in row] for row in next(story.iter("table")).iter("tr")]
    assert rows == [
        ["Julia", "julia/mine, 50%.jl:53", f"dhnext = dhRaw*Whh # {SCRIPT}"],
        ["Python", "pybridge/tagger.py:86", "dhnext = dhRawt.dot(Whh.T)"],
        ["suggested", "Whh transposed", "dhnext = dhRaw*Whh'"],
    ]
    (diff,) = story.iter("pre")
    assert "".join(diff.itertext()) == "".join(run["stories"][0]["diff"].splitlines())
    assert [line.get("class") for line in diff] == ["same"] * 3 + ["del", "add"]
    assert "14 of 14 cases both right" in text(story)
    captions = [text(c) for c in story.iter("figcaption")]
    assert captions == [
        "Variables of the Julia file in made12.tagged:1 posted, in order of execution.",
        "Results and gradients in made12.tagged:1 posted, the worst of 2 cases.",
    ]
    assert len(others) == 7  # as many groups as there are kinds of fault, up to eight


def test_every_case_is_in_the_table_under_its_verdict(run: Document) -> None:
    bodies = [b for b in parsed(run).iter("tbody") if b.get("data-verdict")]
    found = {text(next(b.iter("th"))): b.get("data-verdict") for b in bodies}
    assert found == {c["name"]: c["verdict"]["kind"].replace(" ", "-") for c in run["cases"]}
    groups = [d for d in parsed(run).iter("details") if d.get("class") == "group"]
    assert [(text(g[0]), g.get("open")) for g in groups] == [
        ("posted: 5 cases not right", ""),
        ("telling: 6 cases not right", ""),
        ("posted: 2 cases both right", None),
        ("telling: 1 case both right", None),
    ]


def test_there_is_a_button_for_each_verdict_and_none_without_the_script(run: Document) -> None:
    (bar,) = (d for d in parsed(run).iter("div") if d.get("class") == "filter")
    assert bar.get("hidden") == ""
    assert [(b.get("data-verdict"), text(b)) for b in bar] == [
        ("", "all 14"),
        ("both-right", "✓ both right 3"),
        ("both-wrong", "✗ both wrong 1"),
        ("python-wrong", "P python wrong 1"),
        ("julia-wrong", "J julia wrong 6"),
        ("undecided", "? undecided 3"),
    ]


def test_what_comes_from_fixtures_is_text(run: Document) -> None:
    assert SCRIPT not in page(run)
    found = parsed(run)
    assert len(list(found.iter("script"))) == 1
    assert f"{HARD}:1 telling" in ["".join(th.itertext()) for th in found.iter("th")]
    rules = [pre for pre in found.iter("pre") if pre.get("class") == "wrap"]
    assert any(f'dWxh["{SCRIPT}", 3]' in text(pre) for pre in rules)


def test_it_needs_nothing_from_elsewhere(run: Document) -> None:
    found = parsed(run)
    for element in found.iter():
        assert element.tag not in ("link", "img", "iframe", "object", "embed", "form", "a")
        for name in element.attrib:
            assert name not in ("src", "href", "action", "style")
            assert not name.startswith("on")
    assert "url(" not in page(run)
    assert "@import" not in page(run)


def test_its_policy_lets_its_own_script_run_and_no_other(run: Document) -> None:
    found = parsed(run)
    (policy,) = (m.get("content", "") for m in found.iter("meta") if m.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (element,) = found.iter(tag)
        digest = hashlib.sha256("".join(element.itertext()).encode()).digest()
        assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_versions_and_hashes_are_at_the_foot(run: Document) -> None:
    foot = text(next(parsed(run).iter("footer")))
    for known in (run["weights_sha256"], run["julia_sha256"], run["fixtures"]["sha256"], "1.5.3"):
        assert known in foot
    assert "0.5 / sqrt(fan-in)" in foot


def test_control_characters_and_lone_surrogates_do_not_break_it(run: Document) -> None:
    run["cases"][0]["name"] = "a\x00b\x1bc\udce9d"
    found = parsed(run)
    assert any(th.text == "a\\x00b\\x1bc\\udce9d" for th in found.iter("th"))
    page(run).encode()


def test_a_treebank_stays_small(run: Document) -> None:
    """4,002 cases, right and wrong: less than 5 MB, only some with every tensor."""
    for template in (run["cases"][0], run["cases"][13]):
        cases = []
        for i in range(4002):
            case = copy.deepcopy(template)
            case["name"] = f"en_ewt-ud-dev.conllu:{i} telling"
            cases.append(case)
        text = page({**run, "cases": cases})
        assert len(text.encode()) < 5_000_000
        assert text.count("<tbody data-verdict") == 4002
        assert text.count('<pre class="wrap">') <= 110


def test_colours_are_never_the_only_sign() -> None:
    """Each class that has a colour of its own stands beside a mark, a word or a shape."""
    marks = Path(__file__).parents[3] / "pybridge" / "report" / "html" / "marks.py"
    signs = re.findall(r'\("(.)", "\w+"\)', marks.read_text(encoding="utf-8"))
    assert len(signs) == len(set(signs)) == 9
