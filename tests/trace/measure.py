"""How often the wrong line is named and mended: `python -m tests.trace.measure`.

Plants the faults of `xcheck faults`, one at a time and two at a time, in copies of both files, and
lets `xcheck run` look for them, on ten random cases. The figures stand in docs/trace.md.
"""

from __future__ import annotations

import argparse
import difflib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from pybridge import python_file, runtime, shipped, tagger
from pybridge.checking import check_cases
from pybridge.edit import Edit
from pybridge.failing import failing
from pybridge.faults import Fault, Language, ladder, python
from pybridge.faults.session import julia_faults
from pybridge.gradcheck.methods import COMPLEX
from pybridge.sides.julia import JuliaSide
from pybridge.sides.worker import Setup
from pybridge.trace import patch
from pybridge.trace.codes import LIMIT, JuliaCode, PythonCode
from pybridge.trace.stories import Story, stories


@dataclass(frozen=True)
class Outcome:
    """What became of one file with one fault or two."""

    faults: tuple[Fault, ...]
    lines: frozenset[int]  # that were changed
    named: tuple[int, ...]
    seen: bool  # some case is not right
    mended: bool  # with the suggestion all cases are both right
    seconds: float
    stories: tuple[Story, ...] = ()

    @property
    def hit(self) -> bool:
        """Whether every changed line is named, or of one fault with several lines one of them."""
        if len(self.faults) == 1:
            return bool(self.lines & set(self.named[:1]))
        return self.lines <= set(self.named)


@dataclass(frozen=True)
class Bench:
    """Both files as they are, and where edited copies go."""

    julia: JuliaSide
    folder: Path

    def outcome(self, faults: tuple[Fault, ...]) -> Outcome | None:
        """What becomes of a file with these faults, all in one language; None: not printable."""
        language = faults[0].language
        edit = Edit(
            tuple(r for f in faults for r in f.edit.replacements),
            "\n".join(f.edit.appended for f in faults if f.edit.appended),
        )
        try:
            old, new = self._text(language), self._patched(language, edit)
        except ValueError:
            return None
        lines = changed(old, new)
        started = time.perf_counter()
        python_code = PythonCode("pybridge.tagger", "pybridge/tagger.py")
        julia_code = JuliaCode(self.julia, "julia/fixed.jl")
        if language is Language.PYTHON:
            file = self._write("faulty.py", new)
            python_code = PythonCode(str(file), "faulty.py")
        else:
            file = self._write(f"faulty{random.random()}.jl", new)
            setup = replace(self.julia.setup, tagger=file)
            julia_code = JuliaCode(replace(self.julia, setup=setup), "faulty.jl")
        cases = ladder.random_cases()
        try:
            python_side = python_code.side
        except Exception:
            return None
        results = check_cases(cases, python_side, julia_code.side, method=COMPLEX)
        failures = [f for r in results if (f := failing(r)) is not None]
        if not failures:
            return Outcome(faults, lines, (), False, False, time.perf_counter() - started)
        told = tuple(stories(failures, python_code, julia_code, lambda: iter(cases), COMPLEX))
        right = [s for s in told if s.traced.language.lower() == language.value.lower()]
        named = tuple(f.statement.line for s in right for f in s.traced.findings)
        mended = bool(told) and any(s.verified and s.verified.all_right for s in told)
        return Outcome(faults, lines, named, True, mended, time.perf_counter() - started, told)

    def _text(self, language: Language) -> str:
        if language is Language.PYTHON:
            return python_file.source_of("pybridge.tagger")[0]
        return Path(self.julia.setup.tagger).read_text()

    def _patched(self, language: Language, edit: Edit) -> str:
        if language is Language.PYTHON:
            return patch.patched(self._text(language), edit)
        return JuliaCode(self.julia, "", edit).patched()

    def _write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text)
        return file


def changed(old: str, new: str) -> frozenset[int]:
    """Line numbers, from 1, of the lines of `new` that `old` has otherwise."""
    blocks = difflib.SequenceMatcher(a=old.splitlines(), b=new.splitlines(), autojunk=False)
    return frozenset(
        line + 1
        for tag, _, _, first, last in blocks.get_opcodes()
        if tag != "equal"
        for line in range(first, max(last, first + 1))
    )


def pairs(faults: list[Fault], n: int, seed: int = 2016) -> Iterator[tuple[Fault, Fault]]:
    """Two faults in other lines of one file."""
    rng = random.Random(seed)
    for _ in range(n):
        a, b = rng.sample(faults, 2)
        if a.line != b.line:
            yield a, b


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20, help="files with two faults, a language")
    parser.add_argument("--every", type=int, default=1, help="only every n-th fault")
    parser.add_argument("--language", choices=["python", "julia"])
    parser.add_argument("-v", action="store_true", help="print what was missed")
    options = parser.parse_args()
    found = runtime.obtain(lambda line: print(line, file=sys.stderr))
    file = shipped.locate(shipped.ROOT / "julia" / "fixed.jl")
    setup = Setup(found, shipped.library(), file, tuple(tagger.PARAMETERS))
    with ExitStack() as stack:
        julia = stack.enter_context(JuliaSide.start(setup, LIMIT))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = Bench(julia, folder)
        listed: dict[str, Callable[[], list[Fault]]] = {
            "python": lambda: python.faults(tagger, "pybridge/tagger.py", ladder.shapes_case())[0],
            "julia": lambda: julia_faults(julia, "julia/fixed.jl")[0],
        }
        for name, faults in listed.items():
            if options.language in (None, name):
                one = [f for f in faults() if f.edit.replacements]
                report(
                    bench, f"{name}, one fault", [(f,) for f in one[:: options.every]], options.v
                )
                report(bench, f"{name}, two faults", list(pairs(one, options.pairs)), options.v)


def report(bench: Bench, title: str, files: list[tuple[Fault, ...]], verbose: bool) -> None:
    """One line of figures, and on request what was missed."""
    counts: Counter[str] = Counter()
    seconds: list[float] = []
    for faults in files:
        outcome = bench.outcome(faults)
        if outcome is None or not outcome.seen:
            counts["not seen or not written"] += 1
            continue
        counts["seen"] += 1
        counts["named"] += outcome.hit
        counts["mended"] += outcome.mended
        seconds.append(outcome.seconds)
        if verbose and not (outcome.hit and outcome.mended):
            what = " | ".join(f"{f.operator}, {f.line}: {f.old} => {f.new}" for f in faults)
            missed = " ".join(
                word
                for word, good in (("line", outcome.hit), ("patch", outcome.mended))
                if not good
            )
            print(f"  no {missed}: {what}; named {outcome.named}", flush=True)
    seen = counts["seen"] or 1
    print(
        f"{title}: {counts['seen']} seen, {counts['named']} ({counts['named'] / seen:.0%}) lines "
        f"named, {counts['mended']} ({counts['mended'] / seen:.0%}) mended and verified; "
        f"median {sorted(seconds)[len(seconds) // 2] if seconds else 0:.1f} s, "
        f"longest {max(seconds, default=0):.1f} s; "
        f"{counts['not seen or not written']} not seen or not written",
        flush=True,
    )


if __name__ == "__main__":
    main()
