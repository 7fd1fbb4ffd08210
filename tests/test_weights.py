import copy
import hashlib
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from pybridge.tagger import PARAMETERS
from pybridge.weights import Array, Weights, fingerprint, make_weights, word_rows

A = np.arange(6.0).reshape(2, 3)
# julia/computingtests.jl holds Julia to the same text.
A_HASH = "2bff4c6aec92fafa056fd0aa65e65dab10ece2a0de36b17e308190838d618029"


def made(seed: int = 7, *, scale: float | None = None, random_biases: bool = True) -> Weights:
    rng = np.random.default_rng(seed)
    sizes = {"in": 50, "hidden": 16, "out": 5}
    return make_weights(PARAMETERS, sizes, scale=scale, random_biases=random_biases, rng=rng)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert fingerprint(made().arrays) == fingerprint(made().arrays)


def test_another_seed_gives_others() -> None:
    assert fingerprint(made(7).arrays) != fingerprint(made(8).arrays)


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    script = (
        "from tests.test_weights import made; from pybridge.weights import fingerprint;"
        "print(fingerprint(made().arrays))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "11"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == fingerprint(made().arrays)


def test_names_and_shapes_in_the_order_of_backwardRNN() -> None:
    shapes = {name: array.shape for name, array in made().arrays.items()}
    assert list(shapes.items()) == [
        ("Wxh", (50, 16)),
        ("Whh", (16, 16)),
        ("Bh", (1, 16)),
        ("Why", (16, 5)),
        ("By", (1, 5)),
    ]


def test_a_scale_is_the_standard_deviation() -> None:
    weights = made(scale=0.01)
    for array in (weights.Wxh, weights.Whh, weights.Why):
        assert np.std(array) == pytest.approx(0.01, rel=0.2)


def test_without_a_scale_the_fan_in_decides() -> None:
    weights = made()
    assert np.std(weights.Wxh) == pytest.approx(0.5, rel=0.2)
    assert np.std(weights.Whh) == pytest.approx(0.5 / 4, rel=0.2)
    assert np.std(weights.Why) == pytest.approx(0.5 / 4, rel=0.2)
    assert np.std(np.hstack([weights.Bh, weights.By])) == pytest.approx(0.5, rel=0.5)


def test_biases_may_be_zero_and_leave_the_rest_as_it_is() -> None:
    zero = made(random_biases=False)
    assert not zero.Bh.any()
    assert not zero.By.any()
    for name in ("Wxh", "Whh", "Why"):
        np.testing.assert_array_equal(zero.arrays[name], made().arrays[name])


def test_any_cell_has_its_own_parameters() -> None:
    gate = {"Wz": ("in", "hidden"), "Uz": ("hidden", "hidden"), "bz": ("1", "hidden")}
    weights = make_weights(
        gate,
        {"in": 4, "hidden": 3, "out": 2},
        scale=None,
        random_biases=True,
        rng=np.random.default_rng(1),
    )
    assert {n: a.shape for n, a in weights.arrays.items()} == {
        "Wz": (4, 3),
        "Uz": (3, 3),
        "bz": (1, 3),
    }
    assert word_rows(gate) == ("Wz",)


def test_weights_are_read_by_name_and_not_changed() -> None:
    weights = made()
    assert weights.Whh is weights.arrays["Whh"]
    with pytest.raises(AttributeError, match="no parameter Wzh"):
        _ = weights.Wzh
    with pytest.raises(AttributeError, match="not to be changed"):
        weights.Whh = A


def test_weights_can_be_copied_and_sent_to_another_process() -> None:
    weights = made()
    for other in (pickle.loads(pickle.dumps(weights)), copy.deepcopy(weights), copy.copy(weights)):
        assert fingerprint(other.arrays) == fingerprint(weights.arrays)
    assert repr(weights) == "Weights(Wxh 50x16, Whh 16x16, Bh 1x16, Why 16x5, By 1x5)"


def test_the_fingerprint_is_the_hash_of_what_it_says() -> None:
    digest = hashlib.sha256(b"a float64 2x3\n" + A.astype("<f8").tobytes()).hexdigest()
    assert fingerprint({"a": A}) == digest == A_HASH


@pytest.mark.parametrize(
    "same",
    [np.asfortranarray(A), A.copy(), np.vstack([A, A])[:2], A.astype(">f8")],
    ids=["column-major", "copy", "view", "big-endian"],
)
def test_the_fingerprint_does_not_see_how_the_numbers_lie_in_memory(same: Array) -> None:
    assert fingerprint({"a": same}) == A_HASH


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"b": A},
        {"a": A.T},
        {"a": A.reshape(3, 2)},
        {"a": A.astype(np.float32)},
        {"a": A.astype(complex)},
        {"a": np.nextafter(A, 9)},
        {"a": -A},
        {"a": A * np.where(A == 0, -1, 1)},  # -0.0 equals 0.0 and is other bytes
        {"a": A, "b": A},
    ],
    ids=["nothing", "name", "transposed", "shape", "float32", "complex", "last bit", "sign",
         "negative zero", "one more"],
)  # fmt: skip
def test_the_fingerprint_sees_any_other_difference(other: dict[str, Array]) -> None:
    assert fingerprint(other) != A_HASH


def test_the_fingerprint_sees_the_order() -> None:
    assert fingerprint({"a": A, "b": -A}) != fingerprint({"b": -A, "a": A})


def test_weights_that_have_a_fingerprint_are_not_to_be_changed() -> None:
    """It is taken once: what changed them afterwards would make it a lie."""
    weights = Weights(W=np.ones((2, 2)))
    weights.W[0, 0] = 2
    assert weights.fingerprint == fingerprint(weights.arrays)
    assert weights.fingerprint != fingerprint({"W": np.ones((2, 2))})
    with pytest.raises(ValueError, match="read-only"):
        weights.W[0, 0] = 3
    with pytest.raises(ValueError, match="read-only"):
        weights.W += 1
