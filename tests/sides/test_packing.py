"""What crosses the bridge, laid out as Packed.jl has it; julia/packedtests.jl is the twin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pybridge.case import nudged
from pybridge.evidence import question
from pybridge.gradcheck.methods import COMPLEX
from pybridge.sides import Examination, Failure, Probe, Task, Together, tensors
from pybridge.sides.julia import JuliaSide
from pybridge.sides.messages import arrays_of, letters, message, text
from pybridge.sides.packing import next_run, packed, read, unpacked
from pybridge.weights import Array
from tests.making import a_case, answered


def sent(question: Task) -> list[Array]:
    """The arrays that Julia is sent."""
    return arrays_of(packed(question))


def reply(held: Array, layout: Array, refusals: str, problem: str = "") -> bytes:
    """What Julia answers."""
    return message(letters(problem), letters("abc"), letters(refusals), held, layout)


def test_a_task_is_laid_out_as_julia_reads_it() -> None:
    case = a_case("a b a")
    rows = np.array([0, 2])
    probes = (
        Probe("Whh", np.arange(32.0).reshape(2, 4, 4)),
        Probe("Wxh", np.arange(8.0).reshape(1, 2, 4), rows),
        Probe("By", None),
    )
    other = nudged(case)
    more = (Task(other, (Together(probes[:2]),), (0.5 + 0j, 1 + 0j)), Task(case))
    names, values, directions, layout, steps = sent(Task(case, probes, (1e-20j,), more))
    assert text(names) == "Wxh Whh Bh Why By"
    arrays = [*case.weights.arrays.values(), case.h_prev, *other.weights.arrays.values()]
    assert values.tolist() == [x for array in arrays for x in array.ravel()]
    assert directions.tolist() == [*range(32), *range(8)] * 2
    shapes = [n for array in case.weights.arrays.values() for n in array.shape]
    of_the_case = [3, *(case.words + 1), *(case.tags + 1), len(case.rows), case.outputs, 4]
    whh, wxh, by = [2, 2, -1], [1, 1, 2, 1, 3], [5, -1, -1]
    of_the_tasks = [0, 1, 0, 3, 1, *whh, 1, *wxh, 1, *by, 1, 2, 1, 1, 2, *whh, *wxh, 0, 0, 1, 0]
    assert layout.tolist() == [*of_the_case, *shapes, *of_the_tasks]
    assert layout.dtype == np.int64
    assert steps.tolist() == [1e-20j, 0.5, 1]
    _, _, directions, _, steps = sent(Task(case))
    assert (directions.size, steps.size) == (0, 0)


def test_real_steps_alone_cross_as_real_numbers() -> None:
    *_, steps = sent(Task(a_case(), (), (0.5 + 0j,), (Task(a_case(), (), (0.25 + 0j,)),)))
    assert steps.dtype == np.float64


def laid_out(arrays: list[Array], kinds: list[int]) -> tuple[Array, Array]:
    """Bytes and layout, as Packed.jl makes them."""
    layout = [
        number
        for kind, array in zip(kinds, arrays, strict=True)
        for number in (kind, array.ndim, *array.shape)
    ]
    return np.frombuffer(b"".join(a.tobytes() for a in arrays), np.uint8), np.array(layout)


def test_arrays_are_read_back_one_after_the_other() -> None:
    arrays: list[Array] = [
        np.array(1.5),
        np.arange(6.0).reshape(2, 3),
        np.array([1, 2], np.float32),
        np.array([[1j, 2]], np.complex64),
        np.array([True, False]),
        np.zeros((0, 3)),
        np.arange(3),
    ]
    kinds = [1, 1, 2, 5, 7, 1, 6]  # as in KINDS
    held, layout = laid_out(arrays, kinds)
    *found, none = unpacked(held, np.append(layout, 0))
    assert none is None
    for array, expected in zip(found, arrays, strict=True):
        assert array is not None
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)


def test_a_run_takes_its_own_arrays_and_leaves_the_costs() -> None:
    case = a_case("a b")
    numbers = [np.full(2, float(i)) for i in range(9)]
    arrays = iter([*numbers[:2], None, *numbers[3:]])  # a file that gives no p
    run = next_run(arrays, case, ("cost", "h", "p"))
    assert {name: a[0] for name, a in tensors(run).items()} == {
        "cost": 0, "h": 1, "dWxh": 3, "dWhh": 4, "dBh": 5, "dWhy": 6, "dBy": 7,
    }  # fmt: skip
    (left,) = arrays
    assert left is numbers[8]
    assert list(next_run(iter(numbers), case, ("cost",)).results) == ["cost"]


def test_each_task_takes_its_own_arrays_and_a_refusal_none() -> None:
    case = a_case("a b")
    probes = tuple(Probe("By", np.ones((1, 1, 3))) for _ in range(2))
    more = (Task(nudged(case), probes), Task(case, probes))
    held, layout = laid_out([np.full(2, float(i)) for i in range(8 + 8 + 2 + 2)], [1] * 20)
    refusals = ["no complex numbers", "", ""]
    task = Task(case, probes, (), more)
    found = answered(read(task, reply(held, layout, "\n".join(refusals)), ("h",)))
    first, (second, third) = found, found.more
    assert (first.fingerprint, second.fingerprint) == ("abc", "")
    runs = [one.run.results["h"][0] for one in (first, second, third)]
    assert runs == [1, 9, 1]
    costs = [[a[0] for a in one.costs] for one in (first, second, third)]
    assert costs == [[], [16, 17], [18, 19]]
    assert [one.refusal for one in (first, second, third)] == refusals
    found.run.results["h"][0] = 5  # an array may be written to
    with pytest.raises(ValueError, match="zip"):
        read(Task(case, probes), reply(held, layout, "\n"), ("h",))
    assert read(task, message(letters("t.jl:3: no")), ("h",)) == Failure("t.jl:3: no")


def test_bytes_that_end_too_early_are_no_array() -> None:
    with pytest.raises(ValueError, match="reshape"):
        list(unpacked(np.zeros(40, np.uint8), np.array([1, 2, 2, 3])))


@pytest.mark.parametrize("words", ["a", "a b a c b"])
def test_each_task_of_a_question_gets_what_it_would_by_itself(fixed: JuliaSide, words: str) -> None:
    """Nothing of one task is left over for the next, or taken from a wrong place."""
    case = a_case(words)
    task = question(case, COMPLEX)
    together = answered(fixed.submit(task).result())
    for one, found in zip(
        [replace(task, more=()), *task.more], [together, *together.more], strict=True
    ):
        alone = answered(fixed.submit(one).result())
        for name, array in tensors(alone.run).items():
            np.testing.assert_array_equal(array, tensors(found.run)[name])
        assert_same_costs(alone, found)
    other = answered(fixed.submit(Task(nudged(case), task.probes, task.steps)).result())
    with pytest.raises(AssertionError):
        assert_same_costs(other, together)


def assert_same_costs(a: Examination, b: Examination) -> None:
    assert len(a.costs) == len(b.costs) > 0
    for one, other in zip(a.costs, b.costs, strict=True):
        np.testing.assert_array_equal(one, other)
