"""Tag a sentence, or the sentences of a file, with a model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pybridge.adapters.form import Tagger
from pybridge.errors import InputError
from pybridge.readers import READERS, lines_of
from pybridge.sentences import Sentence
from pybridge.train.accuracy import predict
from pybridge.train.corpus import code
from pybridge.train.model_file import Model

PLAIN = ".txt"  # a sentence a line, its words between spaces
CONTRACTED = re.compile(r"(\w+?)(n['’]t|['’](?:s|re|ve|ll|d|m))", re.IGNORECASE)
MARK = "?"  # after the tag of a word that the model was not trained on


@dataclass(frozen=True)
class Tagged:
    """A sentence with the tags that a model gives it."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    unknown: tuple[bool, ...]  # not in the training part


def tag(model: Model, tagger: Tagger, sentences: Sequence[Sentence]) -> list[Tagged]:
    """InputError where the tagger is not of the model's parameters."""
    stated = dict(getattr(tagger, "PARAMETERS", model.parameters))
    if stated != dict(model.parameters):
        raise InputError(
            f"the model has {' '.join(model.parameters)}, and the tagger {' '.join(stated)}",
            "name the tagger that it was trained with, --python FILE",
        )
    coded = [code(sentence, model.lexicon) for sentence in sentences]
    found = predict(tagger, model.weights, model.settings.hidden, coded)
    return [
        Tagged(
            words=one.sentence.words,
            tags=tuple(model.lexicon.tags[number] for number in numbers),
            unknown=tuple(not seen for seen in one.seen),
        )
        for one, numbers in zip(coded, found.tags, strict=True)
    ]


def sentences_of(text: str) -> list[Sentence]:
    """Those of a file, where `text` names one; else `text` is a sentence itself.

    InputError where there is nothing to tag.
    """
    path = Path(text)
    named = path.suffix.lower() in (*READERS, PLAIN) and not text.split()[1:]
    if named and not path.exists():
        raise InputError("no such file", "check the path", file=path)
    if not (named or _is_file(path)):
        return [_sentence("sentence", 1, split(text))]
    if path.suffix.lower() not in (*READERS, PLAIN):
        known = ", ".join((*READERS, PLAIN))
        raise InputError(
            f"the ending {path.suffix!r} is not known", f"known endings: {known}", file=path
        )
    found = list(_read(path))
    if not found:
        raise InputError("no sentence in the file", "add one", file=path, line=1)
    return found


def split(line: str) -> list[str]:
    """The words of a line: between spaces, with the marks before and after a word split off.

    What is all marks, as "..." or ":-)", stays whole; "don't" and "it's" are two words each, as in
    English treebanks.
    """
    found: list[str] = []
    for piece in line.split():
        first, last = 0, len(piece)
        while first < last and _is_mark(piece[first]):
            first += 1
        while last > first and _is_mark(piece[last - 1]):
            last -= 1
        if first == last:
            found.append(piece)
        else:
            word = CONTRACTED.fullmatch(piece[first:last])
            found += [*piece[:first], *(word.groups() if word else [piece[first:last]])]
            found += piece[last:]
    return found


def as_tagged(sentence: Tagged) -> str:
    """`word/TAG` for each word, `word/TAG?` for an unknown one."""
    columns = zip(sentence.words, sentence.tags, sentence.unknown, strict=True)
    return " ".join(f"{word}/{name}{MARK if new else ''}" for word, name, new in columns)


def as_conllu(sentence: Tagged) -> str:
    """The lines of a sentence in CoNLL-U, `Unknown=Yes` in the last column of unknown words."""
    columns = zip(sentence.words, sentence.tags, sentence.unknown, strict=True)
    rows = [
        f"{i}\t{word}\t_\t{name}\t_\t_\t_\t_\t_\t{'Unknown=Yes' if new else '_'}\n"
        for i, (word, name, new) in enumerate(columns, 1)
    ]
    return "".join(rows)


def _read(path: Path) -> Iterator[Sentence]:
    """The sentences of a file; tags that it has are left aside."""
    lines = lines_of(path)
    if path.suffix.lower() == PLAIN:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _sentence(path.name, number, split(line))
        return
    for tokens in READERS[path.suffix.lower()](path, lines):
        yield _sentence(path.name, tokens[0].line, [token.word for token in tokens])


def _sentence(name: str, line: int, words: Sequence[str]) -> Sentence:
    if not words:
        raise InputError("no word to tag", "give a sentence", file=name, line=line)
    return Sentence(name, line, tuple(words), ("_",) * len(words))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith(("P", "S"))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a long sentence is no name of a file
        return False
