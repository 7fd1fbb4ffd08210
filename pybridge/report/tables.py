"""The words and figures of a run, as every report prints them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pybridge.agreement import Match
from pybridge.case import Case
from pybridge.check import CaseResult
from pybridge.evidence import Evidence
from pybridge.gradcheck import Entry, ParameterCheck, Status
from pybridge.referee import Opinion
from pybridge.run import Session
from pybridge.sides import Failure
from pybridge.verdict import Kind
from pybridge.weights import WORD_ROWS

COLUMNS = (
    "case",
    "words",
    "cost (nats)",
    "apart (worst)",
    "gradient: Python",
    "gradient: Julia",
    "verdict",
)
WORDS = {
    Status.FAILED: "wrong",
    Status.UNDECIDED: "undecided",
    Status.PASSED: "right",
    Status.NOT_EXERCISED: "not exercised",
}
OPINIONS = 6  # of the referee, in the summary; -v and JSON have all
LEGEND = (
    "apart: largest |Python - Julia| over the largest entry of that tensor",
    "gradient: largest |analytic - numeric| over the largest entry of that gradient",
)


@dataclass
class Tally:
    """Counts over the cases seen so far."""

    verdicts: Counter[Kind] = field(default_factory=Counter)
    configurations: dict[str, Counter[Kind]] = field(default_factory=dict)
    statuses: dict[str, dict[str, Counter[Status]]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Counter[str]] = field(default_factory=dict)
    opinions: list[str] = field(default_factory=list)
    heard: int = 0  # cases in which the referee was asked
    unexercised: int = 0

    def add(self, result: CaseResult) -> None:
        """Count a case."""
        self.verdicts[result.verdict.kind] += 1
        name = result.case.configuration.name
        self.configurations.setdefault(name, Counter())[result.verdict.kind] += 1
        sides = {"Python": result.python, "Julia": result.julia}
        for side, evidence in sides.items():
            if isinstance(evidence, Failure):
                continue
            counts = self.statuses.setdefault(side, {})
            for parameter in evidence.gradient.parameters:
                counts.setdefault(parameter.name, Counter())[parameter.status] += 1
            if evidence.gradient.reason:
                self.reasons.setdefault(side, evidence.gradient.reason)
            self.notes.setdefault(side, Counter()).update(evidence.notes)
        if result.opinion is not None:
            self.heard += 1
            quiet = isinstance(result.opinion, Opinion) and not result.opinion.off()
            if not quiet and len(self.opinions) < OPINIONS:
                self.opinions.append(f"{result.case.name}: {opinion(result.opinion)}")
        self.unexercised += any(
            isinstance(e, Evidence) and bool(e.gradient.named(Status.NOT_EXERCISED))
            for e in sides.values()
        )

    @property
    def cases(self) -> int:
        """Cases counted."""
        return self.verdicts.total()

    @property
    def all_right(self) -> bool:
        """Whether there are cases, and every one is both right."""
        return 0 < self.cases == self.verdicts[Kind.BOTH_RIGHT]


def head(session: Session) -> list[str]:
    """What runs, on what."""
    v, plan = session.versions, session.plan
    paths = " ".join(map(str, plan.request.paths))
    sentences = plan.corpus.sentences
    left_out = f" ({plan.corpus.skipped} untagged left out)" if plan.corpus.skipped else ""
    names = ", ".join(drawn.configuration.name for drawn in plan.draws)
    over = (
        "the whole vocabulary"
        if plan.request.whole_vocabulary
        else "the words of its sentence and one absent word"
    )
    lines = [
        f"xcheck {v.xcheck}   Python {v.python}, numpy {v.numpy}   "
        f"Julia {v.julia} ({v.julia_origin}), juliacall {v.juliacall}",
        f"{paths}: {_number(len(sentences), 'sentence')}{left_out}, "
        f"{_number(sum(len(s.words) for s in sentences), 'word')}, "
        f"{_number(len(plan.vocabulary.tags), 'tag')}; "
        f"{_number(len(plan.draws), 'configuration')} ({names}); "
        f"weights sha256 {session.fingerprint[:12]}..., same bytes on both sides",
        f"Julia: {plan.request.julia}   Python: pybridge/tagger.py   each case over {over}",
    ]
    if not any(len(s.words) > 2 and len(set(s.words)) < len(s.words) for s in sentences):
        lines.append(
            "note: no sentence of three or more words repeats a word; "
            "faults in the recurrence or in summing up by word may stay hidden"
        )
    return lines


def row(result: CaseResult) -> tuple[str, ...]:
    """One case under COLUMNS."""
    return (
        result.case.name,
        str(len(result.case.words)),
        _costs(result),
        _apart(result),
        _gradient(result.python),
        _gradient(result.julia),
        str(result.verdict.kind),
    )


def details(result: CaseResult) -> list[str]:
    """Every tensor of a case, and the rule behind the verdict."""
    lines = [f"{result.verdict.kind}: {result.verdict.rule}"]
    for tensor in result.agreement.tensors if result.agreement else ():
        numbers = f"{_number(tensor.compared, 'number')}, {tensor.ulps:.0f} ULP at most"
        lines.append(f"{tensor.name}: {tensor.match}; {tensor.rule}; {numbers}")
    for side, evidence in (("Python", result.python), ("Julia", result.julia)):
        if isinstance(evidence, Failure):
            lines.append(f"{side}: {evidence.problem}")
            continue
        lines.append(f"{side} gradient, {method(evidence)}:")
        lines += [_parameter(result, parameter) for parameter in evidence.gradient.parameters]
        lines += [f"{side}: {note}" for note in evidence.notes]
    if result.opinion is not None:
        lines.append(opinion(result.opinion))
    return lines


def opinion(found: Opinion | Failure) -> str:
    """What the referee says."""
    if isinstance(found, Failure):
        return f"referee: none, this Julia code does not run in 256 bits: {found.problem}"
    digits = ", ".join(f"{n} {a:.1f} and {b:.1f}" for n, (a, b) in found.digits.items())
    off = found.off() or "neither side"
    return f"referee (256 bits): {off} is off; digits of Python and Julia: {digits}"


def method(evidence: Evidence) -> str:
    """The method of a gradient check, and why it is not the one asked for."""
    reason = evidence.gradient.reason
    return evidence.gradient.method + (f" ({reason})" if reason else "")


def summary(tally: Tally) -> list[str]:
    """What the cases come to: parameters by side, verdicts by configuration, the last line."""
    lines = []
    if not tally.all_right:
        lines += [_by_parameter(side, counts) for side, counts in tally.statuses.items()]
        lines += [f"{name}: {_counts(counts)}" for name, counts in tally.configurations.items()]
    lines += tally.opinions
    if tally.heard and not tally.opinions:
        lines.append(f"referee (256 bits): neither side is off in {_number(tally.heard, 'case')}")
    for side, notes in tally.notes.items():
        lines += [f"{side}: {note}, in {_number(n, 'case')}" for note, n in notes.items()]
    for side, reason in tally.reasons.items():
        lines.append(f"{side}: central differences stood in for the complex step; {reason}")
    if tally.unexercised:
        lines.append(
            f"in {_number(tally.unexercised, 'case')} some parameter is not exercised "
            "(zero derivative and zero gradient, which proves nothing)"
        )
    return [*lines, f"{_number(tally.cases, 'case')}: {_counts(tally.verdicts)}"]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _by_parameter(side: str, parameters: dict[str, Counter[Status]]) -> str:
    groups: dict[str, list[str]] = {}
    for name, counts in parameters.items():
        failed, asked = counts[Status.FAILED], counts.total()
        order = (Status.FAILED, Status.UNDECIDED, Status.PASSED, Status.NOT_EXERCISED)
        word = WORDS[next(status for status in order if counts[status])]
        groups.setdefault(word, []).append(f"{name} ({failed} of {asked})" if failed else name)
    return f"{side}'s gradient: " + "; ".join(f"{w}: {' '.join(n)}" for w, n in groups.items())


def _counts(counts: Counter[Kind]) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind])


def _costs(result: CaseResult) -> str:
    texts = [
        f"{float(side.run.results['cost'].real):.3f}" if isinstance(side, Evidence) else "none"
        for side in (result.python, result.julia)
    ]
    return texts[0] if texts[0] == texts[1] else " | ".join(texts)


def _apart(result: CaseResult) -> str:
    if result.agreement is None:
        return "no answer"
    worst = result.agreement.worst
    if worst.distance != worst.distance:  # not measured: missing, not finite, of another shape
        return f"{worst.name}: {worst.rule}"
    wide = "" if worst.match is Match.AGREES else f" > {worst.tolerance:.0e}"
    return f"{worst.distance:.0e}{wide} ({worst.name})"


def _gradient(evidence: Evidence | Failure) -> str:
    if isinstance(evidence, Failure):
        return "no answer"
    check = evidence.gradient
    worst = check.worst
    if worst is None:
        return str(check.status)
    size = f"{worst.error:.0e}"
    match check.status:
        case Status.PASSED:
            return f"ok {size}"
        case Status.FAILED:
            return f"wrong: {' '.join(check.named(Status.FAILED))} ({size})"
        case Status.UNDECIDED:
            return f"undecided: {' '.join(check.named(Status.UNDECIDED))} ({size})"
        case _:
            return str(check.status)


def _parameter(result: CaseResult, check: ParameterCheck) -> str:
    text = (
        f"{check.name}: {check.status}; {check.rule}; "
        f"{check.entries} entries in {check.passes} forward passes"
    )
    if check.wrong:
        more = f", and {check.rest} more" if check.rest else ""
        named = "; ".join(entry(result.case, check.name, e) for e in check.wrong)
        text += f"; wrong: {named}{more}"
    return text


def entry(case: Case, name: str, at: Entry) -> str:
    """An entry in the user's words: `dWxh["running", 3]: analytic 0.0213, numeric 0.0418`.

    Counted from 1, as in the Julia code.
    """
    index = [str(i + 1) for i in at.index]
    if name.removeprefix("d") in WORD_ROWS:
        index[0] = f'"{case.rows[at.index[0]]}"'
    place = ", ".join(index)
    return f"{name}[{place}]: analytic {at.analytic:.4g}, numeric {at.numeric:.4g}"
