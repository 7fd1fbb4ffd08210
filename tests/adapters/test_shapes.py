"""What a forward pass keeps of every step."""

from __future__ import annotations

import numpy as np
import pytest

from pybridge.adapters import AdapterError
from pybridge.adapters.shapes import over_time

STEPS = np.arange(12.0).reshape(3, 4)  # three steps of four
FIRST = np.array([[9.0, 8.0, 7.0, 6.0]])
LATER = np.arange(16.0).reshape(4, 4)


def stacked(states: object, words: int = 3, longer: object = None, columns: bool = False) -> object:
    return over_time(
        "h", states, words, 4, columns=columns, first=FIRST, longer=lambda: longer
    ).tolist()


@pytest.mark.parametrize(
    "states",
    [
        STEPS,
        STEPS.T,
        list(STEPS),
        [row[:, None] for row in STEPS],
        [row[None] for row in STEPS],
        dict(enumerate(STEPS)) | {-1: FIRST},
        {t + 1: row for t, row in enumerate(STEPS)} | {0: FIRST},
        [FIRST, *STEPS],
        np.concatenate([FIRST, STEPS]),
        np.concatenate([STEPS, FIRST]),
        STEPS[:, :, None],
        STEPS[:, None],
    ],
)
def test_the_steps_are_found(states: object) -> None:
    assert stacked(states) == STEPS.tolist()


@pytest.mark.parametrize("turned", [False, True])
def test_a_square_of_steps_is_told_by_a_longer_sentence(turned: bool) -> None:
    longer = np.zeros((5, 4))
    states, more = (LATER.T, longer.T) if turned else (LATER, longer)
    assert stacked(states, 4, more) == LATER.tolist()
    assert stacked(states, 4, more, columns=True) == LATER.tolist()
    before = np.concatenate([FIRST, STEPS])  # as many steps, with the one before, as entries
    states, more = (before.T, longer.T) if turned else (before, longer)
    assert stacked(states, 3, more) == STEPS.tolist()


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (list(STEPS[:2]), "h has 2 steps, and the sentence 3 words"),
        ([FIRST + 1, *STEPS], "neither end is h_prev"),
        ([STEPS[0], None, STEPS[2]], "h has nothing at step 1, not 4"),
        ([STEPS[0], STEPS[1][:3], STEPS[2]], "h has 3 numbers at step 1, not 4"),
        ({0: STEPS[0], 2: STEPS[2]}, "h has nothing at step 1 of 3"),
        (np.zeros((3, 5)), "h is of shape (3, 5), not (3, 4)"),
        (3.0, "h is one float, and no row for each word"),
    ],
)
def test_what_has_no_steps(states: object, said: str) -> None:
    with pytest.raises(AdapterError) as caught:
        stacked(states)
    assert said in str(caught.value)
