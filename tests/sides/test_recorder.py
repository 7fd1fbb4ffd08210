"""What Julia records, which rewrites it finds and how it writes a patch, seen from Python.

What Julia alone can test of it is in julia/tracetests.jl.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from pybridge.edit import UNCHANGED, Edit, Replacement
from pybridge.runtime import Runtime
from pybridge.sides import Failure, Task, recorder
from pybridge.sides.julia import JuliaSide
from pybridge.trace import Access, Event, Keep, Kind, Recording, Rewrite, Sketch, Trial
from pybridge.weights import Array
from tests.making import FIXED, NAMES, ORIGINAL, a_case, answered, examine, julia_with, setup

CASE = a_case(random_biases=True, random_h_prev=True)
WORDS = len(CASE.words)
DHNEXT = (2, 2, 19, 2, 18)
MEND = Edit((Replacement(DHNEXT, "dhnext = dhRaw * Whh'"),))
LIMIT = 60.0
Given = TypeVar("Given")


def given(reply: Given | Failure) -> Given:
    """An answer, which the reply must be."""
    assert not isinstance(reply, Failure), reply
    return reply


def problem(reply: object) -> str:
    """The problem of a Failure, which must be one line."""
    assert isinstance(reply, Failure), reply
    assert "\n" not in reply.problem
    return reply.problem


def recorded(side: JuliaSide, keep: Keep = Keep()) -> Recording:  # noqa: B008  # frozen
    return given(side.record(CASE, keep))


def events_of(recording: Recording, text: str) -> list[Event]:
    """The events of the statement with this text, of which there must be one."""
    found = [k for k, s in enumerate(recording.statements) if s.text == text]
    assert len(found) == 1, text
    return [e for e in recording.events if e.statement == found[0]]


def array(access: Access) -> Array:
    assert isinstance(access.value, np.ndarray)
    return access.value


# ---------------------------------------------------------------------------------------------
# record


@pytest.mark.parametrize("name", ["fixed", "original"])
def test_recording_changes_no_bit(name: str, request: pytest.FixtureRequest) -> None:
    side: JuliaSide = request.getfixturevalue(name)
    plain = answered(side.submit(Task(CASE)).result()).run
    recording = recorded(side)
    assert recording.language == "Julia"
    assert recording.file == str(side.setup.tagger)
    assert recording.problem == ""
    assert recording.run is not None
    for a, b in (
        (plain.results, recording.run.results),
        (plain.gradients, recording.run.gradients),
    ):
        assert list(a) == list(b)
        for key, value in a.items():
            assert value.tobytes() == b[key].tobytes()
            assert value.tobytes() != (b[key] + 1e-15 + abs(b[key]) * 1e-15).tobytes()
    after = answered(side.submit(Task(CASE)).result()).run  # and it leaves the tagger as it was
    np.testing.assert_array_equal(after.gradients["Whh"], plain.gradients["Whh"])


def test_what_it_records_is_what_the_port_computes(fixed: JuliaSide) -> None:
    recording, ours = recorded(fixed), examine(Task(CASE)).run
    state = events_of(recording, "h[time] = tanh.(x[time]'*Wxh + h[time-1]*Whh .+ Bh)")
    assert [e.step for e in state] == list(range(1, WORDS))
    for event in state:
        assert [(a.name, a.step) for a in event.writes] == [("h", event.step)]
        assert array(event.writes[0]).shape == (1, 4)
        assert event.step is not None
        np.testing.assert_allclose(
            array(event.writes[0])[0], ours.results["h"][event.step], atol=1e-15
        )
    # The row before is what is read, not this one.
    before = next(a for a in state[0].reads if a.name == "h")
    assert before.step == 0
    np.testing.assert_allclose(array(before)[0], ours.results["h"][0], atol=1e-15)
    assert not np.allclose(array(before), array(state[0].writes[0]))
    last = recording.events[-1]
    assert recording.statements[last.statement].kind is Kind.RETURN
    assert [a.name for a in last.writes] == [f"d{name}" for name in NAMES]
    assert len(last.reads) == len(last.writes)
    for access, name in zip(last.writes, NAMES, strict=True):
        np.testing.assert_allclose(array(access), ours.gradients[name], atol=1e-14)


def test_statements_events_and_where_they_are(original: JuliaSide) -> None:
    recording = recorded(original)
    lines = ORIGINAL.read_text(encoding="utf-8").splitlines()
    for statement in recording.statements:
        if statement.kind not in (Kind.LOOP, Kind.CONDITION):
            assert lines[statement.line - 1].strip().startswith(statement.text)
        for around in statement.within:
            assert recording.statements[around].kind in (Kind.LOOP, Kind.CONDITION)
    bug = next(s for s in recording.statements if s.address == DHNEXT)
    assert (bug.text, bug.function, bug.targets) == (
        "dhnext = dhRaw*Whh",
        "backwardRNN",
        ("dhnext",),
    )
    assert [recording.statements[k].text for k in bug.within] == ["length(x):-1:1"]
    assert [recording.statements[k].targets for k in bug.within] == [("time",)]
    events = events_of(recording, bug.text)
    assert [e.step for e in events] == list(range(WORDS))[::-1]
    assert {(e.phase, e.call, e.threw) for e in events} == {("backward", 1, False)}
    whh = CASE.weights.arrays["Whh"]
    for event in events:
        raw, weight = event.reads
        assert (raw.name, weight.name) == ("dhRaw", "Whh")
        np.testing.assert_array_equal(array(weight), whh)
        np.testing.assert_allclose(array(event.writes[0]), array(raw) @ whh, atol=1e-14)
        assert not np.allclose(array(event.writes[0]), array(raw) @ whh.T)


def test_values_are_copies(original: JuliaSide) -> None:
    recording = recorded(original)
    totals = [array(e.writes[0]) for e in events_of(recording, "dBh = dBh + dhRaw")]
    assert len({t.tobytes() for t in totals}) == WORDS
    first = totals[0].copy()
    totals[1][:] = 0
    np.testing.assert_array_equal(totals[0], first)


def test_all_local_variables_where_they_are_asked_for(original: JuliaSide) -> None:
    recording = recorded(original, Keep(scopes_of=frozenset({DHNEXT, (1, 2, 7, 2, 4)})))
    asked = {s.address: k for k, s in enumerate(recording.statements)}
    wanted = {asked[DHNEXT], asked[1, 2, 7, 2, 4]}
    assert {e.statement for e in recording.events if e.scope} == wanted
    event = next(e for e in recording.events if e.statement == asked[DHNEXT])
    assert {"x", "y", "h", "p", "hPrev", "time", "dy", "dh", "dhRaw", "dWhh"} <= set(event.scope)
    assert not any(name.startswith("#") for name in event.scope)
    assert event.scope["time"] == WORDS
    lists = [e.scope["h"] for e in recording.events if e.statement == asked[1, 2, 7, 2, 4]]
    for step, rows in enumerate(lists):
        assert isinstance(rows, list)
        assert [row is None for row in rows] == [t > step for t in range(WORDS)]


def test_what_is_large_is_sketched(original: JuliaSide) -> None:
    whole, small = recorded(original), recorded(original, Keep(sketch_over=8))
    sketched = 0
    for a, b in zip(whole.events, small.events, strict=True):
        for x, y in zip(a.writes, b.writes, strict=True):
            if not isinstance(y.value, Sketch):
                np.testing.assert_array_equal(array(x), array(y))
                continue
            value = array(x)
            sketched += 1
            assert y.value.shape == value.shape
            assert y.value.norm == pytest.approx(np.linalg.norm(value), rel=1e-14)
            flat = np.ravel(value)
            assert y.value.projection == pytest.approx(flat @ np.cos(np.arange(flat.size)))
            assert y.value.digest == hashlib.sha256(value.tobytes()).hexdigest()
            if len(value) > 1 and value.any():
                assert y.value.digest != hashlib.sha256(value.T.tobytes()).hexdigest()
    assert sketched == 3 * WORDS  # dWhy, dWxh and dWhh, step by step


def test_float32_stays_float32(fixed: JuliaSide) -> None:
    weights = {n: a.astype(np.float32) for n, a in CASE.weights.arrays.items()}
    case = replace(
        CASE, weights=type(CASE.weights)(**weights), h_prev=CASE.h_prev.astype(np.float32)
    )
    recording = given(fixed.record(case, Keep()))
    (first, *_) = events_of(recording, "score = h[time]*Why .+ By")
    assert array(first.writes[0]).dtype == np.float32
    assert array(first.reads[1]).dtype == np.int64


def test_an_edited_copy_is_recorded_and_the_file_is_not_changed(original: JuliaSide) -> None:
    before = ORIGINAL.read_bytes()
    mended = recorded(original.edited(MEND, LIMIT))
    assert events_of(mended, "dhnext = dhRaw * Whh'")
    assert mended.run is not None
    right = examine(Task(CASE)).run.gradients
    np.testing.assert_allclose(mended.run.gradients["Whh"], right["Whh"], atol=1e-14)
    unmended = recorded(original)
    assert unmended.run is not None
    assert not np.allclose(unmended.run.gradients["Whh"], right["Whh"])
    assert ORIGINAL.read_bytes() == before


# ---------------------------------------------------------------------------------------------
# rewrites


def trials(side: JuliaSide, weights: Array | None = None) -> list[Trial]:
    """The steps of the question's bug, with what is right there."""
    whh = CASE.weights.arrays["Whh"] if weights is None else weights
    recording = recorded(side, Keep(scopes_of=frozenset({DHNEXT})))
    return [
        Trial(DHNEXT, e.scope, "dhnext", np.asarray(e.scope["dhRaw"]) @ whh.T)
        for e in recording.events
        if e.scope
    ]


def codes(found: Sequence[Rewrite]) -> list[str]:
    return [r.code for r in found]


def test_the_bug_of_the_question_and_nothing_else(original: JuliaSide) -> None:
    (only,) = given(original.rewrites(CASE, DHNEXT, trials(original)))
    assert only == Rewrite(
        DHNEXT, "dhnext = dhRaw * Whh'", "Whh transposed", only.cost, only.distance
    )
    assert only.distance < 1e-12
    assert only.edit == MEND
    # What is wanted is not what any other code comes to.
    wanted = [replace(t, wanted=np.asarray(t.wanted) * 1.0001) for t in trials(original)]
    assert given(original.rewrites(CASE, DHNEXT, wanted)) == []


def test_a_symmetric_matrix_tells_less(original: JuliaSide) -> None:
    whh = CASE.weights.arrays["Whh"]
    symmetric = replace(
        CASE, weights=type(CASE.weights)(**{**CASE.weights.arrays, "Whh": whh + whh.T})
    )
    found = given(original.rewrites(symmetric, DHNEXT, trials(original, whh + whh.T)))
    assert len(found) > 1


def test_without_trials_all_candidates(original: JuliaSide) -> None:
    found = given(original.rewrites(CASE, DHNEXT, ()))
    assert "dhnext = dhRaw * Whh'" in codes(found)
    assert len(set(codes(found))) == len(found) > 10
    assert all(np.isnan(r.distance) for r in found)
    assert [r.cost for r in found] == sorted(r.cost for r in found)
    loops = codes(given(original.rewrites(CASE, (2, 2, 19, 1, 2), ())))
    assert "1:length(x)" in loops
    assert "at address" in problem(original.rewrites(CASE, (2, 2, 99), ()))


def test_rewrites_of_an_edited_copy(original: JuliaSide) -> None:
    edit = Edit((Replacement(DHNEXT, "dhnext = (dhRaw * Whh') / 2"),))
    found = codes(given(original.edited(edit, LIMIT).rewrites(CASE, DHNEXT, trials(original))))
    assert found[0] == "dhnext = dhRaw * Whh'"
    (of_the_file,) = given(original.rewrites(CASE, DHNEXT, trials(original)))
    assert of_the_file.what == "Whh transposed"
    (half, *_) = given(original.edited(edit, LIMIT).rewrites(CASE, DHNEXT, trials(original)))
    assert half.what == "without 2"


def test_what_is_carried_from_trial_to_trial(original: JuliaSide) -> None:
    address = (2, 2, 19, 2, 14)
    assert "dBh = dBh + dhRaw" in [s.text for s in recorded(original).statements]
    edit = Edit((Replacement(address, "dBh = dBh - dhRaw"),))
    side = original.edited(edit, LIMIT)
    recording = recorded(side, Keep(scopes_of=frozenset({address})))
    scopes = [e.scope for e in recording.events if e.scope]
    total = np.sum([np.asarray(s["dhRaw"]) for s in scopes], axis=0)

    def found(carried: tuple[str, ...]) -> list[str]:
        asked = [Trial(address, s, "dBh", None, carried) for s in scopes]
        asked[-1] = replace(asked[-1], wanted=total)
        return codes(given(side.rewrites(CASE, address, asked)))

    assert "dBh = dBh + dhRaw" in found(("dBh",))
    assert "dBh = dBh + dhRaw" not in found(())


# ---------------------------------------------------------------------------------------------
# patched


def test_a_patch_changes_one_character(original: JuliaSide) -> None:
    text = given(original.patched(MEND))
    old = ORIGINAL.read_text(encoding="utf-8")
    assert text == old.replace("    dhnext = dhRaw*Whh;", "    dhnext = dhRaw*Whh';")
    assert text != old
    assert given(original.patched(UNCHANGED)) == old
    impossible = Edit((Replacement((2, 2, 19, 2, 18, 7), "a"),))
    assert problem(original.patched(impossible))


def test_a_patch_that_mends_is_the_edit(fixed: JuliaSide, tmp_path: Path) -> None:
    edit = Edit((Replacement((2, 2, 19, 2, 8), "dh = dhnext + (Why * dy)'"),))
    text = given(fixed.patched(edit))
    assert "    dh = dhnext + (Why*dy)';" in text
    assert len(text) == len(FIXED.read_text(encoding="utf-8"))


# ---------------------------------------------------------------------------------------------
# A tagger that throws, hangs and crashes: a Julia of its own.


@pytest.fixture(scope="module")
def moody(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JuliaSide]:
    file = julia_with(
        tmp_path_factory.mktemp("taggers") / "moody.jl",
        (
            "    dh = (Why*dy)' + dhnext;",
            "    length(x) == 3 && time == 2 && sqrt(-1.0);\n"
            "    length(x) == 4 && while true; end\n"
            "    length(x) == 6 && ccall(:abort, Cvoid, ());\n"
            "    dh = (Why*dy)' + dhnext;",
        ),
    )
    with JuliaSide.start(setup(runtime, file)) as side:
        yield side


def of_length(side: JuliaSide, n: int, limit: float = 5 * LIMIT) -> Recording | Failure:
    return side.edited(UNCHANGED, limit).record(a_case(" ".join("abcdefgh"[:n])), Keep())


def test_what_throws_ends_the_recording_with_all_that_came_before(moody: JuliaSide) -> None:
    recording = given(of_length(moody, 3))
    line = next(
        i
        for i, text in enumerate(moody.setup.tagger.read_text().splitlines(), 1)
        if "sqrt(-1.0)" in text
    )
    assert recording.run is None
    assert recording.problem.startswith(f"{moody.setup.tagger}:{line}: DomainError")
    (threw,) = [e for e in recording.events if e.threw]
    assert threw == recording.events[-1]
    assert threw.step == 1
    assert threw.writes == ()
    assert recording.statements[threw.statement].text == "sqrt(-1.0)"
    whole = given(of_length(moody, 5))
    assert whole.run is not None
    assert not any(e.threw for e in whole.events)


def test_a_hang_or_a_crash_is_a_failure_and_the_next_answer_comes(moody: JuliaSide) -> None:
    assert problem(of_length(moody, 4, 10.0)).endswith("timed out after 10 s")
    moody.wake()
    assert "Julia's process ended" in problem(of_length(moody, 6))
    moody.wake()
    assert given(of_length(moody, 5)).run is not None


def test_the_recorder_imports_no_juliacall() -> None:
    tree = ast.parse(Path(recorder.__file__).read_text(encoding="utf-8"))
    assert not any(
        "juliacall" in ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    )
