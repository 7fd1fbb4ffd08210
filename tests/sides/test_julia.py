import multiprocessing
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge.errors import InputError
from pybridge.evidence import Evidence, ask, collect, question
from pybridge.gradcheck import Status, complex_step, probes
from pybridge.gradcheck.methods import COMPLEX
from pybridge.runtime import Runtime
from pybridge.sides import Examination, Probe, Task, tensors
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.weights import Array, fingerprint
from tests.making import (
    NAMES,
    a_case,
    answered,
    examine,
    failed,
    julia_with,
    known_answer,
    large_logits,
    setup,
)

WORDS = "abcdefgh"


def of_length(n: int) -> Task:
    return Task(a_case(" ".join(WORDS[:n])))


def close(a: Array, b: Array) -> bool:
    return bool(np.abs(a - b).max() <= 1e-14 * max(1.0, np.abs(a).max()))


# ---------------------------------------------------------------------------------------------
# fixed.jl


def test_known_answer(fixed: JuliaSide, original: JuliaSide) -> None:
    case, expected = known_answer()
    for side in (fixed, original):
        run = answered(side.submit(Task(case)).result()).run
        np.testing.assert_allclose(run.results["h"], expected, atol=1e-8)


def test_the_run_is_that_of_the_port(fixed: JuliaSide) -> None:
    case = a_case()
    theirs, ours = answered(fixed.submit(Task(case)).result()), examine(Task(case))
    assert theirs.fingerprint == ours.fingerprint == fingerprint(case.weights.arrays)
    assert list(theirs.run.results) == ["cost", "h", "p"]
    assert tuple(theirs.run.gradients) == NAMES
    for mine, other in (
        (ours.run.results, theirs.run.results),
        (ours.run.gradients, theirs.run.gradients),
    ):
        for name, array in mine.items():
            assert other[name].dtype == np.float64
            assert other[name].shape == array.shape
            assert close(array, other[name])


@pytest.mark.parametrize("steps", [complex_step.STEPS, (0.25 + 0j, -0.5 + 0j)])
def test_the_costs_are_those_of_the_port(fixed: JuliaSide, steps: tuple[complex, ...]) -> None:
    case = a_case()
    task = Task(case, probes.directions(case) + probes.entries(case, 200), steps)
    theirs, ours = answered(fixed.submit(task).result()), examine(task)
    assert theirs.refusal == ""
    assert len(theirs.costs) == len(ours.costs) == 10
    for a, b in zip(ours.costs, theirs.costs, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert close(a.real, b.real)
        if np.iscomplexobj(a):
            assert close(a.imag / complex_step.H, b.imag / complex_step.H)


def test_further_tasks_are_answered_like_tasks_of_their_own(fixed: JuliaSide) -> None:
    """On both sides; one about the very same case has the run of the first."""
    for side in (fixed, PythonSide()):
        task = question(a_case(), COMPLEX)
        reply = answered(side.submit(task).result())
        assert len(reply.more) == len(task.more) == 2
        assert [one.case is task.case for one in task.more] == [False, True]
        assert reply.more[1].run is reply.run
        for whole, one in zip((task, *task.more), (reply, *reply.more), strict=True):
            alone = answered(side.submit(replace(whole, more=())).result())
            pairs = [(tensors(alone.run)[n], a) for n, a in tensors(one.run).items()]
            assert len(pairs) == 8
            for a, b in [*pairs, *zip(alone.costs, one.costs, strict=True)]:
                np.testing.assert_array_equal(a, b)
        nudged = tensors(reply.more[0].run)
        assert any(not np.array_equal(a, nudged[n]) for n, a in tensors(reply.run).items())


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12.0).reshape(2, 6)[:, ::2],
        np.arange(6, dtype=np.float32).reshape(3, 2),
        np.array([[-0.0, np.nan, np.inf, 5e-324]]),
    ],
    ids=["row-major", "column-major", "strided", "float32", "odd numbers"],
)
def test_julia_holds_the_same_bytes(fixed: JuliaSide, array: Array) -> None:
    assert fixed.fingerprints([{"Whh": array}, {"Wxh": array}]) == [
        fingerprint({"Whh": array}),
        fingerprint({"Wxh": array}),
    ]
    assert fixed.fingerprints([{"Whh": array}]) != [fingerprint({"Wxh": array})]
    assert fixed.fingerprints([{"Whh": array}]) != [fingerprint({"Whh": array + 1})]


def test_answers_come_in_the_order_of_the_questions(fixed: JuliaSide) -> None:
    tasks = [of_length(n) for n in (1, 5, 2, 8)]
    replies = [fixed.submit(task) for task in tasks]
    for task, reply in zip(tasks, replies, strict=True):
        found = answered(reply.result()).run.results
        assert found["h"].shape[0] == len(task.case.words)
        assert close(found["cost"], examine(task).run.results["cost"])


def test_the_same_question_gets_the_same_bits(fixed: JuliaSide) -> None:
    first, second = (answered(fixed.submit(of_length(5)).result()) for _ in range(2))
    for name, array in first.run.gradients.items():
        np.testing.assert_array_equal(array, second.run.gradients[name])


def test_logits_above_710(fixed: JuliaSide, original: JuliaSide) -> None:
    task = Task(large_logits())
    right = answered(fixed.submit(task).result()).run
    assert close(right.results["cost"], examine(task).run.results["cost"])
    wrong = answered(original.submit(task).result()).run
    assert not np.isfinite(wrong.results["cost"])
    assert not np.isfinite(wrong.results["p"]).all()


# ---------------------------------------------------------------------------------------------
# A tagger file whose behaviour depends on the length of the sentence: one Julia for all of it.

MOODS = """
  T = length(x);
  T == 2 && error("two words are too many\\nfor me");
  T == 3 && exit(3);
  T == 4 && (println(stderr, "fatal: I give up"); flush(stderr); ccall(:abort, Cvoid, ()));
  T == 6 && (println("to stdout"); println(stderr, "to stderr"));
  T == 8 && (println("pid ", getpid()); flush(stdout));
  T == 8 && while true; sleep(0.01); end
"""


@pytest.fixture(scope="module")
def starting(
    runtime: Runtime, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[JuliaSide, BaseException | None, Path]]:
    """The moody tagger, started; and what came of starting one that is no Julia."""
    folder = tmp_path_factory.mktemp("taggers")
    moody = julia_with(
        folder / "moods.jl",
        ("  cost = 0;\n  for time", f"{MOODS}  cost = 0;\n  for time"),
        ("maximum(real.(score))", "(T == 7 ? maximum(score) : maximum(real.(score)))"),
    )
    broken = folder / "broken.jl"
    broken.write_text("a = 1\nb = = 2\n")
    with ThreadPoolExecutor() as threads:
        starts = [threads.submit(JuliaSide.start, setup(runtime, f)) for f in (moody, broken)]
        problem = starts[1].exception()
        with starts[0].result() as side:
            yield side, problem, broken


@pytest.fixture
def moody(starting: tuple[JuliaSide, BaseException | None, Path]) -> JuliaSide:
    return starting[0]


def is_right(side: JuliaSide, task: Task) -> bool:
    reply = answered(side.submit(task).result())
    return close(reply.run.results["cost"], examine(task).run.results["cost"])


def test_a_file_that_cannot_be_loaded(
    starting: tuple[JuliaSide, BaseException | None, Path],
) -> None:
    _, problem, file = starting
    assert isinstance(problem, InputError)
    assert str(problem).startswith(f"{file}:2: syntax: ")
    assert str(problem).endswith("; mend the Julia file")
    assert "\n" not in str(problem)


def test_an_error_is_a_failure_with_its_place(moody: JuliaSide) -> None:
    before = multiprocessing.active_children()
    file = moody.setup.tagger
    line = next(i for i, text in enumerate(file.read_text().splitlines(), 1) if "too many" in text)
    assert failed(moody.submit(of_length(2)).result()) == f"{file}:{line}: two words are too many"
    assert is_right(moody, of_length(5))
    assert multiprocessing.active_children() == before  # the same process


def test_no_complex_weights(moody: JuliaSide) -> None:
    case = of_length(7).case
    reply = answered(moody.submit(Task(case, (Probe("By", None),), complex_step.STEPS)).result())
    assert reply.costs == ()
    assert "MethodError: no method matching isless" in reply.refusal
    assert close(reply.run.results["cost"], examine(Task(case)).run.results["cost"])
    found = collect(ask(moody, case, COMPLEX))
    assert isinstance(found, Evidence)
    assert found.gradient.method == "central differences"
    assert found.gradient.reason == f"no complex weights: {reply.refusal}"
    assert found.gradient.status is Status.PASSED
    assert [p.name for p in found.gradient.parameters] == [f"d{name}" for name in NAMES]


def test_what_a_tagger_prints_goes_nowhere(
    moody: JuliaSide, capfd: pytest.CaptureFixture[str]
) -> None:
    assert is_right(moody, of_length(6))
    assert capfd.readouterr() == ("", "")


def test_abort_is_a_failure_and_a_fresh_julia_answers_the_next_task(moody: JuliaSide) -> None:
    crash, after = moody.submit(of_length(4)), moody.submit(of_length(5))
    assert failed(crash.result()) == (
        f"{moody.setup.tagger}: Julia's process ended (signal 6, Aborted): fatal: I give up"
    )
    assert isinstance(after.result(), Examination)
    assert is_right(moody, of_length(5))


def test_exit_is_a_failure_too_and_is_not_put_down_to_the_abort(moody: JuliaSide) -> None:
    first, second, third = (moody.submit(of_length(n)) for n in (5, 3, 5))
    answered(first.result())
    assert failed(second.result()) == (
        f"{moody.setup.tagger}: Julia's process ended (exit status 3)"
    )
    answered(third.result())


def test_of_questions_that_share_a_message_one_alone_is_the_end_of_the_process(
    moody: JuliaSide,
) -> None:
    lengths = [5, 1, 5, 1, 5, 4, 1, 5, 2, 1]  # the first goes by itself
    answers = [moody.submit(of_length(n)).result for n in lengths]
    for n, answer in zip(lengths, answers, strict=True):
        if n == 4:
            assert "signal 6, Aborted" in failed(answer())
        elif n == 2:
            assert "two words are too many" in failed(answer())
        else:
            assert len(answered(answer()).run.results["h"]) == n


def printed(folder: Path) -> str:
    """What the process that is up has printed so far."""
    return "".join(log.read_text() for log in folder.rglob("*.log"))


def test_stop_ends_a_julia_that_is_busy_and_leaves_nothing_behind(moody: JuliaSide) -> None:
    """The last test of the moody tagger: it stops it."""
    folder = moody.crew.folder
    busy = moody.submit(of_length(8))
    while not (found := re.search(r"pid (\d+)\n", printed(folder))):
        assert not busy.done()
        time.sleep(0.05)
    pid = int(found[1])
    assert pid in [child.pid for child in multiprocessing.active_children()]
    moody.stop()
    assert pid not in [child.pid for child in multiprocessing.active_children()]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not folder.exists()
    assert failed(busy.result()).endswith(": the run has ended")
    moody.stop()  # again, as leaving the `with` block does


def test_a_julia_that_does_not_start(runtime: Runtime, tmp_path: Path) -> None:
    before = multiprocessing.active_children()
    nowhere = replace(runtime, executable=tmp_path / "julia", origin="--julia-exe")
    with pytest.raises(InputError) as raised:
        JuliaSide.start(setup(nowhere, tmp_path / "any.jl"))
    message = str(raised.value)
    assert message.startswith(
        f"Julia {runtime.version} (--julia-exe, {tmp_path / 'julia'}) did not start: "
    )
    assert message.endswith("or set XCHECK_JULIA to another Julia")
    assert "\n" not in message
    assert multiprocessing.active_children() == before
