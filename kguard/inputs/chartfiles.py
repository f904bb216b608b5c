"""What helm's output names, in the files of a chart: templates, and charts in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.model import dig
from kguard.source import Limits, SourceFile, read

SOURCE = "# Source: "
"""What stands before the name of a template, in the first line of each document."""


def template_file(chart: str, name: str) -> str | None:
    """The file of a template by helm's name for it, which has charts where folders are.

    `chart` is an absolute path, and so is the answer; None where it is no file in there: the
    template of a packed subchart.
    """
    folder, parts = chart, name.split("/")[1:]
    while len(parts) > 2 and parts[0] == "charts":
        inner = subchart(folder, parts[1])
        if inner is None:
            return None
        folder, parts = inner, parts[2:]
    path = os.path.normpath(os.path.join(folder, *parts))
    return path if path.startswith(os.path.join(chart, "")) and os.path.isfile(path) else None


def subchart(folder: str, name: str) -> str | None:
    """The folder of a subchart, which may be called otherwise; by its name or alias."""
    path = os.path.join(folder, "charts", name)
    if os.path.isfile(os.path.join(path, "Chart.yaml")):
        return path
    names = {name}
    dependencies = metadata(os.path.join(folder, "Chart.yaml")).get("dependencies")
    for entry in dependencies if isinstance(dependencies, list) else ():
        if dig(entry, "alias") == name and isinstance(dig(entry, "name"), str):
            names.add(entry["name"])
    try:
        entries = sorted(os.listdir(os.path.join(folder, "charts")))
    except OSError:
        return None
    for entry in entries:
        path = os.path.join(folder, "charts", entry)
        if os.path.isdir(path) and (
            entry in names or metadata(os.path.join(path, "Chart.yaml")).get("name") in names
        ):
            return path
    return None


def metadata(path: str) -> Mapping[str, Any]:
    """The mapping in a file such as a Chart.yaml; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            documents = read(path, file.read(Limits().max_bytes)).documents
    except OSError:
        return {}
    data = documents[0].data if documents else None
    return data if isinstance(data, Mapping) else {}


def files_of(folder: str) -> Iterator[str]:
    """All files below a folder."""
    for where, _, names in os.walk(folder):
        yield from (os.path.join(where, name) for name in names)


def source_of(output: SourceFile, line: int) -> tuple[str, int]:
    """The template that a document of the output names, and its first line after that name."""
    for number in range(max(1, line - 1), line + 2):
        text = output.line(number)
        if text.startswith(SOURCE):
            return text.removeprefix(SOURCE).strip(), number + 1
    return "", line


def bounds(text: str, start: int) -> tuple[int, int]:
    """Where a document begins and ends, without white space around it."""
    end = text.find(f"\n---\n{SOURCE}", start)
    body = text[start : end if end >= 0 else len(text)]
    begin = start + len(body) - len(body.lstrip())
    return begin, max(begin, start + len(body.rstrip()))
