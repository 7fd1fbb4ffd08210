"""`xcheck faults`, as a user runs it."""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli_support import flaws


def xcheck(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "from pybridge.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "faults", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


SCHEMA = "faults.schema.json"


def _found(document: dict[str, Any]) -> dict[str, Any]:
    caught: dict[str, Any] = next(f["caught"] for f in document["faults"] if f["caught"])
    return caught


# The twins: each makes a document that the schema must refuse.
SPOILED = (
    lambda d: d.update(more=1),
    lambda d: d.pop("interrupted"),
    lambda d: d["faults"][0].update(more=1),
    lambda d: d["faults"][0].update(new=""),
    lambda d: _found(d).update(verdict="both right"),
    lambda d: _found(d).update(problem="two\nlines"),
    lambda d: _found(d).pop("spoiled"),
)


def test_the_table_and_what_these_sentences_do_not_see(tmp_path: Path) -> None:
    sentences, table = tmp_path / "three.tagged", tmp_path / "table.json"
    sentences.write_text("very/ADV dry/ADJ very/ADV\n", encoding="utf-8")
    done = xcheck(sentences, "--side", "python", "--json", table)
    assert done.returncode == 1, done.stderr
    assert "error" not in done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("faults: ")
    assert " in Python; " in lines[0]
    assert "Julia:" not in done.stdout
    (missed,) = [line for line in lines if line.startswith("not caught: ")]
    assert "a gradient clipped at 5" in missed
    assert "; seen by five words, one of them twice; hidden size 3, weights of scale 4" in missed
    transpose = next(line for line in lines if " the transpose: " in line)
    assert "dhnext = dhRawt.dot(Whh.T) -> dhnext = dhRawt.dot(Whh) " in transpose
    assert "by three.tagged:1 telling (3 words): " in transpose
    assert transpose.endswith("python wrong, dWxh dWhh dBh")
    assert lines[-1].startswith("Python: ")
    document = json.loads(table.read_text(encoding="utf-8"))
    assert flaws(document, SCHEMA) == []
    assert (document["version"], document["interrupted"]) == (1, False)
    assert len(document["faults"]) == document["planned"]
    for spoil in SPOILED:
        spoilt = copy.deepcopy(document)
        spoil(spoilt)
        assert len(flaws(spoilt, SCHEMA)) == 1, spoilt
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


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
def test_ctrl_c_prints_and_writes_what_was_tried(tmp_path: Path) -> None:
    from tests.test_cli_terminal import started

    file = tmp_path / "table.json"
    with started(tmp_path, "fixtures", "--json", file, command="faults") as running:
        assert running.process.stdout is not None
        head = []
        for line in running.process.stdout:
            head.append(line)
            if "  by " in line:
                break
        # The twin: there is something to be cleaned up.
        assert len(running.members()) >= 2
        assert not running.leaves_nothing()
        out, err = running.end(signal.SIGINT)
        assert running.process.returncode == 130, err
        assert running.leaves_nothing()
    assert err.splitlines()[-1] == "xcheck: interrupted"
    assert "Traceback" not in err
    document = json.loads(file.read_text(encoding="utf-8"))
    assert flaws(document, SCHEMA) == []
    assert document["interrupted"] is True
    tried, planned = len(document["faults"]), document["planned"]
    assert 1 <= tried < planned
    lines = out.splitlines()
    assert lines[-1] == f"interrupted after {tried} of {planned} faults"
    assert lines[-2].startswith("Python: ")
    rows = [line for line in [*head, *lines] if "  by " in line]
    assert len(rows) == sum(fault["fate"] == "caught" for fault in document["faults"])
