import shutil
import subprocess
from pathlib import Path

import pytest

from pybridge.runtime import apt
from pybridge.runtime.process import RouteError

# No address in these tests exists; those of the one real mirror come from the machine.
ONE_LINE = {
    "deb http://m.test/debian bookworm main": ["http://m.test/debian"],
    "deb http://m.test/debian/ bookworm main contrib": ["http://m.test/debian"],
    "  deb   https://m.test:8080/a/b   stable   main   # a comment": ["https://m.test:8080/a/b"],
    "deb [signed-by=/k.gpg arch=amd64] http://m.test/debian sid main": ["http://m.test/debian"],
    "deb [ trusted=yes ] file:///srv/debian sid main": ["file:///srv/debian"],
    "# deb http://m.test/debian bookworm main": [],
    "deb-src http://m.test/debian bookworm main": [],
    "deb http://m.test/debian-security bookworm-security main": [],
    "deb cdrom:[Debian]/ bookworm main": [],
    "deb http://m.test/tools nodistro-main other": [],
    "deb http://m.test/flat ./": [],
    "deb": [],
    "": [],
}
DEB822 = {
    "Types: deb\nURIs: http://m.test/debian\nSuites: bookworm bookworm-updates\nComponents: main": [
        "http://m.test/debian"
    ],
    "types: deb deb-src\nuris: http://m.test/debian/\nsuites: sid\ncomponents: contrib main": [
        "http://m.test/debian"
    ],
    "Types: deb\n# why\nURIs: http://a.test/x http://b.test/debian\nSuites: sid\n"
    "Components: main": [
        "http://b.test/debian",
        "http://a.test/x",
    ],
    "Types: deb\nURIs:\n http://a.test/debian\n http://b.test/debian\nSuites: sid\n"
    "Components:\n main": [
        "http://a.test/debian",
        "http://b.test/debian",
    ],
    "Enabled: no\nTypes: deb\nURIs: http://m.test/debian\nSuites: sid\nComponents: main": [],
    "Types: deb-src\nURIs: http://m.test/debian\nSuites: sid\nComponents: main": [],
    "Types: deb\nURIs: http://m.test/s\nSuites: bookworm-security\nComponents: main": [],
    "Types: deb\nURIs: http://m.test/other\nSuites: ./": [],
    "Types: deb\nURIs: http://a.test/debian\nSuites: sid\nComponents: main\n \n"
    "\nTypes: deb\nURIs: http://b.test/debian\nSuites: sid\nComponents: main": [
        "http://a.test/debian",
        "http://b.test/debian",
    ],
    "\n\nno field here\n": [],
}


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


@pytest.mark.parametrize(("text", "mirrors"), ONE_LINE.items())
@pytest.mark.parametrize("name", ["sources.list", "sources.list.d/debian.list"])
def test_one_line_sources(etc: Path, name: str, text: str, mirrors: list[str]) -> None:
    (etc / name).write_text(text + "\n")
    assert apt.debian_mirrors(etc) == mirrors


@pytest.mark.parametrize(("text", "mirrors"), DEB822.items())
def test_deb822_sources(etc: Path, text: str, mirrors: list[str]) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(text + "\n")
    assert apt.debian_mirrors(etc) == mirrors


def test_all_files_count_once_and_likely_mirrors_come_first(etc: Path) -> None:
    (etc / "sources.list").write_text(
        "deb http://tools.test/apt bookworm main\ndeb http://m.test/debian bookworm main\n"
    )
    (etc / "sources.list.d" / "a.list").write_text("deb http://m.test/debian/ sid main\n")
    (etc / "sources.list.d" / "b.save").write_text("deb http://old.test/debian sid main\n")
    (etc / "sources.list.d" / "c.list").mkdir()
    assert apt.debian_mirrors(etc) == ["http://m.test/debian", "http://tools.test/apt"]


def test_no_sources_at_all(tmp_path: Path) -> None:
    assert apt.debian_mirrors(tmp_path) == []


def test_a_password_is_not_shown() -> None:
    assert apt._without_password("https://me:secret@m.test/debian") == "https://m.test/debian"


needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt here")


@needs_apt
def test_lists_signed_with_another_key_are_refused(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = tmp_path / "empty.gpg"
    keyring.touch()
    monkeypatch.setattr(apt, "_KEYRINGS", (keyring,))
    with pytest.raises(RouteError, match=r"not signed|NO_PUBKEY|couldn't be verified"):
        apt.open_apt(tmp_path / "apt", print)


@needs_apt
def test_lists_that_nobody_signed_are_refused(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = tmp_path / "debian" / "dists" / apt.SUITE
    release.mkdir(parents=True)
    (release / "Release").write_text(f"Suite: {apt.SUITE}\nCodename: {apt.SUITE}\n")
    monkeypatch.setenv(apt.MIRROR, f"file://{tmp_path}/debian")
    with pytest.raises(RouteError, match="is not signed"):
        apt.open_apt(tmp_path / "apt", print)


@needs_apt
def test_a_mirror_that_does_not_answer_is_a_failure(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # apt-get update alone would warn and exit with 0.
    monkeypatch.setenv(apt.MIRROR, f"file://{tmp_path}/nothing/debian")
    with pytest.raises(RouteError, match=r"nothing/debian"):
        apt.open_apt(tmp_path / "apt", print)


@needs_apt
def test_the_next_mirror_is_tried(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors = [f"file://{tmp_path}/{name}/debian" for name in "ab"]
    monkeypatch.setattr(apt, "debian_mirrors", lambda _: mirrors)
    said: list[str] = []
    with pytest.raises(RouteError, match=r"/b/debian"):
        apt.open_apt(tmp_path / "apt", said.append)
    assert [line.rpartition(" ")[2] for line in said] == mirrors


@needs_apt
def test_the_systems_configuration_cannot_lead_out(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = apt.Apt(tmp_path / "apt", "http://m.test/debian")
    apt._configure(own, tmp_path / "keyring.gpg")
    system = tmp_path / "system.conf"
    system.write_text(
        'APT::Update::Post-Invoke { "rm -rf /var/cache/apt"; };\n'
        'APT::Get::AllowUnauthenticated "true";\nAcquire::AllowInsecureRepositories "true";\n'
        'APT::Default-Release "bookworm";\nDir::Cache::archives "/var/cache/elsewhere";\n'
        'Acquire::http::Proxy "http://proxy.test:1";\n'
    )
    dump = subprocess.run(
        ["apt-config", "-c", str(own.folder / "apt.conf"), "dump"],
        env={"APT_CONFIG": str(system), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "rm -rf" not in dump
    assert '"bookworm"' not in dump
    assert 'APT::Get::AllowUnauthenticated "false"' in dump
    assert 'Acquire::AllowInsecureRepositories "false"' in dump
    assert f'Dir::Cache::archives "{own.folder}/cache/archives"' in dump
    assert 'Acquire::http::Proxy "http://proxy.test:1"' in dump, "a proxy has to stay"


def test_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RouteError, match="no apt-get here"):
        apt.open_apt(tmp_path / "apt", print)


@needs_apt
def test_without_debians_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "_KEYRINGS", (tmp_path / "none.gpg",))
    with pytest.raises(RouteError, match="no keyring"):
        apt.open_apt(tmp_path / "apt", print)
