import inspect
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import batch, tagger
from pybridge.batch import batch_of, of_like_length
from pybridge.weights import Array, Weights

LIMIT = 1e-13  # what the documentation of batch.py promises
IN, OUT = 6, 3


def some_weights(hidden: int, dtype: str, seed: int = 1) -> tuple[Weights, Array]:
    rng = np.random.default_rng(seed)
    sizes = {"in": IN, "hidden": hidden, "out": OUT, "1": 1}
    shapes = {n: (sizes[a], sizes[b]) for n, (a, b) in tagger.PARAMETERS.items()}

    def draw(shape: tuple[int, int]) -> Array:
        drawn = rng.standard_normal(shape)
        if np.dtype(dtype).kind == "c":
            drawn = drawn + 0.1j * rng.standard_normal(shape)  # far from the poles of tanh
        return np.asarray(0.3 * drawn).astype(dtype)

    return Weights(**{n: draw(shape) for n, shape in shapes.items()}), draw((1, hidden))


def some_sentences(lengths: Sequence[int], seed: int = 2) -> tuple[list[Array], list[Array]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(IN, size=n) for n in lengths], [rng.integers(OUT, size=n) for n in lengths]


def distance(a: Array, b: Array) -> float:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    return float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-300))


def largest_distance(
    lengths: Sequence[int], hidden: int = 5, dtype: str = "float64", module: ModuleType = batch
) -> float:
    """Largest distance of any tensor of a batch from that of the sentences one by one."""
    weights, h_prev = some_weights(hidden, dtype)
    words, tags = some_sentences(lengths)
    made = batch_of(words, tags)
    trace = module.forward_batch(weights, made, h_prev)
    gradient = module.backward_batch(weights, made, h_prev, trace)
    found, costs = [], []
    total = {name: np.zeros_like(array) for name, array in weights.arrays.items()}
    for i, (w, t) in enumerate(zip(words, tags, strict=True)):
        one = tagger.forward(weights, w, t, h_prev)
        for name, array in tagger.backward(weights, w, t, h_prev, one).arrays.items():
            total[name] += array
        costs.append(one.cost)
        rows = made.sentence == i
        found += [distance(trace.h[rows], one.h), distance(trace.p[rows], one.p)]
    found += [distance(gradient.arrays[name], total[name]) for name in total]
    return max([*found, distance(trace.cost, np.array(costs, dtype))])


@pytest.mark.parametrize("lengths", [[1], [4], [1, 1, 1], [3, 7, 1, 7, 2], [9] * 32])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_a_batch_is_its_sentences(lengths: list[int], dtype: str) -> None:
    assert largest_distance(lengths, dtype=dtype) <= LIMIT


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=8), st.integers(1, 9))
def test_whatever_the_lengths_and_the_hidden_size(lengths: list[int], hidden: int) -> None:
    assert largest_distance(lengths, hidden) <= LIMIT


def test_single_precision_stays_single() -> None:
    assert LIMIT < largest_distance([3, 7, 1, 7, 2], dtype="float32") <= 1e-5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (".dot(Whh)", ".dot(Whh.T)"),
        ("dhRawt.dot(WhhT)", "dhRawt.dot(Whh)"),
        ("for into, out_of in batch.folds:", "for into, out_of in batch.folds[1:]:"),
        ("np.add.at(cost, batch.sentence, costs)", "cost[batch.sentence] = costs"),
        ("went_on += dhnext", "went_on += dhnext[::-1]"),
        ("batch.before[start.stop :]", "batch.before[start.stop :] - 1"),
        ("dWhh += h_prev.T", "dWhh += 0 * h_prev.T"),
    ],
)
def test_a_fault_is_far_off(old: str, new: str) -> None:
    source = inspect.getsource(batch)
    assert source.count(old) == 1
    module = ModuleType("faulty")
    module.__dict__["__name__"] = batch.__name__  # where its dataclass looks itself up
    exec(compile(source.replace(old, new), "faulty.py", "exec"), module.__dict__)
    assert not largest_distance([3, 7, 1, 7, 2], module=module) <= 1e-6


def test_an_imaginary_part_goes_all_the_way_through() -> None:
    weights, h_prev = some_weights(4, "complex128")
    real = Weights(**{name: array.real.astype(complex) for name, array in weights.arrays.items()})
    words, tags = some_sentences([5, 2])
    made = batch_of(words, tags)
    step = 1e-20
    trace = batch.forward_batch(real, made, h_prev.real)
    gradient = batch.backward_batch(real, made, h_prev.real, trace)
    for name, array in real.arrays.items():
        direction = np.random.default_rng(3).standard_normal(array.shape)
        moved = Weights(**{**real.arrays, name: array + 1j * step * direction})
        cost = batch.forward_batch(moved, made, h_prev.real).cost.sum()
        expected = np.sum(gradient.arrays[name] * direction).real
        assert cost.imag / step == pytest.approx(expected, rel=1e-12)


def test_the_words_of_a_batch_are_those_of_its_sentences() -> None:
    words, tags = some_sentences([2, 5, 1, 5])
    made = batch_of(words, tags)
    for i, (w, t) in enumerate(zip(words, tags, strict=True)):
        rows = np.flatnonzero(made.sentence == i)
        np.testing.assert_array_equal(made.words[rows], w)
        np.testing.assert_array_equal(made.tags[rows], t)
        np.testing.assert_array_equal(made.before[rows], [-1, *rows[:-1]])
    assert [s.stop - s.start for s in made.steps] == [4, 3, 2, 2, 2]


def test_sentences_of_like_length_go_together_and_each_goes_once() -> None:
    words = [np.zeros(n, int) for n in (7, 1, 3, 9, 2, 3, 8)]
    groups = list(of_like_length(words, size=3))
    assert [[len(words[i]) for i in group] for group in groups] == [[1, 2, 3], [3, 7, 8], [9]]
    assert sorted(i for group in groups for i in group) == list(range(7))
