"""Weights of a configuration from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pybridge import tagger as port
from pybridge.errors import InputError
from pybridge.running import Request, plan
from pybridge.train.faulty import case_at, save_case
from pybridge.writing import write_arrays
from tests.train.making import SETTINGS, data
from tests.train.test_faulty import an_update


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Whh": np.zeros((2, 2))}, r"Whh is float64 \(2, 2\), and float64 \(6, 6\) fits"),
        ({"Whh": None}, "holds no Whh"),
        ({}, ""),
    ],
)
def test_weights_that_do_not_fit(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    used, found = data(), an_update()
    coded = used.train[found.python.sentence]
    saved = case_at(found, coded, used.lexicon, port.PARAMETERS, SETTINGS.hidden)
    save_case(tmp_path, saved, used.lexicon)
    with np.load(tmp_path / "weights.npz") as held:
        arrays = {**{name: held[name] for name in held.files}, **change}
    kept = {name: np.asarray(array) for name, array in arrays.items() if array is not None}
    write_arrays(tmp_path / "weights.npz", kept, "")
    if not problem:
        assert plan(Request(paths=(tmp_path,))).draws[0].vocabulary is not None
        return
    with pytest.raises(InputError, match=problem):
        plan(Request(paths=(tmp_path,)))


def test_weights_that_are_missing_or_no_weights(tmp_path: Path) -> None:
    (tmp_path / "xcheck.toml").write_text('[[configuration]]\nname="a"\nweights = "none.npz"\n')
    (tmp_path / "a.tsv").write_text("a\tX\n")
    with pytest.raises(InputError, match=r"none\.npz: no such file"):
        plan(Request(paths=(tmp_path,)))
    (tmp_path / "none.npz").write_text("words")
    with pytest.raises(InputError, match=r"none\.npz: cannot be read"):
        plan(Request(paths=(tmp_path,)))
