"""Faults of a Python tagger: where they come from, and what an edited copy is."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pybridge import python_file, tagger
from pybridge.edit import UNCHANGED, Edit, Replacement
from pybridge.faults import Fault, ladder, python
from pybridge.faults.python.named import named
from pybridge.faults.python.scope import read
from pybridge.faults.python.tree import edited, node_at, planted, reached, sites, text
from pybridge.syntax import product

# Step by step, as the Julia code has it; with another spelling of the same parts.
LOOP = """
import numpy
from pybridge.weights import Weights
from pybridge.tagger import Trace

def forward(weights, words, tags, h_prev):
    Wxh, Whh, Bh, Why, By = weights.arrays.values()
    h, p, cost = [], [], 0
    before = h_prev
    for t in range(len(words)):
        before = numpy.tanh(Wxh[words[t]] + before @ Whh + Bh)
        score = before @ Why + By
        e = numpy.exp(score)
        h.append(before[0])
        p.append((e / e.sum())[0])
        cost = cost + numpy.log(e.sum()) - score[0, tags[t]]
    return Trace(cost=cost, h=numpy.array(h), p=numpy.array(p))

def backward(weights, words, tags, h_prev, trace):
    Wxh, Whh, Bh, Why, By = weights.arrays.values()
    h, p = trace.h, trace.p
    dWxh, dWhh, dBh = numpy.zeros_like(Wxh), numpy.zeros_like(Whh), numpy.zeros_like(Bh)
    dWhy, dBy = numpy.zeros_like(Why), numpy.zeros_like(By)
    carry = numpy.zeros_like(h[0])
    for t in range(len(words) - 1, -1, -1):
        dy = p[t] - numpy.eye(len(p[t]))[tags[t]]
        dWhy += numpy.outer(h[t], dy)
        dBy += dy
        total = carry + Why @ dy
        raw = total * (1 - h[t] ** 2)
        dWxh[words[t]] += raw
        dBh += raw
        if t > 0:
            dWhh += numpy.outer(h[t - 1], raw)
        else:
            dWhh += numpy.outer(h_prev, raw)
        carry = Whh @ raw
    return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)
"""


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[ModuleType]:
    """The tagger above, as a module that can be imported."""
    (tmp_path / "a_loop_of_mine.py").write_text(LOOP)
    sys.path.insert(0, str(tmp_path))
    __import__("a_loop_of_mine")
    yield sys.modules.pop("a_loop_of_mine")
    sys.path.remove(str(tmp_path))


def faults_of(module: ModuleType) -> tuple[dict[str, list[Fault]], dict[str, str]]:
    found, skipped = python.faults(module, "mine.py", ladder.shapes_case())
    by_name: dict[str, list[Fault]] = {}
    for fault in found:
        by_name.setdefault(fault.operator, []).append(fault)
    return by_name, {s.name: s.why for s in skipped}


def changes(faults: list[Fault]) -> list[str]:
    return [fault.change for fault in faults]


def test_the_named_faults_go_by_parts_and_not_by_spelling(loop: ModuleType) -> None:
    found, skipped = faults_of(loop)
    assert changes(found["no dhnext"]) == ["carry = Whh @ raw -> carry = 0 * (Whh @ raw)"]
    assert changes(found["1 - h"]) == ["raw = total * (1 - h[t] ** 2) -> raw = total * (1 - h[t])"]
    assert changes(found["1 - tanh(h)^2"]) == [
        "raw = total * (1 - h[t] ** 2) -> raw = total * (1 - numpy.tanh(h[t]) ** 2)"
    ]
    assert changes(found["dhnext added after the tanh factor"]) == [
        "total = carry + Why @ dy; raw = total * (1 - h[t] ** 2) -> "
        "total = Why @ dy; raw = total * (1 - h[t] ** 2) + carry"
    ]
    assert changes(found["a bias gradient assigned"]) == [
        "dBy += dy -> dBy = dy",
        "dBh += raw -> dBh = raw",
    ]
    assert changes(found["a word's row assigned"]) == [
        "dWxh[words[t]] += raw -> dWxh[words[t]] = raw"
    ]
    assert "dWhh += numpy.outer(h[t - 1], raw) -> dWhh += numpy.outer(h[t], raw)" in changes(
        found["h[t] for h[t-1]"]
    )
    assert skipped == {
        "the transpose": "no transposed product is carried from step to step",
    }


def test_what_does_not_apply_says_why() -> None:
    bare = ModuleType("bare")
    code = (
        "def forward(weights, words, tags, h_prev): pass\n"
        "def backward(weights, words, tags, h_prev, trace): pass\n"
    )
    exec(code, bare.__dict__)
    found, skipped = named(read(bare, code, "bare.py", ladder.shapes_case()), [])
    assert found == []
    assert {s.name: s.why for s in skipped} == {
        "the transpose": "no transposed product is carried from step to step",
        "no dhnext": "nothing in backward is carried from step to step",
        "dhnext kept for one step": "nothing in backward is carried from step to step",
        "dhnext added after the tanh factor": "nothing in backward is carried from step to step",
        "no tanh factor": "no 1 - h * h in backward",
        "1 - tanh(h)^2": "numpy has no name in this file",
        "1 - h": "no 1 - h * h in backward",
        "a bias gradient assigned": "no bias gradient is summed up",
        "a word's row assigned": "no gradient is summed up by word",
        "h[t] for h[t-1]": "no index like t - 1, and no h[:-1]",
        "float32 in the backward pass": "no 1 - h * h in backward",
        "float32 in the forward pass": "no tanh in forward",
    }


def test_the_operators_know_their_trade(loop: ModuleType) -> None:
    found, _ = faults_of(loop)
    assert "dWhy += numpy.outer(h[t], dy) -> dWhy -= numpy.outer(h[t], dy)" in changes(
        found["a sign"]
    )
    assert "carry = Whh @ raw -> carry = Whh.T @ raw" in changes(found["transpose"])
    assert "carry = Whh @ raw -> carry = carry + Whh @ raw" in changes(found["update for assign"])
    assert "total = carry + Why @ dy -> total = carry" in changes(found["drop"])
    assert "total = carry + Why @ dy -> total = 2 * carry + Why @ dy" in changes(found["double"])
    assert "carry = Whh @ raw -> carry = raw @ Whh" in changes(found["order of factors"])
    assert "carry = Whh @ raw -> carry = Whh * raw" in changes(found["kind of product"])
    assert "t > 0 -> t > 1" in changes(found["constant"])
    assert "carry = Whh @ raw -> carry = dWhh @ raw" in changes(found["variable"])


WAYS = ["{} @ {}", "numpy.dot({}, {})", "numpy.matmul({}, {})", "{}.dot({})"]


@pytest.mark.parametrize("way", WAYS)
def test_a_product_is_one_however_it_is_written(way: str, tmp_path: Path) -> None:
    file = tmp_path / "ways.py"
    file.write_text(LOOP.replace("Whh @ raw", way.format("Whh", "raw")))
    found, _ = faults_of(python_file.load(str(file)))
    old = f"carry = {way.format('Whh', 'raw')}"
    for operator, new in {
        "transpose": way.format("Whh.T", "raw"),
        "order of factors": way.format("raw", "Whh"),
        "kind of product": "Whh * raw",
        "drop": "raw",
        "variable": way.format("dWhh", "raw"),
    }.items():
        assert f"{old} -> carry = {new}" in changes(found[operator]), operator


@pytest.mark.parametrize(
    "code",
    [
        "table.get(raw)",
        "table.dot(Whh, raw)",
        "'Whh'.dot(raw)",
        "Whh.dot('raw')",
        "Whh.dot(*raw)",
        "Whh.dot(raw, axis=1)",
        "numpy.outer(Whh, raw)",
        "numpy.dot(Whh)",
        "numpy.linalg.matmul(Whh, raw)",
        "dot(Whh, raw)",
        "Whh * raw",
    ],
)
def test_what_is_called_otherwise_is_no_product(code: str) -> None:
    assert product(ast.parse(code, mode="eval").body, "numpy") is None


def test_without_its_name_only_the_functions_of_numpy_are_unknown() -> None:
    def found(code: str) -> bool:
        return product(ast.parse(code, mode="eval").body) is not None

    assert [found(c) for c in ("a @ b", "a.dot(b)", "np.dot(a, b)", "np.matmul(a, b)")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_factor_written_in_place_takes_part_in_the_named_faults(tmp_path: Path) -> None:
    """`raw *= total`, raw being a row of what is made of 1 - h * h."""
    file = tmp_path / "rows.py"
    old = "        raw = total * (1 - h[t] ** 2)\n"
    assert LOOP.count(old) == 1
    file.write_text(
        LOOP.replace(
            "    carry = numpy.zeros", "    every = 1 - h * h\n    carry = numpy.zeros"
        ).replace(old, "        raw = every[t]\n        raw *= total\n")
    )
    found, _ = faults_of(python_file.load(str(file)))
    assert changes(found["float32 in the backward pass"]) == [
        'raw *= total -> raw[:] = (raw * total).astype("float32")'
    ]
    assert changes(found["dhnext added after the tanh factor"]) == [
        "total = carry + Why @ dy; raw *= total -> total = Why @ dy; raw[:] = raw * total + carry"
    ]


def test_rows_that_a_loop_goes_along_take_part_in_the_named_faults(tmp_path: Path) -> None:
    file = tmp_path / "zipped.py"
    old = "        raw = total * (1 - h[t] ** 2)\n"
    loop = "    for t in range(len(words) - 1, -1, -1):\n"
    assert LOOP.count(old) == LOOP.count(loop) == 1
    zipped = "    for t, raw, every_t in zip(reversed(range(len(h))), raws[::-1], every[::-1]):\n"
    file.write_text(
        LOOP.replace(
            loop, f"    every = 1 - h * h\n    raws = numpy.empty_like(h)\n{zipped}"
        ).replace(old, "        raw = numpy.multiply(total, every_t, out=raw)\n")
    )
    found, skipped = faults_of(python_file.load(str(file)))
    assert list(skipped) == ["the transpose"]  # as above
    (rounded,) = changes(found["float32 in the backward pass"])
    assert rounded.startswith("raw = numpy.multiply(total, every_t, out=raw) -> ")
    assert len(found["no dhnext"]) == 1


def test_no_fault_is_listed_twice_and_every_one_can_be_planted() -> None:
    found, _ = python.faults(tagger, "tagger.py", ladder.shapes_case())
    assert len({(f.line, f.change, f.edit.appended) for f in found}) == len(found)
    before = inspect.getsource(tagger)
    for fault in found:
        copy = planted(tagger.__name__, fault.edit)
        assert copy is not tagger
        assert callable(copy.forward)
    assert inspect.getsource(tagger) == before


def test_an_address_leads_to_its_node_and_back() -> None:
    tree = ast.parse(inspect.getsource(tagger))
    for function, address in reached(tree).values():
        for site in sites(function, address):
            assert node_at(tree, site.address) is site.node
            assert node_at(tree, site.at) is site.statement


def test_edited_leaves_the_tree_alone_and_changes_only_what_it_is_told() -> None:
    tree = ast.parse("a = b + c\nd = e\n")
    before = ast.dump(tree)
    edit = Edit((Replacement((0, 1, 0), "x[1]"), Replacement((1,), "y = 2\nz = 3")))
    assert text(edited(tree, edit)) == "a = x[1] + c y = 2 z = 3"
    assert ast.dump(tree) == before
    assert text(edited(tree, UNCHANGED)) == text(tree)


def test_errors_of_an_edited_copy_name_the_line_of_the_file() -> None:
    found, _ = python.faults(tagger, "tagger.py", ladder.shapes_case())
    fault = next(f for f in found if f.new == "dWhy = h.dot(dy)")
    case = ladder.shapes_case()
    copy = planted(tagger.__name__, fault.edit)
    trace = copy.forward(case.weights, case.words, case.tags, case.h_prev)
    with pytest.raises(ValueError, match="not aligned") as caught:
        copy.backward(case.weights, case.words, case.tags, case.h_prev, trace)
    assert caught.traceback[-1].lineno + 1 == fault.line


def test_only_what_forward_and_backward_run_is_edited() -> None:
    tree = ast.parse(
        "def forward(): return helper()\ndef backward(): pass\n"
        "def helper(): return 1 + 1\ndef unused(): return 1 + 1\n"
    )
    assert set(reached(tree)) == {"forward", "backward", "helper"}
