"""`xcheck run fixtures` with the fixed and with the original Julia code, sentence by sentence."""

from __future__ import annotations

import copy
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pybridge import __version__, shipped
from pybridge.configuration import read_settings
from pybridge.sentences import Corpus, read
from tests.cli_support import Result, fixture_runs, flaws

WRONG = {"dWxh", "dWhh", "dBh"}
RIGHT = {"dWhy", "dBy"}
FIXTURES = shipped.ROOT / "fixtures"


@pytest.fixture(scope="module")
def runs(runtime: object) -> dict[str, Result]:
    return fixture_runs()


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read([FIXTURES])


def statuses(case: dict[str, Any], side: str) -> dict[str, str]:
    return {p["name"]: p["status"] for p in case[side]["gradient"]["parameters"]}


def under(result: Result, configuration: str) -> list[dict[str, Any]]:
    return [c for c in result.document["cases"] if c["configuration"] == configuration]


# What the verdicts must be. Each is a function of a document, so that it can be shown to fail.


def all_right(document: dict[str, Any]) -> bool:
    return all(case["verdict"]["kind"] == "both right" for case in document["cases"])


def question_is_seen(case: dict[str, Any]) -> bool:
    """The question's bug in one case of two or more words under `telling`."""
    julia = statuses(case, "julia")
    return (
        case["verdict"]["kind"] == "julia wrong"
        and {name for name, status in julia.items() if status == "failed"} == WRONG
        and {name for name, status in julia.items() if status == "passed"} == RIGHT
        and set(statuses(case, "python").values()) == {"passed"}
        and case["agreement"]["match"] == "differs"
    )


def test_fixed(runs: dict[str, Result]) -> None:
    assert runs["fixed"].status == 0, runs["fixed"].err
    assert all_right(runs["fixed"].document)
    assert not all_right(runs["original"].document)


def test_every_sentence_is_there_under_every_configuration_in_order(
    runs: dict[str, Result], corpus: Corpus
) -> None:
    configurations = read_settings(FIXTURES / "xcheck.toml").configurations
    expected = [
        (f"{s.name} {c.name}", len(s.words)) for s in corpus.sentences for c in configurations
    ]
    for result in runs.values():
        cases = result.document["cases"]
        assert [(case["name"], case["words"]) for case in cases] == expected
        assert result.document["selected"] == len(expected)


def test_original(runs: dict[str, Result]) -> None:
    assert runs["original"].status == 1
    cases = under(runs["original"], "telling")
    longer = [case for case in cases if case["words"] > 1]
    assert len(longer) >= 40
    assert [case["name"] for case in longer if not question_is_seen(case)] == []
    # The twin: the fixed code shows nothing of it.
    assert not any(map(question_is_seen, under(runs["fixed"], "telling")))


def test_original_is_right_on_one_word_and_with_one_unit(runs: dict[str, Result]) -> None:
    single = [c for c in runs["original"].document["cases"] if c["words"] == 1]
    assert len(single) >= 5 * 5
    for case in single + under(runs["original"], "one unit") + under(runs["original"], "one tag"):
        assert case["verdict"]["kind"] == "both right", case["name"]


def test_a_line_counts_verdicts(runs: dict[str, Result]) -> None:
    for result in runs.values():
        kinds = Counter(case["verdict"]["kind"] for case in result.document["cases"])
        counts = result.document["counts"]
        assert counts == dict.fromkeys(counts, 0) | kinds
        parts = ", ".join(f"{counts[kind]} {kind}" for kind in counts if counts[kind])
        assert f"{sum(kinds.values())} cases: {parts}" in result.out.splitlines()


def test_text_and_json_say_the_same(runs: dict[str, Result]) -> None:
    for result in runs.values():
        lines = result.out.splitlines()
        for name, case in result.cases.items():
            (line,) = (line for line in lines if line.startswith(f"{name} "))
            assert line.endswith(f"  {case['verdict']['kind']}")
            assert f" {case['words']}  " in line


def test_the_text_names_the_wrong_and_the_right_gradients(runs: dict[str, Result]) -> None:
    lines = runs["original"].out.splitlines()
    (julia,) = (line for line in lines if line.startswith("Julia's gradient: "))
    assert re.fullmatch(
        r"Julia's gradient: wrong: dWxh \(\d+ of 360\) dWhh \(\d+ of 360\) dBh \(\d+ of 360\); "
        "right: dWhy dBy",
        julia,
    )
    assert "Python's gradient: right: dWxh dWhh dBh dWhy dBy" in lines
    assert "one unit: 72 both right" in lines
    assert "gradient: wrong" not in runs["fixed"].out
    row = next(line for line in lines if line.startswith("notes.conllu:3 telling "))
    assert "wrong: dWxh dWhh dBh (" in row
    assert " ok " in row


def test_the_head_says_what_runs(runs: dict[str, Result], corpus: Corpus) -> None:
    for name, result in runs.items():
        document = result.document
        versions = document["versions"]
        first, second, third, *_ = result.out.splitlines()
        assert first == (
            f"xcheck {__version__}   Python {sys.version.split()[0]}, "
            f"numpy {versions['numpy']}   Julia {versions['julia']} "
            f"({versions['julia_origin']}), juliacall {versions['juliacall']}"
        )
        assert second == (
            f"fixtures: {len(corpus.sentences)} sentences, "
            f"{sum(len(s.words) for s in corpus.sentences)} words, 17 tags; "
            "5 configurations (posted, telling, one unit, one tag, saturated); "
            f"weights sha256 {document['weights_sha256'][:12]}..., same bytes on both sides"
        )
        assert third.startswith(f"Julia: julia/{name}.jl   Python: pybridge/tagger.py")


def test_the_weights_do_not_depend_on_the_julia_file(runs: dict[str, Result]) -> None:
    hashes = {result.document["weights_sha256"] for result in runs.values()}
    assert len(hashes) == 1


def test_in_a_pipe_it_is_plain_text(runs: dict[str, Result]) -> None:
    for result in runs.values():
        assert "\x1b" not in result.out
        assert "\r" not in result.out
        # What is not there: a progress bar, a warning, whatever Julia said.
        assert result.err == ""


def test_what_is_not_exercised_is_said(runs: dict[str, Result]) -> None:
    document = runs["fixed"].document
    some = [c for c in document["cases"] if "not exercised" in statuses(c, "python").values()]
    assert 72 <= len(some) < 100  # every sentence under `one tag`, and a few one-word ones
    assert f"in {len(some)} cases some parameter is not exercised" in runs["fixed"].out


# The JSON against docs/schema.json


def test_json_is_valid(runs: dict[str, Result]) -> None:
    for result in runs.values():
        assert flaws(result.document) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(version=2),
        lambda d: d.pop("weights_sha256"),
        lambda d: d.update(surprise=1),
        lambda d: d["cases"][0].update(surprise=1),
        lambda d: d["cases"][0]["verdict"].update(kind="fine"),
        lambda d: d["cases"][0]["verdict"].update(rule="two\nlines"),
        lambda d: d["cases"][0]["julia"].update(problem="and an answer"),
        lambda d: d["cases"][0]["python"]["gradient"].update(parameters=[]),
        lambda d: d["cases"][0]["agreement"]["tensors"][0].pop("compared"),
        lambda d: d["configurations"].clear(),
    ],
)
def test_the_schema_sees_a_spoilt_document(
    runs: dict[str, Result], spoil: Callable[[dict[str, Any]], object]
) -> None:
    document = copy.deepcopy(
        runs["fixed"].document | {"cases": [*runs["fixed"].cases.values()][:2]}
    )
    assert flaws(document) == []
    spoil(document)
    assert flaws(document)


def test_every_tensor_and_every_entry_was_compared(runs: dict[str, Result]) -> None:
    for case in runs["fixed"].document["cases"]:
        tensors = {t["name"]: t["compared"] for t in case["agreement"]["tensors"]}
        assert list(tensors) == ["cost", "h", "p", "dWxh", "dWhh", "dBh", "dWhy", "dBy"]
        assert tensors["cost"] == 1
        for side in ("python", "julia"):
            assert case[side]["gradient"]["method"] == "complex step"
            assert case[side]["gradient"]["reason"] == ""
            for parameter in case[side]["gradient"]["parameters"]:
                assert parameter["entries"] == tensors[parameter["name"]] >= 1
                assert parameter["passes"] >= 2
