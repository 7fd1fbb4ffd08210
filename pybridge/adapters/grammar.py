"""Reads a call as it stands in an xcheck.toml. It is data: nothing here can run it.

    cost, h, p = forwardRNN(words, tags, h_prev; W, training=false)
    _, dW, db, *_ = lossFun(x, y, h_prev)

Results: names, `_` for one that is not needed, and `...` or `*_` at the end for any number of them.
Arguments: names, numbers, true, false and None, each of them by keyword if need be. What comes
after a semicolon, as in Julia, is by keyword.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pybridge.adapters import IGNORED, Argument, Call

LITERALS = {
    "true": "true",
    "True": "true",
    "false": "false",
    "False": "false",
    "None": "nothing",
    "nothing": "nothing",
}
SPELT = {"hPrev": "h_prev", "hprev": "h_prev"}  # as in the question, and in Karpathy's code
_TOKEN = re.compile(
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\w))"
    r"|(?P<name>[^\W\d]\w*!?)|(?P<rest>\.\.\.|\*_)|(?P<mark>[=(),;])"
)


class GrammarError(ValueError):
    """What is wrong with a call, and where."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int  # from 1


def call_of(text: str) -> Call:
    """The call that a text says. GrammarError where it says none."""
    reader = _Reader(text, [*_tokens(text)])
    results, rest = reader.results()
    name = reader.expect("name", "the name of a function").text
    reader.mark("(")
    arguments = tuple(reader.arguments())
    reader.end()
    return Call(name, arguments, results, rest)


def value_of(literal: str) -> object:
    """The value of a literal."""
    named = {"true": True, "false": False, "nothing": None}
    if literal in named:
        return named[literal]
    return float(literal) if set(literal) & set(".eE") else int(literal)


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            raise GrammarError(f"{text[at]!r} in column {at + 1} has no place in a call")
        yield _Token(str(found.lastgroup), found[0], at + 1)
        at = found.end()


@dataclass
class _Reader:
    """Takes tokens from the left."""

    text: str
    tokens: list[_Token]

    def results(self) -> tuple[tuple[str, ...], bool]:
        """The names before the sign of equality, and whether there may be more."""
        if not any(t.text == "=" for t in self.before_the_bracket()):
            raise GrammarError("nothing says what it returns")
        names: list[str] = []
        rest = False
        while True:
            token = self.tokens.pop(0)
            if token.kind == "rest":
                rest = True
            elif token.kind == "name":
                names.append(token.text)
            else:
                raise _misplaced(token, "the name of a result")
            if self.take("="):
                if not set(names) - {IGNORED}:
                    raise GrammarError("nothing that it returns has a name")
                return tuple(names), rest
            if rest:
                raise _misplaced(self.tokens[0], "=")
            self.mark(",")
            if self.take("="):
                raise _misplaced(token, "a result after the comma")

    def before_the_bracket(self) -> list[_Token]:
        """The tokens before the first opening bracket."""
        at = next((i for i, t in enumerate(self.tokens) if t.text == "("), len(self.tokens))
        return self.tokens[:at]

    def arguments(self) -> Iterator[Argument]:
        """The arguments, and the closing bracket."""
        by_keyword = False
        seen: set[str] = set()
        while not self.take(")"):
            if self.take(";"):
                by_keyword = True
                continue
            argument = self.argument()
            if by_keyword and not argument.keyword:  # f(; W) is f(; W=W)
                if not argument.word:
                    raise GrammarError(f"{argument.literal} after the semicolon has no keyword")
                argument = Argument(argument.word, argument.word)
            if not argument.keyword and seen:
                raise GrammarError(f"{argument.word or argument.literal} stands after a keyword")
            if argument.keyword in seen:
                raise GrammarError(f"the keyword {argument.keyword} stands there twice")
            seen |= {argument.keyword} - {""}
            yield argument
            if not self.tokens:
                raise GrammarError("a closing bracket is missing")
            if self.tokens[0].text not in (")", ";"):
                self.mark(",")

    def argument(self) -> Argument:
        """One argument."""
        keyword = ""
        if len(self.tokens) > 1 and self.tokens[1].text == "=":
            keyword = self.expect("name", "a keyword").text
            self.tokens.pop(0)
        if not self.tokens:
            raise GrammarError("a closing bracket is missing")
        token = self.tokens.pop(0)
        if token.kind == "number":
            return Argument("", keyword, token.text)
        if token.kind != "name":
            raise _misplaced(token, "an argument")
        if token.text in LITERALS:
            return Argument("", keyword, LITERALS[token.text])
        return Argument(SPELT.get(token.text, token.text), keyword)

    def end(self) -> None:
        """Nothing may be left."""
        if self.tokens:
            raise _misplaced(self.tokens[0], "the end")

    def expect(self, kind: str, wanted: str) -> _Token:
        """The next token, which has to be of this kind."""
        if not self.tokens:
            raise GrammarError(f"it ends where {wanted} should stand")
        token = self.tokens.pop(0)
        if token.kind != kind:
            raise _misplaced(token, wanted)
        return token

    def mark(self, text: str) -> None:
        """The next token, which has to be this one."""
        if not self.take(text):
            if not self.tokens:
                raise GrammarError(f"it ends where {text} should stand")
            raise _misplaced(self.tokens[0], text)

    def take(self, text: str) -> bool:
        """Take the next token if it is this one."""
        if self.tokens and self.tokens[0].text == text:
            self.tokens.pop(0)
            return True
        return False


def _misplaced(token: _Token, wanted: str) -> GrammarError:
    return GrammarError(f"{token.text} in column {token.column} stands where {wanted} should")
