import pytest

from pybridge import workers
from pybridge.errors import InputError
from pybridge.workers import how_many, jobs


def test_the_number_that_was_asked_for() -> None:
    assert jobs("auto") is None
    assert jobs("3") == 3
    assert how_many(3, 100, 500, image=True) == 3
    assert how_many(3, 2, 500, image=True) == 2  # no more than cases
    assert how_many(3, 0, 0, image=True) == 1  # a resumed run with nothing left


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "", "٣x"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(InputError, match="is no number of workers; give 1, 2"):
        jobs(text)


def test_auto_starts_another_julia_only_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 8)
    fixtures, treebank = (360, 2_120), (4_002, 50_294)
    assert how_many(None, *fixtures, image=True) == 1
    assert how_many(None, *treebank, image=True) == 2  # the Python side would not keep up with more
    assert how_many(None, 10 * 4_002, 10 * 50_294, image=False) == 2
    assert how_many(None, 1, 50_294, image=True) == 1
    without = how_many(None, *treebank, image=False)
    assert 1 <= without <= how_many(None, *treebank, image=True)
    monkeypatch.setattr(workers, "cores", lambda: 3)
    assert how_many(None, *treebank, image=True) == 2
    for few in (1, 2):  # one is the command's own
        monkeypatch.setattr(workers, "cores", lambda few=few: few)
        assert how_many(None, *treebank, image=True) == 1


def test_cores_are_those_that_may_be_used() -> None:
    assert workers.cores() >= 1
