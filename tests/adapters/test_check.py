"""Adapters held against the parameters."""

from __future__ import annotations

import pytest

from pybridge import tagger
from pybridge.adapters import Adapter
from pybridge.adapters.check import checked, julia_form
from pybridge.adapters.grammar import call_of
from pybridge.errors import InputError

GRADIENTS = "dWxh, dWhh, dBh, dWhy, dBy"


def adapter(forward: str, backward: str = f"{GRADIENTS} = b(words, tags)", **more: str) -> Adapter:
    return Adapter(
        forward=call_of(forward), backward=call_of(backward), globals=tuple(more.items())
    )


@pytest.mark.parametrize(
    "good",
    [
        adapter("cost = f(x, y, h, p, hPrev)", f"{GRADIENTS} = b(x, y, h, p, hPrev)"),
        adapter("cost, cache = f(X, Y, weights)", "gradients = b(cache, cost, params)"),
        adapter("_, cost, ... = f(Wxh, Whh; Bh, By, Why)", hidden="n"),
    ],
)
def test_a_good_adapter_is_taken_as_it_is(good: Adapter) -> None:
    assert checked(good, tagger.PARAMETERS) is good


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (adapter("cost = f(wrods, tags)"), "f takes 'wrods', which is nothing known"),
        (adapter("cost = f(cost)"), "f takes 'cost', which is nothing known"),
        (adapter("cost = f(x)", f"{GRADIENTS} = b(dWxh)"), "b takes 'dWxh', which is nothing"),
        (adapter("cost, cots = f(x)"), "f gives 'cots', which is nothing known"),
        (adapter("h, p = f(x)"), "f gives no cost"),
        (adapter("cost, cost = f(x)"), "f gives cost twice"),
        (adapter("cost = f(x)", f"{GRADIENTS} = b(x, h)"), "b takes h, which forward neither"),
        (adapter("cost = f(x)", "dWxh, dWhh, dBh, dWhy = b(x)"), "b does not give dBy"),
        (adapter("cost = f(x)", f"{GRADIENTS}, dWhx = b(x)"), "b gives 'dWhx', which is nothing"),
        (adapter("cost = f(x)", Bz="bz"), "globals names 'Bz', which is nothing known"),
        (adapter("cost = f(x)", p="p"), "globals names 'p', which is nothing known"),
    ],
)
def test_what_names_something_unknown_is_refused(bad: Adapter, said: str) -> None:
    with pytest.raises(InputError) as caught:
        checked(bad, tagger.PARAMETERS)
    assert said in str(caught.value)


def test_a_julia_file_is_called_like_that_of_the_question() -> None:
    found = julia_form(None, tagger.PARAMETERS)
    assert found.forward is not None
    assert found.forward.text == "cost = forwardRNN(x, y, h, p, h_prev)"
    assert found.gives == ("cost", "h", "p")


def test_what_is_set_and_what_is_given() -> None:
    found = adapter("cost, h = f(Wxh, words)", Bh="bh", hidden="n")
    assert found.forward is not None
    assert dict(found.set_for(found.forward, tagger.PARAMETERS)) == {
        "Whh": "Whh", "Bh": "bh", "Why": "Why", "By": "By", "hidden": "n",
    }  # fmt: skip
    assert found.gives == ("cost", "h")
