"""Bad input through the command line: one line that says where and what to do, exit status 2."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.cli_support import COMMAND, Result, call, environment, refused, side_by_side

GOOD = "the/DET cat/NOUN slept/VERB\n"
ROW = "1\tthe\tthe\tDET\t_\t_\t0\troot\t_\t_\n"
FILES: dict[str, str | bytes] = {
    "good/a.tagged": GOOD,
    "empty.conllu": "",
    "blank.tsv": "\n \n",
    "nothing/readme.txt": "no sentences here",
    "latin.tsv": b"the\tDET\ncaf\xe9\tNOUN\n",
    "columns.conllu": ROW + "2\tcat\tNOUN\n",
    "columns.tsv": "the\tDET\ncat\tNOUN\t1\n",
    "columns.tagged": GOOD + "the/DET cat\n",
    "untagged.conllu": ROW + "2\tcat\tcat\t_\t_\t_\t1\tdep\t_\t_\n\n" + ROW,
    "untagged/a.tagged": "the/DET cat/_\n",
    "words.txt": "the cat",
    "[red]bold[/].tagged": "<script>\n",
    "syntax/a.tagged": GOOD,
    "syntax/xcheck.toml": '[[configuration]]\nname = "one\n',
    "key/a.tagged": GOOD,
    "key/xcheck.toml": '[[configuration]]\nname = "one"\nhiden = 8\n',
    "type/a.tagged": GOOD,
    "type/xcheck.toml": '[[configuration]]\nname = "one"\nhidden = "8"\n',
    "twice/a.tagged": GOOD,
    "twice/xcheck.toml": '[[configuration]]\nname = "one"\n\n[[configuration]]\nname = "one"\n',
    "none/a.tagged": GOOD,
    "none/xcheck.toml": "# nothing\n",
    "first/a.tagged": GOOD,
    "first/xcheck.toml": '[[configuration]]\nname = "one"\n',
    "second/b.tagged": GOOD,
    "second/xcheck.toml": '[[configuration]]\nname = "two"\n',
    "elsewhere/fixtures/readme.txt": "the folder here goes before the shipped one",
}
# Name: arguments, and what the line must hold: place, problem, remedy.
BAD: dict[str, tuple[list[str], list[str]]] = {
    "missing path": (["absent.conllu"], ["absent.conllu: there is no such file", "; check the"]),
    "one of two paths": (["good", "absent"], ["absent: there is no such file or folder"]),
    "no path": ([], ["Missing argument 'paths'", "; see `xcheck run --help`"]),
    "empty file": (["empty.conllu"], ["empty.conllu:1: no sentence in the file", "; add one"]),
    "blank file": (["blank.tsv"], ["blank.tsv:1: no sentence in the file"]),
    "folder": (["nothing"], ["nothing: the folder holds no file that ends in .conllu", "; name a"]),
    "not UTF-8": (["latin.tsv"], ["latin.tsv:2: byte 4 of the line, 0xe9, is not UTF-8; save"]),
    "conllu columns": (["columns.conllu"], ["columns.conllu:2: 3 columns where CoNLL-U has 10; "]),
    "tsv columns": (["columns.tsv"], ["columns.tsv:2: 3 columns where a .tsv file has 2; "]),
    "tagged columns": (
        ["columns.tagged"],
        ["columns.tagged:2: 'cat' has no slash; write word/TAG"],
    ),
    "no tag": (["untagged.conllu"], ["untagged.conllu:2: the word 'cat' has no tag", "--skip-unt"]),
    "only untagged": (["untagged", "--skip-untagged"], ["untagged: no sentence is left"]),
    "ending": (["words.txt"], ["words.txt: the ending '.txt' is not known; known endings: .conl"]),
    "markup": (["[red]bold[/].tagged"], ["[red]bold[/].tagged:1: '<script>' has no slash"]),
    "toml syntax": (["syntax"], ["syntax/xcheck.toml:2: is not TOML: ", "; mend the line"]),
    "toml key": (["key"], ["key/xcheck.toml:3: unknown key 'hiden'; the keys are name, hidden"]),
    "toml type": (["type"], ["type/xcheck.toml:3: hidden = '8' is not a whole number from 1; "]),
    "toml twice": (["twice/a.tagged"], ["twice/xcheck.toml:5: two configurations are called 'one"]),
    "toml empty": (["none"], ["none/xcheck.toml: has no [[configuration]] table; add one"]),
    "two tomls": (
        ["first", "second/b.tagged"],
        ["two sets of configurations, first/xcheck.toml and second/xcheck.toml; run their folders"],
    ),
    "no julia file": (["good", "--julia", "absent.jl"], ["absent.jl: no such file; name a Julia"]),
    "julia folder": (["good", "--julia", "nothing"], ["nothing: is no plain file; name a Julia"]),
    "no julia": (
        ["good", "--julia-exe", "/nowhere/julia"],
        ["--julia-exe=/nowhere/julia is not there; set --julia-exe to the path of a Julia"],
    ),
    "option": (["good", "--limt", "3"], ["No such option: --limt", "; see `xcheck run --help`"]),
    "hidden": (["good", "--hidden", "0"], ["Invalid value for '--hidden'", "1; see `xcheck run"]),
    "limit": (["good", "--limit", "0"], ["Invalid value for '--limit'"]),
    "seed": (["good", "--seed", "-1"], ["Invalid value for '--seed'"]),
    "scale": (["good", "--scale", "0"], ["--scale 0.0 is out of range; give a number above 0"]),
    "scale nan": (["good", "--scale", "nan"], ["--scale nan is out of range; "]),
    "rtol": (["good", "--rtol", "-1e-9"], ["--rtol -1e-09 is no tolerance; give a number from 0"]),
    "rtol nan": (["good", "--rtol", "nan"], ["--rtol nan is no tolerance; "]),
    "rtol inf": (["good", "--rtol", "inf"], ["--rtol inf is no tolerance; "]),
    "method": (["good", "--method", "guess"], ["'guess' is not one of 'complex', 'difference'"]),
    "keyword": (
        ["good", "-k", "a.tagged:9"],
        ["no case is called like 'a.tagged:9'; a case is called like a.tagged:1 posted"],
    ),
    "json folder": (
        ["good", "--json", "nothing"],
        ["nothing: is a folder; name a file for --json"],
    ),
    "json nowhere": (["good", "--json", "no/out.json"], ["no/out.json: no folder no; make it, or"]),
}
if Path("/proc/self").exists():
    # Nobody may make files there, not even root.
    BAD["json unwritable"] = (
        ["good", "--json", "/proc/out.json"],
        ["/proc/out.json: cannot be written (", "; name another for --json"],
    )
VARIABLES = {
    "XCHECK_JULIA": ("/bin/ls", ["XCHECK_JULIA=/bin/ls is not a Julia", "; set XCHECK_JULIA to"]),
    "XCHECK_JULIA_FILE": ("absent.jl", ["absent.jl: no such file; name a Julia tagger file"]),
    "XCHECK_HIDDEN": ("many", ["XCHECK_HIDDEN", "; see `xcheck run --help`"]),
    "XCHECK_RTOL": ("nan", ["--rtol nan is no tolerance"]),
    "XCHECK_METHOD": ("guess", ["XCHECK_METHOD", "'guess' is not one of"]),
}


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Mapping[str, Future[Result]]]:
    folder = tmp_path_factory.mktemp("bad")
    for name, content in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    # Nothing of this gets as far as starting a Julia; were it to, it would not find one.
    nowhere = {"XCHECK_JULIA": "/nowhere/julia"}
    calls = {
        name: call("run", *arguments, cwd=folder, **nowhere)
        for name, (arguments, _) in BAD.items()
        if name != "no julia"
    }
    calls["no julia"] = call("run", *BAD["no julia"][0], cwd=folder)
    for name, (value, _) in VARIABLES.items():
        calls[name] = call("run", "good", cwd=folder, **nowhere | {name: value})
    calls["good"] = call("run", "good", "untagged.conllu", cwd=folder, **nowhere)
    calls["skipping"] = call(
        "run", "good", "untagged.conllu", "--skip-untagged", cwd=folder, **nowhere
    )
    calls["same toml"] = call("run", "first", folder / "first" / "a.tagged", cwd=folder, **nowhere)
    calls["here first"] = call("run", "fixtures", cwd=folder / "elsewhere", **nowhere)
    calls["command"] = call("test")
    calls["julia command"] = call("julia")
    with side_by_side(calls) as started:
        yield started


@pytest.mark.parametrize("name", BAD)
def test_bad_input(running: Mapping[str, Future[Result]], name: str) -> None:
    refused(running[name].result(), *BAD[name][1])


@pytest.mark.parametrize("name", VARIABLES)
def test_bad_variables(running: Mapping[str, Future[Result]], name: str) -> None:
    refused(running[name].result(), *VARIABLES[name][1])


@pytest.mark.parametrize("name", ["skipping", "same toml"])
def test_good_input_gets_as_far_as_julia(running: Mapping[str, Future[Result]], name: str) -> None:
    """The twin of all above: where nothing is wrong, the next thing is to look for a Julia."""
    refused(running[name].result(), "XCHECK_JULIA=/nowhere/julia is not there")


def test_skip_untagged_is_what_makes_it_run(running: Mapping[str, Future[Result]]) -> None:
    refused(running["good"].result(), "untagged.conllu:2: the word 'cat' has no tag")


def test_a_folder_here_goes_before_the_shipped_one(running: Mapping[str, Future[Result]]) -> None:
    refused(running["here first"].result(), "fixtures: the folder holds no file")


def test_no_such_command(running: Mapping[str, Future[Result]]) -> None:
    refused(running["command"].result(), "No such command 'test'; see `xcheck --help`")
    refused(running["julia command"].result(), "Missing command; see `xcheck julia --help`")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk() -> None:
    """Said in one line; and not with the status that says that some case is not right."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    result = Result(done.returncode, "", done.stderr, {})
    refused(result, "standard output: No space left on device; make room")
