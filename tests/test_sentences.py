from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge.errors import InputError
from pybridge.sentences import Corpus, Sentence, Vocabulary, read

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"
TREEBANKS = ROOT.parent / "shared" / "data" / "ud"
UPOS = set(
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()  # noqa: SIM905
)

Write = Callable[[str, "str | bytes"], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(name: str, content: str | bytes) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return put


def names(corpus: Corpus) -> list[str]:
    return [sentence.name for sentence in corpus.sentences]


def refused(*paths: Path, skip_untagged: bool = False) -> str:
    with pytest.raises(InputError) as caught:
        read(paths, skip_untagged=skip_untagged)
    text = str(caught.value)
    assert "\n" not in text
    assert "; " in text, "no remedy"
    return text


# Which files, in which order, under which names


def test_a_file(write: Write) -> None:
    corpus = read([write("notes.tagged", "# c\na/X b/Y\n")])
    assert corpus == Corpus((Sentence("notes.tagged", 2, ("a", "b"), ("X", "Y")),), 0, 1)
    assert names(corpus) == ["notes.tagged:2"]


def test_a_folder_in_byte_order_with_those_below(write: Write, tmp_path: Path) -> None:
    for name in [
        "b.tagged",
        "a.tsv",
        "Z.tagged",
        "é.tagged",
        "a/x.tagged",
        "a/b/y.TAGGED",
        "_.tsv",
    ]:
        write(name, "a/X" if name.lower().endswith("tagged") else "a\tX")
    for name in ["README", "README.md", "xcheck.toml", "a.txt", ".h.tagged", ".git/x.tagged"]:
        write(name, "not a sentence\n")
    assert [sentence.file for sentence in read([tmp_path]).sentences] == [
        "Z.tagged",
        "_.tsv",
        "a.tsv",
        "a/b/y.TAGGED",
        "a/x.tagged",
        "b.tagged",
        "é.tagged",
    ]


def test_paths_in_the_order_given(write: Write) -> None:
    b, a = write("b.tagged", "a/X"), write("a.tagged", "a/X")
    assert names(read([b, a])) == ["b.tagged:1", "a.tagged:1"]


def test_a_hidden_file_is_read_where_it_is_named(write: Write) -> None:
    assert names(read([write(".h.tagged", "a/X")])) == [".h.tagged:1"]


def test_a_file_is_read_once(write: Write, tmp_path: Path) -> None:
    a, b = write("a.tagged", "a/X"), write("b.tagged", "b/X")
    (tmp_path / "link.tagged").symlink_to(a)
    again = tmp_path / "." / ".." / tmp_path.name / "a.tagged"
    corpus = read([b, a, tmp_path, a, again, tmp_path])
    assert names(corpus) == ["b.tagged:1", "a.tagged:1"]
    assert corpus.files == 2
    untagged = write("c/c.tagged", "a/X\nb/_")
    assert read([untagged, untagged.parent, again], skip_untagged=True).skipped == 1


def test_names_stay_unique(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["one/x.tagged", "two/x.tagged", "two/y.tagged", "all/one/x.tagged"]:
        write(name, "a/X")
    monkeypatch.chdir(tmp_path)
    one, two, whole = Path("one"), Path("two"), Path("all")
    assert names(read([one])) == ["x.tagged:1"]
    assert names(read([one, two])) == ["one/x.tagged:1", "two/x.tagged:1", "y.tagged:1"]
    # The whole path of the first is the short name of another.
    assert names(read([one, two, whole])) == [
        "one/x.tagged:1",
        "two/x.tagged:1",
        "y.tagged:1",
        "all/one/x.tagged:1",
    ]
    assert names(read([one / "x.tagged", two / "x.tagged"])) == ["one/x.tagged:1", "two/x.tagged:1"]


def test_a_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.tagged")).write_text("a/X")
    except OSError:
        pytest.skip("a file system that takes UTF-8 names only")
    (name,) = names(read([tmp_path]))
    assert name.encode() == b"\\xff.tagged:1"


def test_a_missing_path(tmp_path: Path, write: Write) -> None:
    path = tmp_path / "none.tagged"
    assert refused(path) == f"{path}: there is no such file or folder; check the path"
    below = write("a.tagged", "a/X") / "b.tagged"
    assert refused(below).startswith(f"{below}: there is no such file or folder; ")


def test_a_link_to_nothing(tmp_path: Path) -> None:
    link = tmp_path / "a.tagged"
    link.symlink_to(tmp_path / "gone")
    assert refused(link).startswith(f"{link}: there is no such file or folder; ")
    assert refused(tmp_path).startswith(f"{link}: cannot be read (No such file or directory); ")


@pytest.mark.parametrize("name", ["a.txt", "a", "conllu", "a.conllu.gz", ".conllu"])
def test_an_unknown_ending(write: Write, name: str) -> None:
    message = refused(write(name, "a/X"))
    assert message.endswith("; known endings: .conllu, .tagged, .tsv")


def test_a_folder_without_sentences(tmp_path: Path, write: Write) -> None:
    write("README.md", "text")
    message = f"{tmp_path}: the folder holds no file that ends in .conllu, .tagged, .tsv; "
    assert refused(tmp_path).startswith(message)


def test_a_folder_named_like_a_file_is_a_folder(write: Write, tmp_path: Path) -> None:
    write("a.conllu/b.tagged", "a/X")
    assert names(read([tmp_path / "a.conllu"])) == ["b.tagged:1"]
    assert names(read([tmp_path])) == ["a.conllu/b.tagged:1"]


def test_no_path_at_all() -> None:
    assert refused().startswith("no file or folder to read; ")


@pytest.mark.parametrize("name", ["a.conllu", "a.tagged", "a.tsv"])
@pytest.mark.parametrize("content", ["", "\n", "\ufeff", " \t\r\n\n", "# only a comment\n#\n"])
def test_an_empty_file(write: Write, name: str, content: str) -> None:
    file = write(name, content)
    assert refused(file).startswith(f"{file}:1: no sentence in the file; ")


def test_an_empty_file_among_others(write: Write, tmp_path: Path) -> None:
    write("a.tagged", "a/X")
    assert refused(tmp_path, write("b.tsv", "")).startswith(f"{tmp_path}/b.tsv:1: no sentence")


def test_an_unreadable_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("a.tagged", "a/X")

    def denied(path: Path) -> bytes:  # chmod would not stop root
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert refused(file).startswith(f"{file}: cannot be read (Permission denied); ")


def test_an_unreadable_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.tagged", "a/X")
    write("b/b.tagged", "a/X")
    scandir = os.scandir

    def denied(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    assert refused(tmp_path).startswith(f"{tmp_path}/b: cannot be read (Permission denied); ")


# Words and tags


def conllu(*tokens: tuple[str, str]) -> str:
    lines = [
        f"{i}\t{word}\t_\t{tag}\t_\t_\t0\t_\t_\t_\n" for i, (word, tag) in enumerate(tokens, 1)
    ]
    return "".join(lines) + "\n"


UNTAGGED = {
    "a.conllu": conllu(("a", "X"), ("b", "_")) + conllu(("c", "X")),
    "b.conllu": conllu(("a", "X"), ("b", "")) + conllu(("c", "X")),
    "a.tagged": "a/X b/_\nc/X\n",
    "b.tagged": "a/X b/\nc/X\n",
    "a.tsv": "a\tX\nb\t_\n\nc\tX\n",
    "b.tsv": "a\tX\nb\t\n\nc\tX\n",
}


@pytest.mark.parametrize("name", UNTAGGED)
def test_a_word_without_a_tag(write: Write, name: str) -> None:
    file = write(name, UNTAGGED[name])
    line = 1 if file.suffix == ".tagged" else 2
    assert refused(file) == (
        f"{file}:{line}: the word 'b' has no tag; "
        "tag it, or leave such sentences out with --skip-untagged"
    )
    corpus = read([file], skip_untagged=True)
    assert [sentence.words for sentence in corpus.sentences] == [("c",)]
    assert corpus.skipped == 1


def test_nothing_left_without_the_untagged_sentences(write: Write, tmp_path: Path) -> None:
    file = write("b/a.tagged", "a/_\nb/\n")
    message = "no sentence is left without its untagged ones; "
    assert refused(file, skip_untagged=True).startswith(f"{file}: {message}")
    assert refused(tmp_path, skip_untagged=True).startswith(f"{tmp_path}: {message}")
    # In a folder with others it is left out and counted; named by itself it is not.
    other = write("c.tagged", "a/X")
    assert read([tmp_path], skip_untagged=True) == Corpus(
        (Sentence("c.tagged", 1, ("a",), ("X",)),), 2, 2
    )
    assert refused(other, file, skip_untagged=True).startswith(f"{file}: {message}")


def test_skip_untagged_changes_nothing_where_all_is_tagged(write: Write) -> None:
    file = write("a.tagged", "a/X\n_/X")
    assert read([file], skip_untagged=True) == read([file])
    assert read([file]).skipped == 0


@pytest.mark.parametrize("skip_untagged", [False, True])
@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.conllu", conllu(("a", "X"), ("", "X")), 2),
        ("b.conllu", conllu(("a", "X"), (" ", "X")), 2),
        ("a.tagged", "a/X\nb/X /X", 2),
        ("a.tsv", "a\tX\n\tX", 2),
        ("b.tsv", "a\tX\n  \tX", 2),
    ],
)
def test_an_empty_word(
    write: Write, name: str, content: str, line: int, skip_untagged: bool
) -> None:
    file = write(name, content)
    message = refused(file, skip_untagged=skip_untagged)
    assert message == f"{file}:{line}: a word is empty; write the word"


@pytest.mark.parametrize("code", [0, 7, 0x0B, 0x0C, 0x0D, 0x1B, 0x1C, 0x7F, 0xFFFE, 0xFFFF])
def test_control_characters_are_refused(write: Write, code: int) -> None:
    for line in (f"a{chr(code)}b\tX", f"ab\tX{chr(code)}X"):
        file = write("a.tsv", f"a\tX\n{line}\n")
        assert refused(file).startswith(f"{file}:2: control character U+{code:04X} in ")
        # In a comment they do no harm.
        assert read([write("b.tsv", f"# a{chr(code)}b\na\tX\n")]).skipped == 0


@pytest.mark.parametrize("tag", ["NO UN", " NOUN", "NOUN ", "NOUN\u00a0"])
def test_a_tag_holds_no_space(write: Write, tag: str) -> None:
    for file in (write("a.tsv", f"a\t{tag}\n"), write("a.conllu", conllu(("a", tag)))):
        assert refused(file).startswith(f"{file}:1: a space in the tag ")


def test_letters_are_kept_as_they_are(write: Write) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    corpus = read([write("a.tagged", f"{composed}/X {decomposed}/X Café/X {composed}/X")])
    assert corpus.sentences[0].words == (composed, decomposed, "Café", composed)
    assert Vocabulary.of(corpus.sentences).words == (composed, decomposed, "Café")


def test_a_sentence_is_named_by_its_first_word(write: Write) -> None:
    text = "# c\n1-2\tdu" + "\t_" * 8 + "\n" + conllu(("de", "ADP"), ("le", "DET"))
    assert names(read([write("a.conllu", text)])) == ["a.conllu:3"]


def test_long_sentences_and_lines_are_read_fast(write: Write) -> None:
    tagged = write("a.tagged", " ".join(["a/b/X"] * 200_000))
    table = write("a.conllu", conllu(*[("x" * 50, "X")] * 50_000))
    start = time.perf_counter()
    assert [len(s.words) for s in read([tagged, table]).sentences] == [200_000, 50_000]
    assert time.perf_counter() - start < 10  # it takes about 1; what is quadratic takes minutes


WORD = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters="\t\n\ufeff\ufffe\uffff\x7f"
    ).filter(lambda character: character >= " "),
    min_size=1,
    max_size=8,
).filter(lambda word: word.strip(" "))
TAG = st.from_regex(r"[A-Z][A-Z_$.:,'-]{0,5}", fullmatch=True)
SENTENCES = st.lists(st.lists(st.tuples(WORD, TAG), min_size=1, max_size=6), min_size=1, max_size=5)


def back(folder: Path, name: str, text: str) -> list[list[tuple[str, str]]]:
    file = folder / name
    file.write_bytes(text.encode())
    return [list(zip(s.words, s.tags, strict=True)) for s in read([file]).sentences]


@given(sentences=SENTENCES)
def test_round_trip_conllu(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str]]]
) -> None:
    text = "".join(conllu(*sentence) for sentence in sentences)
    assert back(tmp_path_factory.mktemp("a"), "a.conllu", text) == sentences


@given(sentences=SENTENCES, newline=st.sampled_from(["\n", "\r\n"]))
def test_round_trip_tsv(
    tmp_path_factory: pytest.TempPathFactory,
    sentences: list[list[tuple[str, str]]],
    newline: str,
) -> None:
    # The one thing that two columns cannot say: a word that begins like a comment.
    sentences = [
        [(word.replace("# ", "#"), tag) for word, tag in sentence if word.replace("# ", "#")]
        for sentence in sentences
    ]
    blocks = [newline.join(f"{w}\t{t}" for w, t in sentence) for sentence in sentences]
    text = (2 * newline).join(blocks)
    assert back(tmp_path_factory.mktemp("a"), "a.tsv", text) == sentences


@given(sentences=SENTENCES, space=st.sampled_from([" ", "\t", "  \t"]))
def test_round_trip_tagged(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str]]], space: str
) -> None:
    sentences = [[(word.replace(" ", "/"), tag) for word, tag in s] for s in sentences]
    text = "\n".join(space.join(f"{w}/{t}" for w, t in sentence) for sentence in sentences)
    assert back(tmp_path_factory.mktemp("a"), "a.tagged", text) == sentences


# The vocabulary


def test_the_vocabulary_is_in_first_seen_order() -> None:
    first = Sentence("a.tsv", 1, ("b", "a", "b"), ("Y", "X", "Y"))
    second = Sentence("a.tsv", 5, ("c", "a"), ("X", "Z"))
    vocabulary = Vocabulary.of(iter([first, second]))
    assert vocabulary == Vocabulary(("b", "a", "c"), ("Y", "X", "Z"))
    words, tags = vocabulary.encode(second)
    assert words.tolist() == [2, 1]
    assert tags.tolist() == [1, 2]
    assert words.dtype == tags.dtype == np.intp
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary


@pytest.mark.parametrize(
    ("words", "tags", "unknown"), [(("a", "z"), ("X", "X"), "z"), (("a",), ("Q",), "Q")]
)
def test_a_word_or_tag_that_the_vocabulary_lacks(
    words: tuple[str, ...], tags: tuple[str, ...], unknown: str
) -> None:
    vocabulary = Vocabulary.of([Sentence("a.tsv", 1, ("a",), ("X",))])
    with pytest.raises(InputError, match=rf"^b\.tsv:7: '{unknown}' is not in the vocabulary; "):
        vocabulary.encode(Sentence("b.tsv", 7, words, tags))


def test_the_vocabulary_is_the_same_under_every_hash_seed() -> None:
    program = (
        "import sys; from pathlib import Path; from pybridge.sentences import *; "
        "v = Vocabulary.of(read([Path(sys.argv[1])]).sentences); print(ascii(v))"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", program, str(FIXTURES)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(shown) == 1
    assert shown.pop().startswith("Vocabulary(words=(")


# The fixtures of the project


@pytest.fixture(scope="module")
def fixtures() -> Corpus:
    return read([FIXTURES])


def test_the_fixtures_are_what_their_readme_says(fixtures: Corpus) -> None:
    text = (FIXTURES / "README.md").read_text(encoding="utf-8")
    count = re.search(r"(\d+) sentences, (\d+) words", text)
    assert count
    assert len(fixtures.sentences) == int(count[1]) >= 44
    assert sum(len(sentence.words) for sentence in fixtures.sentences) == int(count[2])
    files = {sentence.file for sentence in fixtures.sentences}
    assert files == set(re.findall(r"^\| `(.+?)`", text, re.MULTILINE))
    assert len(files) == fixtures.files >= 6
    assert "Eleven sentences have one word" in text
    assert [len(sentence.words) for sentence in fixtures.sentences].count(1) == 11


def test_the_fixtures_hold_what_the_checks_need(fixtures: Corpus) -> None:
    assert set(Vocabulary.of(fixtures.sentences).tags) == UPOS
    sentences = [sentence.words for sentence in fixtures.sentences]
    words = {word for sentence in sentences for word in sentence}
    assert max(map(len, sentences)) >= 60
    assert any(max(map(sentence.count, sentence)) >= 3 for sentence in sentences)
    assert any(a == b for s in sentences for a, b in pairwise(s))
    assert {"and/or", "km/h", "1/2", "/", "#", "New York", "5 800", "20\u00a0000"} <= words
    scripts = {unicodedata.name(c).split()[0] for word in words for c in word if c.isalpha()}
    assert {"LATIN", "HEBREW", "CYRILLIC", "HIRAGANA", "CJK"} <= scripts
    assert any(unicodedata.bidirectional(character) == "R" for word in words for character in word)
    # Words that only a normalisation would take for one.
    assert len({unicodedata.normalize("NFC", word) for word in words}) == len(words) - 2


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.conllu")), ids=lambda file: file.name)
def test_the_trees_of_the_fixtures_are_trees(file: Path) -> None:
    for block in file.read_text(encoding="utf-8").strip().split("\n\n"):
        heads = {
            int(row[0]): int(row[6])
            for row in (line.split("\t") for line in block.split("\n"))
            if row[0].isdecimal()
        }
        assert list(heads.values()).count(0) == 1
        for word in heads:
            above = [word]
            while above[-1]:
                above.append(heads[above[-1]])
                assert len(above) <= len(heads) + 1, "a circle"


# Treebanks by others


@pytest.mark.skipif(
    not TREEBANKS.is_dir(), reason="the shared treebanks are not beside the checkout"
)
@pytest.mark.parametrize(
    "file",
    sorted(TREEBANKS.glob("*.conllu")) or [pytest.param(None, id="none")],
    ids=lambda file: file.name,
)
def test_treebanks(file: Path) -> None:
    data = file.read_bytes()
    rows = re.findall(rb"^[0-9]+\t([^\t\n]*)\t[^\t\n]*\t([^\t\n]*)", data, re.MULTILINE)
    start = time.perf_counter()
    corpus = read([file])
    assert time.perf_counter() - start < 5  # it takes 0.2
    pairs = [pair for s in corpus.sentences for pair in zip(s.words, s.tags, strict=True)]
    assert [(word.encode(), tag.encode()) for word, tag in pairs] == rows
    assert len(corpus.sentences) == len(re.findall(rb"^1\t", data, re.MULTILINE))
    lines = data.decode().split("\n")
    assert all(lines[s.line - 1].startswith(f"1\t{s.words[0]}\t") for s in corpus.sentences)
    vocabulary = Vocabulary.of(corpus.sentences)
    for sentence in corpus.sentences:
        words, tags = vocabulary.encode(sentence)
        assert tuple(vocabulary.words[i] for i in words) == sentence.words
        assert tuple(vocabulary.tags[i] for i in tags) == sentence.tags
