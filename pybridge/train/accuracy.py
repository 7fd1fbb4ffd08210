"""How well tags are told: of all tokens, of unknown words, by tag, and beside the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pybridge import tagger as port
from pybridge.adapters.form import Tagger
from pybridge.batch import batch_of, forward_batch, of_like_length
from pybridge.errors import InputError
from pybridge.tagger import Indices
from pybridge.train.corpus import NO_TAG, Coded, Lexicon
from pybridge.weights import Array, Weights

MISSING = "(not in training)"  # what stands for a tag that the training part does not have


@dataclass(frozen=True)
class Predicted:
    """What a tagger says of some sentences."""

    tags: tuple[Indices, ...]  # of each sentence (T,)
    cost: float  # nats a token, over the tokens whose tag the training part has; NaN without any


@dataclass(frozen=True)
class Share:
    """How many of how many tokens."""

    right: int
    of: int

    @property
    def rate(self) -> float:
        """Between 0 and 1; NaN of no tokens."""
        return self.right / self.of if self.of else float("nan")


@dataclass(frozen=True)
class TagScore:
    """One tag: how many tokens have it, were given it, and were given it rightly."""

    tag: str
    gold: int
    given: int
    right: int

    @property
    def precision(self) -> float:
        """Of those given the tag, how many have it; NaN where none was given it."""
        return self.right / self.given if self.given else float("nan")

    @property
    def recall(self) -> float:
        """Of those that have the tag, how many were given it; NaN where none has it."""
        return self.right / self.gold if self.gold else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of the two, 2 right / (gold + given)."""
        return 2 * self.right / (self.gold + self.given)


@dataclass(frozen=True)
class Score:
    """The answer of one tagger on one set of sentences."""

    all: Share
    unknown: Share  # of the tokens whose word is not in the training part
    by_tag: tuple[TagScore, ...]  # the most frequent first
    confused: tuple[tuple[str, str, int], ...]  # (has, was given, tokens), most frequent first


@dataclass(frozen=True)
class Accuracy:
    """A model and the baseline on the same sentences."""

    name: str
    model: Score
    baseline: Score


def accuracy(name: str, found: Predicted, sentences: Sequence[Coded], lexicon: Lexicon) -> Accuracy:
    """Count what was predicted for these sentences. A tag that train lacks counts as an error."""
    usual = [
        np.array([lexicon.baseline(word) for word in one.sentence.words], np.intp)
        for one in sentences
    ]
    return Accuracy(name, _score(found.tags, sentences, lexicon), _score(usual, sentences, lexicon))


def _score(given: Sequence[Indices], sentences: Sequence[Coded], lexicon: Lexicon) -> Score:
    # Tags are counted by number, and the one that stands for those that train lacks comes last.
    has = np.concatenate([one.tags for one in sentences])  #                    (N,)
    says = np.concatenate(given)  #                                             (N,)
    seen = np.concatenate([one.seen for one in sentences])  #                   (N,)
    right = has == says  #                                                      (N,)
    names = (*lexicon.tags, MISSING)
    size = len(names)
    pairs = np.bincount(np.where(has == NO_TAG, size - 1, has) * size + says, minlength=size**2)
    table = pairs.reshape(size, size)  #                                        (has, given)
    scores = [
        TagScore(tag, int(table[i].sum()), int(table[:, i].sum()), int(table[i, i]))
        for i, tag in enumerate(names)
    ]
    wrong = Counter(
        {(names[a], names[b]): int(table[a, b]) for a, b in np.argwhere(table) if a != b}
    )
    return Score(
        all=Share(int(right.sum()), len(right)),
        unknown=Share(int(right[~seen].sum()), int((~seen).sum())),
        by_tag=tuple(sorted((s for s in scores if s.gold or s.given), key=lambda s: -s.gold)),
        confused=tuple((a, b, n) for (a, b), n in wrong.most_common()),
    )


def predict(
    tagger: Tagger, weights: Mapping[str, Array], hidden: int, sentences: Sequence[Coded]
) -> Predicted:
    """The most likely tag of every token. InputError where the tagger gives no p."""
    h_prev = np.zeros((1, hidden))  # (1, hidden)
    with np.errstate(all="ignore"):  # weights of a run that came to nothing
        if tagger is port:
            p = _port(weights, h_prev, sentences)
        else:
            p = _any(tagger, weights, h_prev, sentences)
        known = [one.tags != NO_TAG for one in sentences]  # each (T,)
        costs = np.concatenate(
            [
                -np.log(q[np.flatnonzero(k), one.tags[k]])  # (known,)
                for q, k, one in zip(p, known, sentences, strict=True)
            ]
        )
    return Predicted(
        tuple(q.argmax(axis=1) for q in p), float(costs.mean()) if len(costs) else float("nan")
    )


def _port(weights: Mapping[str, Array], h_prev: Array, sentences: Sequence[Coded]) -> list[Array]:
    """p (T, out) of each sentence, many sentences at a time."""
    found: list[Array] = [np.zeros((0, 0))] * len(sentences)
    words = [one.rows[one.words] for one in sentences]
    for group in of_like_length(words):
        batch = batch_of(
            [words[i] for i in group], [np.maximum(sentences[i].tags, 0) for i in group]
        )
        p = forward_batch(Weights(**weights), batch, h_prev).p  # (N, out)
        for number, i in enumerate(group):
            found[i] = p[batch.sentence == number]  # (T, out)  in the order of its words
    return found


def _any(
    tagger: Tagger, weights: Mapping[str, Array], h_prev: Array, sentences: Sequence[Coded]
) -> list[Array]:
    """The same with a tagger of any cell, sentence by sentence."""
    found = []
    for one in sentences:
        words, tags = one.rows[one.words], np.maximum(one.tags, 0)
        trace = tagger.forward(Weights(**weights), words, tags, h_prev)
        if getattr(trace, "p", None) is None:
            remedy = "let forward return p, the probabilities of the tags"
            raise InputError("gives no p, so it cannot tag", remedy, file=str(tagger.__file__))
        found.append(np.asarray(trace.p))
    return found
