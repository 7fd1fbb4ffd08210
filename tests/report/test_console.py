from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from pybridge.checking import CaseResult
from pybridge.report import json
from pybridge.report.console import STYLES, Output, Report, progress
from pybridge.verdict import Kind
from tests.making import a_case
from tests.report.results import FAILURE, named, result, session

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def console(*, terminal: bool, width: int = 150) -> Output:
    return Output(
        file=io.StringIO(),
        force_terminal=terminal,
        width=width,
        color_system="standard" if terminal else None,
        _environ={},
    )


def printed(
    folder: Path,
    *results: CaseResult,
    terminal: bool = False,
    verbose: bool = False,
    interrupted: bool = False,
    width: int = 150,
) -> str:
    out = console(terminal=terminal, width=width)
    report = Report(out, name_width=30, verbose=verbose)
    report.begin(json.head(session(folder)))
    for one in results:
        report.add(json.case(one))
    report.end(interrupted)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_pipe_gets_a_line_a_case_at_once(tmp_path: Path) -> None:
    out = console(terminal=False, width=40)
    report = Report(out, name_width=18, verbose=False)
    report.begin(json.head(session(tmp_path)))
    assert isinstance(out.file, io.StringIO)
    before = out.file.getvalue()
    report.add(json.case(result()))
    (line,) = out.file.getvalue().removeprefix(before).splitlines()
    assert re.split(" {2,}", line) == [
        "made.tagged:1 made",
        "5",
        "5.250",
        "4e-16 (h)",
        "ok 1e-15",
        "ok 1e-15",
        "both right",
    ]
    header = before.splitlines()[-1]
    assert header.index("verdict") == line.index("both right")
    assert header.index("gradient: Julia") == line.rindex("ok 1e-15")


def test_a_terminal_gets_a_table_at_the_end(tmp_path: Path) -> None:
    out = console(terminal=True)
    report = Report(out, name_width=18, verbose=False)
    report.begin(json.head(session(tmp_path)))
    report.add(json.case(result()))
    assert isinstance(out.file, io.StringIO)
    assert "both right" not in out.file.getvalue()
    report.end(interrupted=False)
    assert "\x1b[32mboth right\x1b[0m" in out.file.getvalue()


@pytest.mark.parametrize("kind", Kind)
def test_only_what_is_right_is_green(tmp_path: Path, kind: Kind) -> None:
    assert (STYLES[kind] == "green") == (kind is Kind.BOTH_RIGHT)
    assert ("\x1b[32m" in printed(tmp_path, result(kind), terminal=True)) == (
        kind is Kind.BOTH_RIGHT
    )


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("name", ["[red]x[/red]", "[/]", "<script>", ":warning:", "[link=x]a"])
def test_markup_in_a_name_is_text(tmp_path: Path, terminal: bool, name: str) -> None:
    case = named(a_case(), file=f"{name}.tagged", configuration=name)
    text = printed(tmp_path, result(case=case), terminal=terminal)
    assert f"{name}.tagged:1 {name}" in ESCAPE.sub("", text)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),  # would colour, or wipe, what follows
        ("a\nb", "a\\nb"),  # would be two lines
        ("a\rb", "a\\rb"),
        ("a\x9b2Jb", "a\\x9b2Jb"),
        ("a\u202eb", "a\\u202eb"),  # would turn the line round
        ("שוק", "שוק"),
    ],
)
def test_a_name_does_not_steer_the_terminal(
    tmp_path: Path, terminal: bool, name: str, written: str
) -> None:
    case = named(a_case(), file=f"{name}.tagged", configuration="made")
    text = printed(tmp_path, result(Kind.JULIA_WRONG, case=case), terminal=terminal)
    assert f"{written}.tagged:1 made" in text
    assert written == name or name not in text


def test_without_markup_there_is_no_colour_to_be_had_from_a_name(tmp_path: Path) -> None:
    case = named(a_case(), file="[red]x[/red]")
    assert "\x1b[31m" not in printed(tmp_path, result(case=case), terminal=True)
    assert "\x1b[31m" in printed(tmp_path, result(Kind.BOTH_WRONG), terminal=True)


@pytest.mark.parametrize("terminal", [False, True])
def test_verbose_prints_the_details_below_each_case(tmp_path: Path, terminal: bool) -> None:
    text = ESCAPE.sub("", printed(tmp_path, result(), terminal=terminal, verbose=True))
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("made.tagged:1"))
    assert lines[at + 1] == "    both right: why it is both right"
    assert lines[at + 2].startswith("    h: agrees; ")
    assert "    both right: why" not in ESCAPE.sub("", printed(tmp_path, result()))


def test_a_long_line_is_not_wrapped(tmp_path: Path) -> None:
    lines = printed(tmp_path, result(Kind.JULIA_WRONG, julia=FAILURE), width=20).splitlines()
    (row,) = (line for line in lines if line.startswith("made.tagged:1"))
    assert row.endswith("julia wrong")
    assert "no answer" in row


def test_the_end(tmp_path: Path) -> None:
    lines = printed(tmp_path, result(), result(Kind.UNDECIDED)).splitlines()
    assert lines[-1] == "2 cases: 1 both right, 1 undecided"
    assert "apart: largest |Python - Julia| over the largest entry of that tensor" in lines


def test_interrupted(tmp_path: Path) -> None:
    text = printed(tmp_path, result(), interrupted=True)
    assert text.splitlines()[-1] == "interrupted after 1 case: 1 both right"
    assert printed(tmp_path, interrupted=True).splitlines()[-1] == "interrupted at once"
    assert printed(tmp_path, result()).splitlines()[-1] == "1 case: 1 both right"


@pytest.mark.parametrize(
    ("terminal", "ci", "shown"),
    [(True, "", True), (True, "false", True), (False, "", False), (True, "true", False)],
)
def test_the_bar_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, ci: str, shown: bool
) -> None:
    """It says how many cases are done, how fast, how long it will take, and what is not right."""
    monkeypatch.setenv("CI", ci)
    err = console(terminal=terminal)
    with progress(3, err) as bar:
        bar.add(right=True)
        bar.add(right=False)
        bar.shown.refresh()
    assert isinstance(err.file, io.StringIO)
    text = err.file.getvalue()
    if not shown:
        assert text == ""
        return
    plain = ESCAPE.sub("", text)
    assert re.search(r"2/3 .*/s .*\d:\d\d:\d\d .*1 not right", plain)
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is back
    assert text.endswith("\x1b[2K")


def test_a_bar_of_cases_that_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    err = console(terminal=True)
    with progress(3, err) as bar:
        bar.add()
        bar.shown.refresh()
    assert isinstance(err.file, io.StringIO)
    assert "1/3" in err.file.getvalue()
    assert "not right" not in err.file.getvalue()


def test_the_bar_is_gone_after_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    err = console(terminal=True)

    def interrupted() -> None:
        with progress(3, err):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert isinstance(err.file, io.StringIO)
    assert err.file.getvalue().rindex("\x1b[?25h") > err.file.getvalue().rindex("\x1b[?25l")
