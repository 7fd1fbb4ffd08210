"""What the page ends with: what ran, on what, by its hashes."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from pybridge.report.changes import fields
from pybridge.report.json import Document
from pybridge.report.markup import element as e
from pybridge.report.tables import LEGEND, head

LEFT_OUT = ("version", "versions", "configurations", "cases", "stories", "counts", "name_width")


def foot(run: Document) -> list[ET.Element]:
    """Versions, hashes, and everything that was asked for."""
    asked = {k: v for k, v in run.items() if k not in LEFT_OUT}
    return [
        e("p", head(run)[0], class_="versions"),
        *(e("p", f"{line}.", class_="soft") for line in LEGEND),
        e("h3", "What ran"),
        _list(fields(asked)),
        e("h3", "Configurations"),
        e("div", _configurations(run["configurations"]), class_="wide"),
    ]


def _list(pairs: Iterable[tuple[str, object]]) -> ET.Element:
    rows = [(e("dt", name.replace("_", " ")), e("dd", _shown(value))) for name, value in pairs]
    return e("dl", *(part for row in rows for part in row))


def _configurations(found: list[Document]) -> ET.Element:
    names = list(dict.fromkeys(name for configuration in found for name in configuration))
    return e(
        "table",
        e("thead", e("tr", *(e("th", name.replace("_", " "), scope="col") for name in names))),
        e("tbody", *(_configuration(configuration, names) for configuration in found)),
    )


def _configuration(found: Document, names: list[str]) -> ET.Element:
    cells = [_shown(found.get(name, "")) for name in names]
    if found.get("scale", "") is None:
        cells[names.index("scale")] = "0.5 / sqrt(fan-in)"
    return e("tr", *(e("td", cell) for cell in cells))


def _shown(value: object) -> str:
    match value:
        case None | "" | []:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(str, value))
        case _:
            return str(value)
