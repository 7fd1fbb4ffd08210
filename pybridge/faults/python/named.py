"""Faults known by name, each found by the part that a piece of code plays, not by its spelling."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from pybridge.edit import Edit
from pybridge.faults import Fault, Language, Skipped
from pybridge.faults.python.scope import Scope, targets
from pybridge.faults.python.tree import Site, base, names, same, text

NO_FACTOR = "no 1 - h * h in backward"
NO_CARRY = "nothing in backward is carried from step to step"
Plant = Callable[[Scope, Sequence[Fault]], list[Fault] | str]


def named(scope: Scope, general: Sequence[Fault]) -> tuple[list[Fault], list[Skipped]]:
    """The named faults; some of `general`, those of the operators, only need their name."""
    found, skipped = [], []
    for name, plant in NAMED.items():
        faults = plant(scope, general)
        if isinstance(faults, str):
            skipped.append(Skipped(Language.PYTHON, name, faults))
        else:
            found += [replace(fault, operator=name) for fault in faults]
    return found, skipped


# --- The parts -----------------------------------------------------------------------------------


def squared(node: ast.AST) -> ast.expr | None:
    """`1 - a * a` in any spelling: the a of it."""
    match node:
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=right):
            match right:
                case ast.BinOp(left=a, op=ast.Mult(), right=b) if same(a, b):
                    return a
                case ast.BinOp(left=a, op=ast.Pow(), right=ast.Constant(value=2)):
                    return a
    return None


def factors(scope: Scope) -> list[tuple[Site, ast.expr]]:
    """The places of the derivative of tanh in the backward pass, and what is squared there."""
    found = [(site, squared(site.node)) for site in scope.within("backward")]
    return [(site, a) for site, a in found if a is not None]


def products(scope: Scope) -> list[Site]:
    """The products that have this derivative for a factor, itself or by its name."""
    known = {
        base(target)
        for site, _ in factors(scope)
        if isinstance(site.statement, ast.Assign) and site.statement.value is site.node
        for target in targets(site.statement)
    }
    found = []
    for site in scope.within("backward"):
        match site.node:
            case ast.Assign(targets=[ast.Name(id=row)], value=value) if base(value) in known:
                known.add(row)
            case ast.For(iter=ast.Call(func=ast.Name(id="zip"), args=several)) as loop:
                rows = zip(targets(loop), several, strict=False)
                known |= {base(row) for row, value in rows if base(value) in known}
            case (
                ast.BinOp(left=left, op=ast.Mult(), right=right)
                | ast.AugAssign(target=left, op=ast.Mult(), value=right)
                | ast.Call(func=ast.Attribute(attr="multiply"), args=[left, right])
            ) if any(squared(n) or base(n) in known for n in (left, right)):
                found.append(site)
    return found


def carried(scope: Scope) -> list[tuple[Site, str, ast.expr]]:
    """The assignments in a loop of the backward pass to what the next turn reads, dhnext.

    A name that a statement before reads, that is not made from itself, and that has no value of
    this turn by then. With the name and the value.
    """
    found = []
    for site in scope.within("backward"):
        match site.node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if site.loops:
                before = [
                    s for s in scope.within("backward") if s.loops and s.address < site.address
                ]
                read = any(isinstance(s.node, ast.Name) and s.node.id == name for s in before)
                written = any(name in map(base, targets(s.node)) for s in before)
                if read and not written and name not in names(value):
                    found.append((site, name, value))
    return found


def intakes(scope: Scope) -> list[tuple[Site, ast.expr, str]]:
    """The sums that take in what is carried, with the other term."""
    known = {name for _, name, _ in carried(scope)}
    found = []
    for site in scope.within("backward"):
        match site.node:
            case ast.BinOp(left=rest, op=ast.Add(), right=ast.Name(id=name)) if name in known:
                found.append((site, rest, name))
            case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=rest) if name in known:
                found.append((site, rest, name))
    return found


def gradients(scope: Scope) -> dict[str, str]:
    """The variables that backward returns, by parameter."""
    found = {}
    for site in scope.within("backward"):
        match site.node:
            case ast.Call(keywords=keywords) if isinstance(site.statement, ast.Return):
                pairs = {k.arg: base(k.value) for k in keywords}
                found.update({p: pairs[p] for p in scope.parameters if pairs.get(p)})
    return found


# --- The faults ----------------------------------------------------------------------------------


def _the_transpose(scope: Scope, general: Sequence[Fault]) -> list[Fault] | str:
    lines = {text(site.node) for site, _, _ in carried(scope)}
    found = [
        fault
        for fault in general
        if fault.operator == "transpose"
        and fault.old in lines
        and fault.new.count(".T") < fault.old.count(".T")
    ]
    return found or "no transposed product is carried from step to step"


def _no_carry(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    return _carrying(scope, "0 * ({value})")


def _carry_once(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    return _carrying(scope, "(0 if ({name} != 0).any() else 1) * ({value})")


def _carrying(scope: Scope, code: str) -> list[Fault] | str:
    return [
        scope.fault(site, "", f"{name} = {code.format(name=name, value=text(value))}")
        for site, name, value in carried(scope)
    ] or NO_CARRY


def _carry_after(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    taken, scaled = intakes(scope), products(scope)
    if not taken or not scaled:
        return NO_FACTOR if taken else NO_CARRY
    (intake, rest, name), product = taken[0], scaled[0]
    if intake.address[: len(product.address)] == product.address:
        code = text(product.node).replace(f"({text(intake.node)})", f"({text(rest)})")
        return [scope.fault(product, "", f"{code} + {name}")]
    early = scope.fault(intake, "", rest)
    late = scope.fault(product, "", _with_value(product.node, f"{{value}} + {name}"))
    return [
        replace(
            late,
            old=f"{early.old}; {late.old}",
            new=f"{early.new}; {late.new}",
            edit=Edit(early.edit.replacements + late.edit.replacements),
        )
    ]


def _no_factor(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    return [scope.fault(site, "", f"1 - 0 * {text(a)}") for site, a in factors(scope)] or NO_FACTOR


def _tanh_of_h(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    if not scope.numpy:
        return "numpy has no name in this file"
    return [
        scope.fault(site, "", f"1 - {scope.numpy}.tanh({text(a)}) ** 2")
        for site, a in factors(scope)
    ] or NO_FACTOR


def _one_minus_h(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    return [scope.fault(site, "", f"1 - {text(a)}") for site, a in factors(scope)] or NO_FACTOR


def _bias_assigned(scope: Scope, general: Sequence[Fault]) -> list[Fault] | str:
    wanted = {v for p, v in gradients(scope).items() if p in scope.biases}
    found = []
    for site in scope.within("backward"):
        match site.node:
            case ast.Call(func=ast.Attribute(value=value, attr="sum")):
                if wanted & set(map(base, targets(site.statement))):
                    found.append(scope.fault(site, "", f"{text(value)}[:1]"))
    for fault in general:
        if fault.operator == "assign for update" and fault.new.split(" = ")[0] in wanted:
            found.append(fault)
    return found or "no bias gradient is summed up"


def _row_assigned(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    found = []
    for site in scope.within("backward"):
        match site.node:
            case ast.Expr(value=ast.Call(func=function, args=[array, index, value])):
                if text(function).endswith("add.at"):
                    new = f"{text(array)}[{text(index)}] = {text(value)}"
                    found.append(scope.fault(site, "", new))
            case ast.AugAssign(target=ast.Subscript() as target, op=ast.Add(), value=value):
                found.append(scope.fault(site, "", f"{text(target)} = {text(value)}"))
    return found or "no gradient is summed up by word"


def _this_for_before(scope: Scope, general: Sequence[Fault]) -> list[Fault] | str:
    found = [f for f in general if f.operator == "time index" and "max(" not in f.new]
    for site in scope.within("backward"):
        match site.node:
            case ast.Call(args=[ast.List(elts=[_, ast.Subscript(value=value, slice=ast.Slice())])]):
                found.append(scope.fault(site, "", value))
    return found or "no index like t - 1, and no h[:-1]"


def _rounded_backward(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    return _rounded(scope, products(scope), NO_FACTOR)


def _rounded_forward(scope: Scope, _: Sequence[Fault]) -> list[Fault] | str:
    calls = [
        site
        for site in scope.within("forward")
        if isinstance(site.node, ast.Call) and text(site.node.func).endswith("tanh")
    ]
    return _rounded(scope, calls, "no tanh in forward")


def _rounded(scope: Scope, sites: Sequence[Site], why: str) -> list[Fault] | str:
    return [
        scope.fault(site, "", _with_value(site.node, '({value}).astype("float32")'))
        for site in sites
    ] or why


def _with_value(node: ast.AST, code: str) -> str:
    """What comes to another value: `code`, in which {value} stands for that of the node."""
    if not isinstance(node, ast.AugAssign):
        return code.format(value=text(node))
    target = text(node.target)  # of a name, its memory, which may be a row of something else
    whole = target if isinstance(node.target, ast.Subscript) else f"{target}[:]"
    value = text(ast.BinOp(ast.parse(target, mode="eval").body, node.op, node.value))
    return f"{whole} = {code.format(value=value)}"


NAMED: dict[str, Plant] = {
    "the transpose": _the_transpose,
    "no dhnext": _no_carry,
    "dhnext kept for one step": _carry_once,
    "dhnext added after the tanh factor": _carry_after,
    "no tanh factor": _no_factor,
    "1 - tanh(h)^2": _tanh_of_h,
    "1 - h": _one_minus_h,
    "a bias gradient assigned": _bias_assigned,
    "a word's row assigned": _row_assigned,
    "h[t] for h[t-1]": _this_for_before,
    "float32 in the backward pass": _rounded_backward,
    "float32 in the forward pass": _rounded_forward,
}
