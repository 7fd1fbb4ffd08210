"""Small training runs for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pybridge import tagger as port
from pybridge.sentences import Sentence
from pybridge.train import Settings, Stop
from pybridge.train.accuracy import predict
from pybridge.train.corpus import Data, Lexicon, code
from pybridge.train.layout import Layout
from pybridge.train.loop import PythonLearner
from pybridge.train.model_file import Model
from pybridge.train.session import Job, Limits, Outcome, begin, train

# A language in which the word before decides: "a x" is a verb, "the x" a noun; and one sentence is
# longer than all others.
LINES = (
    *("the run ends", "the walk ends", "a run ends the walk", "we run", "we walk the walk"),
    *("the end", "we end", "the run", "we walk", "the walk ends", "we run the run", "the end ends"),
    "we run the walk and the walk ends the run",
)
TAGS = {"the": "DET", "a": "DET", "we": "PRON", "ends": "VERB", "and": "CCONJ"}
SETTINGS = Settings(hidden=6, min_count=2, hold_back=0.25, seed=5, learning_rate=0.1)


def tagged(line: str) -> str:
    """`word/TAG` for each word of a line."""
    words = line.split()
    before = [None, *words[:-1]]
    tags = [
        TAGS.get(word, "VERB" if earlier == "we" else "NOUN")
        for word, earlier in zip(words, before, strict=True)
    ]
    return " ".join(f"{word}/{tag}" for word, tag in zip(words, tags, strict=True))


def sentence(line: str, number: int = 1) -> Sentence:
    words, tags = zip(*(token.split("/") for token in tagged(line).split()), strict=True)
    return Sentence("made.tagged", number, words, tags)


def text(lines: tuple[str, ...] = LINES) -> str:
    """The lines as a .tagged file."""
    return "".join(f"{tagged(line)}\n" for line in lines)


def data(settings: Settings = SETTINGS, dev: int = 3) -> Data:
    """All sentences but the last `dev` to train on, and those to judge by."""
    sentences = [sentence(line, number) for number, line in enumerate(LINES, 1)]
    size = len(sentences) - dev
    lexicon = Lexicon.of(sentences[:size], settings)
    coded = tuple(code(one, lexicon) for one in sentences)
    return Data(lexicon, coded[:size], coded[size:], "the last" if dev else "", ())


def layout(settings: Settings, found: Data) -> Layout:
    return Layout.of(port.PARAMETERS, settings.hidden, len(found.lexicon.tags))


def learner(settings: Settings, found: Data, tagger: Any = port) -> PythonLearner:
    return PythonLearner(tagger, found.train, layout(settings, found), settings)


def new(settings: Settings, found: Data, sources: Mapping[str, str] | None = None) -> Model:
    return begin(found, sources or {"python": "0"}, port.PARAMETERS, settings)


def job(settings: Settings, found: Data, limits: Limits) -> Job:
    return Job(
        data=found,
        learners=(learner(settings, found),),
        judge=lambda weights, part: predict(port, weights, settings.hidden, part),
        limits=limits,
    )


def trained(
    settings: Settings,
    found: Data,
    limits: Limits,
    model: Model | None = None,
    stop: Stop = lambda: False,
) -> Outcome:
    """The Python side alone, from the start or from a model."""
    start = new(settings, found) if model is None else model
    return train(job(settings, found, limits), start, stop=stop, tell=lambda _: None)


def after(count: int) -> Stop:
    """Stops after so many updates."""
    left = count

    def stop() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    return stop


def file(folder: Path, name: str = "train.tagged", content: str = "") -> Path:
    """A file of sentences."""
    path = folder / name
    path.write_text(content or text())
    return path
