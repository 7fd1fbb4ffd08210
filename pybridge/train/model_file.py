"""A model and all that is needed to go on with its training, in one .npz file without pickles.

The file is written whole or not at all. It holds no clock and no path: the same training gives the
same bytes, in one go or resumed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pybridge.errors import InputError
from pybridge.train import Comparison, Epoch, Settings, State, Track
from pybridge.train.corpus import Lexicon
from pybridge.train.layout import Layout
from pybridge.weights import Array, Parameters
from pybridge.writing import write_arrays

KIND, VERSION = "xcheck model", 1


@dataclass(frozen=True)
class Model:
    """What training has come to."""

    settings: Settings
    parameters: Parameters
    lexicon: Lexicon
    data_sha256: str  # of the sentences
    sources: Mapping[str, str]  # SHA-256 of the tagger file of each side
    tracks: tuple[Track, ...]  # one a side
    comparisons: tuple[Comparison, ...] = ()

    @property
    def weights(self) -> Mapping[str, Array]:
        """Those to tag with: of the first side's best epoch."""
        return self.tracks[0].best


def save(file: Path, model: Model) -> None:
    """Write the file. InputError where it cannot be written."""
    head = {
        "kind": KIND,
        "version": VERSION,
        "settings": asdict(model.settings),
        "parameters": {name: list(sizes) for name, sizes in model.parameters.items()},
        "lexicon": asdict(model.lexicon),
        "data_sha256": model.data_sha256,
        "sources": dict(model.sources),
        "tracks": [
            {
                "side": track.side,
                "updates": track.state.updates,
                "best_epoch": track.best_epoch,
                "epochs": [asdict(epoch) for epoch in track.epochs],
            }
            for track in model.tracks
        ],
        "comparisons": [asdict(comparison) for comparison in model.comparisons],
    }
    arrays = {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)}
    for track in model.tracks:
        arrays[f"{track.side}/costs"] = track.costs
        for part, held in _parts(track).items():
            for name, array in held.items():
                arrays[f"{track.side}/{part}/{name}"] = array
    write_arrays(file, arrays, "--save")


def load(file: Path) -> Model:
    """Read a file that `save` has written; InputError where it is none, or of another version."""
    arrays, head = _arrays(file)
    try:
        return _model(arrays, head)
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        problem = f"is damaged, or not of xcheck ({type(e).__name__}: {e})"
        raise InputError(problem, "train again", file=file) from None


def _arrays(file: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    if file.exists() and not file.is_file():
        raise InputError("is not a plain file", "name what --save has written", file=file)
    remedy = "name a file that `xcheck train --save` has written"
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        head = json.loads(arrays.pop("head").tobytes())
        if head["kind"] != KIND:
            raise ValueError(head["kind"])
        version = head["version"]
    except FileNotFoundError:
        raise InputError("no such file", remedy, file=file) from None
    except OSError as e:
        raise InputError(f"cannot be read ({e.strerror or e})", remedy, file=file) from None
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        raise InputError("is no model", remedy, file=file) from None
    if version != VERSION:
        problem = f"is a model of version {version}, and this xcheck writes version {VERSION}"
        raise InputError(problem, "train again, or use the xcheck it is of", file=file)
    return arrays, head


def _model(arrays: Mapping[str, Array], head: Mapping[str, Any]) -> Model:
    settings = Settings(**head["settings"])
    parameters = {name: (a, b) for name, (a, b) in head["parameters"].items()}
    words = head["lexicon"]
    lexicon = Lexicon(
        words=tuple(words["words"]),
        tags=tuple(words["tags"]),
        usual=tuple((word, int(tag)) for word, tag in words["usual"]),
        usual_tag=int(words["usual_tag"]),
        lower=bool(words["lower"]),
        unknown=str(words["unknown"]),
    )
    tracks = tuple(_track(arrays, one, parameters) for one in head["tracks"])
    if not tracks:
        raise ValueError("no side")
    for track in tracks:
        _check_shapes(track, parameters, settings, lexicon)
    return Model(
        settings=settings,
        parameters=parameters,
        lexicon=lexicon,
        data_sha256=str(head["data_sha256"]),
        sources={side: str(digest) for side, digest in head["sources"].items()},
        tracks=tracks,
        comparisons=tuple(Comparison(**one) for one in head["comparisons"]),
    )


def _track(arrays: Mapping[str, Array], head: Mapping[str, Any], parameters: Parameters) -> Track:
    side = head["side"]

    def held(part: str) -> dict[str, Array]:
        return {name: arrays[f"{side}/{part}/{name}"] for name in parameters}

    return Track(
        side=side,
        state=State(held("weights"), held("memory"), head["updates"]),
        best=held("best"),
        best_epoch=head["best_epoch"],
        costs=arrays[f"{side}/costs"],
        epochs=tuple(Epoch(**epoch) for epoch in head["epochs"]),
    )


def _parts(track: Track) -> dict[str, Mapping[str, Array]]:
    return {"weights": track.state.weights, "memory": track.state.memory, "best": track.best}


def _check_shapes(
    track: Track, parameters: Parameters, settings: Settings, lexicon: Lexicon
) -> None:
    """ValueError where an array is not of the shape that the words, tags and units make it."""
    layout = Layout.of(parameters, settings.hidden, len(lexicon.tags))
    wanted = dict(layout.shared)
    wanted |= {name: (len(lexicon.words), columns) for name, columns in layout.by_word}
    for part, held in _parts(track).items():
        for name, array in held.items():
            if array.shape != wanted[name] or array.dtype != np.float64:
                what = f"{part} {name} is {array.dtype} {array.shape}"
                raise ValueError(f"{what}, and {wanted[name]} is what fits its words and tags")
    if len(track.costs) != track.state.updates:
        raise ValueError(f"{len(track.costs)} costs of {track.state.updates} updates")
