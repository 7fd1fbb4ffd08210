"""Rewrites with what is within reach: another variable, a term or a factor more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from pybridge.syntax import Product, text
from pybridge.trace.rewrites.pool import Pool, alike, broadcast, product
from pybridge.trace.rewrites.reach import Atom, Known, Shape
from pybridge.trace.rewrites.sites import NEW, OLD, Role, Site, put, sites
from pybridge.trace.rewrites.statements import Whole
from pybridge.trace.rewrites.structure import Operator, Option

ALIKE = 0.5  # how much names have in common that are mistaken for each other
NAMESAKES = 6  # of a name, where nothing but names is known


def others(pool: Pool, site: Site) -> Iterator[Option]:
    """Another variable; first those of the same shape, the most similar names first."""
    code, known = text(site.node), pool.of(site.node)
    if pool.blind:
        yield from _namesakes(pool, site, code)
        return
    if known is None and code in pool.missing:
        for atom in sorted(pool.atoms, key=lambda a: -alike(a.code, code)):
            yield (
                atom.node,
                f"{atom.code} for {OLD}",
                4 + atom.cost - (alike(atom.code, code) > ALIKE),
            )
    if known is None or (site.role is Role.OBJECT and not site.simple):
        return
    small = site.simple or isinstance(site.node, ast.Constant | ast.Call)
    for atom in sorted(pool.atoms, key=lambda a: -alike(a.code, code)):
        if atom.code == code or not _fits(atom, site, known):
            continue
        cost = (3 if small else 5) + atom.cost + (2 if atom.shape != known.shape else 0)
        yield atom.node, f"{atom.code} for {OLD}", cost
        if len(atom.shape) == 2 and not site.indexing:
            other_way = 1 if atom.shape[::-1] == known.shape else 3
            yield _transposed(atom), f"{atom.code}.T for {OLD}", cost + other_way


def everywhere(pool: Pool, root: ast.AST) -> Iterator[Whole]:
    """Another variable in all places of one that is read more than once; two exchanged."""
    places: dict[str, list[Site]] = {}
    for site in sites(root):
        code = text(site.node)
        if site.simple and site.counted and (code in pool.known or code in pool.missing):
            places.setdefault(code, []).append(site)
    for code, several in places.items():
        known = pool.known.get(code)
        for atom in pool.atoms if len(several) > 1 else ():
            if (known is None or atom.known == known) and atom.code != code:
                new = root
                for site in several:
                    new = put(new, site.address, atom.node)
                yield new, f"{atom.code} for {code}", 3 + atom.cost
    for (a, (first, *_)), (b, (second, *_)) in combinations(places.items(), 2):
        if pool.known.get(a) == pool.known.get(b) and not _nested(first, second):
            new = put(put(root, first.address, second.node), second.address, first.node)
            yield new, f"{a} and {b} exchanged", 3


def _nested(a: Site, b: Site) -> bool:
    shorter = min(len(a.address), len(b.address))
    return a.address[:shorter] == b.address[:shorter]


def _fits(atom: Atom, site: Site, known: Known) -> bool:
    if isinstance(site.node, ast.Constant) and not site.indexing:
        return site.counted and not isinstance(site.node.value, bool)
    if site.indexing:
        return atom.known.whole and len(atom.shape) < 2
    return atom.known.whole == known.whole or (known.whole and bool(known.shape))


def _namesakes(pool: Pool, site: Site, code: str) -> Iterator[Option]:
    """Names like the one that is read, or like the keyword it is given for."""
    given = site.role is Role.KEYWORD and site.counted
    if not (isinstance(site.node, ast.Name) or given) or code in pool.dead:
        return

    def likeness(name: str) -> float:
        key = site.keyword
        return alike(name, code) + (name == key or (len(key) > 1 and key in name))

    closest = sorted({a.code for a in pool.atoms} - {code}, key=lambda n: (-likeness(n), n))
    for other in closest if pool.header else closest[:NAMESAKES]:
        cost = 1 if likeness(other) >= 1 else 3 if likeness(other) >= ALIKE else 4
        yield ast.Name(other), f"{other} for {OLD}", cost


def terms(pool: Pool, site: Site) -> Iterator[Option]:
    """A term more."""
    known = _countable(pool, site)
    if known is None or site.in_sum:
        return
    node, one = site.node, ast.Constant(1)
    if isinstance(node, ast.Constant):
        return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield ast.BinOp(one, ast.Sub(), node.operand), f"1 added to {OLD}", 2
    yield ast.BinOp(one, ast.Sub(), node), f"1 - {OLD}", 3
    yield ast.BinOp(one, ast.Add(), node), f"1 + {OLD}", 3
    for atom in pool.atoms:
        if not atom.known.whole:
            for added, cost in _ways(atom, known.shape):
                yield ast.BinOp(node, ast.Add(), added), f"{text(added)} added to {OLD}", cost
                yield ast.BinOp(node, ast.Sub(), added), f"{text(added)} subtracted", cost


def factors(pool: Pool, site: Site) -> Iterator[Option]:
    """A factor more, entry by entry."""
    known = _countable(pool, site)
    if known is None or site.in_product:
        return
    node = site.node
    for atom in pool.atoms:
        if not atom.known.whole or not atom.shape:
            for factor, cost in _ways(atom, known.shape):
                yield ast.BinOp(node, ast.Mult(), factor), f"{OLD} times {text(factor)}", cost
                yield ast.BinOp(node, ast.Div(), factor), f"{OLD} by {text(factor)}", cost + 1


def matrices(pool: Pool, site: Site) -> Iterator[Option]:
    """A matrix product more."""
    known = _countable(pool, site)
    if known is None:
        return
    for atom in pool.atoms:
        if atom.known.whole or not atom.shape:
            continue
        ways = [(atom.node, atom.shape, 4)]
        if len(atom.shape) == 2:
            ways.append((_transposed(atom), atom.shape[::-1], 4))
        for matrix, shape, cost in ways:
            for a, a_shape, b, b_shape in (
                (site.node, known.shape, matrix, shape),
                (matrix, shape, site.node, known.shape),
            ):
                if product(a_shape, b_shape) is not None:
                    new = matmul(pool, a, b)
                    yield new, f"{NEW} for {OLD}", cost + atom.cost


def shifted(pool: Pool, site: Site) -> Iterator[Option]:
    """The step before for each step of a sequence, the first of them from elsewhere."""
    known = pool.of(site.node)
    if known is None or not known.shape or known.shape[0] < 1 or not pool.numpy or site.indexing:
        return
    if not site.simple:
        return
    rest = known.shape[1:]
    for atom in pool.atoms:
        if atom.known.whole or atom.shape not in ((1, *rest), rest):
            continue
        first = text(atom.node) if atom.shape == (1, *rest) else f"{atom.code}[None]"
        for code in (
            f"{pool.numpy}.concatenate([{first}, {text(site.node)}[:-1]])",
            f"{pool.numpy}.concatenate([{text(site.node)}[1:], {first}])",
        ):
            yield ast.parse(code, mode="eval").body, f"{code} for {OLD}", 5 + atom.cost


def _countable(pool: Pool, site: Site) -> Known | None:
    """What is known of a site that takes a term or a factor more."""
    known = pool.of(site.node)
    if known is None or pool.blind or not site.counted or site.role is Role.OBJECT:
        return None
    literal = isinstance(site.node, ast.Constant) and not isinstance(site.node.value, bool)
    return known if literal or not known.whole else None


def _ways(atom: Atom, shape: Shape) -> Iterator[tuple[ast.expr, int]]:
    """An atom as it is and transposed, where it fits a shape, with the cost of that."""
    if broadcast(atom.shape, shape) is not None:
        yield atom.node, 4 + atom.cost + (atom.shape != shape)
    if len(atom.shape) == 2 and broadcast(atom.shape[::-1], shape) is not None:
        yield _transposed(atom), 5 + atom.cost + (atom.shape[::-1] != shape)


def _transposed(atom: Atom) -> ast.expr:
    return ast.Attribute(atom.node, "T")


def matmul(pool: Pool, a: ast.expr, b: ast.expr) -> ast.expr:
    """The matrix product as the code writes it."""
    return (pool.written or Product(a, b)).of(a, b)


VARIABLES: tuple[Operator, ...] = (others, terms, factors, matrices, shifted)
