"""What an update is: clipped gradients, by plain steps or by Adagrad, as in min-char-rnn.py.

julia/train.jl does the same in the same order: from the same gradients come the same bits.
"""

from __future__ import annotations

import numpy as np

from pybridge.train import Settings
from pybridge.weights import Array

EPSILON = 1e-8  # keeps the first step of an entry whose gradient is zero from being 0/0


def to_step(gradient: Array, memory: Array, settings: Settings) -> Array:
    """What to subtract from the weights; takes the place of the gradient.

    `memory`, the sums of squares, of the shape of the gradient, grows in place; sgd needs none.
    """
    gradient.clip(-settings.clip, settings.clip, out=gradient)
    if settings.optimizer == "sgd":
        gradient *= settings.learning_rate
        return gradient
    root = gradient * gradient
    memory += root
    np.add(memory, EPSILON, out=root)
    np.sqrt(root, out=root)
    gradient *= settings.learning_rate
    gradient /= root
    return gradient
