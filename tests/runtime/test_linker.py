import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.runtime import Runtime
from pybridge.runtime.linker import link
from pybridge.runtime.process import RouteError
from tests.runtime.test_image import where_julia_is

LINKS = ("cc", "gcc", "clang", "ld", "ld.bfd", "ld.lld")
# Everything else that the machine has: apt runs much of it.
OTHERS = tuple(sorted({file.name for file in Path("/usr/bin").iterdir()} - {*LINKS}))
READ = """
import ctypes, sys
ctypes.CDLL(sys.argv[2], ctypes.RTLD_GLOBAL)  # as in a worker
first = ctypes.c_char.in_dll(ctypes.CDLL(sys.argv[1]), "_binary_data_start")
print(ctypes.string_at(ctypes.addressof(first), 6))
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of one object file, which nobody asks for by name."""
    linker, archiver = shutil.which("ld"), shutil.which("ar")
    if linker is None or archiver is None:
        pytest.skip("no binutils here to make an object file with")
    (tmp_path / "data").write_bytes(b"xcheck")
    for command in ([linker, "-r", "-b", "binary", "data", "-o", "data.o"], [archiver, "q"]):
        more = ["data.a", "data.o"] if command[0] == archiver else []
        subprocess.run([*command, *more], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "data.a"


def path_with(folder: Path, *tools: str) -> str:
    """A folder that holds these programs and no other."""
    folder.mkdir()
    for tool in tools:
        found = shutil.which(tool)
        if found is not None:
            (folder / tool).symlink_to(found)
    return str(folder)


@pytest.mark.parametrize("tools", [(*LINKS, "as"), ("ld",), OTHERS])
def test_whatever_links_makes_a_library(
    archive: Path,
    runtime: Runtime,
    tools: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    debians = tools is OTHERS
    if not any(map(shutil.which, ["apt-get"] if debians else tools)):
        pytest.skip("none of them here")
    libjulia = Path(where_julia_is(runtime)[0])
    monkeypatch.setenv("PATH", path_with(tmp_path / "bin", *tools))
    target = tmp_path / "out" / "library.so"
    target.parent.mkdir()
    said: list[str] = []
    link(archive, target, libjulia, said.append)
    assert ("fetching Debian 11's" in "".join(said)) == debians
    assert [file.name for file in target.parent.iterdir()] == ["library.so"]
    # In a process of its own, since it brings libjulia along.
    command = [sys.executable, "-c", READ, str(target), str(libjulia)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "b'xcheck'\n"


def test_where_nothing_links_one_line_says_what_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", path_with(tmp_path / "bin"))
    with pytest.raises(RouteError) as caught:
        link(tmp_path / "a.a", tmp_path / "out.so", tmp_path / "libjulia.so", print)
    assert str(caught.value) == (
        "no C compiler and no linker here (cc, gcc, clang, ld, ld.bfd, ld.lld), and Debian's cannot"
        " be had: no apt-get here"
    )
