"""Sentences tagged with a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybridge import gru
from pybridge import tagger as port
from pybridge.errors import InputError
from pybridge.sentences import read
from pybridge.train.model_file import Model
from pybridge.train.session import Limits
from pybridge.train.tagging import Tagged, as_conllu, as_tagged, sentences_of, split, tag
from tests.train.making import SETTINGS, data, file, tagged, trained


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(SETTINGS, data(dev=0), Limits(30, 0)).model


def test_what_was_learned_is_told(model: Model) -> None:
    (found,) = tag(model, port, sentences_of("we walk the run"))
    assert as_tagged(found) == tagged("we walk the run")


def test_an_unknown_word_is_marked(model: Model) -> None:
    (found,) = tag(model, port, sentences_of("the zebra ends"))
    assert found.unknown == (False, True, False)
    assert as_tagged(found).split()[1].startswith("zebra/")
    assert as_tagged(found).split()[1].endswith("?")
    rows = [row.split("\t") for row in as_conllu(found).splitlines()]
    assert [row[9] for row in rows] == ["_", "Unknown=Yes", "_"]


def test_conllu_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "tagged.conllu"
    path.write_text(as_conllu(Tagged(("a", "b"), ("X", "Y"), (False, True))) + "\n")
    (sentence,) = read([path]).sentences
    assert (sentence.words, sentence.tags) == (("a", "b"), ("X", "Y"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("The cat sat.", "The cat sat ."),
        ('"No!", he said...', '" No ! " , he said . . .'),
        ("well-known :-) ...", "well-known :-) ..."),
        ("Don't, it’s $5", "Do n't , it ’s $ 5"),
        ("n't", "n't"),
    ],
)
def test_marks_are_words_of_their_own(line: str, words: str) -> None:
    assert split(line) == words.split()


def test_files_of_every_kind(tmp_path: Path) -> None:
    plain = file(tmp_path, "plain.txt", "The cat sat.\n\nWe run\n")
    assert [s.words for s in sentences_of(str(plain))] == [
        ("The", "cat", "sat", "."),
        ("We", "run"),
    ]
    assert len(sentences_of(str(file(tmp_path)))) == 13
    untagged = file(tmp_path, "untagged.tsv", "We\t_\nrun\t_\n")
    assert sentences_of(str(untagged))[0].words == ("We", "run")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no word to tag"),
        ("missing.conllu", "no such file"),
        ("empty.txt", "no sentence in the file"),
        ("model.npz", "the ending '.npz' is not known"),
    ],
)
def test_nothing_to_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_text("\n")
    Path("model.npz").write_bytes(b"")
    with pytest.raises(InputError, match=problem):
        sentences_of(text)


def test_a_sentence_may_speak_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentences_of("see notes.txt")[0].words == ("see", "notes.txt")
    assert len(sentences_of("so " * 5000)[0].words) == 5000


def test_a_tagger_of_another_cell(model: Model) -> None:
    with pytest.raises(InputError, match="the model has Wxh Whh Bh Why By, and the tagger Wxz"):
        tag(model, gru, sentences_of("we run"))
