"""Tagged sentences and their vocabulary, from files and folders.

A PATH is a file or a folder. A folder is read with all folders below it, in the byte order of the
names, whatever the locale; names that begin with a dot, and endings that no reader knows, are
passed over. Words and tags are kept as they are written: no case folding, no normalisation; two
words are one only if their code points are the same.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pybridge.errors import InputError
from pybridge.readers import READERS, Token, lines_of

ENDINGS = ", ".join(READERS)

# No text holds these and XML cannot, so a report could not show them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Sentence:
    """The words of one sentence, their tags, and where it stands."""

    file: str
    line: int
    words: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the sentence is called in every report: `notes.conllu:3`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Vocabulary:
    """All words and all tags, each once, in the order in which they were first seen."""

    words: tuple[str, ...]
    tags: tuple[str, ...]

    @classmethod
    def of(cls, sentences: Iterable[Sentence]) -> Vocabulary:
        """The vocabulary of these sentences."""
        words: dict[str, None] = {}  # a dict keeps its order, where a set goes by the hash seed
        tags: dict[str, None] = {}
        for sentence in sentences:
            words.update(dict.fromkeys(sentence.words))
            tags.update(dict.fromkeys(sentence.tags))
        return cls(tuple(words), tuple(tags))

    @cached_property
    def word_index(self) -> dict[str, int]:
        """Word to number."""
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def tag_index(self) -> dict[str, int]:
        """Tag to number."""
        return {tag: i for i, tag in enumerate(self.tags)}

    def encode(self, sentence: Sentence) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The numbers of the words and of the tags of a sentence."""
        try:
            return (
                np.array([self.word_index[word] for word in sentence.words], dtype=np.intp),
                np.array([self.tag_index[tag] for tag in sentence.tags], dtype=np.intp),
            )
        except KeyError as error:
            raise InputError(
                f"{error.args[0]!r} is not in the vocabulary",
                "make the vocabulary of all sentences that are to be encoded",
                file=sentence.file,
                line=sentence.line,
            ) from None


@dataclass(frozen=True)
class Corpus:
    """What was read, and how many sentences were left out because a word has no tag."""

    sentences: tuple[Sentence, ...]
    skipped: int
    files: int


def read(paths: Sequence[Path], *, skip_untagged: bool = False) -> Corpus:
    """Read files and folders in the order given, each file once.

    Every PATH must bring at least one sentence: one that brings none is an error and not a run
    over fewer cases than its user believes. `skip_untagged` leaves out sentences in which a word
    has no tag, instead of refusing them.
    """
    if not paths:
        raise InputError("no file or folder to read", f"name one; known endings: {ENDINGS}")
    found = {path: list(_files(path)) for path in dict.fromkeys(paths)}
    labels = _labels(found)
    kept: dict[str, list[Sentence]] = {}
    skipped = 0
    for path, files in found.items():
        for file in files:
            identity = os.path.realpath(file)
            if identity in kept:
                continue
            kept[identity], left_out = _sentences(file, labels[identity], skip_untagged)
            skipped += left_out
        if not any(kept[os.path.realpath(file)] for file in files):
            raise InputError(
                "no sentence is left without its untagged ones",
                "tag one sentence in full, or leave this path out",
                file=path,
            )
    sentences = tuple(sentence for part in kept.values() for sentence in part)
    return Corpus(sentences, skipped, len(kept))


def _files(path: Path) -> Iterator[Path]:
    """The files that a PATH stands for, in order."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("there is no such file or folder", "check the path", file=path) from None
    except OSError as error:
        raise _unreadable(error, path) from None
    if stat.S_ISDIR(mode):
        files = list(_below(path))
        if not files:
            raise InputError(
                f"the folder holds no file that ends in {ENDINGS}",
                "name a folder that holds sentences",
                file=path,
            )
        yield from sorted(files, key=lambda file: os.fsencode(file.relative_to(path).as_posix()))
    elif path.suffix.lower() not in READERS:
        raise InputError(
            f"the ending {path.suffix!r} is not known" if path.suffix else "a name without ending",
            f"known endings: {ENDINGS}",
            file=path,
        )
    else:
        yield path


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise _unreadable(error, Path(error.filename)) from None

    for here, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in READERS:
                yield Path(here, name)


def _unreadable(error: OSError, path: Path) -> InputError:
    return InputError(f"cannot be read ({error.strerror or error})", "make it readable", file=path)


def _labels(found: dict[Path, list[Path]]) -> dict[str, str]:
    """A name for each file, short where it can be and never that of another file."""
    short: dict[str, str] = {}
    given: dict[str, str] = {}
    for path, files in found.items():
        for file in files:
            identity = os.path.realpath(file)
            name = file.name if file == path else file.relative_to(path).as_posix()
            short.setdefault(identity, name)
            given.setdefault(identity, file.as_posix())
    labels = short
    # To give one file its whole path may bring it the name of another, so until all differ. Paths
    # of different files differ, so each round but the last lengthens one name at least.
    while twice := {name for name, count in Counter(labels.values()).items() if count > 1}:
        labels = {key: given[key] if name in twice else name for key, name in labels.items()}
    return {
        # A name that is not UTF-8 must not stop a report from being printed.
        key: os.fsencode(name).decode("utf-8", "backslashreplace")
        for key, name in labels.items()
    }


def _sentences(file: Path, label: str, skip_untagged: bool) -> tuple[list[Sentence], int]:
    """The sentences of one file, and the number of those left out."""
    kept: list[Sentence] = []
    skipped = 0
    for tokens in READERS[file.suffix.lower()](file, lines_of(file)):
        untagged = [token for token in tokens if _untagged(file, token)]
        if untagged and not skip_untagged:
            raise InputError(
                f"the word {untagged[0].word!r} has no tag",
                "tag it, or leave such sentences out with --skip-untagged",
                file=file,
                line=untagged[0].line,
            )
        if untagged:
            skipped += 1
        else:
            _, words, tags = zip(*tokens, strict=True)
            kept.append(Sentence(label, tokens[0].line, words, tags))
    if not kept and not skipped:
        raise InputError("no sentence in the file", "add one or take it away", file=file, line=1)
    return kept, skipped


def _untagged(file: Path, token: Token) -> bool:
    """Whether a token lacks a tag; a token that no option could make good is refused."""
    line, word, tag = token
    if not word.strip(" "):
        raise InputError("a word is empty", "write the word", file=file, line=line)
    for text in (word, tag):
        if control := _CONTROL.search(text):
            raise InputError(
                f"control character U+{ord(control[0]):04X} in {text!r}",
                "take it out",
                file=file,
                line=line,
            )
    if _SPACE.search(tag):
        raise InputError(f"a space in the tag {tag!r}", "take it out", file=file, line=line)
    return tag in ("", "_")
