"""A run as JSON; docs/schema.json describes it, `version` counts its incompatible changes."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pybridge.agreement import Distance
from pybridge.check import CaseResult
from pybridge.errors import InputError
from pybridge.evidence import Evidence
from pybridge.gradcheck import ParameterCheck
from pybridge.referee import Opinion
from pybridge.run import Session
from pybridge.sides import Failure
from pybridge.verdict import Kind

VERSION = 1


def document(
    session: Session, cases: Sequence[dict[str, Any]], *, interrupted: bool
) -> dict[str, Any]:
    """The whole run. `cases` come from `case`."""
    plan = session.plan
    verdicts = [case["verdict"]["kind"] for case in cases]
    return {
        "version": VERSION,
        "versions": asdict(session.versions),
        "fixtures": {
            "paths": [str(path) for path in plan.request.paths],
            "sentences": len(plan.corpus.sentences),
            "skipped": plan.corpus.skipped,
            "words": sum(len(s.words) for s in plan.corpus.sentences),
            "tags": list(plan.vocabulary.tags),
        },
        "julia_file": str(plan.request.julia),
        "configurations": [asdict(drawn.configuration) for drawn in plan.draws],
        "weights_sha256": session.fingerprint,
        "method": plan.request.method,
        "dtype": plan.request.dtype,
        "rtol": plan.request.rtol,
        "exhaustive": plan.request.exhaustive,
        "whole_vocabulary": plan.request.whole_vocabulary,
        "selected": len(plan.selected),
        "interrupted": interrupted,
        "counts": {str(kind): verdicts.count(str(kind)) for kind in Kind},
        "cases": list(cases),
    }


def case(result: CaseResult) -> dict[str, Any]:
    """One case. A number that is not finite is null; the rule beside it says what it was."""
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
            "tensors": [_tensor(d) for d in result.agreement.tensors],
        },
        "python": _side(result.python),
        "julia": _side(result.julia),
        "referee": _referee(result.opinion),
    }


def check_writable(file: Path) -> None:
    """InputError, before anything is computed, where `file` cannot be written."""
    folder = file.parent
    if file.is_dir():
        raise InputError("is a folder", "name a file for --json", file=file)
    if not folder.is_dir():
        raise InputError(f"no folder {folder}", "make it, or name another file", file=file)
    if _is_special(file):
        return
    try:
        with tempfile.TemporaryFile(dir=file.resolve().parent):
            pass
    except OSError as e:
        raise _unwritable(file, e) from e


def write(file: Path, content: dict[str, Any]) -> None:
    """Write the document, whole or not at all."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    data = text.encode("utf-8", "backslashreplace")  # a path may hold bytes that are not UTF-8
    try:
        if _is_special(file):
            file.write_bytes(data)
            return
        target = file.resolve()  # what a link leads to is written, and the link stays
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            part.chmod(0o644)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as e:
        raise _unwritable(file, e) from e


def _is_special(file: Path) -> bool:
    """/dev/stdout, a pipe: nothing that could be replaced."""
    return file.exists() and not file.is_file()


def _unwritable(file: Path, e: OSError) -> InputError:
    return InputError(f"cannot be written ({e.strerror})", "name another for --json", file=file)


def _side(side: Evidence | Failure) -> dict[str, Any]:
    if isinstance(side, Failure):
        return {"problem": side.problem}
    return {
        "cost": _finite(float(side.run.results["cost"].real)),
        "gradient": {
            "status": str(side.gradient.status),
            "method": side.gradient.method,
            "reason": side.gradient.reason,
            "parameters": [_parameter(p) for p in side.gradient.parameters],
        },
        "notes": list(side.notes),
    }


def _referee(opinion: Opinion | Failure | None) -> dict[str, Any] | None:
    """Digits of [Python, Julia] by tensor, or why there are none; null where it was not asked."""
    if opinion is None:
        return None
    if isinstance(opinion, Failure):
        return {"problem": opinion.problem}
    return {"off": opinion.off(), "digits": {n: list(d) for n, d in opinion.digits.items()}}


def _tensor(d: Distance) -> dict[str, Any]:
    return {
        "name": d.name,
        "match": str(d.match),
        "rule": d.rule,
        "distance": _finite(d.distance),
        "tolerance": _finite(d.tolerance),
        "ulps": _finite(d.ulps),
        "compared": d.compared,
    }


def _parameter(p: ParameterCheck) -> dict[str, Any]:
    return {
        "name": p.name,
        "status": str(p.status),
        "rule": p.rule,
        "error": _finite(p.error),
        "bound": _finite(p.bound),
        "tolerance": _finite(p.tolerance),
        "scale": _finite(p.scale),
        "entries": p.entries,
        "passes": p.passes,
        "wrong": [
            {"index": list(e.index), "analytic": _finite(e.analytic), "numeric": _finite(e.numeric)}
            for e in p.wrong
        ],
        "wrong_more": p.rest,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
