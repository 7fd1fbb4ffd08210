"""What an update is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pybridge.train import Settings
from pybridge.train.optimizer import to_step

ADAGRAD = Settings(learning_rate=0.1)
SGD = replace(ADAGRAD, optimizer="sgd")


def test_adagrad_is_that_of_min_char_rnn() -> None:
    gradient, memory = np.array([3.0, -0.5, 0.0]), np.array([7.0, 0.0, 0.0])
    step = to_step(gradient.copy(), memory, ADAGRAD)
    assert memory.tolist() == [16.0, 0.25, 0.0]
    expected = [0.1 * g / math.sqrt(m + 1e-8) for g, m in zip(gradient, memory, strict=True)]
    assert step.tolist() == expected


def test_sgd_keeps_no_memory() -> None:
    memory = np.zeros(2)
    assert to_step(np.array([3.0, -0.5]), memory, SGD).tolist() == [0.1 * 3.0, 0.1 * -0.5]
    assert memory.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("settings", [ADAGRAD, SGD], ids=["adagrad", "sgd"])
def test_an_entry_counts_for_no_more_than_the_clip(settings: Settings) -> None:
    memories = np.zeros((3, 2))
    large, at, below = (
        to_step(np.array([size, -size]), memory, settings)
        for size, memory in zip((1e9, 5.0, 4.0), memories, strict=True)
    )
    assert large.tolist() == at.tolist()
    assert memories[0].tolist() == memories[1].tolist()
    if settings is SGD:
        assert below.tolist() != at.tolist()
    else:
        assert memories[2].tolist() != memories[1].tolist()
