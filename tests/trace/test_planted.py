"""Faults that are planted, and mistakes that people make: whether a rewrite undoes them."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from pybridge.syntax import edited, node_at
from pybridge.trace.rewrites.trials import Bench, Runnable
from tests.faults.test_python import LOOP
from tests.trace.planting import COLUMNS, VECTORS, Style, targets


@pytest.fixture(scope="module", params=["vectors", "loop", "columns"])
def style(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Style:
    """Vectorised over the sentence; step by step; in column vectors, after Karpathy."""
    file = tmp_path_factory.mktemp("style") / f"{request.param}.py"
    file.write_text({"vectors": VECTORS, "loop": LOOP, "columns": COLUMNS}[request.param])
    return Style.of(str(file))


def planted(style: Style, every: int) -> tuple[int, list[str]]:
    """How many faults that a trial shows are undone, and those that are not."""
    undone, missed = 0, []
    for fault in style.faults()[::every]:
        tree, address = edited(style.tree, fault.edit), style.statement_of(fault.edit)
        if style.shown(tree, address):
            if style.mended(tree, address):
                undone += 1
            else:
                missed.append(f"{fault.operator}: {fault.change}")
    print(f"undone {undone}, missed {missed}")
    return undone, missed


def test_planted_faults_are_undone(style: Style) -> None:
    undone, missed = planted(style, every=8)
    assert undone >= 10
    assert undone >= 0.9 * (undone + len(missed)), missed


def test_faults_of_the_port_are_undone() -> None:
    undone, missed = planted(Style.of("pybridge.tagger"), every=6)
    assert undone >= 12
    assert undone >= 0.9 * (undone + len(missed)), missed


MISTAKES = [
    ("vectors", "np.sum(np.log(sum_exp[:, 0])", "np.mean(np.log(sum_exp[:, 0])"),
    ("vectors", "exp_score.sum(axis=1, keepdims=True)", "exp_score.sum()"),
    ("vectors", "score[time, tags]", "score[tags, time]"),
    ("vectors", "1 - h * h", "1 - score * score"),
    ("vectors", "1 - h * h", "1 - nowhere * nowhere"),
    ("vectors", "np.zeros_like(h[0])", "h[-1]"),
    ("vectors", "np.concatenate([h_prev, h[:-1]])", "np.concatenate([h[:-1], h_prev])"),
    ("vectors", "np.concatenate([h_prev, h[:-1]])", "np.roll(h, 1, axis=0)"),
    ("vectors", "h_before.T @ dhRaw", "h[:-1].T @ dhRaw[1:]"),
    ("vectors", "h_before.T @ dhRaw", "-h_before.T @ dhRaw / 2"),
    ("vectors", "h_before.T @ dhRaw", "h_before.T @ dhRaw + 0.1 * Whh"),
    ("vectors", "dhRaw.sum(axis=0, keepdims=True)", "dhRaw[-1:]"),
    ("vectors", "np.add.at(dWxh, words, dhRaw)", "dWxh[words] += dhRaw"),
    ("vectors", "np.add.at(dWxh, words, dhRaw)", "np.add.at(dWxh, tags, dhRaw)"),
    ("vectors", "np.zeros_like(weights.Wxh)", "np.zeros_like(weights.Whh)"),
    ("vectors", "dhRaw[t] @ Whh.T", "np.clip(dhRaw[t] @ Whh.T, -0.1, 0.1)"),
    ("vectors", "dhRaw[t] @ Whh.T", "Whh.T @ dhRaw[t - 1]"),
    ("vectors", "np.tanh(h[t] + before @ Whh)", "np.tanh(h[t]) + before @ Whh"),
    ("vectors", "np.tanh(h[t] + before @ Whh)", "np.tanh(before + h[t] @ Whh)"),
    ("vectors", "exp_score / sum_exp", "score / np.log(sum_exp)"),
    ("vectors", "dy[time, tags] -= 1", "dy -= 1"),
    ("columns", "(1 - hs[t] * hs[t]) * dh", "(1 - np.tanh(hs[t]) ** 2) * dh"),
    ("columns", "(1 - hs[t] * hs[t]) * dh", "(1 - hs[t - 1] * hs[t - 1]) * dh"),
    ("columns", "(1 - hs[t] * hs[t]) * dh", "hs[t] * (1 - hs[t]) * dh"),
    ("columns", "dhnext = np.dot", "dhnext += np.dot"),
    ("columns", "np.dot(dhraw, hs[t - 1].T)", "np.dot(hs[t - 1], dhraw.T)"),
    ("columns", "dy[tags[t]] -= 1", "dy[words[t]] -= 1"),
    ("columns", "-np.log(ps[t][tags[t], 0])", "1 - ps[t][tags[t], 0]"),
    ("columns", "np.exp(ys[t]) / np.sum(np.exp(ys[t]))", "np.exp(ys[t])"),
    ("columns", "np.dot(Whh, hs[t - 1]) + bh", "np.dot(Whh.T, hs[t - 1]) - bh"),
    ("columns", "+ np.dot(Whh, hs[t - 1]) + bh", "+ bh"),
    ("loop", "numpy.outer(h[t - 1], raw)", "numpy.outer(raw, h[t - 1])"),
    ("loop", "Whh @ raw", "Whh @ total"),
    ("loop", "dWxh[words[t]] += raw", "dWxh[words[t]] = raw"),
    ("loop", "numpy.log(e.sum()) - score", "e.sum() - score"),
]


def test_mistakes_of_people_are_undone(style: Style) -> None:
    mine = [m for m in MISTAKES if style.source.endswith(f"{m[0]}.py")]
    assert mine
    missed = []
    for _, old, new in mine:
        assert old in style.text, old
        line = style.text[: style.text.index(old)].count("\n") + 1
        tree = ast.parse(style.text.replace(old, new, 1))
        address, _ = style.lines[line]
        with np.errstate(all="ignore"):
            assert style.shown(tree, address) or "nowhere" in new
            if style.mended(tree, address) is None:
                missed.append(f"{old} -> {new}")
    assert missed == []


def test_the_bench_takes_what_the_right_code_comes_to(style: Style) -> None:
    tried = 0
    for address, trials in style.trials.items():
        root = node_at(style.tree, address)
        assert isinstance(root, ast.stmt)
        assert targets(root)
        bench = Bench.of(style.module, style.tree, address, trials)
        if "empty" not in ast.unparse(root):  # whatever lay in memory
            tried += 1
            assert bench.distance(Runnable.of(root, ast.unparse(root), bench.scope)) == 0
    assert tried > 20
