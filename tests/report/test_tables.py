from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pybridge.agreement import Match
from pybridge.checking import CaseResult
from pybridge.gradcheck import Entry, Status
from pybridge.referee import Opinion
from pybridge.report import json
from pybridge.report.tables import COLUMNS, Tally, details, entry, head, row, summary
from pybridge.sides import Failure
from pybridge.verdict import Kind
from tests.making import a_case
from tests.report.results import (
    FAILURE,
    NAN,
    agreement,
    evidence,
    named,
    parameter,
    result,
    session,
)

ONE = np.ones((2, 2))


def cell(column: str, *arguments: object, **options: object) -> str:
    cells = row(json.case(result(*arguments, **options)))  # type: ignore[arg-type]
    assert len(cells) == len(COLUMNS)
    return cells[COLUMNS.index(column)]


def tally(*results: CaseResult) -> Tally:
    found = Tally()
    for one in results:
        found.add(json.case(one))
    return found


# One row


def test_a_row_of_a_case_that_is_right() -> None:
    assert row(json.case(result())) == (
        "made.tagged:1 made",
        "5",
        "5.250",
        "4e-16 (h)",
        "ok 1e-15",
        "ok 1e-15",
        "both right",
    )


def test_two_costs_are_both_printed() -> None:
    assert cell("cost (nats)", julia=evidence(cost=5.5)) == "5.250 | 5.500"
    assert cell("cost (nats)", julia=evidence(cost=NAN)) == "5.250 | nan"
    assert cell("cost (nats)", julia=FAILURE) == "5.250 | none"
    assert cell("cost (nats)", python=FAILURE, julia=FAILURE) == "none"


def test_a_distance_over_its_tolerance_is_shown_with_it() -> None:
    apart = agreement({"h": ONE}, {"h": ONE * 2})
    assert apart.match is Match.DIFFERS
    assert cell("apart (worst)", agreed=apart) == "5e-01 > 1e-12 (h)"


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({"h": ONE}, "dWhh: missing on the second side"),
        ({"h": ONE, "dWhh": ONE, "dBh": ONE}, "dBh: missing on the first side"),
        ({"h": ONE, "dWhh": np.ones((1, 2))}, "dWhh: shapes 2 x 2 and 1 x 2"),
        ({"h": ONE, "dWhh": ONE * NAN}, "dWhh: nan on the second side"),
    ],
)
def test_what_was_not_measured_is_said_and_is_no_distance(
    theirs: dict[str, np.ndarray], said: str
) -> None:
    apart = agreement({"h": ONE * 1, "dWhh": ONE * 1}, {n: a * 1 for n, a in theirs.items()})
    assert cell("apart (worst)", agreed=apart).startswith(said)
    assert "nan (" not in cell("apart (worst)", agreed=apart)


def test_no_answer() -> None:
    for column in ("apart (worst)", "gradient: Julia"):
        assert cell(column, Kind.JULIA_WRONG, julia=FAILURE) == "no answer"
    assert cell("gradient: Python", Kind.JULIA_WRONG, julia=FAILURE) == "ok 1e-15"
    assert cell("verdict", Kind.JULIA_WRONG, julia=FAILURE) == "julia wrong"


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ([parameter("dWhh", Status.FAILED, error=0.7)], "wrong: dWhh (7e-01)"),
        (
            [
                parameter("dWxh", Status.FAILED, error=0.2),
                parameter("dBh", Status.FAILED, error=2.0),
                parameter("dBy", Status.UNDECIDED, error=9.0),
            ],
            "wrong: dWxh dBh (2e+00)",
        ),
        ([parameter("dWhh", Status.FAILED, error=NAN)], "wrong: dWhh (nan)"),
        ([parameter("dWhh", Status.UNDECIDED, error=1e-7)], "undecided: dWhh (1e-07)"),
        ([parameter("dWhh", Status.NOT_EXERCISED, error=0.0)], "ok 1e-15"),
        (
            [parameter(f"d{n}", Status.NOT_EXERCISED) for n in ("Wxh", "Whh", "Bh", "Why", "By")],
            "not exercised",
        ),
    ],
)
def test_a_gradient(checks: list[object], said: str) -> None:
    assert cell("gradient: Julia", julia=evidence(*checks)) == said  # type: ignore[arg-type]


# -v


def test_details_name_every_tensor_and_every_rule() -> None:
    entries = Entry((1, 2), 0.0213, 0.0418), Entry((0, 0), 1.0, 1.5)
    wrong = parameter("dWxh", Status.FAILED, error=0.5, rule="error 5e-01", wrong=entries, rest=7)
    lines = details(json.case(result(Kind.JULIA_WRONG, julia=evidence(wrong))))
    assert lines[0] == "julia wrong: why it is julia wrong"
    assert lines[1].startswith("h: agrees; distance 4.4e-16, tolerance 1.0e-12 (asked for); 4 num")
    assert lines[2].startswith("dWhh: agrees; ")
    assert lines[3] == "Python gradient, complex step:"
    assert lines[9] == "Julia gradient, complex step:"
    assert lines[10] == (
        "dWxh: failed; error 5e-01; 12 entries in 14 forward passes; "
        'wrong: dWxh["cat", 3]: analytic 0.0213, numeric 0.0418; '
        'dWxh["the", 1]: analytic 1, numeric 1.5, and 7 more'
    )
    assert len(lines) == 15
    assert not any("\n" in line for line in lines)


def test_details_of_a_side_that_gave_no_answer() -> None:
    lines = details(json.case(result(Kind.JULIA_WRONG, julia=FAILURE)))
    assert lines[-1] == f"Julia: {FAILURE.problem}"
    assert not any("agrees" in line for line in lines)


def test_details_say_why_differences_stood_in() -> None:
    stood_in = evidence(method="central differences", reason="no complex weights: MethodError")
    lines = details(json.case(result(julia=stood_in)))
    assert "Julia gradient, central differences (no complex weights: MethodError):" in lines
    assert "Python gradient, complex step:" in lines


@pytest.mark.parametrize(
    ("name", "index", "said"),
    [
        ("dWxh", (0, 0), 'dWxh["the", 1]'),
        ("dWxh", (2, 3), 'dWxh["saw", 4]'),
        ("dWhh", (2, 3), "dWhh[3, 4]"),
        ("dBy", (0, 1), "dBy[1, 2]"),
    ],
)
def test_an_entry_is_named_by_its_word(name: str, index: tuple[int, ...], said: str) -> None:
    text = entry(a_case(), name, Entry(index, 1.0, 2.0))
    assert text == f"{said}: analytic 1, numeric 2"


def test_markup_and_html_are_text() -> None:
    case = named(a_case("[red] <script> x"), file="[bold].tagged")
    assert row(json.case(result(case=case)))[0] == "[bold].tagged:1 made"
    assert entry(case, "dWxh", Entry((1, 0), 1.0, 2.0)).startswith('dWxh["<script>", 1]')


def test_notes_and_the_referee_are_said_and_counted() -> None:
    noted = evidence(notes=("works in float32",))
    opinion = Opinion({"h": (15.5, 15.0), "dWhh": (15.0, 0.5)})
    one = result(Kind.JULIA_WRONG, julia=noted, opinion=opinion)
    said = "Julia is off; digits of Python and Julia: h 15.5 and 15.0, dWhh 15.0 and 0.5"
    assert "Julia: works in float32" in details(json.case(one))
    assert details(json.case(one))[-1] == f"referee (256 bits): {said}"
    lines = summary(tally(one, one))
    assert "Julia: works in float32, in 2 cases" in lines
    assert f"made.tagged:1 made: referee (256 bits): {said}" in lines
    silent = result(Kind.JULIA_WRONG, opinion=FAILURE)
    assert details(json.case(silent))[-1].startswith("referee: none, ")
    assert not any(
        "referee" in line for line in [*details(json.case(result())), *summary(tally(result()))]
    )


# What it comes to


def test_the_tally() -> None:
    found = tally(result(), result(), result(Kind.JULIA_WRONG), result(Kind.UNDECIDED))
    assert found.cases == 4
    assert not found.all_right
    assert summary(found)[-1] == "4 cases: 2 both right, 1 julia wrong, 1 undecided"
    assert tally(result()).all_right
    assert summary(tally(result()))[-1] == "1 case: 1 both right"


def test_no_case_is_not_all_right() -> None:
    assert not Tally().all_right


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BOTH_RIGHT])
def test_one_case_that_is_not_right_is_enough(kind: Kind) -> None:
    assert not tally(result(), result(kind), result()).all_right


def test_the_summary_sorts_parameters_by_side() -> None:
    wrong = evidence(parameter("dWhh", Status.FAILED), parameter("dBy", Status.UNDECIDED))
    lines = summary(tally(result(), result(Kind.JULIA_WRONG, julia=wrong)))
    assert "Python's gradient: right: dWxh dWhh dBh dWhy dBy" in lines
    assert "Julia's gradient: right: dWxh dBh dWhy; wrong: dWhh (1 of 2); undecided: dBy" in lines
    assert "made: 1 both right, 1 julia wrong" in lines


def test_a_side_that_never_answered_is_not_called_right() -> None:
    lines = summary(tally(result(Kind.JULIA_WRONG, julia=FAILURE)))
    assert not any(line.startswith("Julia's gradient") for line in lines)
    assert "Python's gradient: right: dWxh dWhh dBh dWhy dBy" in lines


def test_the_summary_says_why_there_is_no_answer() -> None:
    several = [Failure(f"mine.jl:{line}: no") for line in range(7)]
    results = [result(Kind.JULIA_WRONG, julia=failure) for failure in (*several, several[3])]
    lines = [line for line in summary(tally(*results)) if line.startswith("Julia")]
    assert lines[0] == "Julia gives no answer in 2 cases: mine.jl:3: no"
    assert len(lines) == 6
    assert lines[-1] == "Julia: and 2 other reasons, see --json"


def test_a_gradient_that_was_never_exercised_is_not_called_right() -> None:
    idle = evidence(parameter("dWhh", Status.NOT_EXERCISED))
    lines = summary(tally(result(Kind.UNDECIDED, python=idle, julia=idle)))
    assert "Python's gradient: right: dWxh dBh dWhy dBy; not exercised: dWhh" in lines


def test_the_summary_of_what_is_right_is_short() -> None:
    assert summary(tally(result(), result())) == ["2 cases: 2 both right"]


def test_a_stand_in_and_what_is_not_exercised_are_said() -> None:
    stood_in = evidence(method="central differences", reason="no complex weights: why")
    idle = evidence(parameter("dWhh", Status.NOT_EXERCISED))
    lines = summary(tally(result(julia=stood_in), result(julia=stood_in, python=idle)))
    assert lines == [
        "Julia: central differences stood in for the complex step; no complex weights: why",
        "in 1 case some parameter is not exercised (zero derivative and zero gradient, "
        "which proves nothing)",
        "2 cases: 2 both right",
    ]


# The head


def test_the_head(tmp_path: Path) -> None:
    assert head(json.head(session(tmp_path))) == [
        "xcheck 0.0   Python 3.11, numpy 2.0   Julia 1.5.3 (private install), juliacall 0.9.24",
        f"{tmp_path}/made.tagged: 1 sentence, 3 words, 2 tags; 2 configurations (posted, telling); "
        "weights sha256 0123456789ab..., same bytes on both sides",
        "Julia: julia/fixed.jl   Python: pybridge/tagger.py   "
        "each case over the words of its sentence and one absent word",
    ]


def test_the_head_says_what_is_left_out_and_what_may_stay_hidden(tmp_path: Path) -> None:
    made = session(tmp_path, "a/X b/Y c/X\na/X a/_\n", skip_untagged=True, whole_vocabulary=True)
    lines = head(json.head(made))
    assert ": 1 sentence (1 untagged left out), 3 words, 2 tags" in lines[1]
    assert lines[2].endswith("each case over the whole vocabulary")
    assert lines[3].startswith("note: no sentence of three or more words repeats a word")
