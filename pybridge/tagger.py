"""The Python port of julia/fixed.jl: same names, same order, a shape beside each line.

T is the number of words in the sentence. What the Julia code does at each step for the whole
vocabulary, one-hot vector by one-hot vector, is here one indexing by word; and everything that is
not the recurrence itself is one product over the whole sentence. Products of matrices are written
`a.dot(b)`, which for a vector costs two thirds of what `a @ b` does.

Source: the question named in julia/original.jl, after Karpathy's min-char-rnn.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pybridge.weights import Array, Weights

Indices = NDArray[np.intp]
# What goes from where to where; "1" marks a bias. In the order in which backwardRNN returns them.
PARAMETERS = {
    "Wxh": ("in", "hidden"),
    "Whh": ("hidden", "hidden"),
    "Bh": ("1", "hidden"),
    "Why": ("hidden", "out"),
    "By": ("1", "out"),
}


@dataclass(frozen=True)
class Trace:
    """What a forward pass leaves behind for the backward pass."""

    cost: Array  # ()      summed cross-entropy, nats
    h: Array  #    (T, hidden)  hidden state after each word
    p: Array  #    (T, out)     softmax of the scores


def forward(weights: Weights, words: Indices, tags: Indices, h_prev: Array) -> Trace:
    """Run the tagger over one sentence.

    `words` (T,) and `tags` (T,) are indices from 0, `h_prev` (1, hidden) is the hidden state before
    the first word. The weights may be of any floating or complex dtype; the result has it as well.
    """
    Wxh, Whh, Bh, Why, By = weights.arrays.values()
    time = np.arange(len(words))

    h = Wxh.take(words, axis=0) + Bh  #                       (T, hidden)
    before = h_prev[0]  #                                     (hidden,)
    for ht in h:  #                                           (hidden,)  a row, written in place
        before = np.tanh(ht + before.dot(Whh), out=ht)  #     (hidden,)

    score = h.dot(Why) + By  #                                (T, out)
    score = score - score.real.max(axis=1, keepdims=True)  #  (T, out)  the largest is 0
    exp_score = np.exp(score)  #                              (T, out)
    sum_exp = exp_score.sum(axis=1, keepdims=True)  #         (T, 1)
    p = exp_score / sum_exp  #                                (T, out)
    cost = np.log(sum_exp).sum() - score[time, tags].sum()  # ()
    return Trace(cost=cost, h=h, p=p)


def backward(
    weights: Weights, words: Indices, tags: Indices, h_prev: Array, trace: Trace
) -> Weights:
    """Gradient of the cost of `forward` with respect to each parameter, in nats per unit weight.

    Backpropagation through time over the whole sentence. The result holds dWxh, dWhh, dBh, dWhy and
    dBy under the names of the parameters they belong to.
    """
    Wxh, Whh, _, Why, _ = weights.arrays.values()
    h, p = trace.h, trace.p
    time, hidden = np.arange(len(words)), h.shape[1]

    dy = p.copy()  #                                          (T, out)
    dy[time, tags] -= 1
    dWhy = h.T.dot(dy)  #                                     (hidden, out)
    dBy = dy.sum(axis=0, keepdims=True)  #                    (1, out)

    dhy = dy.dot(Why.T)  #                                    (T, hidden)  through y alone
    dtanh = 1 - h * h  #                                      (T, hidden)
    dhRaw = np.empty_like(h)  #                               (T, hidden)
    dhnext = np.zeros_like(dhy[0])  #                         (hidden,)
    for t in reversed(range(len(words))):
        dh = dhy[t] + dhnext  #                               (hidden,)
        dhRaw[t] = dtanh[t] * dh  #                           (hidden,)
        dhnext = dhRaw[t].dot(Whh.T)  #                       (hidden,)

    dWxh = np.zeros(Wxh.shape, h.dtype)  #                    (in, hidden)
    # A word that comes twice adds up; numpy does that twice as fast for entries as for rows.
    np.add.at(dWxh.ravel(), (words[:, None] * hidden + np.arange(hidden)).ravel(), dhRaw.ravel())
    dBh = dhRaw.sum(axis=0, keepdims=True)  #                 (1, hidden)
    h_before = np.concatenate([h_prev, h[:-1]])  #            (T, hidden)
    dWhh = h_before.T.dot(dhRaw)  #                           (hidden, hidden)
    return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)
