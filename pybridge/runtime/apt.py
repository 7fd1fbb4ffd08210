"""apt with a private state: reads Debian 11's package lists and fetches packages, without root.

Nothing of the system's apt is changed, and its sources are read only for the mirror's address.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybridge.runtime.model import Notify
from pybridge.runtime.process import RouteError, run

SUITE = "bullseye"
MIRROR = "XCHECK_DEBIAN_MIRROR"
"""Environment variable with another mirror's address, for when the machine's own has no more."""

_ETC = Path("/etc/apt")
_KEYRINGS = tuple(
    Path("/usr/share/keyrings") / f"debian-archive-keyring.{suffix}" for suffix in ("gpg", "pgp")
)

# Read after the system's own configuration (whose proxies and certificates are kept): all that
# could lead out of our folder, switch a check off, or run a hook is set back.
_CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Default-Release;
Dir::State "{folder}/state";
Dir::State::lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::State::extended_states "{folder}/state/extended_states";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/cache/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "{folder}/log";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::Languages "none";
Acquire::Retries "2";
Debug::NoLocking "true";
{sandbox}"""


@dataclass(frozen=True)
class Apt:
    """An apt that knows one release of Debian and no installed package."""

    folder: Path
    mirror: str

    def update(self) -> None:
        """Fetch the package lists; RouteError if the release is not there or not signed."""
        # Without Error-Mode=any a release that cannot be fetched is a warning and exit status 0.
        self._apt("-o", "APT::Update::Error-Mode=any", "-qq", "update", timeout=300)
        if not any((self.folder / "lists").glob(f"*_dists_{SUITE}_InRelease")):
            raise RouteError(f"apt brought no signed release of {SUITE} from {self.mirror}")

    def closure(self, packages: list[str]) -> list[str]:
        """Return the packages and all they depend on."""
        lines = self._apt(
            "-qq", "--no-install-recommends", "-y", "--print-uris", "install", *packages, timeout=60
        )
        # 'address' name_version_architecture.deb size checksum
        names = [line.split()[1].partition("_")[0] for line in lines if line.startswith("'")]
        if not set(packages) <= set(names):
            raise RouteError(f"{self.mirror} has no {' and '.join(packages)} for {SUITE}")
        return sorted(names)

    def download(self, packages: list[str], target: Path) -> list[Path]:
        """Fetch the packages; apt compares each with the checksum in the signed lists."""
        target.mkdir()
        self._apt("-qq", "download", *packages, timeout=1200, cwd=target)
        files = sorted(target.glob("*.deb"))
        if len(files) != len(packages):
            raise RouteError(f"apt brought {len(files)} packages of {len(packages)}")
        return files

    def _apt(self, *words: str, timeout: float, cwd: Path | None = None) -> list[str]:
        command = ["apt-get", "-c", str(self.folder / "apt.conf"), *words]
        return run(command, timeout=timeout, cwd=cwd, env=os.environ | {"LC_ALL": "C.UTF-8"})


def open_apt(folder: Path, notify: Notify) -> Apt:
    """Return an apt with Debian 11's lists, from the first mirror that serves them signed."""
    for tool in ("apt-get", "dpkg", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise RouteError(f"no {tool} here")
    keyring = next((file for file in _KEYRINGS if file.is_file()), None)
    if keyring is None:
        raise RouteError("no keyring of the Debian archive here (debian-archive-keyring)")
    mirrors = [os.environ[MIRROR]] if os.environ.get(MIRROR) else list(debian_mirrors(_ETC))
    if not mirrors:
        raise RouteError(f"apt's sources name no Debian mirror ({MIRROR} can)")
    failure = RouteError("")
    for mirror in mirrors:
        notify(f"Debian 11: reading the package lists of {_without_password(mirror)}")
        apt = Apt(folder, mirror)
        shutil.rmtree(folder, ignore_errors=True)
        _configure(apt, keyring)
        try:
            apt.update()
        except RouteError as error:
            failure = error
        else:
            return apt
    raise failure


def _configure(apt: Apt, keyring: Path) -> None:
    for inner in ("lists/partial", "cache/archives/partial", "state", "log"):
        (apt.folder / inner).mkdir(parents=True)
    (apt.folder / "status").touch()
    architecture = run(["dpkg", "--print-architecture"], timeout=60)[-1]
    options = f"[arch={architecture} target=Packages signed-by={keyring}]"
    source = f"deb {options} {apt.mirror} {SUITE} main\n"
    (apt.folder / "sources.list").write_text(source, encoding="utf-8")
    # As root apt would change to a user of its own, who cannot enter a folder of ours.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sandbox = 'APT::Sandbox::User "root";\n' if root else ""
    text = _CONFIGURATION.format(folder=apt.folder, sandbox=sandbox)
    (apt.folder / "apt.conf").write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Source:
    """One entry of apt's sources."""

    types: tuple[str, ...]
    addresses: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    enabled: bool = True


def debian_mirrors(etc: Path) -> list[str]:
    """Return the addresses in apt's sources that look like mirrors of Debian, likely ones first.

    Looking like one is enough: the keyring decides whether it is.
    """
    found = []
    for source in read_sources(etc):
        suites = [suite for suite in source.suites if "/" not in suite and "-security" not in suite]
        if source.enabled and "deb" in source.types and suites and "main" in source.components:
            found += [address.rstrip("/") for address in source.addresses]
    usable = [address for address in dict.fromkeys(found) if not address.startswith("cdrom:")]
    return sorted(usable, key=lambda address: not address.endswith("/debian"))


def read_sources(etc: Path) -> Iterator[Source]:
    """Read sources.list and sources.list.d, in the one-line and in the deb822 form."""
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    for file in files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # not there, a folder, or not ours to read
        if file.suffix == ".list":
            yield from _one_line(text)
        elif file.suffix == ".sources":
            yield from _deb822(text)


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        entry = re.sub(r"#.*", "", line)
        match = re.match(r"\s*(deb|deb-src)\s+(?:\[[^\]]*\]\s*)?(.*)", entry)
        words = match[2].split() if match else []
        if match and len(words) >= 2:
            yield Source((match[1],), (words[0],), (words[1],), tuple(words[2:]))


def _deb822(text: str) -> Iterator[Source]:
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace() and name:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        words = {key: tuple(value.split()) for key, value in fields.items()}
        if "uris" in words:
            yield Source(
                words.get("types", ()),
                words["uris"],
                words.get("suites", ()),
                words.get("components", ()),
                fields.get("enabled", "yes").lower() not in ("no", "false", "off", "0", "without"),
            )


def _without_password(address: str) -> str:
    return re.sub(r"//[^/@]*@", "//", address)
