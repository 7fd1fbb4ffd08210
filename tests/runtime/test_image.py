import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge import shipped
from pybridge.errors import InputError
from pybridge.runtime import Runtime, image, make_image, obtain, with_image
from pybridge.runtime.home import building, locked, whole
from pybridge.runtime.process import RouteError
from pybridge.sides import Task
from pybridge.sides.julia import JuliaSide
from tests.making import FIXED, a_case, answered, setup
from tests.runtime.conftest import script

LIBRARY = shipped.library()


@pytest.fixture
def julia(tmp_path: Path) -> Runtime:
    """A Julia that is none, but has an executable."""
    executable = script(tmp_path / "julia", "")
    return Runtime(executable, "1.5.3", "--julia-exe", "", "0.9.24", tmp_path, Path("bridge-1"))


def plant(runtime: Runtime, library: Path, content: bytes = b"no image") -> Path:
    """Put a file in the place of the image."""
    folder = image.place(runtime, library)
    with locked(print), building(folder, {}) as stage:
        (stage / "xcheck.so").write_bytes(content)
        (stage / "julia.json").write_text('{"lib": "julia", "bindir": "."}', encoding="utf-8")
    return folder


def copy_of_the_library(folder: Path) -> Path:
    shutil.copytree(LIBRARY.parent, folder / "copy")
    return folder / "copy" / LIBRARY.name


def test_an_image_that_is_there_is_used(own_home: Path, julia: Runtime) -> None:
    assert with_image(julia, LIBRARY).image is None
    folder = plant(julia, LIBRARY)
    found = with_image(julia, LIBRARY).image
    assert found is not None
    assert found.file == folder / "xcheck.so"
    assert found.file.is_relative_to(own_home)
    assert found.libjulia == julia.executable


def test_one_that_does_not_fit_is_not(own_home: Path, julia: Runtime, tmp_path: Path) -> None:
    library = copy_of_the_library(tmp_path)
    plant(julia, library)
    assert with_image(julia, library).image is not None
    for other in (
        replace(julia, version="1.5.4"),
        replace(julia, juliacall="0.9.25"),
        replace(julia, bridge=Path("bridge-2")),
        replace(julia, executable=script(tmp_path / "other", "")),
    ):
        assert with_image(other, library).image is None
    with (library.parent / "fixed.jl").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert with_image(julia, library).image is not None, "the user's file is not in the image"
    with (library.parent / "Findings.jl").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert with_image(julia, library).image is None


def test_a_julia_built_anew_in_its_place(own_home: Path, julia: Runtime) -> None:
    plant(julia, LIBRARY)
    script(julia.executable, "true")
    assert with_image(julia, LIBRARY).image is None


def test_half_an_image_is_none(own_home: Path, julia: Runtime) -> None:
    folder = plant(julia, LIBRARY)
    (folder / "xcheck.so").write_bytes(b"no")
    assert with_image(julia, LIBRARY).image is None


def test_the_files_that_are_included_count() -> None:
    names = [file.name for file in image.sources(LIBRARY)]
    assert names[0] == "XCheck.jl"
    assert {"Findings.jl", "Loading.jl", "Referee.jl"} <= set(names)
    assert not {"fixed.jl", "original.jl", "runtests.jl"} & set(names)


def test_a_failed_build_leaves_nothing_and_says_what_to_do(
    own_home: Path, julia: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RouteError("no such luck")

    monkeypatch.setattr(image, "_rehearse", fails)
    with pytest.raises(InputError, match=r"no such luck; mend that and run `xcheck julia compile`"):
        make_image(julia, LIBRARY, print)
    assert list((own_home / "private-julia").iterdir()) == []


def test_sources_changed_meanwhile(
    own_home: Path, julia: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = copy_of_the_library(tmp_path)

    def links(archive: Path, target: Path, *_: object) -> None:
        target.write_bytes(b"an image")
        with library.open("a", encoding="utf-8") as file:
            file.write("\n")

    def runs(command: list[str | Path], **_: object) -> list[str]:
        for word in map(str, command):
            if word.startswith("--output-o="):
                Path(word.removeprefix("--output-o=")).touch()
        return ["/lib/libjulia.so", "/bin", "/lib/sys.so"]

    def rehearses(_: Runtime, __: Path, more: dict[str, str] | None = None) -> None:
        for file in (more or {}).values():
            Path(file).touch()

    monkeypatch.setattr(image, "_rehearse", rehearses)
    monkeypatch.setattr(image, "run", runs)
    monkeypatch.setattr(image, "link", links)
    with pytest.raises(InputError, match="was changed meanwhile"):
        make_image(julia, library, print)
    assert list((own_home / "private-julia").iterdir()) == []


def test_elsewhere_than_on_linux_none_is_made(
    own_home: Path, julia: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(InputError, match="Linux alone"):
        make_image(julia, LIBRARY, print)


def test_who_runs_without_one_at_a_terminal_is_told_how_to_get_it(
    julia: Runtime, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[obtain.__module__], "find", lambda _: julia)
    said: list[str] = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert obtain(said.append) == julia
    assert said == []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert obtain(said.append) == julia
    assert len(said) == 1
    assert "`xcheck julia compile`" in said[0]
    plant(julia, LIBRARY)
    obtain(said.append)
    assert len(said) == 1


def test_an_image_that_does_not_start_is_left_aside(
    runtime: Runtime, own_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = image.place(runtime, LIBRARY)
    with locked(print), building(folder, {}) as stage:
        (stage / "xcheck.so").write_bytes(b"no image")
        lib, bindir = where_julia_is(runtime)
        text = f'{{"lib": "{lib}", "bindir": "{bindir}"}}'
        (stage / "julia.json").write_text(text, encoding="utf-8")
    assert with_image(runtime, LIBRARY).image is not None
    with JuliaSide.start(setup(runtime, FIXED)) as side:
        assert side.setup.runtime.image is None
        answered(side.submit(Task(a_case("a b"))).result())
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert "the system image does not start (" in said[0]
    assert "`xcheck julia compile`" in said[0]


def where_julia_is(runtime: Runtime) -> list[str]:
    code = 'import Libdl; print(Libdl.dlpath("libjulia"), "\\n", Sys.BINDIR)'
    command = [str(runtime.executable), "--startup-file=no", "-e", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.strip() for line in done.stdout.splitlines()]


# ---------------------------------------------------------------------------------------------
# A real one: it takes two minutes, unless `xcheck julia compile` has been run before


@pytest.fixture(scope="module")
def said(runtime: Runtime) -> tuple[str, ...]:
    """What was said while the image was built; nothing where there was one."""
    if not image.is_possible():
        pytest.skip("images are made on Linux alone")
    lines: list[str] = []
    make_image(runtime, LIBRARY, lines.append)
    return tuple(lines)


def test_a_build_leaves_an_image_and_nothing_else(runtime: Runtime, said: tuple[str, ...]) -> None:
    place = image.place(runtime, LIBRARY)
    assert [*place.parent.glob("*image*")] == [place]
    assert whole(place)
    assert {file.name for file in place.iterdir()} == {
        "xcheck.so",
        "julia.json",
        "xcheck-stamp.json",
    }
    assert sum(line.startswith("system image") for line in said) in (0, 3)
    again: list[str] = []
    make_image(runtime, LIBRARY, again.append)
    assert again == [], "what is there is not built again"


def test_a_side_on_the_image_answers_as_one_without(
    runtime: Runtime,
    said: tuple[str, ...],
    tmp_path: Path,
) -> None:
    # The user's file is read anew in every start, whatever was rehearsed with.
    doubled = tmp_path / "doubled.jl"
    text = FIXED.read_text(encoding="utf-8").replace("return cost;", "return 2 * cost;")
    doubled.write_text(text, encoding="utf-8")
    task = Task(a_case())
    library = copy_of_the_library(tmp_path)
    library.write_text(f"{library.read_text()}# of which there is no image\n")
    with JuliaSide.start(replace(setup(runtime, FIXED), library=library)) as side:
        assert side.setup.runtime.image is None
        plain = answered(side.submit(task).result()).run
    for file, factor in ((FIXED, 1), (doubled, 2)):
        with JuliaSide.start(setup(runtime, file)) as side:
            assert side.setup.runtime.image is not None
            run = answered(side.submit(task).result()).run
        for name, array in plain.results.items():
            expected = array * (factor if name == "cost" else 1)
            np.testing.assert_allclose(run.results[name], expected, rtol=1e-14)
        for name, array in plain.gradients.items():
            np.testing.assert_allclose(run.gradients[name], array, rtol=1e-13, atol=1e-15)
