"""What the checker adds to the user's own Julia code, a case.

    python benchmarks/share.py fixtures
    python benchmarks/share.py ../shared/data/ud/en_ewt-ud-dev.conllu --hidden 32 --limit 400

In this process, with the system image where there is one: the median of nine calls of a whole
question, and of each of the user's functions, times how often a question calls it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from pybridge import runtime, shipped
from pybridge.evidence import question
from pybridge.running import Request, for_many, plan, setup_of
from pybridge.sides import worker
from pybridge.sides.packing import packed

LENGTHS = ((1, 3), (4, 6), (7, 10), (11, 999))  # words
# A question to a right tagger: forward passes on real and on complex weights, backward passes.
REAL, COMPLEX, BACKWARD = 4, 4, 3
JULIA = """
module Share
const X = Main.XCheck

function microseconds(f)
    times = map(1:9) do _
        begun = time_ns()
        f()
        (time_ns() - begun) / 1e3
    end
    sort(times)[5]
end

function measure(number, address)
    tagger = X.TAGGERS[number]
    whole = microseconds(() -> X.examine_at(number, address))
    names, values, directions, layout, steps = X.arrays_at(address)
    asked = X.Question(String(names), values, directions, layout, steps)
    s = asked.sentence
    X.set_weights(tagger, asked.tasks[1].weights)
    h, p = X.slots(length(s.x)), X.slots(length(s.x))
    forward, backward = tagger.mod.forwardRNN, tagger.mod.backwardRNN
    real = microseconds(() -> forward(s.x, s.y, h, p, s.h_prev))
    back = microseconds(() -> backward(s.x, s.y, h, p, s.h_prev))
    held = copy(tagger.held)
    X.alike!(tagger, Complex{Float64})
    complex = microseconds(() -> forward(s.x, s.y, h, p, s.h_prev))
    X.restore!(tagger, held)
    [whole, real, complex, back]
end
end
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    planned = plan(Request((options.path,), hidden=options.hidden, limit=options.limit))
    found = runtime.obtain(lambda line: print(line, file=sys.stderr))
    found = runtime.with_image(found, shipped.library())
    setup = setup_of(planned, found)
    julia, _, _, problem = worker.session(setup)
    assert not problem, problem
    number = worker.tagger_of(setup).number
    julia.seval(JULIA)
    method, measure = for_many(planned.request), julia.seval("Share.measure")
    cases = list(planned.cases())
    messages = [np.frombuffer(packed(question(c, method)), np.uint8) for c in cases]
    times = np.array([list(measure(number, m.ctypes.data)) for m in messages])  # (n, 4)
    whole, own = times[:, 0], times[:, 1:] @ [REAL, COMPLEX, BACKWARD]
    words = np.array([len(case.words) for case in cases])
    image = "an image" if found.image else "no image"
    print(f"{len(cases)} cases, {words.sum()} words, Julia {found.version}, {image}; microseconds")
    print(f"{'words':>9}{'cases':>7}{'a case':>9}{'own code':>10}{'added':>8}  of own code")
    for least, most in (*LENGTHS, (1, 999)):
        these = (words >= least) & (words <= most)
        if these.any():
            a, b = whole[these].mean(), own[these].mean()
            row = f"{least:>5}-{most:<3}{these.sum():>7}{a:>9.0f}{b:>10.0f}{a - b:>8.0f}"
            print(f"{row}  {(a - b) / b:.2f}")


if __name__ == "__main__":
    main()
