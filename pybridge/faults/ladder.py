"""Cases that need no sentences of the user's: random ones, and a ladder from the smallest up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pybridge.case import Case, draw, make_case
from pybridge.configuration import Configuration
from pybridge.sentences import Sentence, Vocabulary
from pybridge.tagger import PARAMETERS
from pybridge.weights import Parameters

TAGS = 4
TELLING = Configuration("telling", hidden=3)
POSTED = Configuration("posted", hidden=1, scale=0.01, random_biases=False, random_h_prev=False)
SIZES = {
    "one word": "a",
    "two words": "a b",
    "three words": "a b c",
    "three words, one of them twice": "a b a",
    "five words, one of them twice": "a b c d a",
    "thirty words": "a b c d e f a g h b " * 3,
}
SETTINGS = {
    "hidden size 1, weights of scale 0.01": POSTED,
    "hidden size 3, weights of scale 0.01": replace(POSTED, hidden=3),
    "hidden size 3, weights of scale 0.01, h_prev not zero": replace(
        POSTED, hidden=3, random_h_prev=True
    ),
    "hidden size 3, weights of scale 0.5/sqrt(fan-in)": replace(POSTED, hidden=3, scale=None),
    "hidden size 3, weights of scale 0.5/sqrt(fan-in), h_prev not zero": replace(
        TELLING, random_biases=False
    ),
    "hidden size 3, weights of scale 0.5/sqrt(fan-in), biases and h_prev not zero": TELLING,
    "hidden size 3, weights of scale 4, biases and h_prev not zero": replace(TELLING, scale=4.0),
}


def case(words: str, configuration: Configuration, parameters: Parameters = PARAMETERS) -> Case:
    """A case over these words and one more, the tags given in turn."""
    several = tuple(words.split())
    tags = tuple(f"T{i}" for i in range(TAGS))
    vocabulary = Vocabulary((*dict.fromkeys(several), "absent"), tags)
    given = tuple(tags[(i * i + i // 3) % TAGS] for i in range(len(several)))
    sentence = Sentence("random", 1, several, given)
    drawn = draw(configuration, vocabulary, parameters=parameters)
    return make_case(sentence, drawn, vocabulary, whole_vocabulary=False)


Make = Callable[[str, Configuration], Case]  # `case`, over the parameters of some cell


def random_cases(case: Make = case) -> list[Case]:
    """A fault that changes no number on any of these is equivalent; the telling ones first."""
    return [
        case("a b a c b", TELLING),
        case("a b c d e f a", replace(TELLING, hidden=5, seed=1)),
        case("a", replace(TELLING, seed=2)),
        case("a a", replace(TELLING, hidden=1, seed=3)),
        case("a b c", replace(POSTED, hidden=4, seed=4)),
        case("a b b a", replace(TELLING, scale=2.0, seed=5)),
        case("a b c a", replace(TELLING, random_h_prev=False, seed=6)),
        case("a b a c d", replace(TELLING, one_tag=True, seed=7)),
        case("b a c", replace(TELLING, hidden=8, seed=8)),
        case(SIZES["thirty words"], replace(TELLING, scale=5.0, seed=9)),
    ]


def shapes_case(case: Make = case) -> Case:
    """A small case in which no two lengths are the same: 2 words, 3 rows, 5 units, 4 tags."""
    return case("a b", replace(TELLING, hidden=5))


def rungs(case: Make = case) -> Iterator[tuple[str, Case]]:
    """From the smallest sentence and the poorest configuration up, in words."""
    for size, words in SIZES.items():
        for setting, configuration in SETTINGS.items():
            yield f"{size}; {setting}", case(words, configuration)
