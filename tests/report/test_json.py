from __future__ import annotations

import hashlib
import json
import math
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pybridge import shipped, tagger
from pybridge.errors import InputError
from pybridge.gradcheck import Entry, Status
from pybridge.referee import Opinion
from pybridge.report.files import check_writable
from pybridge.report.json import VERSION, case, document, figure, head, write
from pybridge.verdict import Kind
from tests.cli_support import flaws, line_flaws, schema
from tests.making import a_case
from tests.report.results import (
    FAILURE,
    NAN,
    agreement,
    evidence,
    named,
    parameter,
    result,
    session,
)
from tests.report.runs import differing

ONE = np.ones((2, 2))
MISSING = agreement({"h": ONE, "dWhh": ONE}, {"h": ONE * 1})
NOT_FINITE = agreement({"h": ONE}, {"h": ONE * math.inf})
RESULTS = [
    result(),
    result(Kind.JULIA_WRONG, julia=FAILURE),
    result(Kind.BOTH_WRONG, python=FAILURE, julia=FAILURE),
    result(Kind.UNDECIDED, agreed=MISSING),
    result(Kind.UNDECIDED, agreed=NOT_FINITE, julia=evidence(cost=math.inf)),
    result(Kind.JULIA_WRONG, julia=evidence(parameter("dWhh", Status.FAILED, error=NAN), cost=NAN)),
    result(Kind.UNDECIDED, python=evidence(parameter("dBy", Status.UNDECIDED, error=1e-7))),
    result(julia=evidence(method="central differences", reason="no complex weights: why")),
    result(Kind.JULIA_WRONG, opinion=FAILURE),
    result(Kind.JULIA_WRONG, opinion=Opinion({"h": (15.5, 15.0), "dWhh": (15.0, 0.5)})),
    result(python=evidence(notes=("works in float32",))),
    result(
        Kind.JULIA_WRONG,
        julia=evidence(parameter("dWhh", Status.FAILED, wrong=(Entry((1, 2), 1.0, NAN),), rest=7)),
    ),
    result(case=named(a_case('"quotes" <script> [red]'), file="שוק \\ud800.tagged")),
]


def no_constants(name: str) -> float:
    raise AssertionError(f"{name} is not JSON")


def through_text(content: object) -> Any:
    return json.loads(json.dumps(content), parse_constant=no_constants)


def test_a_document_is_as_the_schema_says(tmp_path: Path) -> None:
    content = document(head(session(tmp_path)), [case(r) for r in RESULTS], interrupted=False)
    assert flaws(through_text(content)) == []
    assert content["version"] == VERSION == schema()["properties"]["version"]["const"]
    assert content["counts"] == {
        "both right": 4,
        "both wrong": 1,
        "python wrong": 0,
        "julia wrong": 5,
        "undecided": 3,
        "crashed": 0,
        "timed out": 0,
        "out of memory": 0,
    }
    assert content["selected"] == 2
    assert content["weights_sha256"] == "0123456789abcdef" * 4


def test_a_number_that_is_not_finite_is_null_and_its_rule_says_so() -> None:
    found = case(result(Kind.UNDECIDED, agreed=NOT_FINITE, julia=evidence(cost=math.inf)))
    assert found["julia"]["cost"] is None
    assert found["python"]["cost"] == 5.25
    (tensor,) = found["agreement"]["tensors"]
    assert (tensor["distance"], tensor["match"]) == (None, "differs")
    assert tensor["rule"].startswith("inf on the second side")
    failed = evidence(parameter("dWhh", Status.FAILED, error=NAN))
    checks = case(result(julia=failed))["julia"]["gradient"]["parameters"]
    assert [p["error"] for p in checks].count(None) == 1


def test_a_figure_that_is_not_finite_can_be_had_all_the_same() -> None:
    checks = [
        parameter("dWhh", Status.FAILED, error=NAN),
        parameter("dBy", Status.FAILED, wrong=(Entry((0, 1), -math.inf, 2.0),)),
    ]
    found = case(result(Kind.UNDECIDED, julia=evidence(*checks, cost=math.inf)))
    julia = through_text(found)["julia"]
    assert julia["not_finite"] == {"cost": "inf"}
    assert figure(julia, "cost") == math.inf
    by_name = {p["name"]: p for p in julia["gradient"]["parameters"]}
    assert math.isnan(figure(by_name["dWhh"], "error"))
    assert figure(by_name["dWhh"], "bound") == 1e-14
    (wrong,) = by_name["dBy"]["wrong"]
    assert figure(wrong, "analytic") == -math.inf
    assert figure(wrong, "numeric") == 2.0
    assert "not_finite" not in found["python"]


def test_an_entry_is_of_a_word_where_rows_stand_for_words() -> None:
    wrong = (Entry((1, 2), 1.0, 2.0),)
    checks = [parameter(n, Status.FAILED, wrong=wrong) for n in ("dWxh", "dWhh")]
    parameters = case(result(julia=evidence(*checks)))["julia"]["gradient"]["parameters"]
    found = {p["name"]: p["wrong"][0].get("word") for p in parameters if p["wrong"]}
    assert found == {"dWxh": "cat", "dWhh": None}


def test_results_over_time_have_a_distance_at_each_step() -> None:
    tensors = {t["name"]: t for t in case(differing(0.5))["agreement"]["tensors"]}
    assert tensors["h"]["steps"] == [0.0, 0.0, 0.0, 0.333, 0.333]
    assert max(tensors["h"]["steps"]) == pytest.approx(tensors["h"]["distance"], rel=1e-2)
    assert "steps" not in tensors["dWhh"]  # a gradient, whatever its shape
    assert case(differing(math.nan))["agreement"]["tensors"][0]["steps"][2:] == [0.0, None, None]
    assert flaws_of_case(case(differing(math.nan))) == []


def flaws_of_case(found: dict[str, Any]) -> list[str]:
    return line_flaws(through_text({"case": found}))


def test_the_head_has_the_hashes_of_what_runs(tmp_path: Path) -> None:
    def hashes(text: str) -> dict[str, Any]:
        begun = head(session(tmp_path, text))
        return {
            "fixtures": begun["fixtures"]["sha256"],
            **{name: begun[f"{name}_sha256"] for name in ("julia", "python")},
        }

    one = hashes("a/X b/Y a/X\n")
    port, julia = Path(str(tagger.__file__)), shipped.locate(Path("julia/fixed.jl"))
    assert one["python"] == hashlib.sha256(port.read_bytes()).hexdigest()
    assert one["julia"] == hashlib.sha256(julia.read_bytes()).hexdigest()
    for other in ("a/X b/Y b/X\n", "a/X b/X a/X\n", "\na/X b/Y a/X\n", "a/X b/Y a/X\na/X\n"):
        assert hashes(other)["fixtures"] != one["fixtures"]
        assert hashes(other)["julia"] == one["julia"]
    assert hashes("a/X b/Y a/X\n") == one


def test_a_missing_tensor_is_listed() -> None:
    found = case(result(Kind.UNDECIDED, agreed=MISSING))["agreement"]
    assert found["match"] == "differs"
    assert found["worst"] == "dWhh"
    assert [(t["name"], t["compared"]) for t in found["tensors"]] == [("h", 4), ("dWhh", 0)]


def test_no_answer_is_a_problem_and_no_agreement() -> None:
    found = case(result(Kind.JULIA_WRONG, julia=FAILURE))
    assert found["julia"] == {"problem": FAILURE.problem}
    assert found["agreement"] is None
    assert found["verdict"] == {"kind": "julia wrong", "rule": "why it is julia wrong"}


@pytest.mark.parametrize("interrupted", [False, True])
def test_interrupted(tmp_path: Path, interrupted: bool) -> None:
    content = document(head(session(tmp_path)), [], interrupted=interrupted)
    assert content["interrupted"] is interrupted
    assert content["cases"] == []
    assert flaws(content) == []


# The file


def test_written_as_it_is_and_readable_by_all(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    content = {"words": 'שוק <script> [red] \\ "', "number": 5e-324}
    file.write_text("an older one, which goes")
    write(file, content)
    assert json.loads(file.read_text(encoding="utf-8")) == content
    assert "שוק" in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_nan_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(tmp_path / "out.json", {"number": NAN})
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    write(file, {"path": "caf\udce9"})
    assert json.loads(file.read_bytes()) == {"path": "caf\udce9"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real" / "out.json")
    check_writable(link)
    write(link, {"a": 1})
    assert link.is_symlink()
    assert json.loads((tmp_path / "real" / "out.json").read_text()) == {"a": 1}


def test_a_file_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.json"
    file.write_text("older")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write(file, {"a": 1})
    assert file.read_text() == "older"
    assert list(tmp_path.iterdir()) == [file]  # and no part of the new one


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk() -> None:
    check_writable(Path("/dev/full"))  # it cannot be known before
    with pytest.raises(InputError, match=r"^/dev/full: cannot be written \(No space left"):
        write(Path("/dev/full"), {"a": 1})


def test_check_writable(tmp_path: Path) -> None:
    check_writable(tmp_path / "out.json")
    check_writable(Path("/dev/null"))
    (tmp_path / "file").write_text("kept")
    check_writable(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    for file, problem in (
        (tmp_path, "is a folder; name a file for --json"),
        (tmp_path / "no" / "out.json", "no folder .*; make it, or name another file"),
        (tmp_path / "file" / "out.json", "no folder .*; make it, or name another file"),
    ):
        with pytest.raises(InputError, match=problem):
            check_writable(file)
