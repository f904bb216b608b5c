"""What the tests of rendered files look at in a report."""

from __future__ import annotations

from cli_project import Answer


def places(answer: Answer) -> list[tuple[str, int, bool]]:
    """File and line of each finding, and whether that line is certain."""
    return [
        (item["file"], item["line"], item["rendered"]["certain"])
        for item in answer.json["findings"]
    ]
