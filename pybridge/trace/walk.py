"""From a case that is not right to the wrong line, and to what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from pybridge.case import Case, nudged
from pybridge.edit import Edit
from pybridge.errors import InputError
from pybridge.gradcheck import probes
from pybridge.gradcheck.methods import COMPLEX
from pybridge.sides import Examination, Failure, Task, tensors
from pybridge.trace import Keep, Kind, Recording, Rewrite, Statement
from pybridge.trace.cells import canonical
from pybridge.trace.codes import Code
from pybridge.trace.culprits import Culprit, culprits, settled
from pybridge.trace.match import Matching, match
from pybridge.trace.pairs import Pair, Side
from pybridge.trace.suggest import Scene, suggestions, untried
from pybridge.trace.values import apart

FAULTS = 4  # looked for in one file, one after the other
TRIED = 12  # rewrites that stood every trial and are put into the file
RUN = 60  # rewrites that only a run can judge
FULL = 1 << 14  # entries of an array that is kept in full at every step of a long sentence
LONG = 60  # words
NEAR = 1e4  # times the tolerance of the agreement: what a run comes to that a rewrite has mended


@dataclass(frozen=True)
class Finding:
    """A culprit in words, and what mends it."""

    language: str
    file: str
    statement: Statement
    culprit: Culprit
    words: int
    inputs: tuple[str, ...]
    others: tuple[Statement, ...]  # that may be the wrong one as well
    other_file: str
    other: Statement | None  # the statement that stands for it on the other side
    rewrite: Rewrite | None = None


@dataclass(frozen=True)
class Traced:
    """What a case has come to."""

    case: str
    language: str  # of the accused side
    findings: tuple[Finding, ...]  # in the order in which they were found
    edit: Edit  # all rewrites together
    clean: bool  # with them the case has no culprit any more, and its results agree
    problem: str = ""  # why there is no recording
    matching: Matching | None = None  # of the unchanged files


def walk(
    case: Case,
    accused: Code,
    other: Code,
    further: tuple[Case, ...] = (),
    names: Mapping[str, str] | None = None,
) -> Traced:
    """Find the culprits of one side in a case, one after the other, and rewrites that mend them.

    `further` are cases in which rewrites have to stand as well; `names` maps names of the accused
    side to those of the other one.
    """
    look = _Look(other, names or {}, {}, {})
    findings: list[Finding] = []
    first = look.at(case, accused)
    matching = first
    while isinstance(matching, Matching) and len(findings) < FAULTS:
        found = culprits(matching)
        if not found:
            break
        culprit = found[0]
        rewrite = next(look.mending(case, accused, matching, culprit, further), None)
        findings.append(_finding(matching, culprit, accused, other, rewrite))
        if rewrite is None:
            findings += [_finding(matching, c, accused, other, None) for c in found[1:FAULTS]]
            break
        accused = accused.edited(together(accused.edit, rewrite))
        matching = look.at(case, accused)
    return Traced(
        case=case.name,
        language=accused.language,
        findings=tuple(findings),
        edit=accused.edit,
        clean=isinstance(matching, Matching) and _agrees(matching),
        problem=first.problem if isinstance(first, Failure) else "",
        matching=first if isinstance(first, Matching) else None,
    )


def compare(
    case: Case, a: Code, b: Code, names: Mapping[str, str] | None = None
) -> Matching | Failure:
    """All values of two sides in a case, matched."""
    return _Look(b, names or {}, {}, {}).at(case, a)


def together(edit: Edit, rewrite: Rewrite) -> Edit:
    """An edit and one more rewrite, which takes the place of any within its statement."""
    n = len(rewrite.address)
    kept = tuple(r for r in edit.replacements if r.address[:n] != rewrite.address)
    return replace(edit, replacements=(*kept, *rewrite.edit.replacements))


@dataclass(frozen=True)
class _Look:
    """Records and matches against the other side."""

    other: Code
    names: Mapping[str, str]
    recorded: dict[tuple[str, Keep], Side | Failure]  # of the other side, which stays as it is
    answers: dict[str, Examination | None]  # of plain runs, likewise

    def at(
        self,
        case: Case,
        code: Code,
        scopes_of: frozenset[tuple[int, ...]] = frozenset(),
        full: frozenset[int] = frozenset(),
    ) -> Matching | Failure:
        """The matching of two recordings of a case.

        Of a long one sketches of what is large, but of the values of the steps in `full`.
        """
        keep = Keep(FULL, full) if len(case.words) > LONG else Keep()
        if (case.name, keep) not in self.recorded:
            self.recorded[case.name, keep] = _side(self.other, case, keep)
        ours = _side(code, case, replace(keep, scopes_of=scopes_of))
        theirs = self.recorded[case.name, keep]
        if isinstance(ours, Failure):
            return ours
        if isinstance(theirs, Failure):
            return theirs
        rematch = partial(match, ours, theirs, len(case.words), case.precision, self.names)
        return settled(rematch(), rematch)

    def mending(
        self,
        case: Case,
        code: Code,
        matching: Matching,
        culprit: Culprit,
        further: tuple[Case, ...],
    ) -> Iterator[Rewrite]:
        """Rewrites with which the culprit is none any more, the simplest first."""
        addresses = frozenset(matching.a.recording.statements[k].address for k in culprit.suspects)
        scene = self._scene(case, code, addresses, _near(culprit.step, len(case.words)))
        if scene is None:
            return
        more = [s for c in further if (s := self._scene(c, code, addresses)) is not None]
        left = partial(self._left, case, code, matching, culprit)
        stood = suggestions(code, culprit, scene, more)[:TRIED]
        yield from _best_first(stood, partial(left, stood_trials=True))
        yield from _best_first(islice(untried(code, culprit, scene), RUN), left)

    def _scene(
        self,
        case: Case,
        code: Code,
        addresses: frozenset[tuple[int, ...]],
        full: frozenset[int] = frozenset(),
    ) -> Scene | None:
        matching = self.at(case, code, addresses, full)
        return None if isinstance(matching, Failure) else Scene(case, matching)

    def _left(
        self,
        case: Case,
        code: Code,
        matching: Matching,
        culprit: Culprit,
        rewrite: Rewrite,
        stood_trials: bool = False,
    ) -> int | None:
        """How many results still differ with a rewrite; None where it is no progress.

        It is some where the culprit is none any more, nor is one before it, and fewer results
        differ than without; or as many, by another one further on, if it stood every trial.
        """
        better = code.edited(together(code.edit, rewrite))
        if self._agrees(case, better):
            return 0
        after = self.at(case, better)
        if isinstance(after, Failure):
            return None
        found = culprits(after)
        if any(c.variable == culprit.variable or c.event <= culprit.event for c in found):
            return None
        if after.a.recording.run is None:  # it throws further on than before, or for the first time
            threw = matching.a.recording.run is None
            return len(_outputs(after)) + 1 if threw and found else None
        now, before = _off(after), _off(matching)
        if matching.a.recording.run is None or now < before or (stood_trials and now <= before):
            return len(now) if found else None
        return None

    def _agrees(self, case: Case, code: Code) -> bool:
        """Whether a plain run gives what the other side has, its cost along complex steps as well.

        The check of the gradients will take such steps, and `score'` of a cost conjugates them.
        """
        if case.name not in self.answers:
            self.answers[case.name] = _answer(self.other, case)
        theirs, ours = self.answers[case.name], _answer(code, case)
        if ours is None or theirs is None:
            return False
        near = NEAR * case.precision.agreement
        a, b = tensors(ours.run), tensors(theirs.run)
        shared = [name for name in a if name in b]  # not every file gives h and p
        pairs = [(a[name], b[name]) for name in shared]
        if any(x.shape != y.shape for x, y in pairs):
            return False
        if not (ours.refusal or theirs.refusal):
            pairs += [(x.imag, y.imag) for x, y in zip(ours.costs, theirs.costs, strict=True)]
        return all(apart(x, y) <= near for x, y in pairs)


def _answer(code: Code, case: Case) -> Examination | None:
    """A run, and the costs along one direction a parameter; None where there is no answer."""
    lines = tuple(map(probes.first, probes.directions(case)))
    try:
        reply = code.side.submit(Task(case, lines, COMPLEX.steps)).result()
    except InputError:  # an edited copy may fail where it is loaded
        return None
    return reply if isinstance(reply, Examination) else None


def _near(step: int | None, words: int) -> frozenset[int]:
    """A step, those before and after it, and the first and the last, where sums begin and end."""
    here = () if step is None else (step - 1, step, step + 1)
    return frozenset({*here, 0, words - 1})


def _best_first(
    rewrites: Iterable[Rewrite], left: Callable[[Rewrite], int | None]
) -> Iterator[Rewrite]:
    """Those that are progress: at once one that leaves nothing, then the others by what is left."""
    partly: list[tuple[int, Rewrite]] = []
    for rewrite in rewrites:
        count = left(rewrite)
        if count == 0:
            yield rewrite
        elif count is not None:
            partly.append((count, rewrite))
    yield from (rewrite for _, rewrite in sorted(partly, key=lambda pair: pair[0]))


def _side(code: Code, case: Case, keep: Keep) -> Side | Failure:
    recording = code.record(case, keep)
    if isinstance(recording, Failure):
        return recording
    noisy = code.record(nudged(case), replace(keep, scopes_of=frozenset()))
    return Side(recording, noisy if isinstance(noisy, Recording) else None)


def _agrees(matching: Matching) -> bool:
    """Whether all that the two functions return agrees."""
    complete = matching.a.recording.run is not None and matching.b.recording.run is not None
    return complete and bool(_outputs(matching)) and not _off(matching)


def _off(matching: Matching) -> set[str]:
    """The outputs that differ."""
    return {name for name, pair in _outputs(matching).items() if not pair.agrees}


def _outputs(matching: Matching) -> dict[str, Pair]:
    events, statements = matching.a.recording.events, matching.a.recording.statements
    return {
        events[pair.a.event].writes[pair.a.write].name: pair
        for pair in matching.pairs
        if statements[events[pair.a.event].statement].kind is Kind.RETURN
    }


def _finding(
    matching: Matching, culprit: Culprit, accused: Code, other: Code, rewrite: Rewrite | None
) -> Finding:
    ours, theirs = matching.a.recording, matching.b.recording
    suspects = [ours.statements[k] for k in culprit.suspects]
    named = suspects[0]
    if rewrite is not None:  # what mends it is what is wrong
        named = next((s for s in suspects if s.address == rewrite.address), named)
    counterpart = None
    if culprit.other is not None:
        counterpart = theirs.statements[theirs.events[culprit.other].statement]
    made = {canonical(t.split("[")[0]) for t in named.targets}
    return Finding(
        language=accused.language,
        file=accused.file,
        statement=named,
        culprit=culprit,
        words=matching.words,
        inputs=tuple(n for n in culprit.inputs if canonical(n) not in made),
        others=tuple(ours.statements[k] for k in culprit.between) if rewrite is None else (),
        other_file=other.file,
        other=counterpart,
        rewrite=rewrite,
    )
