"""Culprits, with the loop-style port for the other side; both sides in Python, so no Julia runs."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from pybridge import python_file
from pybridge.edit import Edit, Replacement
from pybridge.trace import Keep, Kind
from pybridge.trace.culprits import Culprit, culprits, settled
from pybridge.trace.match import Matching, match
from pybridge.trace.python.instrument import instrument
from tests.trace.making import LOOPS, PORT, a_case, both_sides, matched


def planted(old: str, new: str) -> Edit:
    """The edit that puts a statement of the loop-style port in the place of another."""
    tree = ast.parse(Path(LOOPS).read_text())
    found = [s for s in instrument(tree).statements if s.text == old]
    assert len(found) == 1, f"{old} stands {len(found)} times in the file"
    return Edit((Replacement(found[0].address, new),))


def accused(old: str, new: str, words: str = "a b a c b") -> tuple[Matching, list[Culprit]]:
    matching = matched(LOOPS, PORT, a_case(words), planted(old, new))
    return matching, culprits(matching)


def texts(matching: Matching, found: list[Culprit]) -> list[str]:
    statements = matching.a.recording.statements
    return [statements[c.suspects[0]].text for c in found]


@pytest.mark.parametrize(("source", "other"), [(LOOPS, PORT), (PORT, LOOPS)])
@pytest.mark.parametrize("words", ["a", "a b", "a a", "a b a c b", "a b c d e f a g h b " * 3])
def test_right_code_has_no_culprit(source: str, other: str, words: str) -> None:
    matching = matched(source, other, a_case(words))
    assert len(matching.pairs) > 20
    assert culprits(matching) == []


@pytest.mark.parametrize(
    ("old", "new", "step", "spoils"),
    [
        ("dhnext = dhRaw @ Whh.T", "dhnext = dhRaw @ Whh", 4, ("dWxh", "dWhh", "dBh")),
        ("dh = dy @ Why.T + dhnext", "dh = dy @ Why.T", 3, ("dWxh", "dWhh", "dBh")),
        ("dhRaw = (1 - ht * ht) * dh", "dhRaw = (1 - ht) * dh", 4, ("dWxh", "dWhh", "dBh")),
        ("dWhy += ht.T @ dy", "dWhy = ht.T @ dy", 0, ("dWhy",)),
        ("dBy += dy", "dBy -= dy", 0, ("dBy",)),
        ("dWxh[words[t]] += dhRaw[0]", "dWxh[words[t]] = dhRaw[0]", 0, ("dWxh",)),
    ],
)
def test_the_statement_that_makes_the_error_is_named(
    old: str, new: str, step: int, spoils: tuple[str, ...]
) -> None:
    matching, found = accused(old, new)
    assert texts(matching, found[:1]) == [" ".join(new.split())]
    assert found[0].step == step
    assert found[0].spoils == spoils
    assert found[0].distance > 1e-3


def test_an_error_is_put_down_to_where_it_is_made_and_not_to_where_it_is_carried() -> None:
    matching, found = accused("dhnext = dhRaw @ Whh.T", "dhnext = dhRaw @ Whh")
    assert texts(matching, found) == ["dhnext = dhRaw @ Whh"]  # dh, dhRaw, dWxh ... only carry it


def test_two_errors_that_do_not_meet_are_both_found_in_order() -> None:
    edits = [planted("dBy += dy", "dBy -= dy"), planted("dWhy += ht.T @ dy", "dWhy -= ht.T @ dy")]
    both = Edit(tuple(r for e in edits for r in e.replacements))
    matching = matched(LOOPS, PORT, a_case(), both)
    assert texts(matching, culprits(matching)) == ["dWhy -= ht.T @ dy", "dBy -= dy"]


def test_a_call_that_hands_over_something_else_is_a_suspect(tmp_path: Path) -> None:
    """The helper does what it should with what it gets; what it gets the other side never has."""
    text = Path(LOOPS).read_text()
    step = "        dhnext = dhRaw @ Whh.T\n"
    assert text.count(step) == 1
    helper = "\ndef back(dz, state, W):\n    dhnext = dz @ W.T + 0 * state\n    return dhnext\n"
    files = {}
    for name, handed in (("right", "dhRaw"), ("wrong", "2 * dhRaw")):
        files[name] = tmp_path / f"{name}.py"
        files[name].write_text(
            text.replace(step, f"        back_ = back({handed}, ht, Whh)\n        dhnext = back_\n")
            + helper
        )
    assert culprits(matched(str(files["right"]), PORT, a_case("a b a c b"))) == []
    matching = matched(str(files["wrong"]), PORT, a_case("a b a c b"))
    found = culprits(matching)[0]
    statements = matching.a.recording.statements
    assert "dz" not in found.inputs
    assert "back_ = back(2 * dhRaw, ht, Whh)" in [statements[k].text for k in found.suspects]


def test_reading_what_was_never_written_is_an_error_whatever_lay_there(tmp_path: Path) -> None:
    text = Path(str(python_file.load(PORT).__file__)).read_text()
    right, wrong = "dh = dhy[t] + dhnext", "dh = dhRaw[t] + dhnext"
    assert text.count(right) == 1
    file = tmp_path / "wrong.py"
    file.write_text(text.replace(right, wrong))
    matching = matched(str(file), LOOPS, a_case("a b a c b"))
    found = culprits(matching)
    assert texts(matching, found[:1]) == [wrong]
    assert found[0].spoils


def test_what_several_statements_read_is_at_fault_and_not_each_of_them() -> None:
    """dy lacks a term, and so agrees with what the port makes first and then changes."""
    matching, found = accused("dy[0, tags[t]] -= 1", "pass")
    assert len(found) > 1

    def rematch(last: str) -> Matching:
        a, b, precision = matching.a, matching.b, a_case().precision
        return match(a, b, matching.words, precision, last=last)

    assert texts(matching, found)[0] != "dy = p[t:t + 1].copy()"
    better = settled(matching, rematch)
    assert texts(better, culprits(better)) == ["dy = p[t:t + 1].copy()"]
    right = matched(LOOPS, PORT, a_case("a b a c b"))
    assert settled(right, rematch) is right


def test_a_statement_that_throws_over_inputs_that_agree_is_the_culprit() -> None:
    matching, found = accused("dhnext = dhRaw @ Whh.T", "dhnext = dhRaw @ Whh[:2]")
    assert matching.a.recording.problem
    assert texts(matching, found) == ["dhnext = dhRaw @ Whh[:2]"]
    assert found[0].distance == float("inf")


def test_a_row_that_a_function_writes_to_is_not_there_where_it_throws(tmp_path: Path) -> None:
    text = Path(str(python_file.load(PORT).__file__)).read_text()
    right, wrong = "np.tanh(ht + before.dot(Whh), out=ht)", "np.tanh(ht + Whh, out=ht)"
    assert text.count(right) == 1
    file = tmp_path / "wrong.py"
    file.write_text(text.replace(right, wrong))
    matching = matched(str(file), LOOPS, a_case("a b a c b"))
    assert texts(matching, culprits(matching)) == [f"before = {wrong}"]


def test_a_return_that_throws_is_the_culprit() -> None:
    old = "return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)"
    new = "return Weights(Wxh=dWxh, Whh=dWhh.nothing(), Bh=dBh, Why=dWhy, By=dBy)"
    matching, found = accused(old, new)
    assert texts(matching, found) == [new]


def test_a_nan_on_both_sides_is_no_agreement() -> None:
    new = "dhnext = dhRaw @ Whh.T * np.nan"
    matching = matched(LOOPS, LOOPS, a_case(), planted("dhnext = dhRaw @ Whh.T", new))
    assert texts(matching, culprits(matching))[:1] == [new]


def test_a_loop_that_stops_short_is_named_by_its_header() -> None:
    tree = ast.parse(Path(LOOPS).read_text())
    header = next(
        s
        for s in instrument(tree).statements
        if s.kind is Kind.LOOP and s.text == "reversed(range(len(words)))"
    )
    short = Edit((Replacement(header.address, "reversed(range(1, len(words)))"),))
    matching = matched(LOOPS, PORT, a_case(), short)
    statements = matching.a.recording.statements
    suspects = {statements[k].text for c in culprits(matching) for k in c.suspects}
    assert "reversed(range(1, len(words)))" in suspects


def test_a_return_of_the_wrong_variable_is_the_culprit() -> None:
    old = "return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)"
    new = "return Weights(Wxh=dWxh, Whh=Whh, Bh=dBh, Why=dWhy, By=dBy)"
    matching, found = accused(old, new)
    assert texts(matching, found) == [new]
    assert found[0].spoils == ("dWhh",)


def test_an_error_of_rounding_is_none() -> None:
    """Another order of additions moves the last bits, and is no error."""
    new = "score = hs[t] * 1.1 @ (Why / 1.1) + By"
    _, found = accused("score = hs[t] @ Why + By", new)
    assert found == []


def test_names_that_a_table_gives_and_names_that_only_values_show(tmp_path: Path) -> None:
    text = Path(LOOPS).read_text().replace("dhRaw", "delta").replace("dhnext", "carry")
    file = tmp_path / "renamed.py"
    file.write_text(text)
    case = a_case()
    by_value = matched(str(file), PORT, case)
    # dhRawt = dhRaw[t] = ..., of which the first is as good as the second
    assert by_value.partners["backward delta"] == "backward dhrawt"
    table = matched(str(file), PORT, case, delta="dhRaw", carry="dhnext")
    assert table.partners["backward carry"] == "backward dhnext"
    wrong = text.replace("carry = delta @ Whh.T", "carry = delta @ Whh")
    file.write_text(wrong)
    matching = matched(str(file), PORT, case, delta="dhRaw", carry="dhnext")
    assert texts(matching, culprits(matching)) == ["carry = delta @ Whh"]


def test_what_has_no_partner_is_listed() -> None:
    matching = matched(PORT, LOOPS, a_case())
    assert "backward dhy" in matching.alone
    assert python_file.source_of(LOOPS)[0]


def test_a_long_sentence_is_walked_by_sketches() -> None:
    case = a_case("a b c d e f a g h b " * 7, hidden=8)
    change = planted("dhnext = dhRaw @ Whh.T", "dhnext = dhRaw @ Whh")
    ours, theirs = both_sides(LOOPS, PORT, case, change, Keep(sketch_over=16))
    matching = match(ours, theirs, len(case.words), case.precision)
    assert texts(matching, culprits(matching)[:1]) == ["dhnext = dhRaw @ Whh"]
    assert np.isfinite(culprits(matching)[0].distance)
