"""The port over many sentences at once: tagger.py, line by line, with their words in one array.

N is the number of words of all B sentences together. The first words of all come first, then the
second words, and so on, longer sentences before shorter ones: those that have a t-th word are the
first so many of those that had one before. So no place is filled up with nothing, and what is not
the recurrence is the same line as in tagger.py. At each step one product of all hidden states with
Whh takes the place of B products.

The numbers are those of tagger.py, added up in another order: a BLAS may sum a product of matrices
otherwise than one of a vector and a matrix. tests/test_batch.py holds the distance, relative to the
largest entry of a tensor, below 1e-13 in float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pybridge.tagger import Indices, Trace
from pybridge.weights import Array, Weights


@dataclass(frozen=True)
class Batch:
    """Sentences, their words ordered by step."""

    words: Indices  #      (N,)
    tags: Indices  #       (N,)
    sentence: Indices  #   (N,)  number of the sentence that a word is of, as it was handed over
    before: Indices  #     (N,)  where the word before is; of first words, -1
    steps: tuple[slice, ...]  #  the words of each step
    first: Indices  #      where each word of the vocabulary that is there comes for the first time
    folds: tuple[tuple[Indices, Indices], ...]  #  (into, out of): how the rows of a word add up


def batch_of(words: Sequence[Indices], tags: Sequence[Indices]) -> Batch:
    """A batch of sentences, each of one word or more; `words[i]` and `tags[i]` are (T_i,)."""
    lengths = np.array([len(sentence) for sentence in words])  #          (B,)
    time = np.concatenate([np.arange(n) for n in lengths])  #             (N,)
    sentence = np.repeat(np.arange(len(words)), lengths)  #               (N,)
    rank = np.empty(len(words), np.intp)  #                               (B,)  0 for the longest
    rank[np.argsort(-lengths, kind="stable")] = np.arange(len(words))
    order = np.lexsort((rank[sentence], time))  #                         (N,)
    ends = np.cumsum(np.bincount(time))  #                                (T,)
    starts = np.concatenate([[0], ends[:-1]])  #                          (T,)
    # A sentence has the same place among the words of every step: its rank.
    before = starts[time - 1] + rank[sentence]  #                         (N,)
    ordered = np.concatenate(words)[order]  #                             (N,)
    first, folds = _folds(ordered)
    return Batch(
        words=ordered,
        tags=np.concatenate(tags)[order],
        sentence=sentence[order],
        before=np.where(time > 0, before, -1)[order],
        steps=tuple(slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)),
        first=first,
        folds=folds,
    )


def _folds(words: Indices) -> tuple[Indices, tuple[tuple[Indices, Indices], ...]]:
    """Where each word is for the first time, and which places to add to which so that it is all
    there: first every second to the one before it, then every second of what is left, and so on.

    Each place is named once in a fold, so numpy can add them all at once, and thirty times "the"
    takes five folds.
    """
    by_word = np.argsort(words, kind="stable")  #                         (N,)
    first = np.flatnonzero(np.diff(words[by_word], prepend=-1))  #        of each word
    times = np.diff(first, append=len(words))  #                          how often it comes
    count = np.arange(len(words)) - np.repeat(first, times)  #            (N,)  0 for the first time
    folds = []
    for n in 2 ** np.arange(int(times.max()).bit_length()):
        out_of = np.flatnonzero(count % (2 * n) == n)
        folds.append((by_word[out_of - n], by_word[out_of]))
    return by_word[first], tuple(fold for fold in folds if len(fold[0]))


def of_like_length(words: Sequence[Indices], size: int = 32) -> Iterator[list[int]]:
    """The numbers of the sentences, `size` at a time, from short to long: the fewest steps."""
    order = sorted(range(len(words)), key=lambda i: len(words[i]))
    for first in range(0, len(order), size):
        yield order[first : first + size]


def forward_batch(weights: Weights, batch: Batch, h_prev: Array) -> Trace:
    """Run the tagger over each sentence of a batch; the cost of the result is (B,).

    `h_prev` (1, hidden) is the hidden state before the first word of every sentence. The rows of h
    (N, hidden) and p (N, out) are those of the words.
    """
    Wxh, Whh, Bh, Why, By = weights.arrays.values()
    words, tags = batch.words, batch.tags

    h = Wxh.take(words, axis=0)  #                             (N, hidden)
    h += Bh
    before = h_prev  #                                         (1, hidden), then (n, hidden)
    for now in batch.steps:
        ht = h[now]  #                                         (n, hidden)  rows, written in place
        ht += before[: len(ht)].dot(Whh)
        before = np.tanh(ht, out=ht)  #                        (n, hidden)

    score = h.dot(Why)  #                                      (N, out)
    score += By
    score -= score.real.max(axis=1, keepdims=True)  #          the largest is 0
    exp_score = np.exp(score)  #                               (N, out)
    sum_exp = exp_score.sum(axis=1, keepdims=True)  #          (N, 1)
    p = exp_score / sum_exp  #                                 (N, out)
    costs = np.log(sum_exp[:, 0]) - score[np.arange(len(words)), tags]  # (N,)
    cost = np.zeros(batch.steps[0].stop, costs.dtype)  #       (B,)
    np.add.at(cost, batch.sentence, costs)
    return Trace(cost=cost, h=h, p=p)


def backward_batch(weights: Weights, batch: Batch, h_prev: Array, trace: Trace) -> Weights:
    """Gradient of the summed cost of `forward_batch`, under the names of the parameters."""
    Whh, Why = weights.Whh, weights.Why
    h, p = trace.h, trace.p
    words, tags = batch.words, batch.tags

    dy = p.copy()  #                                           (N, out)
    dy[np.arange(len(words)), tags] -= 1
    dWhy = h.T.dot(dy)  #                                      (hidden, out)
    dBy = dy.sum(axis=0, keepdims=True)  #                     (1, out)

    dh = dy.dot(Why.T)  #                                      (N, hidden)  through y alone
    dhRaw = h * h  #                                           (N, hidden)
    np.subtract(1, dhRaw, out=dhRaw)  #                        dtanh, to begin with
    dhnext = np.zeros_like(h[:0])  #                           (n, hidden)  n of the step behind
    WhhT = Whh.T.copy()  # contiguous, which BLAS multiplies by in two thirds of the time
    for now in reversed(batch.steps):
        dht, dhRawt = dh[now], dhRaw[now]  #                   (n, hidden)  rows, written in place
        went_on = dht[: len(dhnext)]  #                        of sentences with a step behind
        went_on += dhnext
        dhRawt *= dht
        dhnext = dhRawt.dot(WhhT)  #                           (n, hidden)

    dBh = dhRaw.sum(axis=0, keepdims=True)  #                  (1, hidden)
    start = batch.steps[0]
    h_before = h.take(batch.before[start.stop :], axis=0)  #   (N - B, hidden)
    dWhh = h_before.T.dot(dhRaw[start.stop :])  #              (hidden, hidden)
    dWhh += h_prev.T.dot(dhRaw[start].sum(axis=0, keepdims=True))
    dWxh = np.zeros(weights.Wxh.shape, h.dtype)  #             (in, hidden)
    for into, out_of in batch.folds:
        # A word that comes twice adds up.
        dhRaw[into] = dhRaw.take(into, axis=0) + dhRaw.take(out_of, axis=0)
    dWxh[words[batch.first]] = dhRaw.take(batch.first, axis=0)
    return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)
