"""What people call things: the names by which a guess is made."""

from __future__ import annotations

import re

IGNORED = "_"
_COST = r"(total_?)?(cost|loss|nll|xent|objective|j|err(or)?)|total"
_STATES = r"h|hs|h_?all|s|states?|hiddens?(_?states?)?"
_PROBABILITIES = r"p|ps|probs?|probabilit(y|ies)|o|y_?hats?|outputs?|preds?|predictions?"
_BEFORE = r"h_?(prev|0|init|start)|(prev|init|initial|start)(_?(h|state|hidden))?|s_?(prev|0|init)"
_WEIGHTS = r"w|weights?|net|model|theta|parameters"
_SIZES = {
    "in": r".*(vocab|input|words?|in_?(size|dim)).*|n_?in|n_?x|d|v",
    "hidden": r".*hid.*|n_?h|h|h_?(size|dim)",
    "out": r".*(out|tag|class|label|target).*|n_?y|c|k",
}
_INPUTS = r"xs?|inputs?|words?|sent(ence)?s?|tokens?|seq(uence)?|data"
_TARGETS = r"ys?|t|targets?|tags?|labels?|gold|classes"
_DERIVATIVE = r"(?:dl_?d|dj_?d|grad_|g_|∇|d_|d)(.+)"
_FORWARD = r"forward|fprop|loss|cost|run|predict"
_BACKWARD = r"back|bprop|bptt|grad"


def is_cost(name: str) -> bool:
    """Whether something is called like a cost."""
    return _is(name, _COST)


def is_states(name: str) -> bool:
    """Like the hidden states."""
    return _is(name, _STATES)


def is_probabilities(name: str) -> bool:
    """Like the probabilities of the tags."""
    return _is(name, _PROBABILITIES)


def is_before(name: str) -> bool:
    """Like the state before the first word."""
    return _is(name, _BEFORE)


def is_weights(name: str) -> bool:
    """Like an object of all parameters."""
    return _is(name, _WEIGHTS)


def is_inputs(name: str) -> bool:
    """Like the words of a sentence."""
    return _is(name, _INPUTS)


def is_targets(name: str) -> bool:
    """Like its tags."""
    return _is(name, _TARGETS)


def says_forward(name: str) -> bool:
    """Whether a function is called like a forward pass."""
    return re.search(_FORWARD, name.lower()) is not None


def says_backward(name: str) -> bool:
    """Likewise a backward pass."""
    return re.search(_BACKWARD, name.lower()) is not None


def size(name: str) -> str:
    """The size that something is called like: "in", "hidden", "out"; empty for none."""
    return next((what for what, pattern in _SIZES.items() if _is(name, pattern)), "")


def derivative_of(name: str) -> str:
    """The parameter that something is called the gradient of; empty for none."""
    found = re.fullmatch(_DERIVATIVE, name, re.IGNORECASE)
    return found[1] if found else ""


def plain(name: str) -> str:
    """A name without case and underscores."""
    return name.replace("_", "").lower()


def _is(name: str, pattern: str) -> bool:
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None
