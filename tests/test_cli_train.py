"""`xcheck train` and `xcheck tag`, in processes of their own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest

from pybridge.checking import check_cases
from pybridge.gradcheck.methods import COMPLEX, quick
from pybridge.running import Request, plan
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.train.model_file import load
from pybridge.verdict import Kind
from tests.cli_support import COMMAND, Result, call, environment, refused, side_by_side, xcheck
from tests.train.making import LINES, file, tagged, text
from tests.train.test_model_file import rewritten

SMALL = ("--hidden", "6", "--min-count", "2", "--seed", "5", "--learning-rate", "0.1")
PYTHON = ("--side", "python", *SMALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    file(folder)
    file(folder, "dev.tagged", "the/DET walk/NOUN ends/VERB\n")
    return folder


@pytest.fixture(scope="module")
def running(folder: Path, runtime: object) -> Iterator[Mapping[str, Future[Result]]]:
    """With the right Julia file and with the question's, and on one side each."""
    both = ("train", "train.tagged", *SMALL, "--epochs", "3", "--every", "5", "--json", "{json}")
    calls = {
        "both": call(*both, "--save", "both.npz", "--plot", "both.svg", cwd=folder),
        "original": call(
            *both, "--julia", "julia/original.jl", "--save", "o.npz", cwd=folder
        ),
        "python": call(
            *("train", "train.tagged", *PYTHON, "--epochs", "40", "--patience", "0"),
            *("--hold-back", "0", "--save", "python.npz", "--json", "{json}"),
            *("--test", "dev.tagged", "--plot", "python.png"),
            cwd=folder,
        ),
    }  # fmt: skip
    with side_by_side(calls) as started:
        yield started


def test_the_python_side_alone(running: Mapping[str, Future[Result]], folder: Path) -> None:
    result = running["python"].result()
    assert result.status == 0, result
    first, *_, last = [line for line in result.err.splitlines() if line.startswith("epoch")]
    assert first.startswith("epoch 1 of 40  python  ")
    assert "tokens/s  cost " in first
    assert "0 s left at most" in last
    document = result.document
    (side,) = document["sides"]
    assert len(side["costs"]) == side["updates"] == 40 * len(LINES)
    assert side["accuracy"]["train"]["model"]["all"]["rate"] == 1.0
    assert side["accuracy"]["test"]["model"]["all"]["of"] == 3
    assert "dev" not in side["accuracy"]
    assert document["fault"] is None
    assert (folder / "python.png").read_bytes().startswith(b"\x89PNG")
    lines = result.out.splitlines()
    assert any(line.startswith("test ") and "baseline" not in line for line in lines)
    assert "tag                   tokens  precision   recall       F1" in lines


def test_a_trained_model_tags(running: Mapping[str, Future[Result]], folder: Path) -> None:
    assert running["python"].result().status == 0
    found = xcheck("tag", "python.npz", "We walk the run", cwd=folder)
    assert found.status == 0
    assert found.out == f"{tagged('we walk the run').replace('we/', 'We/')}\n"
    marked = xcheck("tag", "python.npz", "--format", "conllu", "the zebra ends", cwd=folder)
    assert marked.out.splitlines()[1].endswith("\t_\t_\t_\t_\t_\tUnknown=Yes")
    assert xcheck("tag", "python.npz", "dev.tagged", cwd=folder).out.split()[0] == "the/DET"


def test_both_sides_in_step(running: Mapping[str, Future[Result]], folder: Path) -> None:
    result = running["both"].result()
    assert result.status == 0, result
    document = result.document
    assert [side["side"] for side in document["sides"]] == ["python", "julia"]
    assert document["disagreed"] == 0
    assert [c["updates"] for c in document["comparisons"]][:4] == [1, 2, 4, 5]
    assert any(
        line.startswith("all 36 single updates agree, to ") for line in result.out.split("\n")
    )
    assert "is rounding, amplified by training" in result.out
    assert "<svg" in (folder / "both.svg").read_text()


def test_a_wrong_gradient_goes_to_the_culprit(
    running: Mapping[str, Future[Result]], folder: Path, original: JuliaSide, fixed: JuliaSide
) -> None:
    result = running["original"].result()
    assert result.status == 1, result
    fault = result.document["fault"]
    assert fault["verdict"] == "julia wrong"
    assert fault["tensors"] == ["dWxh", "dWhh", "dBh"]
    assert "suggested: dhnext = dhRaw * Whh'" in result.out
    assert f"saved; `xcheck run {fault['folder']}` repeats it" in result.out
    assert fault["folder"] == f"o-update-{fault['update']}"
    (case,) = plan(Request(paths=(folder / fault["folder"],))).cases()
    assert case.configuration.name == f"update {fault['update']}"
    kinds = [
        next(iter(check_cases([case], PythonSide(), side, method=quick(COMPLEX)))).verdict.kind
        for side in (original, fixed)
    ]
    assert kinds == [Kind.JULIA_WRONG, Kind.BOTH_RIGHT]


def test_interrupted_and_resumed(folder: Path) -> None:
    """Ctrl-C saves what is there, and --resume goes on from it to the last bit."""
    part, rest, whole = (folder / f"{name}.npz" for name in ("part", "rest", "whole"))
    run = ("train", "train.tagged", *PYTHON, "--patience", "0")
    arguments = [*COMMAND, *run, "--epochs", "1000000", "--save", str(part)]
    with subprocess.Popen(
        arguments, cwd=folder, env=environment(), text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted after " in out.splitlines()[-1]
    made = load(part).tracks[0].state.updates
    epochs = str(made // len(LINES) + 2)
    resumed = xcheck(*run, "--epochs", epochs, "--resume", part, "--save", rest, cwd=folder)
    unbroken = xcheck(*run, "--epochs", epochs, "--save", whole, cwd=folder)
    assert resumed.status == unbroken.status == 0, resumed
    assert rest.read_bytes() == whole.read_bytes() != part.read_bytes()


def test_a_tag_that_train_lacks_is_named(tmp_path: Path) -> None:
    file(tmp_path)
    file(tmp_path, "dev.tagged", "the/DET walk/NOUN\nwe/PRON so/ADV\n")
    run = ("train", "train.tagged", *PYTHON, "--epochs", "1", "--dev", "dev.tagged")
    result = xcheck(*run, "--json", "{json}", cwd=tmp_path)
    assert result.status == 0
    problem = "dev.tagged:2: the training part has no tag ADV; 1 token counted as errors"
    assert f"xcheck: {problem}" in result.err.splitlines()
    assert result.document["notes"] == [problem]
    scores = result.document["sides"][0]["accuracy"]["dev"]["model"]
    assert scores["all"]["of"] == 4
    assert {"tag": "(not in training)"} in [{"tag": s["tag"]} for s in scores["by_tag"]]


def test_a_cost_that_is_not_finite(tmp_path: Path) -> None:
    file(tmp_path)
    run = ("train", "train.tagged", "--side", "python", "--hidden", "6", "--optimizer", "sgd")
    result = xcheck(*run, "--learning-rate", "1e308", "--save", "good.npz", cwd=tmp_path)
    assert result.status == 2
    (line,) = [line for line in result.err.splitlines() if "error" in line]
    assert "train.tagged:" in line
    assert "the cost of this sentence is not finite on the python side, in update " in line
    assert "the last good weights are in good.npz; train with a smaller --learning-rate" in line
    assert load(tmp_path / "good.npz").tracks[0].state.updates < len(LINES)
    again = xcheck(*run, "--learning-rate", "1e308", cwd=tmp_path)
    assert "no --save was named for them" in again.err


def test_bad_input(tmp_path: Path, running: Mapping[str, Future[Result]], folder: Path) -> None:
    assert running["python"].result().status == 0
    file(tmp_path)
    file(tmp_path, "other.tagged", text(LINES[:-1]))
    (tmp_path / "empty.tagged").write_text("")
    model = (folder / "python.npz").read_bytes()
    (tmp_path / "model.npz").write_bytes(model)
    (tmp_path / "old.npz").write_bytes(model)
    rewritten(tmp_path / "old.npz", {"version": 0})
    (tmp_path / "bent.npz").write_bytes(model)
    rewritten(tmp_path / "bent.npz", {"parameters": {"Wxh": ["in", "hidden"]}})
    (tmp_path / "none.npz").write_text(json.dumps({}))
    train, resume = ("train", "train.tagged", "--side", "python"), "--resume"
    resumed = (*train, "--hold-back", "0", resume)

    def problem(*arguments: str) -> str:
        return refused(xcheck(*arguments, cwd=tmp_path))

    assert "no sentence in the file" in problem("train", "empty.tagged", "--side", "python")
    assert "no such file" in problem("train", "missing.tagged")
    assert "is no model" in problem("tag", "none.npz", "we run")
    assert "is a model of version 0" in problem("tag", "old.npz", "we run")
    assert "is no model" in problem(*resumed, "none.npz")
    assert "is a model of version 0" in problem(*resumed, "old.npz")
    assert "was trained with Wxh, and the tagger has Wxh Whh" in problem(*resumed, "bent.npz")
    assert "was trained with hidden 6, not 7" in problem(*resumed, "model.npz", "--hidden", "7")
    other = ("train", "other.tagged", "--side", "python", resume, "model.npz")
    assert "was trained on other sentences" in problem(*other)
    assert "was trained on python, not julia" in problem(
        "train", "train.tagged", "--side", "julia", resume, "model.npz"
    )
    assert "--learning-rate -1.0 is out of range" in problem(*train, "--learning-rate", "-1")
    assert "--hold-back 1.0 is no part" in problem(*train, "--hold-back", "1")
    assert "a model is saved as .npz" in problem(*train, "--save", "model.txt")
    assert "is no picture that --plot draws" in problem(*train, "--plot", "plot.jpg")
    assert "no folder none" in problem(*train, "--save", "none/model.npz")
    assert (tmp_path / "model.npz").read_bytes() == model  # nothing is lost
    # The twin: with the same sentences it goes on.
    assert xcheck(*resumed, "model.npz", "--epochs", "41", cwd=tmp_path).status == 0
