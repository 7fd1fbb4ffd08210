"""Kill workers of `xcheck run` with SIGKILL at random moments, and see that nothing else breaks.

    python benchmarks/kill.py ../shared/data/ud/en_ewt-ud-dev.conllu --kills 50

Every case must be both right, but for one *crashed* a kill at the most (none where the process
was between two questions, or about to start); the figures of the others must be those of a run
that nobody disturbs; no process and no folder must be left. Linux alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any


def main() -> None:
    """Run twice and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("treebank", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=3.0, help="seconds from one to the next")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        quiet, file = Path(folder, "quiet.jsonl"), Path(folder, "killed.jsonl")
        subprocess.run(command(given.treebank, quiet), stdout=subprocess.DEVNULL, check=True)
        temporary = Path(folder, "tmp")
        temporary.mkdir()
        with subprocess.Popen(
            command(given.treebank, file),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(temporary)},
            text=True,
        ) as run:
            kills = 0
            while run.poll() is None:
                time.sleep(rng.uniform(0, given.longest))
                if kills < given.kills and (workers := list(temporary.rglob("*.log"))):
                    pid = int(rng.choice(workers).stem)
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue  # it is about to be replaced
                    kills += 1
            assert run.stderr is not None
            said = run.stderr.read()
        left = [str(path) for path in temporary.iterdir()]
        without, cases = of(quiet), of(file)
    changed = [name for name, case in cases.items() if not is_end(case) and case != without[name]]
    counts = Counter(case["verdict"]["kind"] for case in cases.values())
    print(f"{kills} kills, status {run.returncode}, {dict(counts)} of {len(without)} cases")
    print(f"changed otherwise: {changed}; left in the folder: {left}; on stderr: {said!r}")
    gone = len(cases) == len(without) and not changed and not left and not said
    sys.exit(not (gone and counts["crashed"] <= kills))


def command(treebank: Path, file: Path) -> list[str]:
    """A run with two workers."""
    run = [sys.executable, "-m", "pybridge", "run", str(treebank), "-j", "2"]
    return [*run, "--json", str(file)]


def of(file: Path) -> dict[str, dict[str, Any]]:
    """The cases in a file by name."""
    lines = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {line["case"]["name"]: line["case"] for line in lines if "case" in line}


def is_end(case: dict[str, Any]) -> bool:
    """Whether Julia's process ended over it."""
    return "ended" in case["julia"]


if __name__ == "__main__":
    main()
