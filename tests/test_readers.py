from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pybridge.errors import InputError
from pybridge.readers import READERS, Token, lines_of

ROOT = Path(__file__).parents[1]

Write = Callable[[str, "str | bytes"], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(name: str, content: str | bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return put


def tokens(file: Path) -> list[list[tuple[int, str, str]]]:
    return [
        [(token.line, token.word, token.tag) for token in sentence]
        for sentence in READERS[file.suffix](file, lines_of(file))
    ]


def row(identity: str, form: str, upos: str = "X", misc: str = "_") -> str:
    return "\t".join([identity, form, form, upos, "_", "_", "0", "dep", "_", misc])


def rows(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def refused(file: Path) -> str:
    with pytest.raises(InputError) as caught:
        tokens(file)
    text = str(caught.value)
    assert "\n" not in text
    assert "; " in text, "no remedy"
    return text.removeprefix(f"{file.parent}/")


# Lines


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("", [""]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b", ""]),
        ("a\r\r\n", ["a\r", ""]),
        ("a\u2028b\x0bc\x0cd\x85e\x1cf\rg\n", ["a\u2028b\x0bc\x0cd\x85e\x1cf\rg", ""]),
        ("\ufeffa\n\ufeffb\ufeffc\n", ["a", "bc", ""]),
        ("e\u0301 \u00e9\n", ["e\u0301 \u00e9", ""]),
    ],
)
def test_lines_break_at_newlines_only(write: Write, content: str, lines: list[str]) -> None:
    assert lines_of(write("a.tsv", content)) == lines


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a\tX\nb\xffc\tX\n", "a.tsv:2: byte 2 of the line, 0xff, is not UTF-8"),
        ("a\tX\n".encode("utf-16"), "a.tsv:1: byte 1 of the line, 0xff, is not UTF-8"),
        ("a\tX\n\né\tX\n".encode("latin-1"), "a.tsv:3: byte 1 of the line, 0xe9, is not UTF-8"),
        (b"a\tX\n\xe2\x82", "a.tsv:2: byte 1 of the line, 0xe2, is not UTF-8"),
        (b"a\xed\xa0\x80\tX\n", "a.tsv:1: byte 2 of the line, 0xed, is not UTF-8"),
    ],
)
def test_bytes_that_are_not_utf8(write: Write, content: bytes, place: str) -> None:
    assert refused(write("a.tsv", content)) == f"{place}; save the file as UTF-8"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tsv")
    assert "not a plain file" in refused(tmp_path / "a.tsv")


# CoNLL-U


def test_conllu_words_are_the_rows_with_a_plain_number(write: Write) -> None:
    file = write(
        "a.conllu",
        rows(
            "# sent_id = 1",
            "1-2\tdu" + "\t_" * 8,
            row("1", "de", "ADP"),
            row("2", "le", "DET"),
            row("2.1", "[vu]", "VERB"),
            row("2.2", "[vu]", "VERB"),
            "# a comment in the middle",
            row("3", "chat", "NOUN"),
            "",
            row("0.1", "[on]", "PRON"),
            row("1", "Va", "VERB"),
        ),
    )
    assert tokens(file) == [
        [(3, "de", "ADP"), (4, "le", "DET"), (8, "chat", "NOUN")],
        [(11, "Va", "VERB")],
    ]


@pytest.mark.parametrize(
    "word",
    [
        "New York",
        "two  spaces",
        "3\u00a0000",
        "a\u2028b",
        "a\x85b",
        "\u3000",
        " leading",
        "trailing ",
        "_",
        "#",
        "# text = x",
        "1-2",
        "1.1",
        "\u0301",
        "👩‍🔧",
        "שלום",
    ],
)
def test_conllu_words_come_through_intact(write: Write, word: str) -> None:
    assert tokens(write("a.conllu", rows(row("1", word)))) == [[(1, word, "X")]]


def test_conllu_takes_a_lenient_file(write: Write) -> None:
    text = rows("\ufeff# BOM", row("1", "a"), " \t", "", "\ufeff" + row("1", "b"), "# end")
    plain = write("a.conllu", text)
    assert tokens(plain) == [[(2, "a", "X")], [(5, "b", "X")]]
    assert tokens(write("b.conllu", text.replace("\n", "\r\n"))) == tokens(plain)
    assert tokens(write("c.conllu", text.rstrip("\n"))) == tokens(plain)
    assert tokens(write("d.conllu", rows(row("1", "a")).rstrip("\n"))) == [[(1, "a", "X")]]


def test_conllu_keeps_an_empty_last_column(write: Write) -> None:
    # The package strips lines, and would then count nine columns.
    assert tokens(write("a.conllu", row("1", "a", misc=""))) == [[(1, "a", "X")]]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("1\ta\ta\tX\t_\t_\t0\troot\t_", "9 columns"),
        (row("1", "a") + "\t", "11 columns"),
        ("1\ta", "2 columns"),
        (row("1", "a").replace("\t", "  "), "1 column"),
        ("text without tabs", "1 column"),
        ("\u00a0", "1 column"),
        ("a\tX", "2 columns"),
    ],
)
def test_conllu_has_ten_columns(write: Write, line: str, columns: str) -> None:
    message = refused(write("a.conllu", rows(row("1", "a"), "", line)))
    assert message.startswith(f"a.conllu:3: {columns} where CoNLL-U has 10; ")


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "_",
        "x",
        "1a",
        "-1",
        "01",
        "+1",
        "1.0",
        "1.",
        "1.1.1",
        "2-1",
        "1-",
        "1–2",
        " 1",
        "1 ",
        "1  2",
        "1\u00a0",
        "\u0661",
    ],
)
def test_conllu_ids_that_are_none(write: Write, identity: str) -> None:
    message = refused(write("a.conllu", rows("# c", row(identity, "a"))))
    assert message.startswith("a.conllu:2: ")
    assert "is not an id" in message


def test_conllu_an_id_too_long_for_a_number(write: Write) -> None:
    assert "is not an id" in refused(write("a.conllu", rows(row("9" * 5000, "a"))))


@pytest.mark.parametrize(
    ("ids", "line", "shown"),
    [
        (["0"], 1, "0"),
        (["2"], 1, "2"),
        (["1", "1"], 2, "1"),
        (["1", "3"], 2, "3"),
        (["2", "1"], 1, "2"),
        (["1", "1-2", "2"], 2, "1-2"),
        (["1-2", "1-2", "1", "2"], 2, "1-2"),
        (["1-3", "1", "2-3", "2", "3"], 3, "2-3"),
        (["1", "2.1", "2"], 2, "2.1"),
        (["1", "1.2"], 2, "1.2"),
        (["1", "1.1", "1.1"], 3, "1.1"),
        (["1.1", "1"], 1, "1.1"),
    ],
)
def test_conllu_ids_out_of_order(write: Write, ids: list[str], line: int, shown: str) -> None:
    message = refused(write("a.conllu", rows(*(row(identity, "a") for identity in ids))))
    assert message.startswith(f"a.conllu:{line}: id {shown} is out of order; ")


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        (["1-2", "1"], "a.conllu:2: the sentence ends before word 2 of its last range; "),
        (["1-2"], "a.conllu:1: the sentence ends before word 2 of its last range; "),
        (["0.1"], "a.conllu:1: a sentence without a word; "),
    ],
)
def test_conllu_sentences_that_are_cut_off(write: Write, ids: list[str], problem: str) -> None:
    message = refused(write("a.conllu", rows(*(row(identity, "a") for identity in ids))))
    assert message.startswith(problem)


def test_conllu_ranges_and_empty_nodes_in_order(write: Write) -> None:
    ids = ["0.1", "1-2", "1", "1.1", "1.2", "2", "2.1", "3-4", "3", "4", "5-5", "5"]
    (sentence,) = tokens(write("a.conllu", rows(*(row(identity, identity) for identity in ids))))
    assert [word for _, word, _ in sentence] == ["1", "2", "3", "4", "5"]


def test_conllu_plus_columns_are_refused(write: Write) -> None:
    swapped = "# global.columns = ID UPOS LEMMA FORM XPOS FEATS HEAD DEPREL DEPS MISC"
    message = refused(write("a.conllu", rows(swapped, row("1", "a"))))
    assert message.startswith("a.conllu:1: other columns than those of CoNLL-U are declared; ")
    usual = "# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC"
    assert tokens(write("b.conllu", rows(usual, row("1", "a")))) == [[(2, "a", "X")]]


def test_only_the_conllu_reader_loads_the_conllu_package() -> None:
    program = "import sys, pybridge.sentences; print('conllu' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "False\n"


# word/TAG


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a/X b/Y", [("a", "X"), ("b", "Y")]),
        (" a/X \t b/Y\t", [("a", "X"), ("b", "Y")]),
        ("and/or/CCONJ km/h/NOUN 1/2/NUM", [("and/or", "CCONJ"), ("km/h", "NOUN"), ("1/2", "NUM")]),
        ("//SYM ///SYM", [("/", "SYM"), ("//", "SYM")]),
        ("#/SYM a/X", [("#", "SYM"), ("a", "X")]),
        ("#tag/X", [("#tag", "X")]),
        ("3\u00a0000/NUM a\u3000b/X", [("3\u00a0000", "NUM"), ("a\u3000b", "X")]),
        ("a/", [("a", "")]),
        ("/X", [("", "X")]),
    ],
)
def test_tagged(write: Write, line: str, expected: list[tuple[str, str]]) -> None:
    (sentence,) = tokens(write("a.tagged", f"# comment a/b\n#\n \t\n{line}\r\n"))
    assert sentence == [(4, *token) for token in expected]


def test_tagged_a_sentence_a_line(write: Write) -> None:
    assert tokens(write("a.tagged", "a/X\nb/X c/Y")) == [
        [(1, "a", "X")],
        [(2, "b", "X"), (2, "c", "Y")],
    ]


@pytest.mark.parametrize("line", ["a/X b", "b a/X", "#comment", "a/X # comment", "a\u00a0X"])
def test_tagged_without_a_slash(write: Write, line: str) -> None:
    message = refused(write("a.tagged", f"a/X\n\n{line}\n"))
    assert re.match(r"a\.tagged:3: '.+' has no slash; write word/TAG", message)


# Two columns


def test_tsv(write: Write) -> None:
    text = "# c\n\nNew York\tPROPN\n# in the middle\n3 000\tNUM\n#\n \t \n\n#\tSYM\n#a b\tX\n\n"
    expected = [
        [(3, "New York", "PROPN"), (5, "3 000", "NUM")],
        [(9, "#", "SYM"), (10, "#a b", "X")],
    ]
    assert tokens(write("a.tsv", text)) == expected
    assert tokens(write("b.tsv", text.rstrip("\n").replace("\n", "\r\n"))) == expected
    assert tokens(write("c.tsv", "  a  b \u00a0\tX")) == [[(1, "  a  b \u00a0", "X")]]


@pytest.mark.parametrize(
    ("line", "columns"),
    [("a", "1 column"), ("a X", "1 column"), ("a\tX\t", "3 columns"), ("#comment", "1 column")],
)
def test_tsv_has_two_columns(write: Write, line: str, columns: str) -> None:
    message = refused(write("a.tsv", f"a\tX\n{line}\n"))
    assert message.startswith(f"a.tsv:2: {columns} where a .tsv file has 2; ")


def test_tsv_refuses_what_may_be_a_comment_or_a_word(write: Write) -> None:
    message = refused(write("a.tsv", "# the\tDET\n"))
    assert message.startswith("a.tsv:1: a line that begins with '# ' and holds a tab; ")


def test_a_token_is_a_tuple() -> None:
    assert Token(1, "a", "X") == (1, "a", "X")
