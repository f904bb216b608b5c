"""Ignores in Dockerfiles: the same words, and only on lines of their own."""

from __future__ import annotations

import pytest
from ignore_world import TODAY, Loaded

from kguard.ignore import Applied, Verdicts, apply, gather
from kguard.ignore.grammar import Explained
from kguard.ignore.write import add_ignores
from kguard.inputs.dockerfiles import DockerSource, read_dockerfile
from kguard.model import Confidence, Finding, Route, Severity, named_route
from kguard.policy.page import Policy
from kguard.policy.registry import build_registry
from kguard.report import Located

SHELL = "signal-shell-form"
REGISTRY = build_registry(
    Policy(name, name, family, Severity.WARNING, "none", "")
    for name, family in (
        (SHELL, "dockerfile"),
        ("unused-ignore", "meta"),
        ("expired-ignore", "meta"),
        ("unexplained-ignore", "meta"),
    )
)
CMD: Route = ("stages", 0, "instructions", -1, "value")


def read(path: str, data: bytes) -> DockerSource:
    return read_dockerfile(path, data, 1 << 20)


def check(data: bytes) -> tuple[list[Located], Applied]:
    """A finding on the last instruction of the only stage, and what ignores make of it."""
    source = read("Dockerfile", data)
    resource = source.resource(unit="", context=False)
    loaded = Loaded({"Dockerfile": source}, [resource])
    last = len(resource.data["stages"][0]["instructions"]) - 1
    route = (*CMD[:3], last, *CMD[4:])
    finding = Finding(SHELL, Severity.WARNING, Confidence.HIGH, "a fault", resource, route)
    path, place = loaded.locate(resource, route)
    found = [Located(finding, path, place.span, named_route=named_route(resource.data, route))]
    ignores = gather([resource], loaded, REGISTRY)
    verdicts = Verdicts({id(resource): {SHELL}})
    return found, apply(found, ignores, verdicts, REGISTRY, loaded, today=TODAY)


@pytest.mark.parametrize(
    ("text", "kept", "meta"),
    [
        ("FROM a\nCMD b\n", 1, []),
        (f"FROM a\n# kguard: ignore[{SHELL}] known\nCMD b\n", 0, []),
        ("FROM a\n# kguard: ignore[dockerfile] known\n# more\n\nCMD b \\\n  c\n", 0, []),
        (f"FROM a\n# kguard: ignore[{SHELL}]\nCMD b\n", 0, ["unexplained-ignore"]),
        (f"# kguard: ignore-file[{SHELL}] known\nFROM a\nCMD b\n", 0, []),
        (f"# kguard: ignore[{SHELL}] known\nFROM a\nCMD b\n", 1, ["unused-ignore"]),
        (f"FROM a\nCMD b # kguard: ignore[{SHELL}] known\n", 1, []),
        (f"FROM a\n# kguard: ignore[{SHELL}] x (until 2020-01-01)\nCMD b\n", 1, ["expired-ignore"]),
    ],
)
def test_a_comment_speaks_for_the_next_instruction(text: str, kept: int, meta: list[str]) -> None:
    _, applied = check(text.encode())
    assert (len(applied.kept), [i.finding.policy for i in applied.meta]) == (kept, meta)


@pytest.mark.parametrize(
    "data",
    [
        b"# syntax=docker/dockerfile:1\nFROM a\nCMD b\n",
        b"FROM a\r\nCMD b\r\n",
        b"\xef\xbb\xbfFROM a\nCMD b",
        b"FROM a\n  CMD b \\\n# inside\n  c\n",
        b"# old \xe4 encoding\nFROM a\nCMD b\n",
    ],
)
def test_comments_go_above(data: bytes) -> None:
    found, _ = check(data)
    why = Explained("known")
    addition = add_ignores("Dockerfile", data, found, why, read=read, today=TODAY)
    _, after = check(addition.data)
    assert (after.kept, after.meta, len(after.hidden)) == ([], [], 1)
    comment = f"# kguard: ignore[{SHELL}] known".encode()
    (line,) = (line for line in addition.data.splitlines(keepends=True) if comment in line)
    assert line.strip() == comment
    assert addition.data.replace(line, b"") == data
