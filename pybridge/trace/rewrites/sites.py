"""The places in a statement where something else may stand, and the statement with it there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from pybridge.syntax import Address, product

NEW, OLD = "<new>", "<old>"  # what takes the place of a site and what stood there, in words
ABOUT_SHAPE = {"axis", "keepdims", "dtype", "out"}  # arguments that are no numbers to count with


class Role(StrEnum):
    """What an expression is to the one around it."""

    VALUE = "value"  # all that a statement assigns or returns, or a whole header
    OPERAND = "operand"  # of an arithmetic operator
    ARGUMENT = "argument"
    KEYWORD = "keyword"  # the value of a keyword argument
    ELEMENT = "element"  # of a tuple or a list
    OBJECT = "object"  # what a subscript, an attribute or a method is of
    INDEX = "index"
    OTHER = "other"


@dataclass(frozen=True)
class Site:
    """An expression that is read in a statement."""

    node: ast.expr
    address: Address  # in the statement
    parent: ast.AST
    role: Role
    indexing: bool = False  # it, or an expression around it, is an index
    keyword: str = ""  # the keyword whose value it is

    @property
    def simple(self) -> bool:
        """A variable, an attribute or an entry of one."""
        return is_simple(self.node)

    @property
    def counted(self) -> bool:
        """Whether it is a number or an array to count with."""
        return not self.indexing and self.keyword not in ABOUT_SHAPE

    @property
    def in_sum(self) -> bool:
        """Whether it is a term of a sum."""
        return isinstance(self.parent, ast.BinOp) and isinstance(self.parent.op, ast.Add | ast.Sub)

    @property
    def in_product(self) -> bool:
        """Whether it is a factor of a product entry by entry."""
        return isinstance(self.parent, ast.BinOp) and isinstance(self.parent.op, ast.Mult)

    @property
    def whole(self) -> bool:
        """Whether no arithmetic goes on around it."""
        return self.counted and self.role in (
            Role.VALUE,
            Role.ARGUMENT,
            Role.KEYWORD,
            Role.ELEMENT,
        )


def is_simple(node: ast.AST) -> bool:
    """A variable, an attribute or an entry of one: `h`, `trace.h`, `h[t - 1]`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name)


def sites(root: ast.AST) -> Iterator[Site]:
    """Every expression in a statement or a header that is read, in the order of the tree."""
    if isinstance(root, ast.expr):
        yield from _under(Site(root, (), root, Role.VALUE))
        return
    for i, child in enumerate(ast.iter_child_nodes(root)):
        if isinstance(child, ast.expr) and not isinstance(child, ast.Slice):
            yield from _under(Site(child, (i,), root, Role.VALUE))


def _under(site: Site) -> Iterator[Site]:
    node = site.node
    if isinstance(node, ast.JoinedStr):
        return
    written = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    if not written and not isinstance(node, ast.Slice | ast.Starred):
        yield site
    for i, child in enumerate(ast.iter_child_nodes(node)):
        address = (*site.address, i)
        kept = site.keyword if isinstance(node, ast.Attribute | ast.Call) else ""
        inside = replace(site, address=address, parent=node, keyword=kept)
        if isinstance(child, ast.keyword):
            role = replace(inside, node=child.value, address=(*address, 0), role=Role.KEYWORD)
            yield from _under(replace(role, keyword=child.arg or ""))
        elif isinstance(child, ast.comprehension):
            yield from _under(replace(inside, node=child.iter, address=(*address, 1)))
        elif isinstance(node, ast.Call) and child is node.func:
            if isinstance(child, ast.Attribute):  # of a method, what it is a method of
                inside = replace(inside, node=child.value, address=(*address, 0), parent=child)
                # a of a.dot(b) is a factor as b is; np of np.dot(a, b) is none.
                role_of = Role.OBJECT if product(node) is None else Role.OPERAND
                yield from _under(replace(inside, role=role_of))
        elif isinstance(child, ast.expr):
            role_of = _role(node, child)
            deeper = site.indexing or role_of is Role.INDEX
            yield from _under(replace(inside, node=child, role=role_of, indexing=deeper))


def _role(parent: ast.expr, child: ast.expr) -> Role:
    match parent:
        case ast.BinOp() | ast.UnaryOp():
            return Role.OPERAND
        case ast.Call():
            return Role.ARGUMENT
        case ast.Tuple() | ast.List():
            return Role.ELEMENT
        case ast.Subscript(value=value):
            return Role.OBJECT if child is value else Role.INDEX
        case ast.Attribute():
            return Role.OBJECT
    return Role.OTHER


def put(root: ast.AST, address: Address, new: ast.AST) -> ast.AST:
    """The statement with another node at an address. What is not on the way there is shared."""
    if not address:
        return new
    copied = type(root).__new__(type(root))  # many times faster than copy.copy
    vars(copied).update(vars(root))
    left = address[0]
    for field, value in ast.iter_fields(root):
        if isinstance(value, ast.AST):
            if left == 0:
                setattr(copied, field, put(value, address[1:], new))
                return copied
            left -= 1
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, ast.AST):
                    if left == 0:
                        items = [*value[:i], put(item, address[1:], new), *value[i + 1 :]]
                        setattr(copied, field, items)
                        return copied
                    left -= 1
    raise IndexError(address)
