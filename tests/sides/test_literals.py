"""Plain values as Julia code: what Julia makes of it, asked of a real one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pybridge.runtime import Runtime
from pybridge.sides.literals import literal

TEXTS = [
    "", "plain", "$x $(exit(1))", 'a "quoted" one', "back\\slash \\n \\$", "new\nline\r\ttab",
    "\0 and \x7f", "naïve – 語 \U0001f600", "\u2028 \ufeff \u00ad", "'", "#= =#", "a\\",
]  # fmt: skip


def evaluated(runtime: Runtime, folder: Path, code: list[str]) -> list[str]:
    """What Julia prints for each."""
    file = folder / "code.jl"
    file.write_text("\n".join(f"println({one})" for one in code), encoding="utf-8")
    command = [str(runtime.executable), "--startup-file=no", "-O0", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    return done.stdout.splitlines()


def test_texts_are_the_same_letter_by_letter(runtime: Runtime, tmp_path: Path) -> None:
    code = [f"join(Int.(codeunits({literal(one)})), ' ')" for one in TEXTS]
    expected = [" ".join(map(str, one.encode())) for one in TEXTS]
    assert evaluated(runtime, tmp_path, code) == expected


def test_what_is_nested_keeps_its_form(runtime: Runtime, tmp_path: Path) -> None:
    value: object = ("f", [("x", "", ""), ("y", "k", "1")], [], True, False, None, -3, (1,), ())
    seen = f"repr({literal(value)})"
    expected = '("f", [("x", "", ""), ("y", "k", "1")], Any[], true, false, nothing, -3, (1,), ())'
    assert evaluated(runtime, tmp_path, [seen]) == [expected]


@pytest.mark.parametrize("value", [1.5, b"x", {1}, object()])
def test_what_has_no_literal_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no literal for"):
        literal(value)
