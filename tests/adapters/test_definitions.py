"""The definitions of a Python file, and what is left out."""

from __future__ import annotations

import ast

from pybridge.adapters.definitions import definitions, left_out


def test_definitions_are_kept_and_the_rest_is_left_out() -> None:
    kept = """
    import numpy as np
    from math import pi
    SIZE = 3
    RATE, NAME = 1e-3, 'x'
    HALF = SIZE / 2 + pi
    DTYPE = np.float64
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    def f():
        return data
    class C:
        pass
    Alias = list[int]
    """.replace("\n    ", "\n")
    left = """
    data = open('x').read()
    size = len(data)
    double = 2 * size
    W = np.zeros(3)
    print(SIZE)
    for i in range(3):
        pass
    if SIZE:
        f()
    """.replace("\n    ", "\n")
    tree = ast.parse(f"{kept}\n{left}\nif __name__ == '__main__':\n    f()\n")
    assert ast.unparse(definitions(tree)) == ast.unparse(ast.parse(kept))
    assert [ast.unparse(n) for n in left_out(tree)] == [
        ast.unparse(n) for n in ast.parse(left).body
    ]
