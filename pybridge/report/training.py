"""`xcheck train` from a request to its reports."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pybridge import __version__, runtime
from pybridge.report import curves, scores, training_json
from pybridge.report.console import Output, print_line, waiting
from pybridge.report.trace import lines as story_lines
from pybridge.running import setup_for
from pybridge.sides.julia import JuliaSide
from pybridge.trace.codes import JuliaCode, PythonCode
from pybridge.train import Learner, Track
from pybridge.train.accuracy import Accuracy, accuracy, predict
from pybridge.train.corpus import strange_tags
from pybridge.train.faulty import Fault, case_at, judge, save_case
from pybridge.train.julia import JuliaLearner, lesson_of
from pybridge.train.layout import Layout
from pybridge.train.lockstep import Difference, Lockstep
from pybridge.train.loop import PythonLearner
from pybridge.train.model_file import Model, save
from pybridge.train.prepare import Prepared, Request, prepare
from pybridge.train.session import Job, Progress, train
from pybridge.train.stopping import heeding_interrupts
from pybridge.writing import check_writable

KEPT = 10  # disagreeing updates that are looked at, until one of them is a fault


@dataclass(frozen=True)
class Files:
    """What is written."""

    save: Path | None = None
    plot: Path | None = None
    json: Path | None = None

    def check(self) -> None:
        """InputError, before anything is computed, where one cannot be written."""
        named = {"--save": self.save, "--plot": self.plot, "--json": self.json}
        for option, file in named.items():
            if file is not None:
                check_writable(file, option)
        if self.plot is not None:
            curves.check(self.plot)


@dataclass(frozen=True)
class Ended:
    """What the exit status follows from."""

    interrupted: bool
    broken: str  # the update whose cost was not finite; empty: there is none
    fault: bool


@dataclass
class Disagreements:
    """Single updates on which the sides disagree: how many, and the first of them."""

    count: int = 0
    first: list[Difference] = field(default_factory=list)

    def add(self, found: Difference) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < KEPT:
            self.first.append(found)


def run(request: Request, files: Files) -> Ended:
    """Train, print, write. Ctrl-C ends it, and what is there is saved and reported all the same."""
    files.check()
    prepared = prepare(request)
    out, err = Output(), Output(stderr=True)
    found = Disagreements()
    with _julia(prepared) as julia:
        for line in [*_head(prepared, julia), ""]:
            print_line(out, line)
        for note in (*prepared.data.notes, *strange_tags(prepared.test)):
            print_line(err, f"xcheck: {note}")
        with heeding_interrupts() as stop:
            outcome = train(
                _job(prepared, julia, found),
                prepared.model,
                stop=stop,
                tell=lambda progress: print_line(err, _progress(progress)),
            )
        if files.save is not None:
            save(files.save, outcome.model)
            print_line(err, f"xcheck: wrote {files.save}")
        if outcome.broken:  # nothing that the weights came to is worth a table
            return Ended(False, outcome.broken, False)
        with waiting("looking for the line", err):
            fault = _fault(prepared, julia, found)
    folder = None if fault is None else _save_case(fault, files.save, prepared)
    reached = [(track, _accuracies(prepared, track)) for track in outcome.model.tracks]
    for line in _summary(prepared, outcome.model, reached, found.count, fault, folder):
        print_line(out, line)
    if outcome.interrupted:
        print_line(out, f"interrupted after {outcome.model.tracks[0].state.updates} updates")
    if files.plot is not None:
        curves.write(files.plot, curves.figure(outcome.model, prepared.data))
        print_line(err, f"xcheck: wrote {files.plot}")
    if files.json is not None:
        written = training_json.document(
            prepared, outcome, reached, found.count, fault, "" if folder is None else str(folder)
        )
        training_json.write(files.json, written)
    return Ended(outcome.interrupted, "", fault is not None)


@contextmanager
def _julia(prepared: Prepared) -> Iterator[JuliaSide | None]:
    """Julia with the tagger file, where it is asked for."""
    if "julia" not in prepared.request.sides:
        yield None
        return
    chosen = prepared.chosen
    found = runtime.obtain(
        lambda line: print(f"xcheck: {line}", file=sys.stderr), prepared.request.julia_exe
    )
    with JuliaSide.start(setup_for(chosen, chosen.julia_file, found)) as side:
        yield side


def _job(prepared: Prepared, julia: JuliaSide | None, found: Disagreements) -> Job:
    """The learners, and in lockstep what compares them."""
    model, data, request = prepared.model, prepared.data, prepared.request
    settings, tags = model.settings, len(model.lexicon.tags)
    layout = Layout.of(model.parameters, settings.hidden, tags)
    tagger = prepared.chosen.tagger
    python = PythonLearner(tagger, data.train, layout, settings)
    learners: tuple[Learner, ...] = (python,)
    compare, every = None, 0
    if julia is not None:
        lesson = lesson_of(data.train, layout, settings, tags)
        other = JuliaLearner(julia, lesson, settings)
        learners = (other,)
        if "python" in request.sides:
            both = Lockstep(python, other, layout, found.add)
            learners, compare, every = both.learners, both.compare, request.every
    return Job(
        data=data,
        learners=learners,
        judge=lambda weights, part: predict(tagger, weights, settings.hidden, part),
        limits=request.limits,
        compare=compare,
        every=every,
    )


def _fault(prepared: Prepared, julia: JuliaSide | None, found: Disagreements) -> Fault | None:
    """The first update that is wrong."""
    if julia is None or not found.first:
        return None
    model, chosen = prepared.model, prepared.chosen
    cases = [
        case_at(
            one,
            prepared.data.train[one.python.sentence],
            model.lexicon,
            model.parameters,
            model.settings.hidden,
        )
        for one in found.first
    ]
    python = PythonCode(chosen.python, _shown(chosen.python), form=chosen.form, gives=chosen.gives)
    return judge(found.first, cases, python, JuliaCode(julia, str(chosen.julia)), prepared.names)


def _save_case(fault: Fault, beside: Path | None, prepared: Prepared) -> Path:
    """A folder that `xcheck run` takes, beside the model."""
    stem = "xcheck" if beside is None else beside.stem
    parent = Path() if beside is None else beside.parent
    folder = parent / f"{stem}-update-{fault.update}"
    save_case(folder, fault.case, prepared.model.lexicon)
    return folder


def _accuracies(prepared: Prepared, track: Track) -> list[Accuracy]:
    """Of one side's weights on all that there is."""
    data, lexicon, tagger = prepared.data, prepared.model.lexicon, prepared.chosen.tagger
    hidden = prepared.model.settings.hidden
    parts = {"train": data.train, "dev": data.dev, "test": prepared.test}
    return [
        accuracy(name, predict(tagger, track.best, hidden, part), part, lexicon)
        for name, part in parts.items()
        if part
    ]


def _head(prepared: Prepared, julia: JuliaSide | None) -> Iterator[str]:
    data, chosen, request = prepared.data, prepared.chosen, prepared.request
    settings, lexicon = prepared.model.settings, prepared.model.lexicon
    versions = f"xcheck {__version__}   Python {platform.python_version()}, numpy {np.__version__}"
    if julia is not None:
        found = julia.setup.runtime
        versions += f"   Julia {julia.version} ({found.origin}), juliacall {found.juliacall}"
    yield versions
    unknown = sum(word.startswith("<unk") for word in lexicon.words)
    parts = [
        f"train: {request.train}: {len(data.train):,} sentences, {data.tokens:,} tokens, "
        f"{len(lexicon.words) - unknown:,} words and {unknown} <unk>, {len(lexicon.tags)} tags"
    ]
    if data.dev:
        tokens = sum(len(one.words) for one in data.dev)
        parts.append(f"dev: {data.dev_name}, {tokens:,} tokens")
    yield "; ".join(parts)
    files = {"julia": f"Julia: {chosen.julia}", "python": f"Python: {_shown(chosen.python)}"}
    yield "   ".join(file for side, file in files.items() if side in request.sides)
    yield (
        f"hidden {settings.hidden}, {settings.optimizer}, learning rate "
        f"{settings.learning_rate:g}, clip {settings.clip:g}, scale {settings.scale:g}, seed "
        f"{settings.seed}; words seen fewer than {settings.min_count} times are <unk>"
        f"{', by class' if settings.unknown == 'classes' else ''}"
        f"{', in lower case' if settings.lower else ''}"
    )


def _progress(progress: Progress) -> str:
    """`epoch 3 of 10  python  71,200 tokens/s  cost 0.412 nats a token  dev 88.10%  4 s left`."""
    track = progress.track
    epoch = track.epochs[-1]
    parts = [
        f"epoch {progress.epoch} of {progress.epochs}",
        f"{track.side:6}",
        f"{progress.tokens / max(progress.seconds, 1e-9):,.0f} tokens/s",
        f"cost {epoch.cost:.3f} nats a token",
    ]
    if not np.isnan(epoch.dev_accuracy):
        best = " (best)" if track.best_epoch == progress.epoch else ""
        parts.append(f"dev {epoch.dev_cost:.3f} nats a token, {epoch.dev_accuracy:.2%}{best}")
    parts.append(f"{progress.left:.0f} s left at most")
    return "  ".join(parts)


def _summary(
    prepared: Prepared,
    model: Model,
    reached: list[tuple[Track, list[Accuracy]]],
    disagreed: int,
    fault: Fault | None,
    folder: Path | None,
) -> Iterator[str]:
    has_dev = bool(prepared.data.dev)
    for track, found in reached:
        yield scores.chosen(track, has_dev)
        yield from scores.accuracies(found)
        yield ""
    name, last = found[-1].name, found[-1].model
    yield f"{reached[-1][0].side}, {name}:"
    yield from scores.by_tag(last)
    lines = scores.lockstep(model.comparisons, disagreed)
    if lines:
        yield ""
        yield from lines
    if fault is not None:
        yield ""
        yield from _fault_lines(fault, folder)
    elif disagreed:
        yield "the checks of `xcheck run` find the first of them right on both sides: rounding"


def _fault_lines(fault: Fault, folder: Path | None) -> Iterator[str]:
    tensors = " ".join(fault.difference.tensors)
    yield (
        f"update {fault.update}, {fault.sentence}: {tensors} off by "
        f"{fault.difference.distance:.1e} of the largest entry, from the same weights"
    )
    if fault.result is None:
        yield "  the gradients agree: it is the update itself that differs"
    else:
        yield f"  {fault.result.verdict.kind}: {fault.result.verdict.rule}"
    yield f"  saved; `xcheck run {folder}` repeats it"
    for story in fault.stories:
        yield ""
        yield from story_lines(story)


def _shown(python: str) -> str:
    """The Python tagger as reports call it."""
    return python if python.endswith(".py") else f"{python.replace('.', '/')}.py"
