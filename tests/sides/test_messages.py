"""Arrays as bytes, as Messages.jl has them; julia/messagetests.jl is the twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge.sides import messages
from pybridge.sides.messages import arrays_of, flat, letters, message, text, text_of, to_hash
from pybridge.weights import Array

AN_ARRAY = st.tuples(st.sampled_from(messages.KINDS), st.integers(0, 20))


@given(st.lists(AN_ARRAY, max_size=6))
def test_what_is_sent_comes_back(kinds: list[tuple[str, int]]) -> None:
    arrays: list[Array] = [np.arange(size).astype(kind) for kind, size in kinds]
    found = arrays_of(message(*arrays))
    for array, expected in zip(found, arrays, strict=True):
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)


def test_the_bytes_are_those_that_julia_reads() -> None:
    sent = message(letters("abc"), np.array([1.5, -2.0]))
    # 9 words: how many bytes, how many arrays, of each its type and length; a word and two.
    head = [72, 2, 8, 3, 1, 2]
    assert np.frombuffer(sent, np.int64, 6).tolist() == head
    assert sent[48:56] == b"abc" + bytes(5)
    assert np.frombuffer(sent, np.float64, 2, 56).tolist() == [1.5, -2.0]
    assert len(sent) == 72


def test_an_array_of_what_is_read_may_be_written_to_and_its_neighbours_stay() -> None:
    sent = message(np.ones(3), np.ones(3))
    first, second = arrays_of(sent)
    first[:] = 7
    assert second.tolist() == [1, 1, 1]
    assert arrays_of(sent)[0].tolist() == [1, 1, 1]


def test_a_type_that_julia_does_not_know_is_not_sent() -> None:
    with pytest.raises(KeyError):
        message(np.ones(3, np.int16))


def test_a_message_that_ends_too_early_is_no_message() -> None:
    sent = message(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="buffer"):
        arrays_of(sent[:-8])


@given(st.text())
def test_a_text_comes_back(line: str) -> None:
    sent = line.encode(errors="replace").decode()  # half a surrogate pair is no text
    assert text_of(message(letters(sent))) == sent


def test_what_is_no_text_is_shown_as_far_as_it_is() -> None:
    assert text(np.frombuffer(b"a\xffb", np.uint8)) == "a\ufffdb"


def test_what_is_hashed_lies_row_by_row_whatever_its_order() -> None:
    array = np.arange(6.0).reshape(2, 3)
    question = to_hash({"a": np.asfortranarray(array), "b": array[:, ::2]})
    names, shapes, values = arrays_of(question)
    assert (text(names), shapes.tolist()) == ("a b", [2, 3, 2, 2])
    assert values.tolist() == [0, 1, 2, 3, 4, 5, 0, 2, 3, 5]
    assert flat([array.T]).tolist() == [0, 3, 1, 4, 2, 5]
