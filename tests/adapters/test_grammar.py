"""How a call is read."""

from __future__ import annotations

import pytest

from pybridge.adapters import Argument, Call
from pybridge.adapters.grammar import GrammarError, call_of, value_of


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("cost = f()", Call("f", (), ("cost",))),
        (
            "cost, h, p = f(words, tags, h_prev)",
            Call("f", tuple(map(Argument, ("words", "tags", "h_prev"))), ("cost", "h", "p")),
        ),
        (
            "_, dW, *_ = lossFun(x, hPrev)",
            Call("lossFun", (Argument("x"), Argument("h_prev")), ("_", "dW"), rest=True),
        ),
        ("cost, ... = f!(h)", Call("f!", (Argument("h"),), ("cost",), rest=True)),
        (
            "cost = f(x; W, b=bias, n = -1.5e-3, verbose=False)",
            Call(
                "f",
                (
                    Argument("x"),
                    Argument("W", "W"),
                    Argument("bias", "b"),
                    Argument("", "n", "-1.5e-3"),
                    Argument("", "verbose", "false"),
                ),
                ("cost",),
            ),
        ),
        ("cost=f(x,None,3)", Call("f", (Argument("x"), Argument("", "", "nothing"),
                                         Argument("", "", "3")), ("cost",))),
        ("loss = größe(ĥ)", Call("größe", (Argument("ĥ"),), ("loss",))),
    ],
)  # fmt: skip
def test_a_call_is_read(text: str, call: Call) -> None:
    assert call_of(text) == call
    assert call_of(call.text) == call


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f(x)", "nothing says what it returns"),
        ("f(x=1)", "nothing says what it returns"),
        ("_ = f(x)", "nothing that it returns has a name"),
        ("cost = f(x", "a closing bracket is missing"),
        ("cost = f", "it ends where ( should stand"),
        ("cost = ", "it ends where the name of a function should stand"),
        ("cost, = f(x)", "stands where a result after the comma should"),
        ("cost, *_, h = f(x)", ", in column 9 stands where = should"),
        ("cost = f(x) + 1", "'+' in column 13 has no place in a call"),
        ("cost = f(x)(y)", "( in column 12 stands where the end should"),
        ("cost = a.f(x)", "'.' in column 9 has no place in a call"),
        ("cost = f(x[0])", "'[' in column 11 has no place in a call"),
        ("cost = f(__import__('os'))", "in column 21 has no place in a call"),
        ("cost = f(x y)", "y in column 12 stands where , should"),
        ("cost = f(a=x, y)", "y stands after a keyword"),
        ("cost = f(a=x, a=y)", "the keyword a stands there twice"),
        ("cost = f(x; 3)", "3 after the semicolon has no keyword"),
        ("cost = f(1x)", "'1' in column 10 has no place in a call"),
        ("", "nothing says what it returns"),
    ],
)
def test_what_is_no_call(text: str, said: str) -> None:
    with pytest.raises(GrammarError) as caught:
        call_of(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("literal", "value"),
    [("3", 3), ("-2", -2), ("1e3", 1e3), (".5", 0.5), ("true", True), ("nothing", None)],
)
def test_the_value_of_a_literal(literal: str, value: object) -> None:
    assert value_of(literal) == value
    assert type(value_of(literal)) is type(value)
