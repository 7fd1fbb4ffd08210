"""The words and figures of a run, as every report prints them, out of its JSON form."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pybridge.agreement import Match
from pybridge.case import Case
from pybridge.gradcheck import Entry, Status
from pybridge.report import json
from pybridge.report.facts import SIDES, verdict, with_status, worst_parameter, worst_tensor
from pybridge.report.json import Document, figure
from pybridge.verdict import Kind, counted

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
PROBLEMS = 5  # reasons of a side for giving no answer that are printed
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
    problems: dict[str, Counter[str]] = field(default_factory=dict)  # why there is no answer
    notes: dict[str, Counter[str]] = field(default_factory=dict)
    opinions: list[str] = field(default_factory=list)
    heard: int = 0  # cases in which the referee was asked
    unexercised: int = 0

    def add(self, case: Document) -> None:
        """Count a case."""
        kind, name = Kind(case["verdict"]["kind"]), case["configuration"]
        self.verdicts[kind] += 1
        self.configurations.setdefault(name, Counter())[kind] += 1
        idle = False
        for side, key in SIDES.items():
            if "problem" in case[key]:
                self.problems.setdefault(side, Counter())[case[key]["problem"]] += 1
                continue
            gradient = case[key]["gradient"]
            counts = self.statuses.setdefault(side, {})
            for parameter in gradient["parameters"]:
                status = Status(parameter["status"])
                counts.setdefault(parameter["name"], Counter())[status] += 1
                idle = idle or status is Status.NOT_EXERCISED
            if gradient["reason"]:
                self.reasons.setdefault(side, gradient["reason"])
            self.notes.setdefault(side, Counter()).update(case[key]["notes"])
        if case["referee"] is not None:
            self.heard += 1
            quiet = case["referee"].get("off") == ""
            if not quiet and len(self.opinions) < OPINIONS:
                self.opinions.append(f"{case['name']}: {opinion(case['referee'])}")
        self.unexercised += idle

    @property
    def cases(self) -> int:
        """Cases counted."""
        return self.verdicts.total()

    @property
    def all_right(self) -> bool:
        """Whether there are cases, and every one is both right."""
        return 0 < self.cases == self.verdicts[Kind.BOTH_RIGHT]


def head(begun: Document) -> list[str]:
    """What runs, on what."""
    v, fixtures = begun["versions"], begun["fixtures"]
    left_out = f" ({fixtures['skipped']} untagged left out)" if fixtures["skipped"] else ""
    configurations = [configuration["name"] for configuration in begun["configurations"]]
    over = (
        "the whole vocabulary"
        if begun["whole_vocabulary"]
        else "the words of its sentence and one absent word"
    )
    lines = [
        f"xcheck {v['xcheck']}   Python {v['python']}, numpy {v['numpy']}   "
        f"Julia {v['julia']} ({v['julia_origin']}), juliacall {v['juliacall']}",
        f"{' '.join(fixtures['paths'])}: {number(fixtures['sentences'], 'sentence')}{left_out}, "
        f"{number(fixtures['words'], 'word')}, {number(len(fixtures['tags']), 'tag')}; "
        f"{number(len(configurations), 'configuration')} ({', '.join(configurations)}); "
        f"weights sha256 {begun['weights_sha256'][:12]}..., same bytes on both sides",
        f"Julia: {begun['julia_file']}   Python: {begun['python_file']}   each case over {over}",
    ]
    if not fixtures["repeats"]:
        lines.append(
            "note: no sentence of three or more words repeats a word; "
            "faults in the recurrence or in summing up by word may stay hidden"
        )
    return lines + [f"note: {note}" for note in begun["notes"]]


def row(case: Document) -> tuple[str, ...]:
    """One case under COLUMNS."""
    return (
        case["name"],
        str(case["words"]),
        _costs(case),
        _apart(case),
        _gradient(case["python"]),
        _gradient(case["julia"]),
        verdict(case),
    )


def details(case: Document) -> list[str]:
    """Every tensor of a case, and the rule behind the verdict."""
    lines = [f"{verdict(case)}: {case['verdict']['rule']}"]
    for tensor in case["agreement"]["tensors"] if case["agreement"] else ():
        compared, ulps = number(tensor["compared"], "number"), figure(tensor, "ulps")
        lines.append(
            f"{tensor['name']}: {tensor['match']}; {tensor['rule']}; "
            f"{compared}, {ulps:.0f} ULP at most"
        )
    for side, key in SIDES.items():
        evidence = case[key]
        if "problem" in evidence:
            lines.append(f"{side}: {evidence['problem']}")
            continue
        lines.append(f"{side} gradient, {method(evidence)}:")
        lines += [_parameter(parameter) for parameter in evidence["gradient"]["parameters"]]
        lines += [f"{side}: {note}" for note in evidence["notes"]]
    if case["referee"] is not None:
        lines.append(opinion(case["referee"]))
    return lines


def opinion(found: Document) -> str:
    """What the referee says."""
    if "problem" in found:
        return f"referee: none, this Julia code does not run in 256 bits: {found['problem']}"
    digits = ", ".join(f"{n} {a:.1f} and {b:.1f}" for n, (a, b) in found["digits"].items())
    off = found["off"] or "neither side"
    return f"referee (256 bits): {off} is off; digits of Python and Julia: {digits}"


def method(evidence: Document) -> str:
    """The method of a gradient check, and why it is not the one asked for."""
    reason = evidence["gradient"]["reason"]
    return str(evidence["gradient"]["method"]) + (f" ({reason})" if reason else "")


def summary(tally: Tally) -> list[str]:
    """What the cases come to: parameters by side, verdicts by configuration, the last line."""
    lines = []
    if not tally.all_right:
        lines += [_by_parameter(side, counts) for side, counts in tally.statuses.items()]
        lines += [f"{name}: {counted(counts)}" for name, counts in tally.configurations.items()]
    lines += tally.opinions
    if tally.heard and not tally.opinions:
        lines.append(f"referee (256 bits): neither side is off in {number(tally.heard, 'case')}")
    for side, problems in tally.problems.items():
        told = problems.most_common(PROBLEMS)
        lines += [f"{side} gives no answer in {number(n, 'case')}: {text}" for text, n in told]
        if len(problems) > PROBLEMS:
            lines.append(f"{side}: and {len(problems) - PROBLEMS} other reasons, see --json")
    for side, notes in tally.notes.items():
        lines += [f"{side}: {note}, in {number(n, 'case')}" for note, n in notes.items()]
    for side, reason in tally.reasons.items():
        lines.append(f"{side}: central differences stood in for the complex step; {reason}")
    if tally.unexercised:
        lines.append(
            f"in {number(tally.unexercised, 'case')} some parameter is not exercised "
            "(zero derivative and zero gradient, which proves nothing)"
        )
    return [*lines, f"{number(tally.cases, 'case')}: {counted(tally.verdicts)}"]


def number(count: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _by_parameter(side: str, parameters: dict[str, Counter[Status]]) -> str:
    groups: dict[str, list[str]] = {}
    for name, counts in parameters.items():
        failed, asked = counts[Status.FAILED], counts.total()
        order = (Status.FAILED, Status.UNDECIDED, Status.PASSED, Status.NOT_EXERCISED)
        word = WORDS[next(status for status in order if counts[status])]
        groups.setdefault(word, []).append(f"{name} ({failed} of {asked})" if failed else name)
    return f"{side}'s gradient: " + "; ".join(f"{w}: {' '.join(n)}" for w, n in groups.items())


def _costs(case: Document) -> str:
    texts = [
        "none" if "problem" in case[key] else f"{figure(case[key], 'cost'):.3f}"
        for key in SIDES.values()
    ]
    return texts[0] if texts[0] == texts[1] else " | ".join(texts)


def _apart(case: Document) -> str:
    if case["agreement"] is None:
        return "no answer"
    worst = worst_tensor(case)
    distance = figure(worst, "distance")
    if distance != distance:  # not measured: missing, not finite, of another shape
        return f"{worst['name']}: {worst['rule']}"
    agrees = worst["match"] == Match.AGREES
    wide = "" if agrees else f" > {figure(worst, 'tolerance'):.0e}"
    return f"{distance:.0e}{wide} ({worst['name']})"


def _gradient(evidence: Document) -> str:
    if "problem" in evidence:
        return "no answer"
    worst = worst_parameter(evidence)
    status = evidence["gradient"]["status"]
    if worst is None:
        return str(status)
    size = f"{figure(worst, 'error'):.0e}"
    same = " ".join(with_status(evidence, status))
    match status:
        case Status.PASSED:
            return f"ok {size}"
        case Status.FAILED:
            return f"wrong: {same} ({size})"
        case Status.UNDECIDED:
            return f"undecided: {same} ({size})"
        case _:
            return str(status)


def _parameter(check: Document) -> str:
    text = (
        f"{check['name']}: {check['status']}; {check['rule']}; "
        f"{check['entries']} entries in {check['passes']} forward passes"
    )
    if check["wrong"]:
        more = f", and {check['wrong_more']} more" if check["wrong_more"] else ""
        named = "; ".join(_entry(check["name"], at) for at in check["wrong"])
        text += f"; wrong: {named}{more}"
    return text


def entry(case: Case, name: str, at: Entry) -> str:
    """An entry in the user's words: `dW["running", 3]: analytic 0.0213, numeric 0.0418`.

    Counted from 1, as in the Julia code.
    """
    return _entry(name, json.entry(case, name, at))


def _entry(name: str, at: Document) -> str:
    index = [str(i + 1) for i in at["index"]]
    if "word" in at:
        index[0] = f'"{at["word"]}"'
    place = ", ".join(index)
    analytic, numeric = figure(at, "analytic"), figure(at, "numeric")
    return f"{name}[{place}]: analytic {analytic:.4g}, numeric {numeric:.4g}"
