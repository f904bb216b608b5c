"""Output formats. Each module has `render(report, out, style)` and knows nothing of the others'."""

from __future__ import annotations

import importlib
from typing import Protocol, TextIO

from kguard.report import Report
from kguard.term import Style, make_robust

FORMATS = {
    "full": "kguard.render.full",
    "concise": "kguard.render.concise",
    "json": "kguard.render.json",
    "json-v1": "kguard.render.json",
    "sarif": "kguard.render.sarif",
    "github": "kguard.render.github",
    "junit": "kguard.render.junit",
    "gitlab": "kguard.render.gitlab",
    "markdown": "kguard.render.markdown",
    "rdjson": "kguard.render.rdjson",
}
"""Format name to module, imported only when asked for. A new format is one module and one line."""

MACHINE_FORMATS = frozenset({"json", "json-v1", "sarif", "junit", "gitlab", "markdown", "rdjson"})
"""Formats that other programs read: always UTF-8, never coloured."""


class Renderer(Protocol):
    """What a format's module offers."""

    def __call__(self, report: Report, out: TextIO, style: Style) -> None:
        """Write the whole report, ending with a newline (nothing at all where there is nothing)."""


def load(name: str) -> Renderer:
    """The renderer of a format; raises KeyError for a name that is not in FORMATS."""
    renderer: Renderer = importlib.import_module(FORMATS[name]).render
    return renderer


def write(name: str, report: Report, out: TextIO, style: Style) -> None:
    """Render to a stream that may not be able to show every character; KeyError as for load."""
    make_robust(out, utf8=name in MACHINE_FORMATS)
    load(name)(report, out, style)
