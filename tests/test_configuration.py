from pathlib import Path

import pytest

from pybridge import shipped
from pybridge.configuration import (
    DEFAULTS,
    Configuration,
    configuration_file,
    read_settings,
)
from pybridge.errors import InputError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "xcheck.toml"


def test_every_key_is_read(file: Path) -> None:
    file.write_text(
        """
        [[configuration]]
        name = "all"
        hidden = 3
        scale = 0.25
        random_biases = false
        random_h_prev = false
        one_tag = true
        seed = 9
        """
    )
    expected = Configuration("all", 3, 0.25, False, False, True, 9)
    assert read_settings(file).configurations == (expected,)


def test_a_name_is_enough_and_the_order_is_kept(file: Path) -> None:
    file.write_text('[[configuration]]\nname = "b"\n[[configuration]]\nname = "a"\n')
    assert read_settings(file).configurations == (Configuration("b"), Configuration("a"))


@pytest.mark.parametrize(("text", "scale"), [('"fan-in"', None), ("2", 2.0), ("1e-3", 1e-3)])
def test_the_scale_is_a_number_or_the_fan_in(file: Path, text: str, scale: float | None) -> None:
    file.write_text(f'[[configuration]]\nname = "a"\nscale = {text}\n')
    assert read_settings(file).configurations[0].scale == scale


def test_a_bom_and_crlf_do_not_matter(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbf[[configuration]]\r\nname = "a"\r\nhidden = 2\r\n')
    assert read_settings(file).configurations == (Configuration("a", hidden=2),)


HEAD = '[[configuration]]\nname = "first"\n\n[[configuration]]\n'


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", None, "has no [[configuration]] table"),
        ('[configuration]\nname = "a"\n', None, "has no [[configuration]] table"),
        ('configuration = ["a"]\n', None, "has no [[configuration]] table"),
        ("[[configuration]]\nname = \n", 2, "is not TOML"),
        ('[[configuration]]\nname = "a\n', 2, "is not TOML"),
        ("hidden = 3\n", 1, "unknown key 'hidden'"),
        ('[[configuration]]\nname = "a"\n[other]\nx = 1\n', 3, "unknown key 'other'"),
        (HEAD, 4, "a configuration has no name"),
        (HEAD + 'name = "first"\n', 5, "two configurations are called 'first'"),
        (HEAD + 'name = ""\n', 5, "name = '' is not a text"),
        (HEAD + "name = 3\n", 5, "name = 3 is not a text"),
        (HEAD + 'name = "b"\nhiden = 3\n', 6, "unknown key 'hiden'"),
        (HEAD + 'name = "b"\nhidden = 0\n', 6, "hidden = 0 is not a whole number from 1"),
        (HEAD + 'name = "b"\nhidden = 2.0\n', 6, "hidden = 2.0 is not a whole number"),
        (HEAD + 'name = "b"\nhidden = true\n', 6, "hidden = True is not a whole number"),
        (HEAD + 'name = "b"\nhidden = "2"\n', 6, "hidden = '2' is not a whole number"),
        (HEAD + 'name = "b"\nseed = -1\n', 6, "seed = -1 is not a whole number from 0"),
        (HEAD + 'name = "b"\nscale = 0\n', 6, "scale = 0 is not a number above 0"),
        (HEAD + 'name = "b"\nscale = -0.1\n', 6, "scale = -0.1 is not a number above 0"),
        (HEAD + 'name = "b"\nscale = nan\n', 6, "scale = nan is not a number above 0"),
        (HEAD + 'name = "b"\nscale = inf\n', 6, "scale = inf is not a number above 0"),
        (HEAD + 'name = "b"\nscale = true\n', 6, "scale = True is not a number above 0"),
        (HEAD + 'name = "b"\nscale = "fan in"\n', 6, "scale = 'fan in' is not a number above 0"),
        (HEAD + 'name = "b"\nscale = []\n', 6, "scale = [] is not a number above 0"),
        (HEAD + 'name = "b"\none_tag = 1\n', 6, "one_tag = 1 is not true or false"),
        (HEAD + 'name = "b"\nrandom_h_prev = "no"\n', 6, "is not true or false"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    file: Path, text: str, line: int | None, problem: str
) -> None:
    file.write_text(text)
    with pytest.raises(InputError) as raised:
        read_settings(file)
    message = str(raised.value)
    assert message.startswith(f"{file}: " if line is None else f"{file}:{line}: ")
    assert problem in message
    assert "; " in message  # what to do
    assert "\n" not in message
    assert raised.value.line == line


def test_what_is_not_utf8_and_what_cannot_be_read(file: Path) -> None:
    file.write_bytes(b'[[configuration]]\nname = "\xff"\n')
    with pytest.raises(InputError, match="is not UTF-8; save it as UTF-8"):
        read_settings(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(file)


def test_the_file_stands_in_the_folder_or_beside_the_file(file: Path) -> None:
    sentences = file.parent / "a.tagged"
    assert configuration_file(file.parent) is None
    assert configuration_file(sentences) is None
    file.write_text(HEAD)
    sentences.write_text("a/DET\n")
    assert configuration_file(file.parent) == file
    assert configuration_file(sentences) == file


def shows_a_fault(configuration: Configuration) -> bool:
    """What the design asks of the configuration under which faults are to show."""
    return (
        configuration.hidden > 1
        and configuration.scale is None
        and configuration.random_biases
        and configuration.random_h_prev
        and not configuration.one_tag
    )


@pytest.mark.parametrize("fixtures", [False, True], ids=["defaults", "fixtures"])
def test_there_is_a_posted_and_a_telling_one(fixtures: bool) -> None:
    file = shipped.ROOT / "fixtures" / "xcheck.toml"
    found = {c.name: c for c in (read_settings(file).configurations if fixtures else DEFAULTS)}
    posted = found["posted"]
    assert posted.scale == 0.01
    assert not posted.random_biases
    assert not posted.random_h_prev
    assert shows_a_fault(found["telling"])
    assert not shows_a_fault(posted)
