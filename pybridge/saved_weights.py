"""Weights from a file, for a configuration that does not draw them: `weights = "weights.npz"`.

The file holds each parameter and `h_prev` under their names, and the texts of the rows and the
outputs as `words` and `tags`. `xcheck train` writes one for an update on which the sides disagree.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pybridge.errors import InputError
from pybridge.sentences import Vocabulary
from pybridge.weights import Array, Parameters, Weights

REMEDY = "name a file with the parameters, h_prev, words and tags, as xcheck train writes it"


@dataclass(frozen=True)
class Saved:
    """What such a file holds, in float64."""

    weights: Weights
    h_prev: Array  # (1, hidden)
    vocabulary: Vocabulary


def load(file: Path, parameters: Parameters, hidden: int) -> Saved:
    """Read it. InputError where it is no such file, or not of these parameters and this size."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    except FileNotFoundError:
        raise InputError("no such file", REMEDY, file=file) from None
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as e:
        raise InputError(f"cannot be read ({e})", REMEDY, file=file) from None
    missing = [n for n in (*parameters, "h_prev", "words", "tags") if n not in arrays]
    if missing:
        raise InputError(f"holds no {' and no '.join(missing)}", REMEDY, file=file)
    vocabulary = Vocabulary(
        tuple(str(word) for word in arrays["words"]), tuple(str(tag) for tag in arrays["tags"])
    )
    sizes = {"in": len(vocabulary.words), "hidden": hidden, "out": len(vocabulary.tags), "1": 1}
    wanted = {name: (sizes[a], sizes[b]) for name, (a, b) in parameters.items()}
    for name, shape in (*wanted.items(), ("h_prev", (1, hidden))):
        if arrays[name].shape != shape or arrays[name].dtype != np.float64:
            what = f"{name} is {arrays[name].dtype} {arrays[name].shape}"
            problem = f"{what}, and float64 {shape} fits its words and tags and hidden = {hidden}"
            raise InputError(problem, REMEDY, file=file)
    weights = Weights(**{name: arrays[name] for name in parameters})
    return Saved(weights, arrays["h_prev"], vocabulary)
