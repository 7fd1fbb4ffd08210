"""`xcheck trace`: the wrong lines of the cases asked for, and on request the whole walk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pybridge.errors import InputError
from pybridge.failing import Failing, failing
from pybridge.gradcheck import Status
from pybridge.report import json
from pybridge.report import trace as stories
from pybridge.report.command import Outcome
from pybridge.report.console import Output, print_line, progress, waiting
from pybridge.report.tables import Tally, head, summary
from pybridge.running import Request, Session, plan, start
from pybridge.sides import Failure
from pybridge.telling import codes, tell
from pybridge.trace import Kind
from pybridge.trace.match import Matching
from pybridge.trace.pairs import Pair
from pybridge.trace.stories import Story
from pybridge.trace.walk import compare


def run(
    request: Request,
    *,
    everything: bool,
    patch_file: Path | None,
    own: bool,
    json_file: Path | None,
) -> Outcome:
    """Check the cases, tell the stories of those that are not right, write the patch.

    `everything` prints one case assignment by assignment; `own` leaves the other side out of it and
    says which gradients of the Julia file are wrong by its own cost.
    """
    planned = plan(request)
    for file in (patch_file, json_file):
        if file is not None:
            json.check_writable(file)
    out, err = Output(), Output(stderr=True)
    tally = Tally()
    failures: list[Failing] = []
    told: list[Story] = []
    cases = []
    interrupted = False
    with start(planned, lambda line: print(f"xcheck: {line}", file=sys.stderr)) as session:
        begun = json.head(session)
        for line in [*head(begun), ""]:
            print_line(out, line)
        try:
            with progress(len(planned.selected), err) as bar:
                for result in session.results:
                    cases.append(json.case(result))
                    tally.add(cases[-1])
                    found = failing(result)
                    if found is not None:
                        failures.append(found)
                    if own and not isinstance(result.julia, Failure):
                        for line in _by_its_own(
                            session, result.case.name, result.julia.gradient.named(Status.FAILED)
                        ):
                            print_line(out, line)
                    bar.add()
            with waiting("looking for the line", err):
                for story in () if own else tell(session, failures):
                    told.append(story)
                    for line in [*stories.lines(story), ""]:
                        print_line(out, line)
                if everything:
                    for line in _walk(session, failures):
                        print_line(out, line)
        except KeyboardInterrupt:
            interrupted = True
        print_line(out, summary(tally)[-1])
        documents = [stories.document(story) for story in told]
        if patch_file is not None:
            _write_patch(patch_file, told)
        if json_file is not None:
            json.write(json_file, json.document(begun, cases, documents, interrupted=interrupted))
    return Outcome(tally.all_right, interrupted)


def _write_patch(file: Path, told: list[Story]) -> None:
    """The suggestions that were verified; InputError where there is none."""
    good = [story.diff for story in told if story.diff and story.verified is not None]
    if not good:
        raise InputError("no suggestion to write", "the report says what was found", file=file)
    file.write_text("".join(good[-1:]))


def _by_its_own(session: Session, case: str, wrong: list[str]) -> Iterator[str]:
    """Which gradients a file gets wrong by its own cost, and where it makes them."""
    if not wrong:
        return
    _, julia = codes(session)
    yield f"{case}: {' '.join(wrong)} wrong by the cost of {julia.file} itself"
    recording = julia.record(next(c for c in session.plan.cases() if c.name == case))
    if isinstance(recording, Failure):
        return
    for name in wrong:
        for statement in recording.statements:
            targets = {target.split("[")[0] for target in statement.targets}
            if statement.kind is not Kind.LOOP and name in targets:
                yield f"  {recording.file}:{statement.line}  {statement.text}"


def _walk(session: Session, failures: list[Failing]) -> Iterator[str]:
    """Every assignment of the Julia file in one case, and what stands for it in the Python file."""
    case = failures[0].case if failures else next(session.plan.cases())
    python, julia = codes(session)
    matching = compare(case, julia, python, session.plan.names)
    if isinstance(matching, Failure):
        yield f"{case.name}: no recording: {matching.problem}"
        return
    yield f"{case.name}, assignment by assignment: {julia.file} | {python.file}"
    by_event: dict[int, list[Pair]] = {}
    for pair in matching.pairs:
        by_event.setdefault(pair.a.event, []).append(pair)
    recording = matching.a.recording
    for i, event in enumerate(recording.events):
        statement = recording.statements[event.statement]
        step = "" if event.step is None else f"step {event.step + 1}"
        yield (
            f"{statement.line:4d}  {step:8s} {statement.text}   "
            f"{_agreement(matching, by_event.get(i, []))}"
        )
    if matching.alone:
        names = ", ".join(name.split(" ", 1)[1] for name in matching.alone)
        yield f"without a partner: {names}"


def _agreement(matching: Matching, pairs: list[Pair]) -> str:
    if not pairs:
        return "-"
    other = matching.b.recording
    lines = sorted({other.statements[other.events[p.b.event].statement].line for p in pairs})
    where = f"line {', '.join(map(str, lines))}"
    worst = max(pairs, key=lambda p: p.distance)
    verdict = "agrees" if all(p.agrees for p in pairs) else "DIFFERS"
    return f"{verdict} with {where}, {worst.distance:.0e} apart"
