"""xcheck from a script, a notebook or a test, without the command line.

>>> import pybridge
>>> results = pybridge.run("fixtures", julia="mine.jl", python="mine.py")
>>> results.all_right, results.to_frame()
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pybridge.case import draw, make_case
from pybridge.checking import CaseResult, check_cases
from pybridge.configuration import Configuration
from pybridge.errors import InputError
from pybridge.failing import failing
from pybridge.gradcheck.methods import COMPLEX
from pybridge.running import Request, plan, start
from pybridge.sentences import Sentence, Vocabulary
from pybridge.sides import Side
from pybridge.sides.python import PythonSide
from pybridge.tagger import backward, forward
from pybridge.telling import tell
from pybridge.trace.stories import Story
from pybridge.verdict import Kind, counted
from pybridge.weights import Weights

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Results", "Weights", "backward", "check", "forward", "run"]
COLUMNS = ("case", "words", "cost", "worst", "distance", "verdict", "rule")


@dataclass(frozen=True)
class Results(Sequence[CaseResult]):
    """The cases of a run, in order, and what is known of those that are not right."""

    cases: tuple[CaseResult, ...]
    stories: tuple[Story, ...]

    def __getitem__(self, i: Any) -> Any:
        return self.cases[i]

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[CaseResult]:
        return iter(self.cases)

    def __repr__(self) -> str:
        return f"<Results: {counted(r.verdict.kind for r in self.cases) or 'no case'}>"

    @property
    def all_right(self) -> bool:
        """Whether every case is both right."""
        return bool(self.cases) and all(r.verdict.kind is Kind.BOTH_RIGHT for r in self.cases)

    def rows(self) -> list[dict[str, Any]]:
        """One row a case: COLUMNS. The cost is in nats, the distance relative."""
        return [_row(result) for result in self.cases]

    def to_frame(self) -> DataFrame:
        """The same as a pandas DataFrame. InputError where pandas is not there."""
        try:
            import pandas
        except ImportError:
            raise InputError("to_frame needs pandas", "`pip install pandas`") from None
        return pandas.DataFrame(self.rows(), columns=list(COLUMNS))

    def _repr_html_(self) -> str:
        """A table, as notebooks show it."""
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(v))}</td>" for v in row.values()) + "</tr>"
            for row in self.rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def run(
    *paths: str | Path,
    julia: str | Path | None = None,
    python: str | Path = "",
    trace: bool = True,
    **options: Any,
) -> Results:
    """What `xcheck run` does, as objects. `options` are the fields of `pybridge.running.Request`.

    With `trace` the results come with the lines where errors are made. InputError for bad input.
    """
    request = Request(
        paths=tuple(map(Path, paths or ("fixtures",))),
        julia=None if julia is None else Path(julia),
        python=str(python),
        **options,
    )
    with start(plan(request), lambda _: None) as session:
        cases = tuple(session.results)
        failures = [found for result in cases if (found := failing(result)) is not None]
        told = tuple(tell(session, failures)) if trace and failures else ()
    return Results(cases, told)


def check(
    words: Sequence[str],
    tags: Sequence[str],
    julia: Side,
    python: Side | None = None,
    configuration: Configuration = Configuration("telling"),  # noqa: B008  # frozen
) -> CaseResult:
    """One tagged sentence on both sides; in a test `julia` is the fixture `julia_tagger`."""
    if not words or len(words) != len(tags):
        problem = f"{len(words)} words and {len(tags)} tags"
        raise InputError(problem, "give a sentence of one word or more, and a tag for each")
    vocabulary = Vocabulary((*dict.fromkeys(words), "<absent>"), tuple(dict.fromkeys(tags)))
    sentence = Sentence("sentence", 1, tuple(words), tuple(tags))
    case = make_case(sentence, draw(configuration, vocabulary), vocabulary, whole_vocabulary=False)
    (result,) = check_cases([case], python or PythonSide(), julia, method=COMPLEX)
    return result


def _row(result: CaseResult) -> dict[str, Any]:
    worst = result.agreement.worst if result.agreement else None
    python = result.python
    cost = float(python.run.results["cost"].real) if hasattr(python, "run") else float("nan")
    values = (
        result.case.name,
        len(result.case.words),
        cost,
        worst.name if worst else "",
        worst.distance if worst else float("nan"),
        str(result.verdict.kind),
        result.verdict.rule,
    )
    return dict(zip(COLUMNS, values, strict=True))
