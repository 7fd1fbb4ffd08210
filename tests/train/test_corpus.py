"""Words, tags and <unk> in numbers, and the part held back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pybridge.errors import InputError
from pybridge.sentences import Sentence
from pybridge.train import Settings
from pybridge.train.corpus import NO_TAG, Lexicon, code, load, strange_tags, unknown_class
from tests.train.making import SETTINGS, file, sentence

ONE = replace(SETTINGS, unknown="one")
RARE = [Sentence("f", 1, ("The", "dog", "saw", "the", "ship", "dog"), tuple("DNVDNV"))]


def test_rare_words_become_unk_and_are_trained() -> None:
    lexicon = Lexicon.of(RARE, ONE)
    assert lexicon.words == ("<unk>", "the", "dog")
    coded = code(RARE[0], lexicon)
    assert coded.rows[coded.words].tolist() == [1, 2, 0, 1, 0, 2]
    assert coded.rows.tolist() == [0, 1, 2]
    assert coded.seen.all()


def test_at_a_count_of_one_no_word_is_rare() -> None:
    lexicon = Lexicon.of(RARE, replace(ONE, min_count=1))
    assert lexicon.words == ("<unk>", "the", "dog", "saw", "ship")


def test_capitals_count_where_they_are_asked_for() -> None:
    lexicon = Lexicon.of(RARE, replace(ONE, lower=False))
    assert lexicon.words == ("<unk>", "dog")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("running", "<unk-ing>"),
        ("Running", "<unk-^ing>"),
        ("ring", "<unk>"),  # an ending leaves three letters at least
        ("Zebra", "<unk-^>"),
        ("zebra", "<unk>"),
        ("12:30", "<unk-0>"),
        ("4th", "<unk-0>"),
        (":-)", "<unk-.>"),
        ("Ärger", "<unk-^er>"),
    ],
)
def test_the_classes_of_unknown_words(word: str, expected: str) -> None:
    assert unknown_class(word, "classes") == expected
    assert unknown_class(word, "one") == "<unk>"


def test_a_class_that_was_never_trained_falls_back() -> None:
    lexicon = Lexicon.of([sentence("we walk")], replace(SETTINGS, min_count=1))
    assert lexicon.words == ("<unk>", "we", "walk")
    assert lexicon.number("Running") == 0
    assert not lexicon.has_seen("Running")
    assert lexicon.has_seen("WALK")


def test_the_baseline() -> None:
    lexicon = Lexicon.of(RARE, ONE)
    tags = lexicon.tags
    assert tags == ("D", "N", "V")
    assert tags[lexicon.baseline("the")] == "D"
    assert tags[lexicon.baseline("ship")] == "N"  # rare, but seen
    assert lexicon.baseline("other") == lexicon.usual_tag == 0  # all three are equally frequent


def test_a_tag_that_train_lacks_is_named_and_counted() -> None:
    lexicon = Lexicon.of([sentence("we walk")], SETTINGS)
    strange = Sentence("dev", 7, ("we", "so", "so"), ("PRON", "ADV", "ADV"))
    coded = code(strange, lexicon)
    assert coded.tags.tolist() == [0, NO_TAG, NO_TAG]
    assert strange_tags([coded]) == (
        "dev:7: the training part has no tag ADV; 2 tokens counted as errors",
    )
    assert strange_tags([code(sentence("we walk"), lexicon)]) == ()


def test_a_part_is_held_back(tmp_path: Path) -> None:
    path = file(tmp_path)
    found = load(path, None, SETTINGS)
    train, dev = ([c.sentence.line for c in part] for part in (found.train, found.dev))
    assert len(dev) == 3
    assert sorted(train + dev) == list(range(1, 14))
    assert train == sorted(train)
    assert "held back" in found.dev_name
    again = load(path, None, SETTINGS)
    assert [c.sentence for c in again.dev] == [c.sentence for c in found.dev]
    other = load(path, None, replace(SETTINGS, seed=6))
    assert [c.sentence for c in other.dev] != [c.sentence for c in found.dev]


def test_nothing_is_held_back_where_there_is_a_dev_file(tmp_path: Path) -> None:
    path = file(tmp_path)
    dev = file(tmp_path, "dev.tagged", "a/DET duck/NOUN\n")
    found = load(path, dev, SETTINGS)
    assert len(found.train) == 13
    assert [c.sentence.words for c in found.dev] == [("a", "duck")]
    assert found.dev[0].seen.tolist() == [True, False]


def test_too_few_sentences_to_hold_some_back(tmp_path: Path) -> None:
    found = load(file(tmp_path, content="a/DET duck/NOUN\n"), None, Settings())
    assert found.dev == ()
    assert found.notes == ("too few sentences to hold some back: the last epoch is kept",)
    assert load(file(tmp_path), None, replace(SETTINGS, hold_back=0.0)).notes == ()


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.tagged"
    path.write_text("")
    with pytest.raises(InputError, match="no sentence in the file"):
        load(path, None, SETTINGS)
