"""The options of `xcheck run`, and the environment variables that stand for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future

import pytest

from tests.cli_support import Call, Result, call, fixture_runs, flaws, side_by_side
from tests.making import ORIGINAL

SENTENCES = """\
Wait/VERB
the/DET cat/NOUN saw/VERB the/DET dog/NOUN
no/DET tag/_
the/DET dog/NOUN slept/VERB
"""
# Every option that has an environment variable, at a value that is not its default.
OPTIONS = {
    "--julia": "XCHECK_JULIA_FILE",
    "--hidden": "XCHECK_HIDDEN",
    "--scale": "XCHECK_SCALE",
    "--seed": "XCHECK_SEED",
    "--rtol": "XCHECK_RTOL",
    "--method": "XCHECK_METHOD",
    "--vocabulary": "XCHECK_VOCABULARY",
}
VALUES = ("{original}", "3", "0.3", "7", "1e-9", "posted", "all")


@pytest.fixture(scope="module")
def running(
    runtime: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Result]]]:
    folder = tmp_path_factory.mktemp("options")
    file = folder / "own.tagged"
    file.write_text(SENTENCES)
    values = [value.replace("{original}", str(ORIGINAL)) for value in VALUES]
    pairs = [part for pair in zip(OPTIONS, values, strict=True) for part in pair]
    env = dict(zip(OPTIONS.values(), values, strict=True)) | {"XCHECK_SKIP_UNTAGGED": "1"}
    run = ("run", file, "--json", "{json}")
    notes = ("run", "fixtures", "--json", "{json}", "--limit", "4", "-k", "notes.conllu")
    calls = {
        "options": call(*run, *pairs, "--skip-untagged"),
        "environment": Call(run, env=env),
        "strict": call(*notes, "--method", "difference", "--rtol", "1e-30", XCHECK_HIDDEN=""),
        "fail fast": call(
            *run, "--skip-untagged", "--fail-fast", "-v", "--julia", "julia/original.jl"
        ),
        "vocabulary": call(*notes, "--julia", "julia/original.jl", "--vocabulary", "all"),
    }
    with side_by_side(calls) as started:
        yield started


def test_options_reach_the_run(running: Mapping[str, Future[Result]]) -> None:
    result = running["options"].result()
    assert result.status == 1
    document = result.document
    assert flaws(document) == []
    for configuration in document["configurations"]:
        assert configuration["hidden"] == 3
        assert configuration["scale"] == 0.3
        assert configuration["seed"] == 7
    assert document["julia_file"] == str(ORIGINAL)
    assert document["rtol"] == 1e-9
    assert document["method"] == "posted"
    assert document["whole_vocabulary"] is True
    assert document["fixtures"]["skipped"] == 1
    assert document["fixtures"]["sentences"] == 3
    lines = result.out.splitlines()
    assert ": 3 sentences (1 untagged left out), 9 words, 3 tags; 2 configurations" in lines[1]
    assert lines[2].endswith("each case over the whole vocabulary")


def test_the_posted_method_takes_two_entries(running: Mapping[str, Future[Result]]) -> None:
    for case in running["options"].result().document["cases"]:
        for parameter in case["julia"]["gradient"]["parameters"]:
            assert parameter["rule"].startswith("2 random entries")
            assert (parameter["entries"], parameter["passes"]) == (2, 4)


def test_each_variable_does_what_its_option_does(running: Mapping[str, Future[Result]]) -> None:
    """So does a second run: the same in, the same out, to the last bit."""
    options, environment = running["options"].result(), running["environment"].result()
    assert environment == options
    assert options.out.count("\n") > 10


def test_the_seed_decides_the_weights(running: Mapping[str, Future[Result]]) -> None:
    # The same seed has given the same above; another gives another, the rest being equal.
    hashes = [running[name].result().document["weights_sha256"] for name in ("options", "strict")]
    assert len({*hashes, fixture_runs()["fixed"].document["weights_sha256"]}) == 2
    assert hashes[1] == fixture_runs()["fixed"].document["weights_sha256"]


def test_a_tolerance_that_nothing_meets(running: Mapping[str, Future[Result]]) -> None:
    result = running["strict"].result()
    assert result.status == 1
    assert flaws(result.document) == []
    assert result.document["rtol"] == 1e-30
    hard = [c for c in result.document["cases"] if c["verdict"]["kind"] != "both right"]
    assert hard
    for case in hard:
        assert case["verdict"]["kind"] == "undecided"
        assert "tolerance 1.0e-30 (asked for" in case["verdict"]["rule"]
        worst = next(
            t for t in case["agreement"]["tensors"] if t["name"] == case["agreement"]["worst"]
        )
        assert worst["distance"] > worst["tolerance"] == 1e-30
    assert any(f"{len(hard)} undecided" in line for line in result.out.splitlines())
    assert " > 1e-30 (" in result.out
    # The twin: at the default tolerance these cases are right.
    fixed = fixture_runs()["fixed"].cases
    assert {fixed[case["name"]]["verdict"]["kind"] for case in hard} == {"both right"}


def test_central_differences_check_as_well(running: Mapping[str, Future[Result]]) -> None:
    result = running["strict"].result()
    assert result.document["method"] == "difference"
    for case in result.document["cases"]:
        for side in ("python", "julia"):
            assert case[side]["gradient"]["status"] in ("passed", "not exercised")
            assert case[side]["gradient"]["method"] == "central differences"
            assert case[side]["gradient"]["reason"] == ""  # asked for, and not a stand-in
    assert "stood in" not in result.out


def test_k_and_limit_choose_cases(running: Mapping[str, Future[Result]]) -> None:
    document = running["strict"].result().document
    names = [case["name"] for case in document["cases"]]
    every = [name for name in fixture_runs()["fixed"].cases if "notes.conllu" in name]
    assert names == every[:4]
    assert len(every) > 4
    assert document["selected"] == 4
    assert document["fixtures"]["sentences"] == 72  # what was read is not what was chosen


def test_fail_fast_stops_after_the_first_case_that_is_not_right(
    running: Mapping[str, Future[Result]],
) -> None:
    result = running["fail fast"].result()
    kinds = [(c["name"], c["verdict"]["kind"]) for c in result.document["cases"]]
    assert kinds == [
        ("own.tagged:1 posted", "both right"),
        ("own.tagged:1 telling", "both right"),
        ("own.tagged:2 posted", "julia wrong"),
    ]
    assert result.status == 1
    assert "3 cases: 2 both right, 1 julia wrong" in result.out.splitlines()
    assert result.document["selected"] == 6
    assert result.document["interrupted"] is False
    assert "dog slept" not in result.out


def test_verbose_prints_every_tensor_and_every_rule(running: Mapping[str, Future[Result]]) -> None:
    result = running["fail fast"].result()
    lines = [line.strip() for line in result.out.splitlines()]
    for case in result.document["cases"]:
        (start,) = (i for i, line in enumerate(lines) if line.startswith(case["name"] + " "))
        block = lines[start : start + 24]
        assert f"{case['verdict']['kind']}: {case['verdict']['rule']}" in block
        for tensor in case["agreement"]["tensors"]:
            head = f"{tensor['name']}: {tensor['match']}; {tensor['rule']}; "
            assert any(line.startswith(head) for line in block)
        for side in ("python", "julia"):
            assert f"{side.capitalize()} gradient, complex step:" in block
            for parameter in case[side]["gradient"]["parameters"]:
                head = f"{parameter['name']}: {parameter['status']}; {parameter['rule']}; "
                assert any(line.startswith(head) for line in block)
    (worst,) = (line for line in lines if line.startswith("dWxh: failed; "))
    assert '; wrong: dWxh["' in worst
    assert "gradient, complex step" not in fixture_runs()["original"].out  # not without -v


def test_the_whole_vocabulary_gives_the_same_verdicts(
    running: Mapping[str, Future[Result]],
) -> None:
    result = running["vocabulary"].result()
    assert flaws(result.document) == []
    few = fixture_runs()["original"].cases
    for name, case in result.cases.items():
        assert case["verdict"]["kind"] == few[name]["verdict"]["kind"]
        assert case["julia"]["cost"] == few[name]["julia"]["cost"]
        rows = [
            tensor["compared"]
            for one in (case, few[name])
            for tensor in one["agreement"]["tensors"]
            if tensor["name"] == "dWxh"
        ]
        assert rows[0] > rows[1]
    assert {case["verdict"]["kind"] for case in result.cases.values()} == {
        "both right",
        "julia wrong",
    }
