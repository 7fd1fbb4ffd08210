"""Other code for a statement of a Python tagger, from its syntax tree, tried on trials.

`structure`, `calls`, `variables` and `statements` make a single edit each; `compounds` those that
take two variables; pairs of edits come last. `pool` says what is within reach of the statement,
`trials` runs what has been made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

from pybridge.syntax import Address, node_at, text
from pybridge.trace import Rewrite, Trial
from pybridge.trace.rewrites.algebra import ALGEBRA
from pybridge.trace.rewrites.calls import CALLS
from pybridge.trace.rewrites.compounds import compounds, with_compounds
from pybridge.trace.rewrites.pool import Pool, survey
from pybridge.trace.rewrites.sites import NEW, OLD, Site, put, sites
from pybridge.trace.rewrites.statements import statements
from pybridge.trace.rewrites.structure import STRUCTURE, Operator
from pybridge.trace.rewrites.trials import RESULT, Bench, Runnable, silence
from pybridge.trace.rewrites.variables import VARIABLES, everywhere, others

__all__ = ["RESULT", "rewrites"]

SINGLES, COMPOUNDS, PAIRS = 10_000, 6_000, 2_000  # candidates that are tried at most
FIRST, SECOND = 60, 4  # of pairs: how many first edits, and how much a second one may cost
CHEAP: tuple[Operator, ...] = (*STRUCTURE, *ALGEBRA, *CALLS, others)
EVERY: tuple[Operator, ...] = (*STRUCTURE, *ALGEBRA, *CALLS, *VARIABLES)


@dataclass(frozen=True)
class Candidate:
    """A statement with an edit, not written out yet."""

    root: ast.AST
    words: tuple[tuple[str, ast.AST, ast.AST], ...]  # of each edit, with what is new and old
    cost: int

    @property
    def what(self) -> str:
        """The edits in words."""
        return "; ".join(
            what.replace(NEW, text(new)).replace(OLD, text(old)) for what, new, old in self.words
        )


def rewrites(
    module: ModuleType, tree: ast.Module, address: Address, trials: Sequence[Trial]
) -> list[Rewrite]:
    """Rewrites of a statement or a header that come to what every trial wants, simplest first.

    `tree` is that of the module. Two edits at once, and terms of two variables, are tried only
    where single edits come to nothing. If no trial says what is wanted, all single edits, untried,
    or those that come to the shape that a trial says.
    In a trial of a RETURN, a range or a condition its value has the name RESULT for the target; an
    empty target is that value.
    """
    root = node_at(tree, address)
    with silence():
        bench = Bench.of(module, tree, address, trials)
        own = [trial for trial in trials if trial.address == address]
        # One from the middle: there is a step before it, and one after.
        scope = own[len(own) // 2].scope if own else None
        pool = survey(module, tree, address, scope)
        seen = {ast.unparse(root)}
        if not bench.tells:
            return [
                Rewrite(address, code, c.what, c.cost)
                for c, code in _distinct(_singles(pool, root), seen, SINGLES)
                if not bench.screens or _tried(bench, c, code) is not None
            ]
        for candidates, most in (
            (_singles(pool, root), SINGLES),
            (_with_compounds(pool, root), COMPOUNDS),
            (_pairs(pool, root), PAIRS),
        ):
            found = [
                Rewrite(address, code, c.what, c.cost, distance)
                for c, code in _distinct(candidates, seen, most)
                if (distance := _tried(bench, c, code)) is not None
            ]
            if found:
                return found
    return []


def _tried(bench: Bench, candidate: Candidate, code: str) -> float | None:
    try:
        runnable = Runnable.of(candidate.root, code, bench.scope)
    except (SyntaxError, ValueError):
        return None
    return bench.distance(runnable)


def _singles(
    pool: Pool, root: ast.AST, operators: Sequence[Operator] = EVERY, dearest: int = 1 << 30
) -> Iterator[Candidate]:
    """Single edits that cost no more than `dearest`."""
    for new, what, cost in (*statements(pool, root), *everywhere(pool, root)):
        if cost <= dearest:
            yield Candidate(new, ((what, new, root),), cost)
    places = list(sites(root))
    for operator in operators:
        for site in places:
            for node, what, cost in operator(pool, site):
                if cost <= dearest:
                    yield _edited(root, site, node, what, cost)


def _with_compounds(pool: Pool, root: ast.AST) -> Iterator[Candidate]:
    several = compounds(pool)
    for site in sites(root):
        for node, what, cost in with_compounds(pool, several, site):
            yield _edited(root, site, node, what, cost)


def _pairs(pool: Pool, root: ast.AST) -> Iterator[Candidate]:
    """Cheap edits of what cheap edits have come to."""
    firsts = (c for c, _ in _distinct(_singles(pool, root), {ast.unparse(root)}, FIRST))
    for first in firsts:
        if not isinstance(first.root, ast.Pass):
            for second in _singles(pool, first.root, CHEAP, SECOND):
                cost = first.cost + second.cost + 1
                yield Candidate(second.root, first.words + second.words, cost)


def _edited(root: ast.AST, site: Site, node: ast.expr, what: str, cost: int) -> Candidate:
    return Candidate(put(root, site.address, node), ((what, node, site.node),), cost)


def _distinct(
    candidates: Iterable[Candidate], seen: set[str], most: int
) -> Iterator[tuple[Candidate, str]]:
    """The cheapest first, with their code; none whose code has been seen."""
    for candidate in sorted(candidates, key=lambda c: c.cost):
        code = ast.unparse(candidate.root)
        if code not in seen:
            seen.add(code)
            yield candidate, code
            most -= 1
            if not most:
                return
