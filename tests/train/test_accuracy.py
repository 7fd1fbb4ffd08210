"""How well tags are told."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from pybridge import gru
from pybridge import tagger as port
from pybridge.errors import InputError
from pybridge.sentences import Sentence
from pybridge.train.accuracy import MISSING, Predicted, accuracy, predict
from pybridge.train.corpus import Lexicon, code
from pybridge.train.layout import first_weights
from pybridge.weights import Weights
from tests.train.making import SETTINGS, data

TRAIN = [Sentence("f", 1, ("the", "dog", "the", "dog"), ("D", "N", "D", "V"))]
DEV = [
    Sentence("g", 1, ("the", "cat", "dog"), ("D", "N", "V")),
    Sentence("g", 2, ("so",), ("ADV",)),
]


def test_every_count() -> None:
    lexicon = Lexicon.of(TRAIN, replace(SETTINGS, unknown="one"))
    coded = [code(sentence, lexicon) for sentence in DEV]
    given = [np.array([0, 0, 2]), np.array([1])]  # D D V, N
    found = accuracy("dev", Predicted(tuple(given), 0.5), coded, lexicon)
    model = found.model
    assert (model.all.right, model.all.of) == (2, 4)
    assert (model.unknown.right, model.unknown.of) == (0, 2)  # cat, so
    scores = {s.tag: (s.gold, s.given, s.right) for s in model.by_tag}
    assert scores == {"D": (1, 2, 1), "N": (1, 1, 0), "V": (1, 1, 1), MISSING: (1, 0, 0)}
    d = model.by_tag[0]
    assert (d.precision, d.recall, d.f1) == (0.5, 1.0, 2 / 3)
    assert set(model.confused) == {("N", "D", 1), (MISSING, "N", 1)}
    # The baseline: the is D, dog is N, for it was so first; what is unknown is D, the usual tag.
    assert (found.baseline.all.right, found.baseline.unknown.right) == (1, 0)


def test_a_tag_without_a_token_has_no_precision() -> None:
    lexicon = Lexicon.of(TRAIN, SETTINGS)
    coded = [code(Sentence("g", 1, ("the",), ("D",)), lexicon)]
    score = accuracy("dev", Predicted((np.array([1]),), 0.5), coded, lexicon).model
    assert np.isnan(score.by_tag[0].precision)
    assert score.by_tag[0].recall == 0
    assert np.isnan(score.by_tag[1].recall)
    assert np.isnan(score.unknown.rate)


def test_many_sentences_at_once_as_one_by_one() -> None:
    found = data()
    lexicon = found.lexicon
    settings = replace(SETTINGS, scale=1.0)
    weights = first_weights(port.PARAMETERS, len(lexicon.words), len(lexicon.tags), settings)
    together = predict(port, weights, 6, found.train)
    cost = 0.0
    for one, tags in zip(found.train, together.tags, strict=True):
        words = one.rows[one.words]
        trace = port.forward(Weights(**weights), words, one.tags, np.zeros((1, 6)))
        assert np.array_equal(trace.p.argmax(axis=1), tags)
        cost += float(trace.cost)
    assert together.cost == pytest.approx(cost / found.tokens, rel=1e-12)


def test_another_cell() -> None:
    found = data()
    lexicon = found.lexicon
    weights = first_weights(gru.PARAMETERS, len(lexicon.words), len(lexicon.tags), SETTINGS)
    together = predict(gru, weights, 6, found.train)
    assert [len(tags) for tags in together.tags] == [len(c.words) for c in found.train]
    assert 0 < together.cost < 10


def test_a_forward_pass_without_p_cannot_tag() -> None:
    found = data()
    without = ModuleType("without")
    without.__file__ = "without.py"
    without.forward = lambda *_: None  # type: ignore[attr-defined]
    weights = first_weights(
        port.PARAMETERS, len(found.lexicon.words), len(found.lexicon.tags), SETTINGS
    )
    with pytest.raises(InputError, match=r"without\.py: gives no p"):
        predict(without, weights, 6, found.train)
