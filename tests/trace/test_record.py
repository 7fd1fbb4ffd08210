from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pybridge import python_file
from pybridge.sides import Examination, Task, tensors
from pybridge.sides.python import PythonSide
from pybridge.trace import Keep, Kind, Recording, Sketch
from tests.trace.making import LOOPS, PORT, a_case, recorded

HEAD = (
    "import numpy as np\nfrom pybridge.weights import Weights\nfrom pybridge.tagger import Trace\n"
)
BACKWARD = """
def backward(weights, words, tags, h_prev, trace):
    return Weights(**{n: np.zeros_like(a) for n, a in weights.arrays.items()})
"""


def a_tagger(folder: Path, body: str) -> str:
    """A file whose forward has this body, and which returns a cost that it calls cost."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    file = folder / "tagger.py"
    file.write_text(
        f"{HEAD}def forward(weights, words, tags, h_prev):\n    T = len(words)\n{lines}"
        f"    return Trace(cost=cost, h=np.zeros((T, 3)), p=np.zeros((T, 4)))\n{BACKWARD}"
    )
    return str(file)


def written(recording: Recording) -> list[tuple[str, int | None, int | None, object]]:
    """Name, entry, step and value of each write, returns left out."""
    return [
        (access.name, access.step, event.step, np.asarray(access.value).tolist())
        for event in recording.events
        if recording.statements[event.statement].kind is not Kind.RETURN
        for access in event.writes
    ]


@pytest.mark.parametrize("source", [PORT, LOOPS])
def test_recording_changes_no_bit_of_any_result(source: str) -> None:
    case = a_case()
    recording = recorded(source, case)
    assert recording.problem == ""
    answer = PythonSide(python_file.load(source)).submit(Task(case)).result()
    assert isinstance(answer, Examination)
    assert recording.run is not None
    plain, traced = tensors(answer.run), tensors(recording.run)
    assert plain.keys() == traced.keys()
    for name, array in plain.items():
        assert array.tobytes() == traced[name].tobytes(), name


def test_plain_updating_indexed_and_destructuring_assignments(tmp_path: Path) -> None:
    source = a_tagger(
        tmp_path,
        """
        cost = 1.0
        cost += 2.0
        a, (b, c) = 1, (2, 3)
        d = e = [0, 0]
        v = np.zeros(3)
        v[1] = 5.0
        v[0:2] = 7.0
        """.replace("        ", ""),
    )
    found = written(recorded(source, a_case("a b")))
    assert ("cost", None, None, 1.0) in found
    assert ("cost", None, None, 3.0) in found
    assert [f[0] for f in found if f[0] in "abc"] == ["a", "b", "c"]
    assert ("v", 1, None, 5.0) in found
    assert ("v", None, None, [7.0, 7.0, 0.0]) in found


def test_loops_branches_and_nested_functions_are_recorded_with_their_steps(tmp_path: Path) -> None:
    body = """
cost = 0.0
def twice(x):
    y = 2 * x
    return y
for t in range(T):
    if t == 0:
        z = 1.0
    else:
        z = -1.0
    cost = cost + twice(z)
while cost > 100:
    cost = 0.0
"""
    found = written(recorded(a_tagger(tmp_path, body), a_case("a b c")))
    assert [f[2:] for f in found if f[0] == "z"] == [(0, 1.0), (1, -1.0), (2, -1.0)]
    assert [f[2:] for f in found if f[0] == "y"] == [(0, 2.0), (1, -2.0), (2, -2.0)]
    assert [f[2] for f in found if f[0] == "cost"] == [None, 0, 1, 2]


def test_a_loop_in_a_helper_is_of_the_step_in_which_it_is_called(tmp_path: Path) -> None:
    body = """
cost = 0.0
def summed(x):
    for i in range(2):
        s = x + i
    return s
outside = summed(5.0)
for t in range(T):
    cost = cost + summed(float(t))
"""
    found = written(recorded(a_tagger(tmp_path, body), a_case("a b")))
    steps = [f[2:] for f in found if f[0] == "s"]
    assert steps == [(0, 5.0), (1, 6.0), (0, 0.0), (0, 1.0), (1, 1.0), (1, 2.0)]


def test_a_call_that_changes_its_argument_is_a_write_and_one_that_does_not_is_none(
    tmp_path: Path,
) -> None:
    body = """
a = np.zeros(3)
b = np.ones(3)
np.add.at(a, [0, 0], 1.0)
np.sum(b)
hs = []
hs.append(b)
cost = 0.0
"""
    found = written(recorded(a_tagger(tmp_path, body), a_case("a b")))
    assert ("a", None, None, [2.0, 0.0, 0.0]) in found
    assert [f for f in found if f[0] == "b"] == [("b", None, None, [1.0, 1.0, 1.0])]
    assert ("hs", 0, None, [1.0, 1.0, 1.0]) in found


def test_a_row_under_a_name_of_its_own_is_the_row(tmp_path: Path) -> None:
    body = """
a = np.ones((T, 2))
for t in reversed(range(T)):
    row = a[t]
    row *= 2
    copy = a[t].copy()
    copy *= 3
    cost = row.sum()
"""
    recording = recorded(a_tagger(tmp_path, body), a_case("a b"))
    found = written(recording)
    assert [f[1:] for f in found if f[0] == "a" and f[2] is not None] == [
        (1, 1, [1.0, 1.0]),  # where it gets the name
        (1, 1, [2.0, 2.0]),
        (0, 0, [1.0, 1.0]),
        (0, 0, [2.0, 2.0]),
    ]
    assert [f[3] for f in found if f[0] == "copy"] == [[2.0, 2.0], [6.0, 6.0]] * 2
    reads = [
        (access.name, access.step, access.alias)
        for event in recording.events
        if recording.statements[event.statement].text == "cost = row.sum()"
        for access in event.reads
    ]
    assert reads == [("a", 1, "row"), ("a", 0, "row")]


def test_what_a_function_is_told_to_write_to_is_written(tmp_path: Path) -> None:
    body = """
a, before = np.zeros((T, 2)), np.ones(2)
flat = np.zeros((2, 2))
for t in range(T):
    before = np.add(a[t], before, out=a[t])
for row in a:
    last = np.negative(row, out=row)
np.add.at(flat.ravel(), [3], 1.0)
np.add.at(flat.copy(), [1], 1.0)
flat.ravel()[0] = 4.0
cost = 0.0
"""
    found = written(recorded(a_tagger(tmp_path, body), a_case("a b")))
    assert [f[1:] for f in found if f[0] == "a"][1:] == [
        (0, 0, [1.0, 1.0]),
        (1, 1, [1.0, 1.0]),
        (0, 0, [-1.0, -1.0]),
        (1, 1, [-1.0, -1.0]),
    ]
    assert [f[3] for f in found if f[0] == "flat"] == [
        [[0.0, 0.0], [0.0, 0.0]],
        [[0.0, 0.0], [0.0, 1.0]],
        [[4.0, 0.0], [0.0, 1.0]],
    ]


def test_a_loop_along_rows_backwards_counts_their_steps_and_not_its_turns(tmp_path: Path) -> None:
    body = """
a, b = np.arange(6.0).reshape(T, 2), np.zeros((T, 2))
for x, row in zip(a[::-1], b[::-1], strict=True):
    row = np.multiply(x, 2, out=row)
for number, row in zip([7, 5, 3], b):
    last = row.sum()
for one, word in zip([1.5, 2.5, 3.5], [9, 4, 9]):
    half = one / 2
cost = 0.0
"""
    recording = recorded(a_tagger(tmp_path, body), a_case("a b c"))
    read = [a for e in recording.events for a in e.reads if a.alias == "x"]
    assert [(a.name, a.step) for a in read] == [("a", 2), ("a", 1), ("a", 0)]
    found = written(recording)
    assert [f[1:] for f in found if f[0] == "b"][1:] == [
        (2, 2, [8.0, 10.0]),
        (1, 1, [4.0, 6.0]),
        (0, 0, [0.0, 2.0]),
    ]
    assert [f[2] for f in found if f[0] == "last"] == [7, 5, 3]  # what counts itself is believed
    assert [f[2] for f in found if f[0] == "half"] == [0, 1, 2]  # and a word is no step


def test_reads_are_what_the_right_hand_side_saw_before_it_ran(tmp_path: Path) -> None:
    body = """
x = np.ones(2)
x = x + x
n = x.shape[0]
cost = 0.0
"""
    recording = recorded(a_tagger(tmp_path, body), a_case("a b"))
    by_text = {recording.statements[e.statement].text: e for e in recording.events}
    (read,) = by_text["x = x + x"].reads
    assert np.asarray(read.value).tolist() == [1.0, 1.0]
    assert by_text["n = x.shape[0]"].reads == ()  # only its shape counts
    assert by_text["x = np.ones(2)"].reads == ()  # np is no value


def test_memory_that_nothing_was_written_to_has_no_value(tmp_path: Path) -> None:
    recording = recorded(a_tagger(tmp_path, "x = np.empty(3)\ncost = 0.0"), a_case("a b"))
    assert [a.value for e in recording.events for a in e.writes if a.name == "x"] == [None]


def test_what_throws_ends_the_recording_and_is_named(tmp_path: Path) -> None:
    body = """
cost = 0.0
for t in range(T):
    cost = cost + 1 / (2 - t)
"""
    source = a_tagger(tmp_path, body)
    recording = recorded(source, a_case("a b c d"))
    assert recording.run is None
    assert recording.problem == f"{source}:8: ZeroDivisionError: division by zero"
    last = recording.events[-1]
    assert last.threw
    assert last.step == 2
    assert [e.threw for e in recording.events[:-1]] == [False] * (len(recording.events) - 1)


def test_a_tagger_that_ends_the_process_is_not_let(tmp_path: Path) -> None:
    source = a_tagger(tmp_path, "raise SystemExit('gone')\n")
    recording = recorded(source, a_case("a b"))
    assert recording.run is None
    assert recording.problem == f"{source}:6: SystemExit: gone"


def test_large_arrays_that_are_made_at_every_step_are_sketched(tmp_path: Path) -> None:
    body = """
a = np.ones(20)
for t in range(T):
    b = a * t
cost = 0.0
"""
    recording = recorded(a_tagger(tmp_path, body), a_case("a b"), keep=Keep(sketch_over=10))
    values = {a.name: a.value for e in recording.events for a in e.writes}
    assert isinstance(values["b"], Sketch)
    assert isinstance(values["a"], np.ndarray)


def test_scopes_come_where_they_are_asked_for() -> None:
    case = a_case()
    address = next(
        s.address for s in recorded(PORT, case).statements if s.text.startswith("dhnext")
    )
    recording = recorded(PORT, case, keep=Keep(scopes_of=frozenset({address})))
    with_scope = [e for e in recording.events if e.scope]
    assert with_scope
    assert all(recording.statements[e.statement].address == address for e in with_scope)
    assert {"dhRaw", "Whh", "weights"} <= set(with_scope[0].scope)
