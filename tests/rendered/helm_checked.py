"""Charts that are checked, and what was found."""

from __future__ import annotations

from collections.abc import Mapping

from cli_project import Answer, Project
from rendered_tools import CHART

LATEST = ("web/templates/deploy.yaml", 18, "image-latest", True)
SIGNS = "image-latest"


def check(project: Project, *words: str, select: str = SIGNS) -> Answer:
    """Check with charts rendered, for one policy."""
    return project.run("check", "--helm", "--select", select, "-f", "json", *words)


def places(answer: Answer) -> list[tuple[str, int, str, bool]]:
    """File, line and policy of each finding, and whether that line is certain."""
    return [
        (item["file"], item["line"], item["policy"], item["rendered"]["certain"])
        for item in answer.json["findings"]
    ]


def with_template(text: str, **more: str) -> Mapping[str, str]:
    """The chart with one more template."""
    return {**CHART, "web/templates/more.yaml": text, **more}
