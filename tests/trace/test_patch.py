"""Edits written into the text of a file: few characters, the right code, and what patch takes."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import tagger
from pybridge.edit import UNCHANGED, Edit, Replacement
from pybridge.faults import ladder, python
from pybridge.python_file import load, source_of
from pybridge.syntax import edited, node_at
from pybridge.trace.patch import patched, unified_diff

SOURCE = inspect.getsource(tagger)
PATCH = shutil.which("patch")
GIT = shutil.which("git")


def one(text: str, code: str, *address: int) -> str:
    """The text with the node at an address replaced, that of the first statement's value if none.

    Only the first statement is looked at.
    """
    return patched(text, Edit((Replacement(address or (0,), code),)))


@pytest.mark.parametrize(
    ("text", "code", "wanted"),
    [
        ("a = b@c  # as it is\n", "a = b @ c.T", "a = b@c.T  # as it is\n"),
        ("a = b@c.T\n", "a = b @ c", "a = b@c\n"),
        ("a = b@c\n", "a = b * c", "a = b*c\n"),
        ("a = b@c\n", "a = c @ b", "a = c@b\n"),
        ("a = b   ** 2\n", "a = b * 2", "a = b   * 2\n"),
        ("a=2*(b+c)\n", "a = b + c", "a=b+c\n"),
        ("a=2*(b+c)*d\n", "a = (b + c) * d", "a=(b+c)*d\n"),
        ("a = (b + c) * d\n", "a = b * d", "a = b * d\n"),
        ("a = (b) * d\n", "a = c * d", "a = (c) * d\n"),
        ("a = f(b + c)\n", "a = f(b)", "a = f(b)\n"),
        ("a = not(b + c)\n", "a = not b", "a = not(b)\n"),
        ("a = b * c\n", "a = (b + x) * c", "a = (b + x) * c\n"),
        ("a = b+1e-08\n", "a = b - 1e-08", "a = b-1e-08\n"),
        ("a = f('x', 1.50)\n", "a = g(f('x', 1.5))", "a = g(f('x', 1.50))\n"),
        ("a = a + b*c # sum\n", "a = b * c", "a = b*c # sum\n"),
        ("a = a + b*c # sum\n", "a += b * c", "a += b*c # sum\n"),
        ("a += b*c # sum\n", "a -= b * c", "a -= b*c # sum\n"),
        ("a += b*c # sum\n", "a = b * c", "a = b*c # sum\n"),
        ("a[1:] = b[1:]\n", "a[1:] = b[:1]", "a[1:] = b[:1]\n"),
        ("a[t  ] = b[t]\n", "a[t - 1] = b[t]", "a[t - 1  ] = b[t]\n"),
        ("a = b[t-1, :]\n", "a = b[t, :]", "a = b[t, :]\n"),
        ("a, b = f( )\n", "b, a = f()", "b, a = f( )\n"),
        ("a = b = x+y\n", "a = b = x - y", "a = b = x-y\n"),
        ("d[w] += v*2 # once\n", "np.add.at(d, w, v * 2)", "np.add.at(d, w, v*2) # once\n"),
        ("np.add.at(d, w, v*2)\n", "d[w] += v * 2", "d[w] += v*2\n"),
        ("x = 1; a = b@c; y = 2\n", "x = 2", "x = 2; a = b@c; y = 2\n"),
        ("if a>b : c=1\n", "if a >= b:\n    c = 1", "if a>=b : c=1\n"),
        ("if a>b and c: d=1\n", "if a > b or c:\n    d = 1", "if a>b or c: d=1\n"),
        ("if a is b: c=1\n", "if a is not b:\n    c = 1", "if a is not b: c=1\n"),
        ("x: int = b@c\n", "x: int = b @ c.T", "x: int = b@c.T\n"),
        ("x = (a +  # first\n     b)\n", "x = a - b", "x = (a -  # first\n     b)\n"),
        ("x = (a  # + here\n    + b)\n", "x = a - b", "x = (a  # + here\n    - b)\n"),
        ("x = (a +  # one\n     b)\n", "x += a + b", "x += (a +  # one\n     b)\n"),
        ("x = f(a,\n      b+c,  # two\n      d)\n", "x = f(a, b, d)", None),
        ("x = f(\n  a, key=b )\n", "x = f(a, key=c)", "x = f(\n  a, key=c )\n"),
        ("é = 'ü'; a = 'ß' + b@c # ö\n", "é = 'ü'", "é = 'ü'; a = 'ß' + b@c # ö\n"),
        ("é = f('ü', é@c) # ö\n", "é = f('ü', é @ c.T)", "é = f('ü', é@c.T) # ö\n"),
        ("x = f'{a + b}' + c\n", "x = f'{a - b}' + c", "x = f'{a - b}' + c\n"),
        ("x = sum(a for a in b)\n", "x = max(a for a in b)", "x = max(a for a in b)\n"),
        ("x = sum(a for a in b)\n", "x = sum(c)", "x = sum(c)\n"),
        ("x = lambda a, b=1: a@b\n", "x = lambda a, b=2: a @ b", "x = lambda a, b=2: a@b\n"),
        ("x = a \\\n  + b\n", "x = a \\\n  - b", "x = a \\\n  - b\n"),
        ("return_ = (a + b)\n", "return_ = a", "return_ = a\n"),
        ("global a\n", "global b", "global b\n"),
        ("x = yes if a else (no)\n", "x = no if a else yes", "x = no if a else (yes)\n"),
        ("x = 1", "x = 2", "x = 2"),
    ],
)
def test_what_stays_keeps_its_spelling(text: str, code: str, wanted: str | None) -> None:
    if wanted is None:
        wanted = text.replace("b+c", "b")
    assert one(text, code) == wanted


def test_expressions_take_parentheses_where_they_need_them() -> None:
    assert one("x = a * b\n", "c + d", 0, 1, 0) == "x = (c + d) * b\n"
    assert one("x = f(a)\n", "c + d", 0, 1, 1) == "x = f(c + d)\n"
    assert one("for t in reversed(time):\n    pass\n", "time", 0, 1) == "for t in time:\n    pass\n"
    assert one("return_ = a.T\n", "a + b", 0, 1, 0) == "return_ = (a + b).T\n"


def test_one_statement_for_another_and_several_for_one() -> None:
    text = "def f():\r\n\tif x:\r\n\t\ta = 1  # one\r\n\treturn a\r\n"
    several = Edit((Replacement((0, 1, 1), "a = 1\nb = 2"), Replacement((0, 2), "return b")))
    assert patched(text, several) == (
        "def f():\r\n\tif x:\r\n\t\ta = 1\r\n\t\tb = 2  # one\r\n\treturn b\r\n"
    )
    compound = Edit((Replacement((0, 1, 1), "for i in x:\n    a = i\n    b = 2"),))
    done = patched(text, compound)
    assert "\t\tfor i in x:\r\n\t\t    a = i\r\n\t\t    b = 2  # one\r\n\treturn" in done


def test_decorated_functions_and_appended_code() -> None:
    text = "@one\n@two(1)\ndef f(): pass"
    edit = Edit((Replacement((0,), "@one\ndef f():\n    return 1"),), "y = 2\n")
    assert patched(text, edit) == "@one\ndef f():\n    return 1\ny = 2\n"
    assert patched("", Edit((), "y = 2\n")) == "y = 2\n"


def test_nothing_changed_is_nothing_changed() -> None:
    assert patched(SOURCE, UNCHANGED) == SOURCE
    assert patched("\ufeffx = 1\r\n", UNCHANGED) == "\ufeffx = 1\r\n"
    assert one("\ufeffx = 1\r\n", "x = 2") == "\ufeffx = 2\r\n"
    assert unified_diff(SOURCE, SOURCE, "tagger.py") == ""


def test_what_cannot_be_put_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no way to write 'for i in x"):
        one("if y: x = 1\n", "for i in x:\n    pass", 0, 1)
    with pytest.raises(SyntaxError):
        one("x = 1\n", "x = ")


def test_every_fault_changes_its_line_and_no_other_character() -> None:
    found, _ = python.faults(tagger, "tagger.py", ladder.shapes_case())
    planted = [fault for fault in found if fault.edit.replacements]
    assert len(planted) > 100
    old = SOURCE.splitlines()
    for fault in planted:
        new = patched(SOURCE, fault.edit).splitlines()
        changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b]
        assert changed == [fault.line] or fault.operator.startswith("dhnext added")
        for i in changed:  # the comment on the line is there as it was
            assert re.findall(" #.*", new[i - 1]) == re.findall(" #.*", old[i - 1])


# --- Made-up files --------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "bb", "é", "w.T", "f(x)", "h[t]", "1.50", "'ß'"])
EXPRESSIONS = st.recursive(
    NAMES,
    lambda e: st.one_of(
        st.tuples(e, st.sampled_from(["+", " - ", "*", " @ ", " ** ", "/"]), e).map("".join),
        st.tuples(e, st.sampled_from([" # é\n  +", "\n - ", "*\t"]), e).map(
            lambda p: f"({''.join(p)})"
        ),
        e.map("({})".format),
        e.map("-{}".format),
        e.map("g({}, axis=0)".format),
        e.map("x[{}]".format),
        st.tuples(e, e).map("({0[0]} if é else  {0[1]})".format),
        st.tuples(e, e).map(lambda p: f"[{p[0]} ,{p[1]}]"),
    ),
    max_leaves=6,
)
STATEMENTS = st.tuples(
    st.sampled_from(["x = ", "x += ", "x[t]=", "return ", "x = y = ", "f(x); z = "]), EXPRESSIONS
).map("".join)


def legal(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@settings(max_examples=300)
@given(old=STATEMENTS, new=EXPRESSIONS, end=st.sampled_from(["\n", "\r\n"]), data=st.data())
def test_any_expression_takes_the_place_of_any_other(
    old: str, new: str, end: str, data: st.DataObject
) -> None:
    body = "\n".join(f"\t{line}" for line in old.split("\n"))
    text = f"# ü\ndef f(): # one\n{body}  # ö\n\tlast() # é\n".replace("\n", end)
    if not legal(text) or not legal(f"({new})"):
        return
    tree = ast.parse(text)
    where = [
        address
        for address in addresses(tree)
        if isinstance(node := node_at(tree, address), ast.expr)
        and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    ]
    edit = Edit((Replacement(data.draw(st.sampled_from(where)), f"({new})"),))
    wanted = edited(tree, edit)
    if not legal(ast.unparse(wanted)):
        return
    done = patched(text, edit)  # which is checked there against the edited tree
    assert done.startswith(f"# ü{end}def f(): # one{end}\t")
    assert "ö" in done
    assert done.endswith(f"# é{end}")
    assert end == "\r\n" or "\r" not in done
    assert end == "\n" or not re.search("[^\r]\n", done)


def addresses(node: ast.AST, above: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    found = [above]
    for i, child in enumerate(ast.iter_child_nodes(node)):
        found += addresses(child, (*above, i))
    return found


# --- What patch takes -----------------------------------------------------------------------------

CRLF = "# ü ß\r\ndef f(a, b):\r\n\tc = a @ b  # ö\r\n\treturn c\r\n"
NO_END = "# ü ß\ndef f(a, b):\n\tc = (a\n\t\t@ b)  # ö\n\treturn c"
JULIA = "function f(a, b)\n  dhnext = a*b  # ∂\n  return dhnext\nend"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CRLF, one(CRLF, "c = b @ a", 0, 1)),
        (NO_END, one(NO_END, "c = b @ a", 0, 1)),
        (NO_END, one(NO_END, "return a", 0, 2)),
        (NO_END, NO_END + "\n"),
        (NO_END + "\n", NO_END),
        (JULIA, JULIA.replace("a*b", "a*b'")),
        (JULIA, JULIA.replace("end", "end # é")),
        ("", "x = 1\n"),
        ("a\rb\nc\n", "a\rb\nd\n"),
        ("\ufeffx = 1\n", "\ufeffx = 2\n"),
        ("a\u2028b\n\x0c\nc", "a\u2028b\n\x0c\nd"),
        (SOURCE, SOURCE.replace("dhRawt.dot(Whh.T)", "dhRawt.dot(Whh)")),
    ],
)
@pytest.mark.parametrize("file", ["mine.py", "my file.py", "dir/my port é.py"])
def test_patch_makes_the_new_of_the_old(old: str, new: str, file: str, tmp_path: Path) -> None:
    assert old != new
    if not PATCH and not GIT:
        pytest.skip("neither patch nor git on this machine")
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(old.encode())
    diff = tmp_path / "change.diff"
    diff.write_bytes(unified_diff(old, new, file).encode())
    if PATCH:
        subprocess.run([PATCH, "-p0", "-i", diff], cwd=tmp_path, check=True, capture_output=True)
    else:
        assert GIT
        subprocess.run([GIT, "apply", "-p0", diff], cwd=tmp_path, check=True, capture_output=True)
    assert path.read_bytes().decode() == new


def test_a_patched_file_is_the_edited_module(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(SOURCE.replace("\n", "\r\n").encode())
    text, _ = source_of(str(file))
    found, _ = python.faults(tagger, "tagger.py", ladder.shapes_case())
    fault = next(f for f in found if f.new == "dWhy = dy.dot(h.T)")
    file.write_bytes(patched(text, fault.edit).encode())
    case = ladder.shapes_case()
    arguments = (case.weights, case.words, case.tags, case.h_prev)
    module, other = load(str(file)), load(tagger.__name__, fault.edit)
    for each in (module, other):
        with pytest.raises(ValueError, match="not aligned"):
            each.backward(*arguments, each.forward(*arguments))
