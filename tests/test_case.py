from dataclasses import replace

import numpy as np
import pytest

from pybridge import tagger
from pybridge.case import Case, draw, make_case, nudged
from pybridge.configuration import Configuration
from pybridge.sentences import Sentence, Vocabulary
from pybridge.weights import fingerprint
from tests.making import a_case

SENTENCES = (
    Sentence("a.tagged", 1, ("the", "cat", "saw", "the", "dog"), ("D", "N", "V", "D", "N")),
    Sentence("a.tagged", 2, ("dogs", "bark"), ("N", "V")),
    Sentence("b.tagged", 1, ("dog",), ("N",)),
)
VOCABULARY = Vocabulary.of(SENTENCES)
TELLING = Configuration("telling", hidden=5)


def case_of(
    index: int, configuration: Configuration = TELLING, *, whole_vocabulary: bool = False
) -> Case:
    drawn = draw(configuration, VOCABULARY)
    return make_case(SENTENCES[index], drawn, VOCABULARY, whole_vocabulary=whole_vocabulary)


def test_the_name_is_that_of_the_sentence_and_of_the_configuration() -> None:
    assert case_of(1).name == "a.tagged:2 telling"


@pytest.mark.parametrize("index", range(len(SENTENCES)))
@pytest.mark.parametrize("whole", [False, True])
def test_words_and_tags_are_those_of_the_sentence(index: int, whole: bool) -> None:
    case = case_of(index, whole_vocabulary=whole)
    assert tuple(case.rows[i] for i in case.words) == SENTENCES[index].words
    assert tuple(VOCABULARY.tags[i] for i in case.tags) == SENTENCES[index].tags
    assert case.weights.Wxh.shape == (len(case.rows), 5)
    assert case.weights.By.shape == (1, len(VOCABULARY.tags))


@pytest.mark.parametrize("index", range(len(SENTENCES)))
def test_the_rows_are_the_words_of_the_sentence_and_one_more(index: int) -> None:
    case = case_of(index)
    own = set(SENTENCES[index].words)
    assert len(case.rows) == len(set(case.rows)) == len(own) + 1
    assert own < set(case.rows)
    drawn = draw(TELLING, VOCABULARY)
    for row, word in enumerate(case.rows):
        np.testing.assert_array_equal(
            case.weights.Wxh[row], drawn.weights.Wxh[VOCABULARY.word_index[word]]
        )


def test_where_no_word_is_absent_none_is_added() -> None:
    vocabulary = Vocabulary.of(SENTENCES[:1])
    drawn = draw(TELLING, vocabulary)
    case = make_case(SENTENCES[0], drawn, vocabulary, whole_vocabulary=False)
    assert case.rows == vocabulary.words


@pytest.mark.parametrize("index", range(len(SENTENCES)))
def test_the_whole_vocabulary_gives_the_same_and_zeros(index: int) -> None:
    few, whole = case_of(index), case_of(index, whole_vocabulary=True)
    assert whole.rows == VOCABULARY.words
    runs = []
    for case in (few, whole):
        trace = tagger.forward(case.weights, case.words, case.tags, case.h_prev)
        gradient = tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)
        runs.append((trace, gradient))
    (trace, gradient), (whole_trace, whole_gradient) = runs
    assert trace.cost == whole_trace.cost
    at = [VOCABULARY.word_index[word] for word in few.rows]
    np.testing.assert_array_equal(whole_gradient.Wxh[at], gradient.Wxh)
    assert not np.delete(whole_gradient.Wxh, at, axis=0).any()
    np.testing.assert_array_equal(whole_gradient.Whh, gradient.Whh)


def test_all_sentences_share_the_weights_of_a_configuration() -> None:
    first, second = case_of(0), case_of(1)
    np.testing.assert_array_equal(first.weights.Whh, second.weights.Whh)
    np.testing.assert_array_equal(first.h_prev, second.h_prev)


def test_a_draw_is_the_same_every_time_and_another_for_another_seed() -> None:
    def bits(configuration: Configuration) -> str:
        drawn = draw(configuration, VOCABULARY)
        return fingerprint({**drawn.weights.arrays, "h_prev": drawn.h_prev})

    assert bits(TELLING) == bits(TELLING)
    assert bits(TELLING) != bits(replace(TELLING, seed=1))


def test_what_is_random_and_what_is_zero() -> None:
    telling = draw(TELLING, VOCABULARY)
    posted = draw(
        replace(TELLING, scale=0.01, random_biases=False, random_h_prev=False), VOCABULARY
    )
    for array in (telling.h_prev, telling.weights.Bh, telling.weights.By):
        assert array.all()
    for array in (posted.h_prev, posted.weights.Bh, posted.weights.By):
        assert not array.any()
    assert telling.h_prev.shape == (1, 5)


def test_one_tag() -> None:
    case = case_of(0, replace(TELLING, one_tag=True))
    assert case.tags.tolist() == [0] * 5
    assert case.weights.By.shape == (1, 1)
    assert case.weights.Why.shape == (5, 1)


def test_a_nudge_moves_every_weight_by_about_its_last_bit_and_nothing_else() -> None:
    case = a_case()
    moved = nudged(case)
    for name, array in case.weights.arrays.items():
        apart = np.abs(moved.weights.arrays[name] - array)
        assert (apart > 0).all()
        assert (apart <= 2 * np.spacing(np.abs(array))).all()
    assert moved.h_prev is case.h_prev
    assert fingerprint(moved.weights.arrays) == fingerprint(nudged(case).weights.arrays)
    assert fingerprint(case.weights.arrays) == fingerprint(a_case().weights.arrays)


def test_a_nudge_leaves_a_zero_a_zero() -> None:
    moved = nudged(a_case(random_biases=False))
    assert not moved.weights.Bh.any()
