"""A run as JSON; docs/schema.json describes it, `version` counts its incompatible changes.

Every other report is made of this form of a run, so that a saved one can be shown again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pybridge.adapters import described
from pybridge.agreement import Distance, by_step
from pybridge.case import Case
from pybridge.checking import CaseResult
from pybridge.evidence import Evidence
from pybridge.gradcheck import Entry, ParameterCheck
from pybridge.referee import Opinion
from pybridge.report.files import check_writable as check_writable
from pybridge.report.files import write as write_text
from pybridge.running import Session
from pybridge.sentences import Sentence
from pybridge.sides import Failure
from pybridge.verdict import Kind

VERSION = 1

Document = dict[str, Any]  # of a run, or a part of one


def head(session: Session) -> Document:
    """What runs, on what: all that is known of a run before its first case."""
    plan = session.plan
    request, sentences = plan.request, plan.corpus.sentences
    return {
        "version": VERSION,
        "versions": asdict(session.versions),
        "fixtures": {
            "paths": [str(path) for path in request.paths],
            "sha256": _digest(sentences),
            "sentences": len(sentences),
            "skipped": plan.corpus.skipped,
            "words": sum(len(s.words) for s in sentences),
            "tags": list(plan.vocabulary.tags),
            "repeats": any(2 < len(s.words) > len(set(s.words)) for s in sentences),
        },
        "julia_file": str(request.julia),
        "julia_sha256": _file_digest(plan.julia),
        "python_file": request.python_file,
        "python_sha256": _file_digest(Path(plan.tagger.__file__ or "")),
        "names": dict(plan.names),
        "adapters": {
            "python": described(plan.chosen.form.adapter),
            "julia": described(plan.chosen.adapter),
        },
        "notes": list(plan.chosen.notes),
        "configurations": [asdict(drawn.configuration) for drawn in plan.draws],
        "weights_sha256": session.fingerprint,
        "method": request.method,
        "dtype": request.dtype,
        "rtol": request.rtol,
        "exhaustive": request.exhaustive,
        "referee": request.referee,
        "whole_vocabulary": request.whole_vocabulary,
        "keyword": request.keyword,
        "limit": request.limit,
        "selected": len(plan.selected),
        "name_width": max(len(f"{s.name} {d.configuration.name}") for s, d in plan.selected),
    }


def document(
    begun: Document,
    cases: Sequence[Document],
    stories: Sequence[Document] = (),
    *,
    interrupted: bool,
) -> Document:
    """The whole run. `begun` comes from `head`, `cases` from `case`, `stories` from `trace`."""
    return {
        **begun,
        "interrupted": interrupted,
        "counts": counts(case["verdict"]["kind"] for case in cases),
        "cases": list(cases),
        "stories": list(stories),
    }


def case(result: CaseResult) -> Document:
    """One case. A number that is not finite is null, see `figure`."""
    sentence = result.case.sentence
    return {
        "name": result.case.name,
        "file": sentence.file,
        "line": sentence.line,
        "configuration": result.case.configuration.name,
        "words": len(sentence.words),
        "verdict": {"kind": str(result.verdict.kind), "rule": result.verdict.rule},
        "agreement": result.agreement
        and {
            "match": str(result.agreement.match),
            "worst": result.agreement.worst.name,
            "tensors": [_tensor(d) | _steps(result, d.name) for d in result.agreement.tensors],
        },
        "python": _side(result.case, result.python),
        "julia": _side(result.case, result.julia),
        "referee": _referee(result.opinion),
    }


def entry(case: Case, name: str, at: Entry) -> Document:
    """One entry of a gradient; with the word of its row, where it has one."""
    by_word = name.removeprefix("d") in case.word_rows
    return {
        "index": list(at.index),
        **({"word": case.rows[at.index[0]]} if by_word else {}),
        **_figures(analytic=at.analytic, numeric=at.numeric),
    }


def counts(kinds: Iterable[str]) -> dict[str, int]:
    """How many cases have each verdict, in the order of the verdicts."""
    found = Counter(kinds)
    return {str(kind): found[str(kind)] for kind in Kind}


def figure(part: Mapping[str, Any], name: str) -> float:
    """A number of a case in JSON, also one that is not finite."""
    number = part[name]
    return float(part.get("not_finite", {}).get(name, "nan") if number is None else number)


def write(file: Path, content: Document) -> None:
    """Write the document, whole or not at all."""
    write_text(file, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _figures(**numbers: float) -> Document:
    """Numbers as JSON takes them: where one is not finite, `not_finite` says which it is."""
    odd = {name: str(float(n)) for name, n in numbers.items() if not math.isfinite(n)}
    kept = {name: None if name in odd else n for name, n in numbers.items()}
    return {**kept, "not_finite": odd} if odd else kept


def _side(case: Case, side: Evidence | Failure) -> Document:
    if isinstance(side, Failure):
        return {"problem": side.problem, **({"ended": side.ended} if side.ended else {})}
    return {
        **_figures(cost=float(side.run.results["cost"].real)),
        "gradient": {
            "status": str(side.gradient.status),
            "method": side.gradient.method,
            "reason": side.gradient.reason,
            "parameters": [_parameter(case, p) for p in side.gradient.parameters],
        },
        "notes": list(side.notes),
    }


def _referee(opinion: Opinion | Failure | None) -> Document | None:
    """Digits of [Python, Julia] by tensor, or why there are none; null where it was not asked."""
    if opinion is None:
        return None
    if isinstance(opinion, Failure):
        return {"problem": opinion.problem}
    return {"off": opinion.off(), "digits": {n: list(d) for n, d in opinion.digits.items()}}


def _tensor(d: Distance) -> Document:
    return {
        "name": d.name,
        "match": str(d.match),
        "rule": d.rule,
        **_figures(distance=d.distance, tolerance=d.tolerance, ulps=d.ulps),
        "compared": d.compared,
    }


def _steps(result: CaseResult, name: str) -> Document:
    """The distance at each time step, of a result that both sides have for every word."""
    if isinstance(result.python, Failure) or isinstance(result.julia, Failure):
        return {}
    ours, theirs = (side.run.results.get(name) for side in (result.python, result.julia))
    words = len(result.case.sentence.words)
    if ours is None or theirs is None or ours.shape != theirs.shape or ours.shape[:1] != (words,):
        return {}
    # Three digits are enough for a picture, and a treebank has many words.
    rounded = (float(f"{apart:.2e}") for apart in by_step(ours, theirs))
    return {"steps": [apart if math.isfinite(apart) else None for apart in rounded]}


def _parameter(case: Case, p: ParameterCheck) -> Document:
    return {
        "name": p.name,
        "status": str(p.status),
        "rule": p.rule,
        **_figures(error=p.error, bound=p.bound, tolerance=p.tolerance, scale=p.scale),
        "entries": p.entries,
        "passes": p.passes,
        "wrong": [entry(case, p.name, e) for e in p.wrong],
        "wrong_more": p.rest,
    }


def _digest(sentences: Sequence[Sentence]) -> str:
    """SHA-256 of the sentences as they were read: file, line, words and tags of each."""
    digest = hashlib.sha256()
    for s in sentences:
        digest.update(json.dumps([s.file, s.line, s.words, s.tags]).encode())
    return digest.hexdigest()


def _file_digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
