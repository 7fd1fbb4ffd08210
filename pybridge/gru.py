"""The Python port of julia/gru.jl: the tagger with a gated recurrent unit for its cell.

T is the number of words in the sentence. It reads side by side with the Julia file, and it is
checked by what checks pybridge/tagger.py: nothing in the checker knows which cell it has before it.

Source: K. Cho and others, EMNLP 2014, named in julia/gru.jl.
"""

from __future__ import annotations

import numpy as np

from pybridge.tagger import Indices, Trace
from pybridge.weights import Array, Weights

PARAMETERS = {
    "Wxz": ("in", "hidden"),
    "Whz": ("hidden", "hidden"),
    "Bz": ("1", "hidden"),
    "Wxr": ("in", "hidden"),
    "Whr": ("hidden", "hidden"),
    "Br": ("1", "hidden"),
    "Wxn": ("in", "hidden"),
    "Whn": ("hidden", "hidden"),
    "Bn": ("1", "hidden"),
    "Why": ("hidden", "out"),
    "By": ("1", "out"),
}


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), entry by entry."""
    result: Array = 1 / (1 + np.exp(-a))
    return result


def gates(weights: Weights, word: int, h_before: Array) -> tuple[Array, Array, Array]:
    """The update gate z, the reset gate r and the candidate n, each (hidden,)."""
    w = weights
    z = sigmoid(w.Wxz[word] + h_before @ w.Whz + w.Bz[0])  #           (hidden,)
    r = sigmoid(w.Wxr[word] + h_before @ w.Whr + w.Br[0])  #           (hidden,)
    n = np.tanh(w.Wxn[word] + (r * h_before) @ w.Whn + w.Bn[0])  #     (hidden,)
    return z, r, n


def forward(weights: Weights, words: Indices, tags: Indices, h_prev: Array) -> Trace:
    """Run the tagger over one sentence; arguments and result as in pybridge.tagger."""
    Why, By = weights.Why, weights.By
    time = np.arange(len(words))

    states = []
    h_before = h_prev[0]  #                                            (hidden,)
    for t in time:
        z, _, n = gates(weights, words[t], h_before)  #                (hidden,) each
        h_before = (1 - z) * n + z * h_before  #                       (hidden,)
        states.append(h_before)
    h = np.stack(states)  #                                            (T, hidden)

    score = h @ Why + By  #                                            (T, out)
    score = score - score.real.max(axis=1, keepdims=True)  #           (T, out)  the largest is 0
    exp_score = np.exp(score)  #                                       (T, out)
    sum_exp = exp_score.sum(axis=1, keepdims=True)  #                  (T, 1)
    p = exp_score / sum_exp  #                                         (T, out)
    cost = np.sum(np.log(sum_exp[:, 0]) - score[time, tags])  #        ()
    return Trace(cost=cost, h=h, p=p)


def backward(
    weights: Weights, words: Indices, tags: Indices, h_prev: Array, trace: Trace
) -> Weights:
    """Gradient of the cost of `forward` with respect to each parameter, in nats per unit weight."""
    h, p = trace.h, trace.p
    Whz, Whr, Whn, Why = weights.Whz, weights.Whr, weights.Whn, weights.Why
    time = np.arange(len(words))
    h_all = np.concatenate([h_prev, h])  #                             (T + 1, hidden)

    dy = p.copy()  #                                                   (T, out)
    dy[time, tags] -= 1
    dWhy = h.T @ dy  #                                                 (hidden, out)
    dBy = dy.sum(axis=0, keepdims=True)  #                             (1, out)

    dzRaw, drRaw, dnRaw = np.zeros_like(h), np.zeros_like(h), np.zeros_like(h)  # (T, hidden)
    rh = np.zeros_like(h)  #                                           (T, hidden)
    dhnext = np.zeros_like(h[0])  #                                    (hidden,)
    for t in reversed(time):
        h_before = h_all[t]  #                                         (hidden,)
        z, r, n = gates(weights, words[t], h_before)  #                (hidden,) each
        dh = dy[t] @ Why.T + dhnext  #                                 (hidden,)
        dzRaw[t] = dh * (h_before - n) * z * (1 - z)  #                (hidden,)
        dnRaw[t] = dh * (1 - z) * (1 - n * n)  #                       (hidden,)
        drh = dnRaw[t] @ Whn.T  #                                      (hidden,)
        drRaw[t] = drh * h_before * r * (1 - r)  #                     (hidden,)
        rh[t] = r * h_before  #                                        (hidden,)
        dhnext = dh * z + drh * r + dzRaw[t] @ Whz.T + drRaw[t] @ Whr.T  # (hidden,)

    before = h_all[:-1]  #                                             (T, hidden)
    return Weights(
        Wxz=by_word(weights.Wxz, words, dzRaw),
        Whz=before.T @ dzRaw,
        Bz=dzRaw.sum(axis=0, keepdims=True),
        Wxr=by_word(weights.Wxr, words, drRaw),
        Whr=before.T @ drRaw,
        Br=drRaw.sum(axis=0, keepdims=True),
        Wxn=by_word(weights.Wxn, words, dnRaw),
        Whn=rh.T @ dnRaw,
        Bn=dnRaw.sum(axis=0, keepdims=True),
        Why=dWhy,
        By=dBy,
    )


def by_word(like: Array, words: Indices, rows: Array) -> Array:
    """The rows (T, hidden) summed up by word, in the shape of `like` (in, hidden)."""
    total = np.zeros_like(like)
    np.add.at(total, words, rows)
    return total
