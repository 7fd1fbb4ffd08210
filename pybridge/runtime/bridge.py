"""The private bridge: juliacall 0.9.24 in both halves, for a Julia older than 1.10.

0.9.24 is the last juliacall whose Julia half loads on Julia 1.5 (0.9.26 and later ask for 1.9,
then 1.10). Its sdist carries the Python half (`pysrc/juliacall`) and the Julia half (`src`,
the package PythonCall). The packages that PythonCall imports come from `stand_ins/julia`.

    bridge-0.9.24-<digest>/
        packages/   goes into JULIA_LOAD_PATH: PythonCall and the stand-ins
            PythonCall/pysrc/   goes to the front of sys.path: juliacall, and a juliapkg of two
                                functions. It lies where PythonCall looks for it. A few lines
                                are back-ports from later versions
        project/    an empty Julia project

`packages` is what Julia's manual calls a package directory: each package's own Project.toml says
its UUID and dependencies. So there is no Manifest, no absolute path and nothing to resolve, and
the folder serves any Julia version and can be moved.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
import tarfile
from pathlib import Path

from pybridge.runtime.home import building, private, whole
from pybridge.runtime.model import Notify
from pybridge.runtime.process import RouteError, run

VERSION = "0.9.24"
SHA256 = "31bed223489b535e4e8db46bfff4596350c24f757b9c2d17296c07397f75948b"

_STAND_INS = Path(__file__).with_name("stand_ins")
_WANTED = ("src/", "pysrc/juliacall/", "Project.toml", "LICENSE")

_PYTHON, _CONTEXT = "pysrc/juliacall/__init__.py", "src/C/context.jl"
_HANDLE = "__JULIA_PYTHONCALL_EMBEDDED_LIBPTR__"
# What a system image needs, by the names that juliacall 0.9.35 gave it. With PythonCall in the
# image Julia's start runs its __init__, which has to know of Python by then: from the environment,
# since nobody can have set a Julia variable yet. And an option to record what is compiled, and one
# to say where Julia's library is.
# And precompile statements, see stand_ins/julia/PythonCall.
_BACKPORTS = (
    (
        _PYTHON,
        "    CONFIG['opt_compiled_modules']",
        "    CONFIG['opt_trace_compile'] = option('trace_compile')[0]\n"
        "    CONFIG['opt_compiled_modules']",
    ),
    (
        _PYTHON,
        "    libpath, default_bindir = subprocess.run(",
        "    libpath, default_bindir = path_option('lib', check_exists=True)[0], bindir\n"
        "    if libpath is None or bindir is None:\n"
        "        libpath, default_bindir = subprocess.run(",
    ),
    (
        _PYTHON,
        "    # initialise julia\n",
        "    os.environ['JULIA_PYTHONCALL_EXE'] = sys.executable or ''\n"
        f"    os.environ['{_HANDLE}'] = hex(c.pythonapi._handle)\n",
    ),
    (
        _PYTHON,
        "    CONFIG['inited'] = True\n",
        f"    os.environ.pop('{_HANDLE}')  # not for other Julias that are started from here\n"
        "    CONFIG['inited'] = True\n",
    ),
    (_CONTEXT, "hasproperty(Base.Main, :__PythonCall_libptr)", f'haskey(ENV, "{_HANDLE}")'),
    (
        _CONTEXT,
        "Base.Main.__PythonCall_libptr::Ptr{Cvoid}",
        f'Ptr{{Cvoid}}(parse(UInt, ENV["{_HANDLE}"]))',
    ),
    (
        "src/PythonCall.jl",
        "# not API but used in tests\n",
        'include("precompile.jl")\n\n# not API but used in tests\n',
    ),
)


def python_half(bridge: Path) -> Path:
    """Return the folder that goes to the front of sys.path."""
    return bridge / "packages" / "PythonCall" / "pysrc"


def julia_half(bridge: Path) -> Path:
    """Return the folder that goes into JULIA_LOAD_PATH."""
    return bridge / "packages"


def project(bridge: Path) -> Path:
    """Return the project that is active in Julia."""
    return bridge / "project"


def place() -> Path:
    """Return where the bridge of this version of xcheck belongs, there or not.

    The name follows the stand-ins and the back-ports: who changes one gets another bridge.
    """
    digest = hashlib.sha256(repr(_BACKPORTS).encode())
    for file in sorted(_STAND_INS.rglob("*")):
        if file.is_file() and file.suffix in (".jl", ".toml", ".py"):
            digest.update(file.relative_to(_STAND_INS).as_posix().encode() + b"\0")
            digest.update(file.read_bytes())
    return private() / f"bridge-{VERSION}-{digest.hexdigest()[:8]}"


def ensure(notify: Notify) -> Path:
    """Return the bridge, made if it is not there whole. Call it with the home locked."""
    final = place()
    if whole(final):
        return final
    with building(final, {"juliacall": VERSION}) as stage:
        notify(f"juliacall {VERSION}: fetching its source with pip")
        archive = fetch(stage / "download")
        verify(archive)
        unpack(archive, stage)
        back_port(stage)
        shutil.rmtree(stage / "download")
        shutil.copytree(_STAND_INS / "julia", julia_half(stage), dirs_exist_ok=True)
        shutil.copy(_STAND_INS / "python" / "juliapkg.py", python_half(stage))
        project(stage).mkdir()
        (project(stage) / "Project.toml").touch()
    return final


def fetch(folder: Path) -> Path:
    """Let pip fetch the sdist: it knows the user's index, proxy and certificates."""
    if importlib.util.find_spec("pip") is None:
        raise RouteError(f"no pip in {sys.prefix} to fetch juliacall {VERSION} with")
    folder.mkdir()
    wish = folder / "wish.txt"
    # With the hash in the wish pip refuses another archive before it runs its build backend.
    wish.write_text(f"juliacall=={VERSION} --hash=sha256:{SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    how = ["--no-deps", "--no-binary", "juliacall", "--dest", str(folder), "--requirement"]
    run([*pip, *how, wish], timeout=300)
    archives = sorted(folder.glob("*.tar.gz"))
    if len(archives) != 1:
        raise RouteError(f"pip brought {len(archives)} archives of juliacall {VERSION}, not 1")
    return archives[0]


def verify(archive: Path) -> None:
    """Compare the archive's SHA-256 with the pinned one."""
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise RouteError(f"{archive.name} has the SHA-256 {found}, not {SHA256}")


def back_port(stage: Path) -> None:
    """Edit what later versions have otherwise, see _BACKPORTS; RouteError where it is not found."""
    for name, old, new in _BACKPORTS:
        file = julia_half(stage) / "PythonCall" / name
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise RouteError(f"juliacall's {name} holds {old!r} {text.count(old)} times, not once")
        file.write_text(text.replace(old, new), encoding="utf-8")


def unpack(archive: Path, stage: Path) -> None:
    """Take the two halves, and no other file, out of the sdist."""
    target = julia_half(stage) / "PythonCall"
    try:
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                name = member.name.partition("/")[2]  # without juliacall-0.9.24/
                if not (member.isreg() and name.startswith(_WANTED)):
                    continue
                # Not tar.extract: its filters came with Python 3.11.4, and Debian 12 has 3.11.2.
                content = tar.extractfile(member)
                if content is None or ".." in Path(name).parts:
                    raise RouteError(f"{archive.name} has an odd member, {member.name}")
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read())
    except (tarfile.TarError, OSError, EOFError) as error:
        raise RouteError(f"{archive.name} cannot be unpacked ({error})") from None
    for needed in ("pysrc/juliacall/__init__.py", "src/PythonCall.jl"):
        if not (target / needed).is_file():
            raise RouteError(f"{archive.name} has no {needed}")
