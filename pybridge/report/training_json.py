"""A training run as JSON; docs/training.md describes it, `version` counts incompatible changes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pybridge import __version__
from pybridge.report.files import write as write_text
from pybridge.report.trace import document as story
from pybridge.train import Track
from pybridge.train.accuracy import Accuracy, Score, Share
from pybridge.train.faulty import Fault
from pybridge.train.prepare import Prepared
from pybridge.train.session import Outcome

VERSION = 1
Document = dict[str, Any]


def document(
    prepared: Prepared,
    outcome: Outcome,
    reached: Sequence[tuple[Track, Sequence[Accuracy]]],
    disagreed: int,
    fault: Fault | None,
    folder: str,
) -> Document:
    """The whole run. A number that is not finite is null."""
    data, lexicon = prepared.data, outcome.model.lexicon
    return {
        "version": VERSION,
        "xcheck": __version__,
        "settings": asdict(outcome.model.settings),
        "train": {
            "file": str(prepared.request.train),
            "sentences": len(data.train),
            "tokens": data.tokens,
            "words": len(lexicon.words),
            "tags": list(lexicon.tags),
        },
        "dev": data.dev_name,
        "notes": list(data.notes),
        "julia_file": str(prepared.chosen.julia),
        "python_file": prepared.chosen.python,
        "interrupted": outcome.interrupted,
        "sides": [_side(track, found) for track, found in reached],
        "comparisons": [
            {k: _number(v) for k, v in asdict(c).items()} for c in outcome.model.comparisons
        ],
        "disagreed": disagreed,
        "fault": fault
        and {
            "update": fault.update,
            "sentence": fault.sentence,
            "tensors": list(fault.difference.tensors),
            "distance": _number(fault.difference.distance),
            "verdict": fault.result and str(fault.result.verdict.kind),
            "folder": folder,
            "stories": [story(one) for one in fault.stories],
        },
    }


def write(file: Path, written: Document) -> None:
    """InputError where it cannot be written."""
    write_text(file, json.dumps(written, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _side(track: Track, found: Sequence[Accuracy]) -> Document:
    return {
        "side": track.side,
        "updates": track.state.updates,
        "best_epoch": track.best_epoch,
        "epochs": [{k: _number(v) for k, v in asdict(e).items()} for e in track.epochs],
        "costs": [_number(float(cost)) for cost in track.costs],
        "accuracy": {
            one.name: {"model": _score(one.model), "baseline": _score(one.baseline)}
            for one in found
        },
    }


def _score(score: Score) -> Document:
    return {
        "all": _share(score.all),
        "unknown": _share(score.unknown),
        "by_tag": [
            {
                "tag": s.tag,
                "tokens": s.gold,
                "given": s.given,
                "right": s.right,
                "precision": _number(s.precision),
                "recall": _number(s.recall),
                "f1": _number(s.f1),
            }
            for s in score.by_tag
        ],
        "confused": [{"tag": a, "given": b, "tokens": n} for a, b, n in score.confused],
    }


def _share(share: Share) -> Document:
    return {"right": share.right, "of": share.of, "rate": _number(share.rate)}


def _number(value: float) -> float | None:
    """As JSON takes it."""
    return value if math.isfinite(value) else None
