from __future__ import annotations

import re
from pathlib import Path

import pytest

from pybridge.errors import InputError
from pybridge.report import github
from pybridge.report.json import Document
from tests.report.runs import SCRIPT, a_run

COMMAND = re.compile(r"::error (?:file=([^,:]*),line=(\d+),)?title=([^,:]*)::([^\r\n]*)")


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def decoded(text: str) -> str:
    """As the runner reads a value."""
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n")):
        text = text.replace(code, character)
    return text.replace("%25", "%")


def parts(line: str) -> tuple[str, ...]:
    found = COMMAND.fullmatch(line)
    assert found, line
    return tuple(decoded(part or "") for part in found.groups())


def test_an_annotation_stands_on_the_very_line(run: Document) -> None:
    (line,) = github.commands(run)
    file, number, title, message = parts(line)
    assert (file, number) == ("julia/mine, 50%.jl", "53")
    assert title == "xcheck: suggested: dhnext = dhRaw*Whh'"
    assert message == "\n".join(run["stories"][0]["printed"])


def test_what_has_a_meaning_is_escaped(run: Document) -> None:
    finding = run["stories"][0]["findings"][0]
    finding["rewrite"]["code"] = "a, b = c::d % e"
    run["stories"][0]["printed"] = ["50% of\r\n::error file=x::y", "100%0A"]
    (line,) = github.commands(run)
    assert "\r" not in line
    assert "\n" not in line
    assert parts(line)[2:] == (
        "xcheck: suggested: a, b = c::d % e",
        "50% of\r\n::error file=x::y\n100%0A",
    )


def test_one_annotation_for_each_finding(run: Document) -> None:
    story = run["stories"][0]
    other = {**story["findings"][0], "line": 7, "rewrite": None}
    story["findings"].append(other)
    assert [parts(line)[1:3] for line in github.commands(run)] == [
        ("53", "xcheck: suggested: dhnext = dhRaw*Whh'"),
        ("7", "xcheck: dhnext goes wrong here"),
    ]


def test_a_path_is_given_from_the_top_of_the_repository(
    run: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    finding = run["stories"][0]["findings"][0]
    for file, workspace, expected in (
        ("julia/a.jl", str(tmp_path), "sub/julia/a.jl"),
        (str(tmp_path / "b.jl"), str(tmp_path), "b.jl"),
        ("/elsewhere/c.jl", str(tmp_path), "/elsewhere/c.jl"),
        ("julia/a.jl", "", "julia/a.jl"),
    ):
        finding["file"] = file
        (line,) = github.commands(run, workspace)
        assert parts(line)[0] == expected


def test_where_no_line_is_known_the_run_is_annotated(run: Document) -> None:
    (line,) = github.commands({**run, "stories": []})
    file, _, title, message = parts(line)
    assert file == ""
    assert title.startswith("xcheck: 14 cases: 3 both right, ")
    assert message.splitlines()[-1].startswith("14 cases: 3 both right, ")


def test_a_run_that_is_right_is_not_annotated(tmp_path: Path) -> None:
    assert list(github.commands(a_run(tmp_path, right=True))) == []
    (line,) = github.commands(a_run(tmp_path, right=True, interrupted=True))
    assert parts(line)[2] == "xcheck: interrupted after 1 of 1 cases: 1 both right"


def test_the_summary(run: Document) -> None:
    text = github.markdown(run)
    lines = text.splitlines()
    assert lines[0].startswith("### xcheck: 14 cases: 3 both right, ")
    assert (
        "| configuration | both right | both wrong | python wrong | julia wrong | undecided |"
        in (lines)
    )
    assert "| posted | 2 | 1 | 1 | 2 | 1 |" in lines
    assert any(line.startswith("julia/mine.jl:53  dhnext") for line in lines)
    assert sum(line.startswith("```") for line in lines) == 4
    rows = [line for line in lines if line.endswith(" |") and line.startswith("| made")]
    assert len(rows) == 10


def test_text_stays_text_in_markdown(run: Document) -> None:
    run["stories"] = []
    text = github.markdown(run)
    assert SCRIPT not in text
    assert "&#60;script&#62;" in text
    (row,) = (line for line in text.splitlines() if line.startswith("| a &#124; b"))
    assert row.count("|") == 4
    assert "`" not in row


def test_a_fence_holds_whatever_is_in_it(run: Document) -> None:
    run["stories"][0]["printed"] = ["a ``` b", "````", SCRIPT]
    lines = github.markdown(run).splitlines()
    start = lines.index("`````text")
    assert lines[start + 1 : start + 5] == ["a ``` b", "````", SCRIPT, "`````"]


def test_a_treebank_does_not_fill_the_summary(run: Document) -> None:
    cases = [{**run["cases"][1], "name": f"a:{i} posted"} for i in range(4000)]
    text = github.markdown({**run, "cases": cases})
    assert "and 3950 more" in text
    assert len(text) < 100_000


def test_the_summary_is_added_where_github_says(
    run: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    github.report(run, {"GITHUB_STEP_SUMMARY": str(file)})
    assert file.read_text(encoding="utf-8") == f"before\n{github.markdown(run)}"
    assert capsys.readouterr().out.splitlines() == list(github.commands(run))
    github.report(run, {})
    assert len(list(tmp_path.glob("*.md"))) == 1
    with pytest.raises(InputError, match="mend GITHUB_STEP_SUMMARY"):
        github.report(run, {"GITHUB_STEP_SUMMARY": str(tmp_path)})
