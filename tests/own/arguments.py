"""Every parameter is an argument, some of them by keyword; h and p are lists that forward fills."""
from __future__ import annotations

import numpy as np


def rnn_forward(x, y, h, p, *, Wxh, Whh, Bh, Why, By, h_prev, smooth=1.0):
    cost = 0.0
    before = h_prev
    for t in range(len(x)):
        before = h[t] = np.tanh(x[t] @ Wxh + before @ Whh + Bh)
        score = h[t] @ Why + By
        p[t] = np.exp(score) / np.exp(score).sum()
        cost = cost - np.log(p[t] @ y[t])
    return cost * smooth


def rnn_backward(x, y, h, p, h_prev, Wxh, Whh, Bh, Why, By):
    dWxh, dWhh, dBh = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Bh)
    dWhy, dBy = np.zeros_like(Why), np.zeros_like(By)
    carry = np.zeros_like(Bh)
    for t in reversed(range(len(x))):
        dy = p[t] - y[t]
        dWhy += h[t].T @ dy
        dBy += dy
        raw = (1 - h[t] * h[t]) * (dy @ Why.T + carry)
        dWxh += np.outer(x[t], raw)
        dBh += raw
        dWhh += (h[t - 1] if t else h_prev).T @ raw
        carry = raw @ Whh.T
    return dWxh, dWhh, dBh, dWhy, dBy
