"""xcheck from a script or a notebook."""

from __future__ import annotations

import html
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pybridge
from pybridge.errors import InputError
from pybridge.sides.julia import JuliaSide
from pybridge.verdict import Kind
from tests.making import ORIGINAL, a_case

WORDS, TAGS = ("the", "cat", "sat"), ("DET", "NOUN", "VERB")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> pybridge.Results:
    """A sentence with a name to escape, on the question's own code."""
    file = tmp_path_factory.mktemp("sentences") / "<b>.tagged"
    file.write_text("the/DET cat/NOUN sat/VERB\nyes/X\n")
    return pybridge.run(file, julia=ORIGINAL)


def test_a_run_gives_objects(results: pybridge.Results) -> None:
    assert not results.all_right
    wrong = [r for r in results if r.verdict.kind is Kind.JULIA_WRONG]
    assert 0 < len(wrong) < len(results)
    assert all(len(r.case.words) == 3 for r in wrong)
    (story,) = results.stories
    assert story.traced.findings[0].statement.line == 53
    assert story.verified is not None
    assert story.verified.all_right


def test_printed(results: pybridge.Results) -> None:
    """In one line, and not with all the numbers of all the cases."""
    kinds = [r.verdict.kind for r in results]
    right, wrong = (kinds.count(kind) for kind in (Kind.BOTH_RIGHT, Kind.JULIA_WRONG))
    assert repr(results) == f"<Results: {right} both right, {wrong} julia wrong>"
    assert repr(pybridge.Results((), ())) == "<Results: no case>"


def test_a_script_without_a_guard(tmp_path: Path) -> None:
    """The process with Julia does not run the script once more."""
    (tmp_path / "script.py").write_text(
        "import pybridge\nprint('begin')\nprint(pybridge.run('fixtures', limit=2))\n"
    )
    command = [sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "begin\n<Results: 2 both right>\n"


def test_as_a_frame(results: pybridge.Results) -> None:
    frame = results.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame["case"]) == [r.case.name for r in results]
    assert list(frame["verdict"]) == [str(r.verdict.kind) for r in results]
    costs = [r.python.run.results["cost"] for r in results]  # type: ignore[union-attr]  # no Failure
    assert np.array_equal(frame["cost"], np.real(costs))


def test_without_pandas_it_says_so(
    results: pybridge.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pandas"):
        results.to_frame()


def test_as_a_notebook_shows_it(results: pybridge.Results) -> None:
    shown = results._repr_html_()
    assert html.escape(results[0].case.name) in shown
    assert "<b>" not in shown
    assert shown.count("<tr>") == len(results) + 1


def test_one_sentence(julia_tagger: JuliaSide, original: JuliaSide) -> None:
    assert pybridge.check(WORDS, TAGS, julia_tagger).verdict.kind is Kind.BOTH_RIGHT
    assert pybridge.check(WORDS, TAGS, original).verdict.kind is Kind.JULIA_WRONG


def test_a_tag_too_few(fixed: JuliaSide) -> None:
    with pytest.raises(InputError, match="3 words and 2 tags"):
        pybridge.check(WORDS, TAGS[:2], fixed)


def test_the_passes_of_the_port() -> None:
    case = a_case()
    assert isinstance(case.weights, pybridge.Weights)
    given = (case.weights, case.words, case.tags, case.h_prev)
    gradient = pybridge.backward(*given, pybridge.forward(*given))
    assert isinstance(gradient, pybridge.Weights)
    assert gradient.Whh.shape == case.weights.Whh.shape


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nowhere'"):
        pybridge.nowhere  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, pybridge; print(*{'numpy', 'pebble', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_from_a_folder_without_fixtures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="nowhere"):
        pybridge.run("nowhere")
