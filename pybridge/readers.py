"""The three file formats: from the bytes of a file to sentences of (line, word, tag).

A reader takes the file (for error messages) and its lines, and yields one list of tokens for each
sentence. What every format has in common, whether a word or a tag may be what it is, is judged in
`pybridge.sentences`.
"""

from __future__ import annotations

import io
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pybridge.errors import InputError


class Token(NamedTuple):
    """One word as it stands in a file, not judged yet."""

    line: int
    word: str
    tag: str


Reader = Callable[[Path, list[str]], Iterator[list[Token]]]

COLUMNS = ["ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"]


def lines_of(file: Path) -> list[str]:
    r"""The lines of a UTF-8 file, without their \n or \r\n and without byte order marks.

    Not `str.splitlines`: it also breaks at U+2028, U+0085 and others, which a word may hold.
    """
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would be waited for
            raise InputError("is not a plain file", "write the sentences to a file", file=file)
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", "make it readable", file=file
        ) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InputError(
            f"byte {column} of the line, 0x{data[error.start]:02x}, is not UTF-8",
            "save the file as UTF-8",
            file=file,
            line=line,
        ) from None
    # Files that were joined carry a byte order mark in the middle, where it is just as invisible.
    lines = text.replace("\ufeff", "").split("\n")
    return [line.removesuffix("\r") for line in lines]


def _blank(line: str) -> bool:
    # Only what separates columns: a no-break or ideographic space is text.
    return not line.strip(" \t")


def _comment(line: str) -> bool:
    """A comment of the two plain formats: `# ` and text, or `#` alone.

    The space is what tells it from the tokens `#` and `#tag`: those are followed by their tag.
    """
    return line.startswith("# ") or line == "#"


def read_conllu(file: Path, lines: list[str]) -> Iterator[list[Token]]:
    """CoNLL-U. The words are the rows with a plain number for an id.

    The `conllu` package cuts the sentences and reads the ids. It is handed the id and the number
    of each line and no more: it cuts columns at double spaces too, which would break a word that
    holds some, takes rows that are too short, follows `# global.columns`, and names no lines.
    """
    from conllu import parse_incr  # here, since the other formats can do without

    columns: dict[int, list[str]] = {}
    rows = []
    for number, line in enumerate(lines, 1):
        if _blank(line):
            rows.append("\n")
        elif line.startswith("#"):
            _check_columns_declared(file, number, line)
        else:
            columns[number] = _row(file, number, line)
            rows.append(f"{columns[number][0]}\t{number}\n")
    parsers = {"id": _id_parser(file), "line": lambda row, i: int(row[i])}
    sentences = parse_incr(io.StringIO("".join(rows)), fields=("id", "line"), field_parsers=parsers)
    for sentence in sentences:
        ids = [(token["line"], token["id"]) for token in sentence]
        _check_order(file, ids)
        yield [
            Token(number, columns[number][1], columns[number][3])
            for number, identity in ids
            if isinstance(identity, int)
        ]


def _check_columns_declared(file: Path, number: int, line: str) -> None:
    # CoNLL-U Plus declares columns of its own; ten of them in another order would be misread.
    declared = re.fullmatch(r"# *global\.columns *=(.*)", line)
    if declared and declared[1].split() != COLUMNS:
        raise InputError(
            "other columns than those of CoNLL-U are declared",
            f"bring the file into the columns {' '.join(COLUMNS)}",
            file=file,
            line=number,
        )


def _row(file: Path, number: int, line: str) -> list[str]:
    row = line.split("\t")
    if len(row) != len(COLUMNS):
        raise InputError(
            f"{_columns(len(row))} where CoNLL-U has {len(COLUMNS)}",
            "separate columns by one tab, write _ in an empty one, and begin a comment with #",
            file=file,
            line=number,
        )
    if not row[0] or any(character.isspace() for character in row[0]):
        raise _bad_id(file, number, row[0])
    return row


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"


def _bad_id(file: Path, number: int, identity: str) -> InputError:
    remedy = "an id is a number (3), a range (3-4) or an empty node (5.1)"
    return InputError(f"{identity!r} is not an id", remedy, file=file, line=number)


def _id_parser(file: Path) -> Callable[[list[str], int], Any]:
    from conllu.exceptions import ParseException
    from conllu.parser import parse_id_value

    def parse(row: list[str], i: int) -> Any:
        try:
            identity = parse_id_value(row[i])
        except (ParseException, ValueError):  # ValueError: too many digits for an int
            identity = None
        if identity is None:  # which the package makes of _
            raise _bad_id(file, int(row[1]), row[i])
        return identity

    return parse


def _check_order(file: Path, ids: Iterable[tuple[int, Any]]) -> None:
    """Words count 1, 2, 3; a range stands before its first word, an empty node after its word."""
    word = node = end = line = 0
    for line, identity in ids:
        match identity:
            case int():
                shown, follows = str(identity), identity == word + 1
                word, node = identity, 0
            case (first, "-", last):
                shown, follows = f"{first}-{last}", first == word + 1 > end
                end = last
            case (after, sign, count):
                shown, follows = f"{after}{sign}{count}", (after, count) == (word, node + 1)
                node = count
        if not follows:
            raise InputError(
                f"id {shown} is out of order",
                "number the words 1, 2, 3 and leave a blank line between sentences",
                file=file,
                line=line,
            )
    if end > word:
        raise InputError(
            f"the sentence ends before word {end} of its last range",
            "end the range at a word of the sentence",
            file=file,
            line=line,
        )
    if not word:
        raise InputError(
            "a sentence without a word", "add its words or take it out", file=file, line=line
        )


def read_tagged(file: Path, lines: list[str]) -> Iterator[list[Token]]:
    """One sentence a line, `word/TAG` between spaces or tabs; the last slash is the one."""
    for number, line in enumerate(lines, 1):
        if _blank(line) or _comment(line):
            continue
        tokens = []
        for token in re.split("[ \t]+", line.strip(" \t")):
            word, slash, tag = token.rpartition("/")
            if not slash:
                raise InputError(
                    f"{token!r} has no slash",
                    "write word/TAG, and begin a comment with '# '",
                    file=file,
                    line=number,
                )
            tokens.append(Token(number, word, tag))
        yield tokens


def read_tsv(file: Path, lines: list[str]) -> Iterator[list[Token]]:
    """Word, tab, tag on each line; a blank line between sentences."""
    tokens: list[Token] = []
    for number, line in enumerate(lines, 1):
        if _blank(line):
            if tokens:
                yield tokens
            tokens = []
            continue
        row = line.split("\t")
        if _comment(line):
            if len(row) > 1:  # a comment or the word '# 1'? Neither guess would be seen
                raise InputError(
                    "a line that begins with '# ' and holds a tab",
                    "take the tab out of a comment; write a word that begins so in a .conllu file",
                    file=file,
                    line=number,
                )
            continue
        if len(row) != 2:
            raise InputError(
                f"{_columns(len(row))} where a .tsv file has 2",
                "write word, tab, tag, and begin a comment with '# '",
                file=file,
                line=number,
            )
        tokens.append(Token(number, *row))
    if tokens:
        yield tokens


READERS: dict[str, Reader] = {
    ".conllu": read_conllu,
    ".tagged": read_tagged,
    ".tsv": read_tsv,
}
