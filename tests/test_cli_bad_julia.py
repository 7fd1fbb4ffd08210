"""Julia files that cannot be loaded, and files that fail in some sentences only."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.cli_support import Result, call, flaws, refused, side_by_side, xcheck
from tests.making import GRADIENTS, julia_with

WORDS = ["the", "cat", "saw", "the", "dog", "and", "it", "ran", "off", "again", "at", "once"]
WORDS += ["with", "a", "bone", "that", "was", "not", "its", "own"]
# What forwardRNN does, by the number of words.
FORWARD = """\
  cost = 0;
  T = length(x);
  T == 2 && error("two words are too few");
  T == 5 && return cost;
  T == 9 && (cost = NaN);
  T == 8 && ccall(:strlen, Csize_t, (Ptr{UInt8},), C_NULL);
  T == 10 && exit();
  T == 11 && while true end;
  T == 12 && (kept = []; while true; push!(kept, fill(1.0, 10^7)); end);
  T == 13 && (print("a"^5_000_000); print(stderr, "b"^5_000_000));
  T == 14 && write(stdin, "what?\\n");
  T == 15 && (cd(mktempdir()); rm(pwd()));
  T == 16 && (Whh .= 0);
  T == 17 && @async while true; sleep(0.001); end;
  T == 18 && throw(Shy());
  T == 19 && isempty(CHILDREN) && push!(CHILDREN, run(`sleep 86399`, wait = false));
"""
SHY = """
const CHILDREN = []

struct Shy <: Exception end
Base.show(io::IO, ::Shy) = error("not me")
Base.showerror(io::IO, ::Shy) = error("nor me")
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
    8: "moody.jl: Julia's process ended (signal 11, Segmentation fault)",
    9: "the cost has no finite derivative",
    10: "moody.jl: Julia's process ended (exit status 0)",
    11: "moody.jl: timed out after ",
    12: "moody.jl: out of memory: held more than 1 GiB",
    16: "moody.jl: the weights are not what they were before the run",
    18: "nor me",
}
ANSWERED = (4, 6, 7, 9)  # wrongly, but they answered
# How Julia's process ended. Where there is no system image, a first answer may take longer.
ENDED = {
    8: "crashed",
    10: "crashed",
    11: r"timed out after (20|30) s",
    12: "out of memory",
}


@pytest.fixture(scope="module")
def running(
    runtime: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Result]]]:
    folder = tmp_path_factory.mktemp("moody")
    (folder / "lengths.tagged").write_text(
        "".join(" ".join(f"{w}/X{w[0]}" for w in WORDS[:n]) + "\n" for n in range(1, 20))
    )
    (folder / "xcheck.toml").write_text('[[configuration]]\nname = "telling"\n')
    julia_with(
        folder / "moody.jl",
        ("  cost = 0;\n", FORWARD),
        ("  return cost;\n", RETURN),
        ("  return dWxh, dWhh, dBh, dWhy, dBy;\n", BACKWARD),
    )
    with (folder / "moody.jl").open("a") as stream:
        stream.write(SHY)
    (folder / "syntax.jl").write_text("a = 1\n\nb = = 2\n")
    (folder / "throws.jl").write_text('a = 1\nerror("not today")\n')
    (folder / "leaves.jl").write_text("a = 1\nexit()\n")
    (folder / "half.jl").write_text("forwardRNN(x, y, h, p, hPrev) = 0.0\n")
    calls = {
        name: call("run", folder / "lengths.tagged", "--julia", folder / f"{name}.jl")
        for name in ("syntax", "throws", "half", "leaves")
    }
    (folder / "tmp").mkdir()
    limits = ("--no-trace", "-j", "2", "--timeout", "20", "--max-memory", "1G")
    run = ("run", folder, "--json", "{json}", "--julia", folder / "moody.jl", *limits)
    moody = {"moody": call(*run, TMPDIR=str(folder / "tmp"))}
    with side_by_side(moody | calls) as started:
        yield started


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("syntax", "syntax.jl:3: syntax: ", "; mend the Julia file"),
        ("throws", "throws.jl:2: not today", "; mend the Julia file"),
        (
            "leaves",
            "leaves.jl: while it was loaded: Julia's process ended (exit status 0)",
            "; mend the Julia file",
        ),
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
    *_, last = result.out.splitlines()
    counts = "6 both right, 9 julia wrong, 2 crashed, 1 timed out, 1 out of memory"
    assert last == f"19 cases: {counts}"
    for case in result.document["cases"]:
        kind = case["verdict"]["kind"]
        if case["words"] in ENDED:
            assert kind.split()[0] == ENDED[case["words"]].split()[0]
        else:
            assert kind == ("julia wrong" if case["words"] in SAID else "both right")
        assert case["python"]["gradient"]["status"] == "passed"


def test_nothing_is_left_behind(
    running: Mapping[str, Future[Result]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No log, no folder of the command's own, and no process that holds the file."""
    running["moody"].result()
    (folder,) = {file.parent for file in tmp_path_factory.getbasetemp().rglob("moody.jl")}
    assert list((folder / "tmp").glob("xcheck-*")) == []
    listed = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True)
    assert str(folder) not in listed.stdout
    assert "sleep 86399" not in listed.stdout  # which the file itself has started


def test_a_file_that_kills_its_process_where_it_is_loaded(tmp_path: Path) -> None:
    """Which a kill from outside looks like: it is tried again, but not for ever."""
    kill = "ccall(:kill, Cint, (Cint, Cint), getpid(), 9)\n"
    (tmp_path / "kills.jl").write_text(kill)
    result = xcheck("run", "fixtures", "--julia", tmp_path / "kills.jl")
    refused(result, "while it was loaded: Julia's process ended (signal 9, Killed)", "; mend the")


@pytest.mark.parametrize("words", SAID)
def test_a_fault_is_said_in_one_line(running: Mapping[str, Future[Result]], words: int) -> None:
    result = running["moody"].result()
    (case,) = (case for case in result.document["cases"] if case["words"] == words)
    said = SAID[words]
    assert said in case["verdict"]["rule"]
    assert "\n" not in case["verdict"]["rule"]
    (row,) = (line for line in result.out.splitlines() if line.startswith(f"{case['name']} "))
    assert re.search(f"{ENDED.get(words, 'julia wrong')}$", row)
    assert ("ended" in case["julia"]) == (words in ENDED)
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
    assert failed.pop(4) == {"dBh"}
    assert failed.pop(6) == {"dWhy"}
    assert failed.pop(7) == failed.pop(9) == every
    assert failed == {n: set() for n in range(1, 20) if n not in SAID}


def test_no_julia_file_of_the_tests_stays_as_it_was(tmp_path: Path) -> None:
    """`julia_with` refuses a change that changes nothing."""
    with pytest.raises(AssertionError, match="0 times"):
        julia_with(tmp_path / "a.jl", ("no such line", ""))
