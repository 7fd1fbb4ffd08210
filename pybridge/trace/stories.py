"""From the results of a run to one story for each distinct fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pybridge.case import Case, draw, make_case
from pybridge.checking import check_cases
from pybridge.configuration import Configuration
from pybridge.failing import NO_ANSWER, Failing, failing
from pybridge.gradcheck.methods import Method
from pybridge.sentences import Sentence, Vocabulary
from pybridge.trace import patch
from pybridge.trace.codes import Code
from pybridge.trace.walk import Traced, walk
from pybridge.verdict import Kind

STORIES = 4  # told of one run
VERIFIED = 400  # cases that a suggestion is checked on, at most


@dataclass(frozen=True)
class Verified:
    """What the cases come to with a suggestion in the file."""

    kinds: Counter[Kind]
    of: int  # cases of the run; checked are as many as are counted
    still: str = ""  # the first case that is not right, and why

    @property
    def all_right(self) -> bool:
        """Whether every case checked is right on both sides."""
        return 0 < self.kinds.total() == self.kinds[Kind.BOTH_RIGHT]


@dataclass(frozen=True)
class Story:
    """One fault: where it is, what would mend it, and whether that has been seen to."""

    traced: Traced
    cases: int  # cases that were not right before
    diff: str = ""  # what `patch` takes; empty where there is no suggestion
    verified: Verified | None = None


def stories(
    failures: Sequence[Failing],
    python: Code,
    julia: Code,
    cases: Callable[[], Iterator[Case]],
    method: Method,
    names: Mapping[str, str] | None = None,
    tolerance: float | None = None,
) -> Iterator[Story]:
    """The stories of one run, the plainest case of each first.

    A suggestion is tried on all cases, VERIFIED at most; a fault that it leaves gets a story of its
    own. `names` maps names of Julia variables to those of Python ones.
    """
    left = list(failures)
    codes = {"Python": python, "Julia": julia}
    tables = {"Julia": dict(names or {}), "Python": {v: k for k, v in (names or {}).items()}}
    told = 0
    while left and told < STORIES:
        case, accused = plainest(left)
        other = "Julia" if accused == "Python" else "Python"
        traced = walk(case.case, codes[accused], codes[other], further(case.case), tables[accused])
        told += 1
        alike = [f for f in left if f.signature == case.signature]
        if not traced.edit.replacements or traced.edit == codes[accused].edit:
            # A side that gives no answer has said why; that all it came to agrees is no news.
            if traced.findings or traced.problem or NO_ANSWER not in case.signature:
                yield Story(traced, cases=len(alike))
            left = [f for f in left if f.signature != case.signature]
            continue
        mended = {**codes, accused: codes[accused].edited(traced.edit)}
        chosen = _chosen(list(cases()), {f.case.name for f in failures})
        verified, left_over = _verify(chosen, mended, method, tolerance)
        verified = replace(verified, of=sum(1 for _ in cases()))
        before, after = ({f.case.name for f in some} for some in (left, left_over))
        mended_cases = before - after
        better = len(mended_cases) > len(after - before)
        count = len(mended_cases) if better else len(alike)
        yield Story(traced, count, _diff(mended[accused]), verified)
        if better:
            codes = mended
        left = left_over if better else [f for f in left if f.signature != case.signature]


def plainest(failures: Sequence[Failing]) -> tuple[Failing, str]:
    """The case in which a fault is easiest to see, and the side that is accused.

    Short, but three words long at least; with different numbers in every place.
    """

    def plain(f: Failing) -> tuple[bool, int, int]:
        c, words = f.case.configuration, len(f.case.words)
        blind = (c.hidden == 1) + (not c.random_h_prev) + (not c.random_biases) + c.one_tag
        return (words < 3, blind, words)

    decided = [f for f in failures if f.kind is not Kind.UNDECIDED]
    chosen = min(decided or failures, key=plain)
    return chosen, "Julia" if chosen.kind is Kind.JULIA_WRONG else "Python"


def further(case: Case) -> tuple[Case, ...]:
    """Other weights on a sentence in which no two lengths are the same, one word coming twice."""
    words = ("a", "b", "a", "c", "d", "b", "e")
    tags = tuple(f"T{i}" for i in range(4))
    vocabulary = Vocabulary((*dict.fromkeys(words), "absent"), tags)
    sentence = Sentence("further", 1, words, tuple(tags[i % 4] for i in (0, 2, 1, 3, 0, 1, 2)))
    configuration = Configuration("telling", hidden=5, seed=case.configuration.seed + 1)
    drawn = draw(configuration, vocabulary, case.precision.dtype, case.parameters)
    return (make_case(sentence, drawn, vocabulary, whole_vocabulary=False),)


def _verify(
    chosen: Sequence[Case], codes: Mapping[str, Code], method: Method, tolerance: float | None
) -> tuple[Verified, list[Failing]]:
    kinds: Counter[Kind] = Counter()
    left: list[Failing] = []
    still = ""
    for result in check_cases(
        chosen,
        codes["Python"].side,
        codes["Julia"].side,
        method=method,
        tolerance=tolerance,
    ):
        kinds[result.verdict.kind] += 1
        found = failing(result)
        if found is not None:
            left.append(found)
            still = still or f"{result.case.name}: {result.verdict.kind}: {result.verdict.rule}"
    return Verified(kinds, len(chosen), still), left


def _chosen(every: Sequence[Case], wrong: set[str]) -> list[Case]:
    """Those that were not right, and as many others as there is room for."""
    failed = [case for case in every if case.name in wrong][:VERIFIED]
    others = [case for case in every if case.name not in wrong]
    room = VERIFIED - len(failed)
    every_nth = max(1, -(-len(others) // room)) if room else 0
    return failed + (others[::every_nth] if every_nth else [])


def _diff(code: Code) -> str:
    try:
        return patch.unified_diff(code.text(), code.patched(), code.file)
    except ValueError:
        return ""
