from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from pybridge.report import json
from pybridge.report.changes import Change, changes
from tests.report.results import session


@pytest.fixture
def head(tmp_path: Path) -> dict[str, Any]:
    return json.head(session(tmp_path))


def test_nothing_changed(head: dict[str, Any]) -> None:
    assert changes(head, copy.deepcopy(head)) == []


def test_what_changed_is_named_and_short(head: dict[str, Any]) -> None:
    other = copy.deepcopy(head)
    other["versions"]["julia"] = "1.9"
    other["julia_sha256"] = "f" * 64
    other["keyword"] = "x" * 100
    other["configurations"][0]["scale"] = None
    assert changes(head, other) == [
        Change("versions.julia", "1.5.3", "1.9"),
        Change("julia_sha256", head["julia_sha256"][:12], "f" * 12),
        Change("configurations.posted.scale", "0.01", "None"),
        Change("keyword", "none", "x" * 57 + "..."),
    ]


def test_a_field_that_only_one_has(head: dict[str, Any]) -> None:
    other = copy.deepcopy(head)
    del other["referee"]
    assert changes(head, other) == [Change("referee", "False", "none")]
    assert changes(other, head) == [Change("referee", "none", "False")]


def test_of_a_list_what_the_other_lacks(head: dict[str, Any]) -> None:
    other = copy.deepcopy(head)
    other["fixtures"]["tags"] = ["X", "Z"]
    assert head["fixtures"]["tags"] == ["X", "Y"]
    assert changes(head, other) == [Change("fixtures.tags", "Y", "Z")]
    other["fixtures"]["tags"] = ["Y", "X"]
    assert changes(head, other) == [Change("fixtures.tags", "X Y", "Y X")]
    other["fixtures"]["tags"] = ["X", "Y", "Z"]
    assert changes(head, other) == [Change("fixtures.tags", "none", "Z")]
