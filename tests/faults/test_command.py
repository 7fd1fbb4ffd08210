"""`xcheck faults`, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def xcheck(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "from pybridge.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "faults", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_table_and_what_these_sentences_do_not_see(tmp_path: Path) -> None:
    sentences, table = tmp_path / "three.tagged", tmp_path / "table.json"
    sentences.write_text("very/ADV dry/ADJ very/ADV\n", encoding="utf-8")
    done = xcheck(sentences, "--side", "python", "--json", table)
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("faults: ")
    assert " in Python; " in lines[0]
    assert "Julia:" not in done.stdout
    (missed,) = [line for line in lines if line.startswith("not caught: ")]
    assert "a gradient clipped at 5" in missed
    assert "; seen by five words, one of them twice; hidden size 3, weights of scale 4" in missed
    transpose = next(line for line in lines if " the transpose: " in line)
    assert "dhnext = dhRaw[t] @ Whh.T -> dhnext = dhRaw[t] @ Whh " in transpose
    assert "by three.tagged:1 telling (3 words): " in transpose
    assert transpose.endswith("python wrong, dWxh dWhh dBh")
    assert lines[-1].startswith("Python: ")
    document = json.loads(table.read_text(encoding="utf-8"))
    assert document["version"] == 1
    assert document["not_applied"] == []
    fates = [fault["fate"] for fault in document["faults"]]
    assert fates.count("missed") == 1
    assert fates.count("caught") >= 100
    caught = next(f for f in document["faults"] if f["operator"] == "the transpose")["caught"]
    assert caught["failed"] == caught["spoiled"] == ["dWxh", "dWhh", "dBh"]
    assert caught["attributed"] is True


def test_bad_input_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = xcheck(tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    one = tmp_path / "one.tagged"
    one.write_text("dry/ADJ\n", encoding="utf-8")
    for options in (("--side", "left"), ("--julia", tmp_path / "no.jl"), ("-k", "nothing")):
        done = xcheck(one, *options)
        assert (done.returncode, done.stdout) == (2, ""), options
        assert len(done.stderr.splitlines()) == 1
