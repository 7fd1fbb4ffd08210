"""Julia files that cannot be loaded, and files that fail in some sentences only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.cli_support import Result, call, flaws, refused, side_by_side
from tests.making import GRADIENTS, julia_with

WORDS = ["the", "cat", "saw", "the", "dog", "and", "it", "ran", "off", "again"]
FORWARD = """\
  cost = 0;
  T = length(x);
  T == 2 && error("two words are too few");
  T == 5 && return cost;
  T == 9 && (cost = NaN);
  T == 8 && ccall(:abort, Cvoid, ());
"""
RETURN = """\
  T == 7 && return NaN;
  return cost;
"""
BACKWARD = """\
  T = length(x);
  T == 3 && return dWxh, dWhh, dBh, dWhy;
  T == 4 && return dWxh, dWhh, dBh', dWhy, dBy;
  T == 6 && return dWxh, dWhh, dBh, dWhy * NaN, dBy;
  return dWxh, dWhh, dBh, dWhy, dBy;
"""
# For each number of words: what the report must say of Julia in that case.
SAID = {
    2: "moody.jl:18: two words are too few",
    3: "moody.jl: backwardRNN returned 4 values, not dWxh, dWhh, dBh, dWhy, dBy",
    4: "dBh: of shape (16, 1), not (1, 16)",
    5: "moody.jl: forwardRNN left no array of numbers in h[1]",
    6: "dWhy: not finite: nan at [1, 1]",
    7: "the cost has no finite derivative",
    8: "moody.jl: Julia's process ended (signal 6, Aborted)",
    9: "the cost has no finite derivative",
}
CRASHES = 8
ANSWERED = (4, 6, 7, 9)  # wrongly, but they answered


@pytest.fixture(scope="module")
def running(
    runtime: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Result]]]:
    folder = tmp_path_factory.mktemp("moody")
    (folder / "lengths.tagged").write_text(
        "".join(" ".join(f"{w}/X{w[0]}" for w in WORDS[:n]) + "\n" for n in range(1, 11))
    )
    (folder / "xcheck.toml").write_text('[[configuration]]\nname = "telling"\n')
    julia_with(
        folder / "moody.jl",
        ("  cost = 0;\n", FORWARD),
        ("  return cost;\n", RETURN),
        ("  return dWxh, dWhh, dBh, dWhy, dBy;\n", BACKWARD),
    )
    (folder / "syntax.jl").write_text("a = 1\n\nb = = 2\n")
    (folder / "throws.jl").write_text('a = 1\nerror("not today")\n')
    (folder / "half.jl").write_text("forwardRNN(x, y, h, p, hPrev) = 0.0\n")
    calls = {
        name: call("run", folder / "lengths.tagged", "--julia", folder / f"{name}.jl")
        for name in ("syntax", "throws", "half")
    }
    moody = {"moody": call("run", folder, "--json", "{json}", "--julia", folder / "moody.jl")}
    with side_by_side(moody | calls) as started:
        yield started


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("syntax", "syntax.jl:3: syntax: ", "; mend the Julia file"),
        ("throws", "throws.jl:2: not today", "; mend the Julia file"),
        ("half", "half.jl: defines no function backwardRNN(x, y, h, p, hPrev)", "`xcheck init "),
    ],
)
def test_a_julia_file_that_cannot_be_loaded(
    running: Mapping[str, Future[Result]], name: str, said: str, remedy: str
) -> None:
    refused(running[name].result(), said, remedy)


def test_the_faults_are_those_of_their_sentences(running: Mapping[str, Future[Result]]) -> None:
    """The sentences between them come to what they come to without any fault."""
    result = running["moody"].result()
    assert result.status == 1, result
    assert flaws(result.document) == []
    assert result.err == ""
    assert "10 cases: 2 both right, 7 julia wrong, 1 crashed" in result.out.splitlines()
    for case in result.document["cases"]:
        wrong = "crashed" if case["words"] == CRASHES else "julia wrong"
        assert case["verdict"]["kind"] == (wrong if case["words"] in SAID else "both right")
        assert case["python"]["gradient"]["status"] == "passed"


@pytest.mark.parametrize("words", SAID)
def test_a_fault_is_said_in_one_line(running: Mapping[str, Future[Result]], words: int) -> None:
    result = running["moody"].result()
    (case,) = (case for case in result.document["cases"] if case["words"] == words)
    said = SAID[words]
    assert said in case["verdict"]["rule"]
    assert "\n" not in case["verdict"]["rule"]
    (row,) = (line for line in result.out.splitlines() if line.startswith(f"{case['name']} "))
    assert row.endswith("crashed" if words == CRASHES else "julia wrong")
    assert ("no answer" in row) == (words not in ANSWERED)
    assert ("problem" in case["julia"]) == (words not in ANSWERED)
    if words not in ANSWERED:
        assert said in case["julia"]["problem"]
        assert case["agreement"] is None
    else:
        assert case["agreement"]["match"] == "differs"
    if words in (7, 9):
        assert case["julia"]["cost"] is None
        assert "cost: nan on the Julia side" in row


def test_no_fault_is_put_down_to_another(running: Mapping[str, Future[Result]]) -> None:
    failed: dict[int, Any] = {
        case["words"]: {
            p["name"] for p in case["julia"]["gradient"]["parameters"] if p["status"] == "failed"
        }
        for case in running["moody"].result().document["cases"]
        if "gradient" in case["julia"]
    }
    every = set(GRADIENTS)
    assert failed == {1: set(), 4: {"dBh"}, 6: {"dWhy"}, 7: every, 9: every, 10: set()}


def test_no_julia_file_of_the_tests_stays_as_it_was(tmp_path: Path) -> None:
    """`julia_with` refuses a change that changes nothing."""
    with pytest.raises(AssertionError, match="0 times"):
        julia_with(tmp_path / "a.jl", ("no such line", ""))
