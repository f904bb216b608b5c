"""What is generated from the chart and its values is what is committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chart_helm import CHART, ROOT, Helm

VALUES = (CHART / "values.yaml").read_text("utf-8")


def current(path: Path) -> str:
    return path.read_text("utf-8")


def test_the_readme_lists_the_values(generate: dict[str, Any]) -> None:
    readme = current(CHART / "README.md")
    assert generate["readme"](readme, VALUES) == readme, "run make chart"


def test_the_schema_describes_the_values(generate: dict[str, Any]) -> None:
    schema = current(CHART / "values.schema.json")
    assert generate["schema"](schema, VALUES) == schema, "run make chart"


def test_the_manifests_are_those_of_the_chart(helm: Helm, generate: dict[str, Any]) -> None:
    manifests = current(ROOT / "deploy" / "kguard.yaml")
    assert generate["manifests"](helm.path) == manifests, "run make chart"


def test_a_setting_without_a_comment_is_found(generate: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"`a\.c` has no comment"):
        list(generate["settings"]("a:\n  # One.\n  b: 1\n  c: 2\n"))
