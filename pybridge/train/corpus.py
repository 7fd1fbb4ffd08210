"""From tagged sentences to numbers: the vocabulary, its <unk>, and a part held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from pybridge import shipped
from pybridge.sentences import Sentence, read
from pybridge.tagger import Indices
from pybridge.train import Settings
from pybridge.weights import Array

UNKNOWN = "<unk>"
NO_TAG = -1  # a tag that the training part does not have
# Endings that say something of an English word's class, the longest first. Words of a language that
# has others fall into the classes of capitals, digits and marks.
ENDINGS = (
    *("tion", "ness", "ment", "able"),
    *("ing", "ity", "ous", "ful", "ive", "est"),
    *("ed", "ly", "al", "ic", "er", "s"),
)


@dataclass(frozen=True)
class Lexicon:
    """The words and the tags that a model knows, and what it makes of others."""

    words: tuple[str, ...]  # <unk> and its classes come first
    tags: tuple[str, ...]
    usual: tuple[tuple[str, int], ...]  # every word of the training part and its usual tag
    usual_tag: int  # the one that most of its tokens have
    lower: bool
    unknown: str  # one of UNKNOWNS

    @classmethod
    def of(cls, sentences: Iterable[Sentence], settings: Settings) -> Lexicon:
        """That of a training part. Words and tags stand in the order in which they come."""
        tokens = [pair for s in sentences for pair in zip(s.words, s.tags, strict=True)]
        forms = [form.lower() if settings.lower else form for form, _ in tokens]
        tags = {tag: i for i, tag in enumerate(dict.fromkeys(tag for _, tag in tokens))}
        count = Counter(forms)
        rare = (
            word for word, _ in tokens if count[_form(word, settings.lower)] < settings.min_count
        )
        classes = dict.fromkeys([UNKNOWN, *(unknown_class(w, settings.unknown) for w in rare)])
        kept = [form for form, times in count.items() if times >= settings.min_count]
        given: dict[str, Counter[int]] = {form: Counter() for form in count}
        for form, (_, tag) in zip(forms, tokens, strict=True):
            given[form][tags[tag]] += 1
        return cls(
            words=tuple(dict.fromkeys([*classes, *kept])),
            tags=tuple(tags),
            usual=tuple((form, found.most_common(1)[0][0]) for form, found in given.items()),
            usual_tag=Counter(tags[tag] for _, tag in tokens).most_common(1)[0][0],
            lower=settings.lower,
            unknown=settings.unknown,
        )

    @cached_property
    def word_index(self) -> dict[str, int]:
        """Word to number."""
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def tag_index(self) -> dict[str, int]:
        """Tag to number."""
        return {tag: i for i, tag in enumerate(self.tags)}

    @cached_property
    def usual_of(self) -> dict[str, int]:
        """The usual tag of each word of the training part."""
        return dict(self.usual)

    def number(self, word: str) -> int:
        """Of a word; that of its <unk> where the model has no row for it."""
        found = self.word_index.get(_form(word, self.lower))
        if found is None:
            found = self.word_index.get(unknown_class(word, self.unknown))
        return self.word_index[UNKNOWN] if found is None else found

    def has_seen(self, word: str) -> bool:
        """Whether the word is in the training part at all."""
        return _form(word, self.lower) in self.usual_of

    def baseline(self, word: str) -> int:
        """The word's most frequent tag; of an unknown word the most frequent one of all."""
        return self.usual_of.get(_form(word, self.lower), self.usual_tag)


@dataclass(frozen=True)
class Coded:
    """A sentence in numbers, T words of which `rows` are different."""

    sentence: Sentence
    rows: Indices  # (R,)  its words in the lexicon, each once, ascending
    words: Indices  # (T,)  indices into `rows`
    tags: Indices  # (T,)  NO_TAG where the training part has no such tag
    seen: Array  # (T,)  bool: the word is in the training part


@dataclass(frozen=True)
class Data:
    """All sentences of a training run."""

    lexicon: Lexicon
    train: tuple[Coded, ...]
    dev: tuple[Coded, ...]  # decides when to stop; none: the last epoch is kept
    dev_name: str  # what the dev part is, for reports; empty without one
    notes: tuple[str, ...]  # what a reader should know of them

    @property
    def tokens(self) -> int:
        """Words of the training part."""
        return sum(len(coded.words) for coded in self.train)


def unknown_class(word: str, unknown: str) -> str:
    """The <unk> of a word that the model has no row for.

    By digits, marks, capital and ending, `<unk-^ing>`; always <unk> where one stands for all.
    """
    if unknown == "one":
        return UNKNOWN
    if any(character.isdigit() for character in word):
        return "<unk-0>"
    if not any(character.isalpha() for character in word):
        return "<unk-.>"
    capital = "^" if word[0].isupper() else ""
    form = word.lower()
    ending = next((e for e in ENDINGS if form.endswith(e) and len(form) > len(e) + 2), "")
    return f"<unk-{capital}{ending}>" if capital or ending else UNKNOWN


def load(train: Path, dev: Path | None, settings: Settings, *, skip_untagged: bool = False) -> Data:
    """Read the sentences. Without `dev` a part of `train` is held back for it.

    InputError where a file cannot be read or holds no sentence.
    """
    corpus = read([shipped.locate(train)], skip_untagged=skip_untagged)
    sentences: tuple[Sentence, ...] = corpus.sentences
    held: tuple[Sentence, ...] = ()
    name = ""
    if dev is not None:
        held = read([shipped.locate(dev)], skip_untagged=skip_untagged).sentences
        name = str(dev)
    elif settings.hold_back:
        sentences, held = _split(corpus.sentences, settings)
        name = f"{len(held)} sentences held back from {train}" if held else ""
    lexicon = Lexicon.of(sentences, settings)
    coded = tuple(code(sentence, lexicon) for sentence in held)
    notes = []
    if not held and settings.hold_back:
        notes.append("too few sentences to hold some back: the last epoch is kept")
    return Data(
        lexicon=lexicon,
        train=tuple(code(sentence, lexicon) for sentence in sentences),
        dev=coded,
        dev_name=name,
        notes=(*notes, *strange_tags(coded)),
    )


def load_more(file: Path, lexicon: Lexicon, *, skip_untagged: bool = False) -> tuple[Coded, ...]:
    """The sentences of a further file. InputError where it cannot be read."""
    corpus = read([shipped.locate(file)], skip_untagged=skip_untagged)
    return tuple(code(sentence, lexicon) for sentence in corpus.sentences)


def code(sentence: Sentence, lexicon: Lexicon) -> Coded:
    """A sentence in the numbers of a lexicon."""
    numbers = np.array([lexicon.number(word) for word in sentence.words], np.intp)  # (T,)
    rows, words = np.unique(numbers, return_inverse=True)  # (R,), (T,)
    return Coded(
        sentence=sentence,
        rows=rows,
        words=words.reshape(-1),
        tags=np.array([lexicon.tag_index.get(tag, NO_TAG) for tag in sentence.tags], np.intp),
        seen=np.array([lexicon.has_seen(word) for word in sentence.words], bool),
    )


def strange_tags(coded: Sequence[Coded]) -> tuple[str, ...]:
    """A line for each tag that the training part does not have."""
    count: Counter[str] = Counter()
    first: dict[str, str] = {}
    for one in coded:
        for tag, number in zip(one.sentence.tags, one.tags, strict=True):
            if number == NO_TAG:
                count[tag] += 1
                first.setdefault(tag, one.sentence.name)
    return tuple(
        f"{first[tag]}: the training part has no tag {tag}; {times} "
        f"token{'s' if times > 1 else ''} counted as errors"
        for tag, times in count.items()
    )


def _form(word: str, lower: bool) -> str:
    return word.lower() if lower else word


def _split(
    sentences: Sequence[Sentence], settings: Settings
) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """The training part and the part held back, both in the order of the file."""
    size = round(len(sentences) * settings.hold_back)
    chosen = np.random.default_rng([settings.seed, 1, 1]).permutation(len(sentences))[:size]
    held = set(chosen.tolist())
    return (
        tuple(s for i, s in enumerate(sentences) if i not in held),
        tuple(s for i, s in enumerate(sentences) if i in held),
    )
