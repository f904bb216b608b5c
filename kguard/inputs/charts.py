"""Files that belong to a Helm chart: which of them are objects as they stand."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

UNRENDERED = "unrendered Helm template"

# Go templates in text that is no YAML: trimmed actions, fields, and Helm's keywords; Jinja blocks.
# Argo's `{{inputs.parameters.x}}` is none of these: left unquoted, it is a mistake to report.
_TEMPLATE = re.compile(
    r"\{\{-|-\}\}|\{\{\s*[.$]|\{\{\s*(?:if|range|with|end|else|include|template|define|block|toYaml)\b"
    r"|\{\{/\*|\{%"
)


def is_template(text: str) -> bool:
    """Whether text that is no YAML is the template of some other tool."""
    return _TEMPLATE.search(text) is not None


@dataclass(slots=True)
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

    def is_values(self, path: str) -> bool:
        """Whether a file is the values of a chart, by its place and name."""
        chart = self.chart_of(path)
        if chart is None:
            return False
        below = _below(path, chart)
        return "/" not in below and below.startswith("values")


def _below(path: str, folder: str) -> str:
    return path[len(folder) + 1 :] if folder else path
