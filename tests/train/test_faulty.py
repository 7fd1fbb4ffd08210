"""An update on which the sides disagree, judged, and as a case that `xcheck run` takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pybridge import tagger as port
from pybridge.running import Request, plan
from pybridge.sides.julia import JuliaSide
from pybridge.trace.codes import JuliaCode, PythonCode
from pybridge.train import Single
from pybridge.train.faulty import case_at, judge, save_case
from pybridge.train.lockstep import Difference
from pybridge.verdict import Kind
from tests.train.making import SETTINGS, data, learner, new

PYTHON = PythonCode("pybridge.tagger", "pybridge/tagger.py")


def an_update(long: bool = True) -> Difference:
    """The first update of a sentence that shows the question's bug; or of one of two words."""
    found, seen = data(), list[Single]()
    learner(SETTINGS, found).advance(new(SETTINGS, found).tracks[0].state, 10, seen=seen)
    one = next(s for s in seen if (len(found.train[s.sentence].words) > 2) is long)
    return Difference(one, one, ("dWhh",), 0.5)


def test_the_saved_case_is_the_update(tmp_path: Path) -> None:
    used, found = data(), an_update()
    coded = used.train[found.python.sentence]
    saved = case_at(found, coded, used.lexicon, port.PARAMETERS, SETTINGS.hidden)
    save_case(tmp_path / "deep" / "case", saved, used.lexicon)
    (read,) = plan(Request(paths=(tmp_path / "deep" / "case",))).cases()
    assert read.configuration.name == f"update {found.python.update + 1}"
    assert read.sentence.words == saved.sentence.words
    assert [read.rows[i] for i in read.words] == [saved.rows[i] for i in saved.words]
    assert read.tags.tolist() == coded.tags.tolist()
    assert read.outputs == len(used.lexicon.tags)
    for name, array in saved.weights.arrays.items():
        if name == "Wxh":
            continue
        assert np.array_equal(read.weights.arrays[name], array)
    ours, theirs = (port.forward(c.weights, c.words, c.tags, c.h_prev) for c in (saved, read))
    assert float(ours.cost) == float(theirs.cost) == found.python.cost


def test_a_wrong_update_gets_its_culprit(original: JuliaSide, fixed: JuliaSide) -> None:
    used, found = data(), an_update()
    coded = used.train[found.python.sentence]
    one = case_at(found, coded, used.lexicon, port.PARAMETERS, SETTINGS.hidden)
    fault = judge([found], [one], PYTHON, JuliaCode(original, "julia/original.jl"), {})
    assert fault is not None
    assert fault.update == found.python.update + 1
    assert fault.result is not None
    assert fault.result.verdict.kind is Kind.JULIA_WRONG
    (story,) = fault.stories
    assert story.traced.findings[0].statement.text.startswith("dhnext = dhRaw*Whh")
    # The twin: what the checks find right is rounding, however far it was off.
    assert judge([found], [one], PYTHON, JuliaCode(fixed, "julia/fixed.jl"), {}) is None
