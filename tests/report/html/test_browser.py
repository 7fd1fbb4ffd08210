"""The page in headless Chromium: no error in the console, the filter works, text is text.

Needs playwright (`pip install '.[browser]'`) and a Chromium (Debian: `apt-get install chromium`),
on the PATH or named by CHROMIUM. Where one is missing the test is skipped and says which.
"""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pybridge.report.html import page
from pybridge.report.json import Document
from tests.report.runs import HARD, SCRIPT, a_run

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
# So that it asks nobody for anything: it runs as root here, and without a network.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: pip install '.[browser]'"
)
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium: apt-get install chromium, or set CHROMIUM"
)
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a run; whatever it puts on the console fails the test."""
    said: list[str] = []
    contexts: list[Any] = []

    def open_(run: Document, text: str = "", **options: Any) -> Any:
        file = tmp_path / "run.html"
        file.write_text(text or page(run), encoding="utf-8")
        contexts.append(browser.new_context(**options))
        view = contexts[-1].new_page()
        view.on("console", lambda message: said.append(message.text))
        view.on("pageerror", lambda error: said.append(str(error)))
        view.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        own = file.as_uri()
        view.on("request", lambda asked: said.extend([] if asked.url == own else [asked.url]))
        view.goto(own)
        return view

    open_.said = said  # type: ignore[attr-defined]
    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def run(tmp_path: Path) -> Document:
    return a_run(tmp_path)


def shown(view: Any) -> list[str]:
    """The verdicts of the cases that can be seen."""
    found: list[str] = view.evaluate(
        "[...document.querySelectorAll('tbody[data-verdict]')]"
        ".filter((body) => body.checkVisibility()).map((body) => body.dataset.verdict)"
    )
    return found


def test_it_opens_without_a_word_on_the_console(run: Document, opened: Open) -> None:
    view = opened(run)
    assert view.locator("h1").inner_text().endswith("undecided in 3 of 14 cases")
    assert view.locator("svg").count() == 3
    assert opened.said == []  # type: ignore[attr-defined]


def test_the_console_is_listened_to(run: Document, opened: Open) -> None:
    """The twin of the test above: a script of somebody else's is refused, and that is said."""
    opened(run, page(run).replace("</main>", f"{SCRIPT}</main>"))
    assert any("Content Security Policy" in line for line in opened.said)  # type: ignore[attr-defined]
    assert not any(line.startswith("dialog") for line in opened.said)  # type: ignore[attr-defined]


def test_the_filter_by_verdict(run: Document, opened: Open) -> None:
    view = opened(run)
    every = shown(view)
    assert sorted(set(every)) == ["both-wrong", "julia-wrong", "python-wrong", "undecided"]
    for verdict, count in (("julia-wrong", 6), ("undecided", 3), ("both-right", 3)):
        view.locator(f'button[data-verdict="{verdict}"]').click()
        assert shown(view) == [verdict] * count
        pressed = view.locator('button[aria-pressed="true"]')
        assert [b.get_attribute("data-verdict") for b in pressed.all()] == [verdict]
    view.locator('button[data-verdict=""]').click()
    assert shown(view) == every
    assert opened.said == []  # type: ignore[attr-defined]


def test_without_script_every_case_can_be_seen(run: Document, opened: Open) -> None:
    view = opened(run, java_script_enabled=False)
    assert not view.locator(".filter").is_visible()
    folded = view.locator("details.group:not([open]) > summary")
    while folded.count():
        folded.first.click()
    rows = view.locator("tbody[data-verdict]")
    assert [row.is_visible() for row in rows.all()] == [True] * 14


def test_a_token_is_text(run: Document, opened: Open) -> None:
    view = opened(run)
    assert view.locator("script").count() == 1
    row = view.locator("tbody").filter(has_text=HARD)
    assert row.locator("th").inner_text() == f"{HARD}:1 telling"
    row.locator("summary").click()
    assert f'dWxh["{SCRIPT}", 3]' in row.locator("pre").inner_text()
    assert opened.said == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(run: Document, opened: Open, scheme: str) -> None:
    """Every cell and line of text has a contrast of 4.5 to its background (WCAG AA)."""
    view = opened(run, color_scheme=scheme)
    assert view.evaluate(CONTRAST) == []
    view.evaluate("document.body.style.color = getComputedStyle(document.body).backgroundColor")
    assert view.evaluate(CONTRAST) != []


def test_a_treebank_can_be_used(run: Document, opened: Open) -> None:
    cases = []
    for i in range(4002):
        case = copy.deepcopy(run["cases"][13 if i % 3 else 0])
        case.update(name=f"en_ewt-ud-dev.conllu:{i} telling", configuration="telling")
        cases.append(case)
    view = opened({**run, "cases": cases})
    assert shown(view) == []  # more than 200 are not right: all folded
    assert view.evaluate("document.documentElement.scrollHeight") < 8000
    view.locator('button[data-verdict="both-right"]').click()
    view.locator("details.group:visible > summary").click()
    assert shown(view) == ["both-right"] * 1334
    assert opened.said == []  # type: ignore[attr-defined]


def test_on_a_telephone_nothing_sticks_out(run: Document, opened: Open) -> None:
    view = opened(run, viewport={"width": 400, "height": 800})
    assert view.evaluate("document.documentElement.scrollWidth") <= 400


CONTRAST = """() => {
  const light = (c) => {
    const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const [r, g, b] = c.map((v) => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = numbers(getComputedStyle(at).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const e of document.querySelectorAll("body *:not(script):not(svg *)")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    const [a, b] = [light(numbers(getComputedStyle(e).color).slice(0, 3)), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const named = `${e.tagName}.${e.className} ${e.textContent.slice(0, 20)}`;
    if (ratio < 4.5) faint.push(`${named} ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
