"""`xcheck gradcheck` through the command line."""

from __future__ import annotations

from tests.cli_support import xcheck
from tests.making import GRADIENTS, ORIGINAL

ONE = ("-k", "notes.conllu:3 telling")


def rows(text: str) -> dict[str, str]:
    """The lines of the table by the gradient they are about."""
    named = {name: line for line in text.splitlines() for name in line.split()}
    return {name: named[name] for name in GRADIENTS}


def test_the_port_alone_needs_no_julia() -> None:
    result = xcheck("gradcheck", "fixtures", "--side", "python", *ONE, XCHECK_JULIA="/none")
    assert result.status == 0, result
    found = rows(result.out)
    assert tuple(found) == GRADIENTS
    assert all(" passed " in line and " 1 of 1 " in line for line in found.values())
    assert 'dWxh["' in found["dWxh"]
    assert result.out.splitlines()[0].split()[:4] == [
        "side",
        "configuration",
        "gradient",
        "verdict",
    ]


def test_julia_is_named_where_it_is_wrong() -> None:
    result = xcheck("gradcheck", "fixtures", "--side", "julia", "--julia", ORIGINAL, *ONE)
    assert result.status == 1, result
    found = rows(result.out)
    wrong = {name for name, line in found.items() if " failed " in line}
    assert wrong == {"dWxh", "dWhh", "dBh"}


def test_what_is_not_exercised_is_said_and_is_no_failure() -> None:
    result = xcheck("gradcheck", "fixtures", "--side", "python", "-k", "one tag", "--limit", "2")
    assert result.status == 0, result
    assert all(
        " not exercised " in line and " 0 of 2 " in line for line in rows(result.out).values()
    )


def test_the_question_s_check_and_what_is_true_of_it() -> None:
    result = xcheck(
        "gradcheck",
        "fixtures",
        "--side",
        "python",
        "--method",
        "posted",
        "-k",
        "travel.tsv:61 posted",
    )
    assert result.status == 1, result  # a false alarm fails, as posted
    lines = result.out.splitlines()
    assert len(lines) == 2 * len(GRADIENTS) + 1
    alarms = [line for line in lines if "a false alarm" in line]
    assert any("dWhh[5, 1]" in line for line in alarms)  # how many more is a matter of rounding
    assert all("Gradient check failed." in line for line in alarms)
    assert lines[-1].endswith(f"{len(alarms)} mislead, {len(alarms)} fail")


def test_nothing_misleads_under_telling_weights() -> None:
    result = xcheck("gradcheck", "fixtures", "--side", "python", "--method", "posted", *ONE)
    assert result.status == 0, result
    assert result.out.splitlines()[-1].endswith("0 mislead, 0 fail")


def test_exhaustive_takes_every_entry() -> None:
    quick, thorough = (
        xcheck("gradcheck", "fixtures", "--side", "python", "--hidden", "20", *ONE, *more)
        for more in ((), ("--exhaustive",))
    )
    assert (quick.status, thorough.status) == (0, 0)
    passes = [int(rows(result.out)["dWhh"].split()[-1]) for result in (quick, thorough)]
    assert passes == [2, 2 + 400]


def test_float32() -> None:
    result = xcheck("gradcheck", "fixtures", "--side", "python", "--dtype", "float32", *ONE)
    assert result.status == 0, result
    assert all(" passed " in line for line in rows(result.out).values())


def test_a_missing_path_is_one_line() -> None:
    result = xcheck("gradcheck", "nowhere")
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert "nowhere" in result.err
