"""pytest plugin: `pytest --xcheck fixtures` makes a test item of every case.

It works in any project: the taggers and the gradient check are named by options or in the ini file.
Julia starts once a session, when the first selected item or fixture needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # numpy and all that only where --xcheck or the fixture is used
    from pybridge.case import Case
    from pybridge.running import Plan, Session
    from pybridge.sides.julia import JuliaSide

INI = {
    "xcheck_julia": "the Julia tagger file of --xcheck and of the fixture julia_tagger",
    "xcheck_python": "the Python tagger of --xcheck: a file, or the name of a module",
}
SESSION: pytest.StashKey[Lazy] = pytest.StashKey()


class Lazy:
    """The session of a whole pytest run: planned at once, started when it is needed."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.stack = ExitStack()
        self.session: Session | None = None
        self._plan: Plan | None = None

    @property
    def plan(self) -> Plan:
        """Everything that can be known before Julia starts."""
        from pybridge.running import Request, plan

        if self._plan is None:
            paths = self.config.getoption("xcheck") or ["fixtures"]
            julia = setting(self.config, "xcheck_julia")
            self._plan = plan(
                Request(
                    paths=tuple(map(Path, paths)),
                    julia=Path(julia) if julia else None,
                    python=setting(self.config, "xcheck_python"),
                    jobs=1,  # one case after the other, as pytest has it
                )
            )
        return self._plan

    def start(self) -> Session:
        """The session, which lasts until pytest ends."""
        from pybridge.running import start

        if self.session is None:
            self.session = self.stack.enter_context(start(self.plan, lambda _: None))
        return self.session


class CaseItem(pytest.Item):
    """One sentence under one configuration."""

    def __init__(self, *, case: Case, lazy: Lazy, **more: Any) -> None:
        super().__init__(**more)
        self.case, self.lazy = case, lazy

    def runtest(self) -> None:
        """Check the case; a case that is not right fails, and names the line."""
        from pybridge.checking import check_cases
        from pybridge.failing import failing
        from pybridge.gradcheck.methods import COMPLEX
        from pybridge.report import json
        from pybridge.report.tables import details
        from pybridge.report.trace import lines
        from pybridge.telling import tell
        from pybridge.verdict import Kind

        session = self.lazy.start()
        (result,) = check_cases([self.case], session.python, session.julia, method=COMPLEX)
        self.add_report_section("call", "xcheck", f"{result.verdict.kind}: {result.verdict.rule}")
        if result.verdict.kind is Kind.BOTH_RIGHT:
            return
        found = failing(result)
        known = [] if found is None else [found]
        told = [line for story in tell(session, known) for line in lines(story)]
        raise NotRightError(
            "\n".join(
                [
                    f"{result.verdict.kind}: {result.verdict.rule}",
                    *details(json.case(result)),
                    *told,
                ]
            )
        )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report of the case alone, and no traceback through xcheck."""
        if isinstance(excinfo.value, NotRightError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File and line of the sentence."""
        return self.path, self.case.sentence.line - 1, self.name


class NotRightError(Exception):
    """A case that is not both right; the text is its report."""


class Cases(pytest.Collector):
    """All cases of --xcheck."""

    def __init__(self, *, lazy: Lazy, **more: Any) -> None:
        super().__init__(**more)
        self.lazy = lazy

    def collect(self) -> Iterator[CaseItem]:
        """One item a case."""
        for case in self.lazy.plan.cases():
            yield CaseItem.from_parent(self, name=case.name, case=case, lazy=self.lazy)


def setting(config: pytest.Config, name: str) -> str | None:
    """An option, or the line of the ini file; None leaves it to xcheck.toml and the defaults."""
    given = config.getoption(name) or config.getini(name)
    return str(given) if given else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and the lines of the ini file."""
    group = parser.getgroup("xcheck", "cases of a Julia tagger and its Python port")
    group.addoption(
        "--xcheck", action="append", metavar="PATH", help="check every case of these sentences"
    )
    for name, what in INI.items():
        group.addoption(f"--{name.replace('_', '-')}", dest=name, metavar="FILE", help=what)
        parser.addini(name, what, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make the session, not started."""
    config.stash[SESSION] = Lazy(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End Julia, if it runs."""
    lazy = config.stash.get(SESSION, None)
    if lazy is not None:
        lazy.stack.close()


@pytest.hookimpl(tryfirst=True)  # before -k and -m choose among the items
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the cases to whatever else was collected."""
    if config.getoption("xcheck"):
        from pybridge.errors import InputError

        lazy = config.stash[SESSION]
        try:
            lazy.plan  # noqa: B018  # bad input ends the session here, with its own line
        except InputError as e:
            raise pytest.UsageError(str(e)) from e
        cases = Cases.from_parent(session, name="xcheck", lazy=lazy)
        report = session.ihook.pytest_make_collect_report(collector=cases)
        session.ihook.pytest_collectreport(report=report)  # so that pytest counts them as well
        items.extend(report.result)


@pytest.fixture(scope="session")
def julia_tagger(request: pytest.FixtureRequest) -> JuliaSide:
    """The Julia side of this session, with the tagger file that `xcheck_julia` names."""
    return request.config.stash[SESSION].start().julia
