"""Cases: one sentence under one configuration, with the numbers that both sides start from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path

import numpy as np

from pybridge import saved_weights
from pybridge.configuration import Configuration
from pybridge.precision import PRECISIONS, Precision, precision_of
from pybridge.sentences import Sentence, Vocabulary
from pybridge.tagger import PARAMETERS, Indices
from pybridge.weights import Array, Parameters, Weights, largest_each, make_weights, word_rows


@dataclass(frozen=True)
class Draw:
    """What a configuration draws, once for all sentences: weights over the whole vocabulary."""

    configuration: Configuration
    parameters: Parameters
    weights: Weights
    h_prev: Array  # (1, hidden)
    vocabulary: Vocabulary | None = None  # of weights that come from a file


@dataclass(frozen=True)
class Case:
    """One sentence under one configuration.

    The words are indices into `rows`, the words whose rows the weights hold of every parameter that
    has a row for each word.
    """

    sentence: Sentence
    configuration: Configuration
    rows: tuple[str, ...]
    words: Indices  # (T,)
    tags: Indices  # (T,)
    outputs: int  # length of p[t]
    parameters: Parameters
    weights: Weights
    h_prev: Array  # (1, hidden)

    @property
    def name(self) -> str:
        """Place of the sentence and name of the configuration: `notes.conllu:3 telling`."""
        return f"{self.sentence.name} {self.configuration.name}"

    @property
    def word_rows(self) -> tuple[str, ...]:
        """The parameters with a row for each word."""
        return word_rows(self.parameters)

    @property
    def precision(self) -> Precision:
        """That of the weights."""
        return precision_of(self.h_prev)

    @cached_property
    def largest_weight(self) -> float:
        """Largest |entry| of any parameter."""
        return max(largest_each(list(self.weights.arrays.values())))


def draw(
    configuration: Configuration,
    vocabulary: Vocabulary,
    dtype: str = "float64",
    parameters: Parameters = PARAMETERS,
) -> Draw:
    """Draw the weights and `h_prev` of a configuration from its seed.

    The numbers are drawn in float64, and rounded where `dtype` is float32. A configuration may name
    a file that holds them instead; InputError where it cannot be read.
    """
    if configuration.weights:
        saved = saved_weights.load(Path(configuration.weights), parameters, configuration.hidden)
        held = {name: array.astype(dtype) for name, array in saved.weights.arrays.items()}
        h_prev = saved.h_prev.astype(dtype)
        return Draw(configuration, parameters, Weights(**held), h_prev, saved.vocabulary)
    rng = np.random.default_rng(configuration.seed)
    weights = make_weights(
        parameters,
        {
            "in": len(vocabulary.words),
            "hidden": configuration.hidden,
            "out": 1 if configuration.one_tag else len(vocabulary.tags),
        },
        scale=configuration.scale,
        random_biases=configuration.random_biases,
        rng=rng,
    )
    size = 0.5 if configuration.random_h_prev else 0.0
    h_prev = rng.standard_normal((1, configuration.hidden)) * size
    rounded = {name: array.astype(dtype) for name, array in weights.arrays.items()}
    return Draw(configuration, parameters, Weights(**rounded), h_prev.astype(dtype))


def make_case(
    sentence: Sentence, drawn: Draw, vocabulary: Vocabulary, *, whole_vocabulary: bool
) -> Case:
    """One sentence under one configuration.

    A case runs over the words of its own sentence and one absent word: the gradient of every
    further row is zero by construction, on both sides alike, and a dense one-hot vector over
    a treebank's vocabulary costs the Julia code many times as much. With `whole_vocabulary` it
    runs over all of it.
    """
    vocabulary = drawn.vocabulary or vocabulary
    everywhere, tags = vocabulary.encode(sentence)
    size = len(vocabulary.words)
    rows = list(range(size)) if whole_vocabulary else _own_rows(everywhere, size)
    return Case(
        sentence=sentence,
        configuration=drawn.configuration,
        rows=tuple(vocabulary.words[i] for i in rows),
        words=np.searchsorted(rows, everywhere),
        tags=np.zeros_like(tags) if drawn.configuration.one_tag else tags,
        outputs=1 if drawn.configuration.one_tag else len(vocabulary.tags),
        parameters=drawn.parameters,
        weights=drawn.weights if whole_vocabulary else _rows(drawn, rows),
        h_prev=drawn.h_prev,
    )


def nudged(case: Case) -> Case:
    """The same case with every weight moved by about one unit in the last place, up or down.

    What that does to a result is the rounding noise that the result carries in any case.
    """
    arrays = case.weights.arrays
    flat = np.concatenate([array.ravel() for array in arrays.values()])
    least = 1 << flat.size.bit_length()
    flat *= _about_one(case.configuration.seed + 1, flat.dtype.name, least)[: flat.size]
    ends = list(accumulate(array.size for array in arrays.values()))
    parts = np.split(flat, ends[:-1])
    return replace(
        case,
        weights=Weights(
            **{
                name: part.reshape(array.shape)
                for (name, array), part in zip(arrays.items(), parts, strict=True)
            }
        ),
    )


@lru_cache(maxsize=16)
def _about_one(seed: int, dtype: str, n: int) -> Array:
    """`n` numbers one unit in the last place above 1 or below it; kept, since cases share them."""
    eps = PRECISIONS[dtype].eps
    bits = np.random.default_rng(seed).integers(2, size=n, dtype=np.uint8)
    numbers = np.array([1 - eps, 1 + eps], dtype).take(bits)
    numbers.setflags(write=False)
    return numbers


def own_copy(case: Case) -> Case:
    """The same case, sharing no memory with the one handed over."""
    weights = Weights(**{name: array.copy() for name, array in case.weights.arrays.items()})
    return replace(
        case,
        weights=weights,
        words=case.words.copy(),
        tags=case.tags.copy(),
        h_prev=case.h_prev.copy(),
    )


def _rows(drawn: Draw, words: list[int]) -> Weights:
    """The weights over a smaller vocabulary: the rows of these words, the rest as it is."""
    some = word_rows(drawn.parameters)
    return Weights(**{n: a[words] if n in some else a for n, a in drawn.weights.arrays.items()})


def _own_rows(words: Indices, size: int) -> list[int]:
    """The sentence's words and the first word that it lacks, ascending."""
    own = sorted(set(words.tolist()))
    first = next((i for i, word in enumerate(own) if word != i), len(own))
    if first < size:
        own.insert(first, first)
    return own
