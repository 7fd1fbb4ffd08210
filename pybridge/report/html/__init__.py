"""A run as one page that needs nothing from elsewhere: no network, no file beside it."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from xml.etree import ElementTree as ET

from pybridge.report.html.answer import answer, by_configuration
from pybridge.report.html.cases import cases
from pybridge.report.html.faults import faults
from pybridge.report.html.foot import foot
from pybridge.report.html.strips import strips
from pybridge.report.json import Document
from pybridge.report.markup import element as e


def page(run: Document) -> str:
    """The page of a run."""
    style, script = _own("style.css"), _own("script.js")
    # What is on the page from fixtures is text; were it not, this would keep it from running.
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    top = e(
        "html",
        e(
            "head",
            e("meta", charset="utf-8"),
            ET.Element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
            e("meta", name="viewport", content="width=device-width, initial-scale=1"),
            e("title", f"xcheck: {run['julia_file']} and {run['python_file']}"),
            e("style", style),
        ),
        e(
            "body",
            e("header", *answer(run)),
            e("main", *by_configuration(run), *faults(run), *strips(run), *cases(run)),
            e("footer", *foot(run)),
            e("script", script),
        ),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{ET.tostring(top, encoding='unicode', method='html')}\n"


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
