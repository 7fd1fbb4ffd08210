"""The tagger step by step, as Karpathy's min-char-rnn.py has it: another port of the same code."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pybridge.weights import Weights


@dataclass(frozen=True)
class Trace:
    cost: Any
    h: Any
    p: Any


def forward(weights: Any, words: Any, tags: Any, h_prev: Any) -> Trace:
    Wxh, Whh, Bh, Why, By = weights.arrays.values()
    T = len(words)
    hs: dict[int, Any] = {}
    ps: dict[int, Any] = {}
    hs[-1] = h_prev
    cost = 0.0
    for t in range(T):
        x = np.zeros((1, Wxh.shape[0]), dtype=Wxh.dtype)
        x[0, words[t]] = 1
        hs[t] = np.tanh(x @ Wxh + hs[t - 1] @ Whh + Bh)
        score = hs[t] @ Why + By
        score = score - score.real.max()
        ps[t] = np.exp(score) / np.sum(np.exp(score))
        cost += np.log(np.sum(np.exp(score))) - score[0, tags[t]]
    h = np.concatenate([hs[t] for t in range(T)])
    p = np.concatenate([ps[t] for t in range(T)])
    return Trace(cost, h, p)


def backward(weights: Any, words: Any, tags: Any, h_prev: Any, trace: Any) -> Weights:
    Wxh, Whh, Bh, Why, By = weights.arrays.values()
    h, p = trace.h, trace.p
    dWxh, dWhh, dBh = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Bh)
    dWhy, dBy = np.zeros_like(Why), np.zeros_like(By)
    dhnext = np.zeros_like(Bh)
    for t in reversed(range(len(words))):
        dy = p[t : t + 1].copy()
        dy[0, tags[t]] -= 1
        ht = h[t : t + 1]
        dWhy += ht.T @ dy
        dBy += dy
        dh = dy @ Why.T + dhnext
        dhRaw = (1 - ht * ht) * dh
        dWxh[words[t]] += dhRaw[0]
        dBh += dhRaw
        before = h_prev if t == 0 else h[t - 1 : t]
        dWhh += before.T @ dhRaw
        dhnext = dhRaw @ Whh.T
    return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)
