"""Files that belong to a Helm chart: which of them are objects as they stand."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence

from kguard.inputs.chartfiles import metadata
from kguard.record import field, record

UNRENDERED = "unrendered Helm template (`--helm` renders it)"

# Texts, compiled on first use: most runs never need them.
# Go templates: trimmed actions, fields, comments, and the keywords of Go and Helm; Jinja blocks.
_TEMPLATE = (
    r"\{\{-|-\}\}|\{\{\s*(?:[.$]|/\*)|\{%"
    r"|\{\{\s*(?:if|range|with|end|else|include|template|define|block|toYaml)\b"
)
_PLACEHOLDER = r"\{\{\s*\w"
_QUOTED = r""""(?:[^"\\]|\\.)*"|'[^']*'"""
_LINES_BEFORE = 3
"""How far above the line of an error its cause may stand: most are on it or one above."""


def breaks_as_template(lines: Sequence[str], line: int) -> bool:
    """Whether text is no YAML at a 1-based line because it is the template of some other tool.

    A template breaks where its braces stand outside of quotes. Argo's variables do so too, as in
    `args: [{{inputs.parameters.x}}]`, and there it is a mistake to report.
    """
    near = "\n".join(
        re.sub(_QUOTED, "", text) for text in lines[max(0, line - 1 - _LINES_BEFORE) : line]
    )
    if re.search(_TEMPLATE, near):
        return True
    return re.search(_PLACEHOLDER, near) is not None and not any(
        "argoproj.io" in text for text in lines
    )


@record(frozen=False, eq=False, repr=False)
class Charts:
    """The charts among the folders below `base`, found by their Chart.yaml and remembered."""

    base: str
    _is_chart: dict[str, bool] = field(default_factory=dict)

    def chart_of(self, path: str) -> str | None:
        """The folder of the nearest chart above a file, None outside of charts."""
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if folder not in self._is_chart:
                metadata = os.path.join(self.base, folder, "Chart.yaml")
                self._is_chart[folder] = os.path.isfile(metadata)
            if self._is_chart[folder]:
                return folder
        return None

    def root_of(self, path: str) -> str | None:
        """The folder of the chart a file is rendered with: the outermost one, for subcharts."""
        chart = self.chart_of(path)
        while chart:
            outer = self.chart_of(chart)
            if outer is None or not _below(chart, outer).startswith("charts/"):
                break
            chart = outer
        return chart

    def is_template(self, path: str, data: bytes) -> str | None:
        """The chart a file is a template of, None where it is a plain manifest."""
        if b"{{" not in data or "templates/" not in path:
            return None
        chart = self.chart_of(path)
        return chart if chart is not None and _below(path, chart).startswith("templates/") else None

    def foreign(self, path: str) -> str:
        """What a file of a chart is that holds no objects, by its place; empty for any other."""
        chart = self.chart_of(path)
        if chart is None:
            return ""
        below = _below(path, chart)
        if below in ("Chart.yaml", "requirements.yaml"):
            return "Helm chart metadata"
        return "custom resource definitions of a Helm chart" if below.startswith("crds/") else ""

    def unjudged(self, files: Iterable[str], templated: Collection[str]) -> list[str]:
        """The charts that render to more than is judged of them, by the files of a run.

        `templated` are those with templates that are no manifests. What a chart depends on may be
        packed, or elsewhere; a library chart renders to nothing.
        """
        roots = {self.root_of(path) for path in files if path.endswith("Chart.yaml")}
        found = []
        for root in sorted({root for root in roots if root is not None}.union(templated)):
            told = metadata(os.path.join(self.base, root, "Chart.yaml"))
            more = root in templated or bool(told.get("dependencies"))
            if more and told.get("type") != "library":
                found.append(root)
        return found

    def is_values(self, path: str) -> bool:
        """Whether a file is the values of a chart, by its place and name."""
        chart = self.chart_of(path)
        if chart is None:
            return False
        below = _below(path, chart)
        return "/" not in below and below.startswith("values")


def _below(path: str, folder: str) -> str:
    return path[len(folder) + 1 :] if folder else path
