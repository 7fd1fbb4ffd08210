"""Which files a run is of, and how they are called."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pybridge import tagger
from pybridge.errors import InputError
from pybridge.running import Plan, Request, plan
from tests.cli_support import refused, xcheck
from tests.owned import OWN, TABLES


def table(name: str, **more: object) -> str:
    """A table of tests/own as it stands in an xcheck.toml."""
    keys = {**TABLES[name], **more}

    def value(v: object) -> str:
        if isinstance(v, dict):
            return "{ " + ", ".join(f'{k} = "{w}"' for k, w in v.items()) + " }"
        return str(v).lower() if isinstance(v, bool) else f'"{v}"'

    head = "python" if name.endswith(".py") else "julia"
    return "\n".join([f"[{head}]", *(f"{k} = {value(v)}" for k, v in keys.items())]) + "\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with sentences in one beside those of the taggers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.tagged").write_text("the/DET cat/NOUN the/DET\n", encoding="utf-8")
    for name in TABLES:
        shutil.copy(OWN / name, tmp_path)
    return tmp_path


def planned(**request: object) -> Plan:
    return plan(Request((Path("data"),), **request))  # type: ignore[arg-type]


def message(**request: object) -> str:
    with pytest.raises(InputError) as caught:
        planned(**request)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_without_a_table_nothing_changes(folder: Path) -> None:
    found = planned().chosen
    assert found.adapter is None
    assert found.form.adapter is None
    assert (str(found.julia), found.python) == ("julia/fixed.jl", "pybridge.tagger")
    assert found.gives == ("cost", "h", "p")
    assert found.notes == ()


@pytest.mark.parametrize("place", ["data", "."])
def test_a_table_stands_beside_the_sentences_or_the_tagger(folder: Path, place: str) -> None:
    (folder / place / "xcheck.toml").write_text(
        table("karpathy.py") + table("script.jl"), encoding="utf-8"
    )
    found = planned(python="karpathy.py", julia=Path("script.jl"))
    assert found.chosen.form.is_adapted
    assert found.chosen.adapter is not None
    assert found.chosen.adapter.only_functions
    assert found.chosen.gives == ("cost",)
    assert found.chosen.notes == ("Python gives no h and no p: not compared",)
    assert found.names == {"Bh": "bh", "By": "by", "dBh": "dbh", "dBy": "dby"}


def test_a_table_without_a_file_is_not_for_the_shipped_taggers(folder: Path) -> None:
    text = table("karpathy.py") + table("script.jl")
    (folder / "data" / "xcheck.toml").write_text(text, encoding="utf-8")
    found = planned().chosen
    assert found.adapter is None
    assert not found.form.is_adapted


def test_a_file_that_a_table_names_needs_no_option(folder: Path) -> None:
    text = table("karpathy.py", file="../karpathy.py") + table("script.jl", file="../script.jl")
    (folder / "data" / "xcheck.toml").write_text(text, encoding="utf-8")
    found = planned()
    assert (found.chosen.python, found.chosen.julia) == ("karpathy.py", Path("script.jl"))
    assert found.request.python_file == "karpathy.py"
    # Another file that an option names is not called like it.
    found = planned(python="pybridge.gru", julia=Path("julia/gru.jl"))
    assert found.chosen.adapter is None
    assert not found.chosen.form.is_adapted
    assert next(iter(found.chosen.parameters)) == "Wxz"
    # One that is known as it is.
    shutil.copy("script.jl", "copy.jl")
    alone = planned(julia=Path("copy.jl"), python="pybridge.tagger")
    assert alone.chosen.adapter is None
    alike = planned(
        julia=Path("copy.jl"), python="pybridge.tagger", julia_known_as=Path("script.jl")
    )
    assert alike.chosen.adapter is not None


def test_a_file_without_h_prev_gets_none(folder: Path) -> None:
    (folder / "xcheck.toml").write_text(table("states.py"), encoding="utf-8")
    found = planned(python="states.py")
    assert found.chosen.notes == ("Python takes no h_prev: it is zero in every case",)
    assert not any(case.h_prev.any() for case in found.cases())
    assert any(case.h_prev.any() for case in planned().cases())


def test_only_functions_by_option(folder: Path) -> None:
    contract = (Path(str(tagger.__file__)).read_text(encoding="utf-8")) + "\nopen('nowhere')\n"
    (folder / "mine.py").write_text(contract, encoding="utf-8")
    assert ":94: FileNotFoundError" in message(python="mine.py") or "FileNotFound" in message(
        python="mine.py"
    )
    assert planned(python="mine.py", only_functions=True).chosen.form.only_functions


def test_another_cell_in_a_table(folder: Path) -> None:
    (folder / "data" / "xcheck.toml").write_text(
        '[parameters]\nW = ["in", "hidden"]\nV = ["hidden", "out"]\n', encoding="utf-8"
    )
    found = planned()
    shapes = {n: a.shape for n, a in found.draws[0].weights.arrays.items()}
    assert shapes == {"W": (2, 16), "V": (16, 2)}


@pytest.mark.parametrize(
    ("python", "text", "said"),
    [
        ("karpathy.py", table("karpathy.py").replace("lossFun", "lossfun"),
         "xcheck.toml:2: karpathy.py has no function lossfun; its functions are lossFun"),
        ("karpathy.py", table("karpathy.py", globals={"Bh": "bias", "By": "by"}),
         "xcheck.toml:4: bias is not read by any function that karpathy.py runs; say how it is "
         'spelt there, globals = { Bh = "bh" }'),
        ("karpathy.py", table("karpathy.py", globals={"in": "vocab_size"}),
         'globals = { Bh = "bh" }'),
        ("karpathy.py", table("karpathy.py", globals={"Bz": "bz"}),
         "xcheck.toml:4: globals names 'Bz', which is nothing known"),
        ("karpathy.py", "", "karpathy.py:8: FileNotFoundError"),
        ("layers.py", "", "h_prev"),
    ],
)  # fmt: skip
def test_an_adapter_that_names_what_is_not_there(
    folder: Path, python: str, text: str, said: str
) -> None:
    (folder / "xcheck.toml").write_text(text or "[names]\n", encoding="utf-8")
    if python == "layers.py":  # it has a forward and a backward, called otherwise: no answer then
        assert planned(python=python).chosen.form.adapter is None
        return
    assert said in message(python=python)


def test_a_file_of_neither_form_says_what_was_looked_for(folder: Path) -> None:
    (folder / "other.py").write_text("def train(): pass\n", encoding="utf-8")
    text = message(python="other.py")
    assert text.startswith("other.py: no function forward; define forward(weights, words, tags")
    assert "`xcheck init other.py`" in text


def test_two_functions_of_one_name_are_refused(folder: Path) -> None:
    text = (OWN / "layers.py").read_text(encoding="utf-8")
    more = "\ndef softmax(z):\n    return z\n"
    (folder / "layers.py").write_text(text + more, encoding="utf-8")
    line = text.count("\n") + 2
    said = f"layers.py:{line}: a second function softmax, which takes the place of the one in line"
    assert message(python="layers.py").startswith(said)


def test_the_command_says_it_in_one_line_with_status_2(folder: Path) -> None:
    (folder / "xcheck.toml").write_text(
        table("karpathy.py").replace("words, tags", "wrods, tags", 1), encoding="utf-8"
    )
    result = xcheck("run", "data", "--python", "karpathy.py", cwd=folder)
    refused(result, "xcheck.toml:2: lossFun takes 'wrods', which is nothing known", "words")
