"""What `xcheck run TREEBANK --hidden 32` holds while it runs, and how long it takes. Linux alone.

    python benchmarks/memory.py ../shared/data/ud/en_ewt-ud-dev.conllu -j 2

Prints the seconds, and the memory of the command's own process and of each with Julia (RSS) after
a quarter, half and all of the cases.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

PARTS = (0.25, 0.5, 0.75, 1.0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("treebank", type=Path)
    parser.add_argument("-j", "--jobs", default="auto")
    parser.add_argument("--hidden", type=int, default=32)
    given = parser.parse_args()
    hidden = ["--hidden", str(given.hidden)]
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "pybridge", "run", str(given.treebank), *hidden, "-j", given.jobs],
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        cases, seen = 0, dict[float, str]()
        total = 2 * sentences(given.treebank)
        for line in run.stdout:
            cases += line.rstrip().endswith("both right") and "cases:" not in line
            for part in PARTS:
                if cases >= part * total and part not in seen:
                    seen[part] = held(run.pid)
    print(f"-j {given.jobs}: {cases} cases in {time.perf_counter() - begun:.1f} s")
    for part, text in seen.items():
        print(f"{part:5.0%}  {text}")


def sentences(treebank: Path) -> int:
    """How many there are in a file in CoNLL-U."""
    return len(re.findall(r"^1\t", treebank.read_text(encoding="utf-8"), re.MULTILINE))


def held(pid: int) -> str:
    """MiB of the command and of its threads' children, those with Julia being the large ones."""
    children: list[str] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += (task / "children").read_text().split()
    sizes = sorted({int(child): resident(int(child)) for child in children}.values(), reverse=True)
    julia = [f"{size:.0f}" for size in sizes if size > 100]
    return f"command {resident(pid):.0f} MiB, Julia {' and '.join(julia)} MiB"


def resident(pid: int) -> float:
    """MiB of one process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
