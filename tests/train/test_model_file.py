"""Models in files."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pybridge.errors import InputError
from pybridge.train.model_file import Model, load, save
from pybridge.train.session import Limits
from pybridge.weights import Array
from tests.train.making import SETTINGS, data, trained


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(SETTINGS, data(), Limits(2)).model


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    save(path, model)
    return path


def rewritten(path: Path, head: dict[str, Any] | None = None, **arrays: Array) -> Path:
    """The same file with other arrays, or other entries of its head."""
    with np.load(path) as found:
        held = {name: found[name] for name in found.files}
    old = json.loads(held["head"].tobytes())
    held["head"] = np.frombuffer(json.dumps({**old, **(head or {})}).encode(), np.uint8)
    np.savez(path, **{**held, **{name.replace("__", "/"): a for name, a in arrays.items()}})
    return path


def test_what_is_saved_comes_back(model: Model, saved: Path, tmp_path: Path) -> None:
    found = load(saved)
    assert found.lexicon == model.lexicon
    assert found.settings == model.settings
    assert found.tracks[0].epochs == model.tracks[0].epochs
    again = tmp_path / "again.npz"
    save(again, found)
    assert again.read_bytes() == saved.read_bytes()  # to the last bit, and without a clock


def test_there_is_no_pickle_in_it(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        for name in archive.namelist():
            header = archive.read(name)[:200]
            assert b"'|O'" not in header


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "pickled.npz"
    np.savez(path, head=np.array([{"kind": "xcheck model"}], dtype=object))
    with pytest.raises(InputError, match="is no model"):
        load(path)


def test_another_version(saved: Path) -> None:
    with pytest.raises(InputError, match="is a model of version 99, and this xcheck writes"):
        load(rewritten(saved, {"version": 99}))


@pytest.mark.parametrize("name", ["python__weights__Whh", "python__best__Wxh", "python__costs"])
def test_another_shape(saved: Path, name: str) -> None:
    load(rewritten(saved))  # the twin
    with pytest.raises(InputError, match="is damaged"):
        load(rewritten(saved, None, **{name: np.zeros((2, 3))}))


def test_a_part_is_missing(saved: Path) -> None:
    with pytest.raises(InputError, match="is damaged"):
        load(rewritten(saved, {"tracks": [{"side": "julia"}]}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"the/DET cat/NOUN\n"])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is no model; name a file that `xcheck train --save`"):
        load(path)


def test_other_arrays_are_no_model(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, Wxh=np.zeros((2, 2)))
    with pytest.raises(InputError, match="is no model"):
        load(path)
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    path.write_bytes(stream.getvalue())
    with pytest.raises(InputError, match="is no model"):
        load(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.npz")
    with pytest.raises(InputError, match="is not a plain file"):
        load(tmp_path)


def test_what_was_there_stays_where_it_cannot_be_written(
    model: Model, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        save(saved, replace(model, data_sha256="other"))
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
