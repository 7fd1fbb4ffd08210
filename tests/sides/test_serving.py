import os
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.sides import serving


def test_what_the_worker_prints_goes_to_the_log(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from pybridge.sides import serving;"
        f"serving.leave_the_terminal(Path({str(tmp_path)!r}), os.getppid());"
        "print('python'); sys.stdout.flush(); os.write(1, b'one\\n'); os.write(2, b'two\\n');"
        "assert os.read(0, 1) == b'';"
        "assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input="typed", capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    (log,) = tmp_path.glob("*.log")
    assert log.read_text() == "python\none\ntwo\n"
    assert log.stat().st_mode & 0o777 == 0o600 or os.name == "nt"


def test_each_question_of_a_message_has_its_own_outcome() -> None:
    def broken(text: str) -> None:
        raise RuntimeError(text)

    (one, none), (nothing, problem), (two, _) = serving.each(
        (abs, (-1,)), (broken, ("no",)), (max, (1, 2))
    )
    assert (one, none, nothing, str(problem), two) == (1, None, None, "no", 2)
    with pytest.raises(KeyboardInterrupt):  # which is nobody's answer
        serving.each((interrupted, ()), (abs, (1,)))


def interrupted() -> None:
    raise KeyboardInterrupt
