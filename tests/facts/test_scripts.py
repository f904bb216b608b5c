"""Script files that a container can be started with: of its image, and of mounted ConfigMaps."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.scripts import scripts_of
from kguard.index import Index
from kguard.kube.dockerfile import as_resource, parse
from kguard.kube.images import ImageFacts
from kguard.kube.recognise import resources

MAP = {"name": "scripts", "items": [{"key": "run", "path": "bin/run.sh"}]}


def scripts(volume: Any, *mounts: Any, known: ImageFacts | None = None) -> dict[str, str]:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {
            "containers": [{"name": "c", "image": "a:1", "volumeMounts": list(mounts)}],
            "volumes": [volume],
        },
    }
    data = {"run": "#!/bin/sh\n", "other": "x", "number": 1}
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "scripts"},
        "data": data,
    }
    found = [
        each for number, item in enumerate((pod, config)) for each in resources(item, "a", number)
    ]
    facts = Facts(Index(found), Assumptions())
    described = facts.pod(found[0])
    assert described is not None
    return scripts_of(facts, described.containers[0], known)


VOLUME = {"name": "s", "configMap": {"name": "scripts"}}
AT = {"name": "s", "mountPath": "/s/"}


@pytest.mark.parametrize(
    ("volume", "mount", "expected"),
    [
        (VOLUME, AT, {"/s/run": "#!/bin/sh\n", "/s/other": "x"}),
        ({"name": "s", "configMap": MAP}, AT, {"/s/bin/run.sh": "#!/bin/sh\n"}),
        (VOLUME, {**AT, "mountPath": "/run.sh", "subPath": "run"}, {"/run.sh": "#!/bin/sh\n"}),
        (
            {"name": "s", "projected": {"sources": [{"configMap": MAP}, {"secret": {}}]}},
            AT,
            {"/s/bin/run.sh": "#!/bin/sh\n"},
        ),
        ({"name": "s", "configMap": {"name": "elsewhere"}}, AT, {}),
        ({"name": "s", "secret": {"secretName": "scripts"}}, AT, {}),
        ({"name": "t", "configMap": {"name": "scripts"}}, AT, {}),
        ("s", "s", {}),
        ({"name": "s", "configMap": {"name": ["scripts"], "items": 1}}, {"name": "s"}, {}),
    ],
)
def test_of_a_mount(volume: Any, mount: Any, expected: dict[str, str]) -> None:
    assert expected == scripts(volume, mount)


def test_a_volume_hides_what_the_image_has_there() -> None:
    dockerfile = parse("FROM debian:12\nCOPY run.sh /s/run.sh\nCOPY run.sh /run.sh\n")
    dockerfile.scripts = {"run.sh": "#!/bin/sh\n"}
    known = ImageFacts(as_resource(dockerfile, "Dockerfile"))
    unseen = {"name": "s", "emptyDir": {}}
    assert "/s/run.sh" in scripts(unseen, known=known)
    assert "/s/run.sh" not in scripts(unseen, AT, known=known)
    assert "/run.sh" in scripts(unseen, AT, known=known)
