"""An update on which the sides disagree: judged by the checks of a run, and saved as a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pybridge.case import Case
from pybridge.checking import CaseResult, check_cases
from pybridge.configuration import FILE_NAME, Configuration
from pybridge.errors import InputError
from pybridge.failing import failing
from pybridge.gradcheck.methods import COMPLEX, quick
from pybridge.trace.codes import Code
from pybridge.trace.stories import Story, stories
from pybridge.train.corpus import Coded, Lexicon
from pybridge.train.layout import Layout
from pybridge.train.lockstep import Difference
from pybridge.train.prepare import case_of
from pybridge.weights import Parameters
from pybridge.writing import write_arrays, write_bytes

SENTENCES, WEIGHTS = "sentence.tsv", "weights.npz"


@dataclass(frozen=True)
class Fault:
    """A single update that is wrong, and what is known of it."""

    update: int  # from 1
    sentence: str  # its place
    difference: Difference
    case: Case
    result: CaseResult | None  # of the checks of a run; None where the gradients agree
    stories: tuple[Story, ...] = ()


def judge(
    differences: Sequence[Difference],
    cases: Sequence[Case],
    python: Code,
    julia: Code,
    names: Mapping[str, str],
) -> Fault | None:
    """The first of these updates that is not right by the checks of a run, with its culprit.

    Those checks know the rounding noise of a case; one that is within it is no fault.
    """
    for found, case in zip(differences, cases, strict=True):
        fault = Fault(found.python.update + 1, case.sentence.name, found, case, None)
        if found.tensors == ("update",):
            return fault
        method = quick(COMPLEX)
        (result,) = check_cases([case], python.side, julia.side, method=method)
        wrong = failing(result)
        if wrong is None:
            continue
        told = stories([wrong], python, julia, lambda: iter([case]), method, names)  # noqa: B023  # read before the next turn
        return replace(fault, result=result, stories=tuple(told))
    return None


def case_at(
    found: Difference, coded: Coded, lexicon: Lexicon, parameters: Parameters, hidden: int
) -> Case:
    """The sentence of an update, in words as the model knows them, and the weights before it."""
    layout = Layout.of(parameters, hidden, len(lexicon.tags))
    weights = layout.unpack(found.python.weights, len(coded.rows))
    configuration = Configuration(
        f"update {found.python.update + 1}", hidden=hidden, random_h_prev=False
    )
    words = tuple(lexicon.words[i] for i in coded.rows[coded.words])
    seen = replace(coded, sentence=replace(coded.sentence, words=words))
    return case_of(seen, lexicon.words, len(lexicon.tags), parameters, weights, configuration)


def save_case(folder: Path, case: Case, lexicon: Lexicon) -> None:
    """Write a folder that `xcheck run` takes: a sentence, weights, and an xcheck.toml."""
    tokens = zip(case.sentence.words, case.sentence.tags, strict=True)
    arrays = {**case.weights.arrays, "h_prev": case.h_prev}
    named = {"words": np.array(case.rows), "tags": np.array(lexicon.tags)}
    toml = (
        f"# The sentence of one update of `xcheck train`, {case.sentence.name}, and the weights\n"
        "# before it. `xcheck run` on this folder repeats it.\n"
        f'[[configuration]]\nname = "{case.configuration.name}"\n'
        f'hidden = {case.configuration.hidden}\nweights = "{WEIGHTS}"\n'
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        remedy = "name another --save, beside which it can be"
        raise InputError(f"cannot be made ({e.strerror})", remedy, file=folder) from e
    text = "".join(f"{word}\t{tag}\n" for word, tag in tokens)
    write_bytes(folder / SENTENCES, text.encode(), "--save")
    write_arrays(folder / WEIGHTS, {**arrays, **named}, "--save")
    write_bytes(folder / FILE_NAME, toml.encode(), "--save")
