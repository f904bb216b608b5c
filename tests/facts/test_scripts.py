"""Script files that a container can be started with: of its image, and of mounted ConfigMaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.scripts import scripts_of
from kguard.index import Index
from kguard.inputs.scripts import copied_scripts
from kguard.kube.dockerfile import as_resource, parse
from kguard.kube.images import ImageFacts
from kguard.kube.recognise import resources

MAP = {"name": "scripts", "items": [{"key": "run", "path": "bin/run.sh"}]}


def script(
    name: str, volume: Any, *mounts: Any, known: ImageFacts | None = None, **container: Any
) -> str | None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {
            "containers": [
                {"name": "c", "image": "a:1", "volumeMounts": list(mounts), **container}
            ],
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
    scripts = scripts_of(facts, described.containers[0], known)
    return scripts(name) if scripts else None


VOLUME = {"name": "s", "configMap": {"name": "scripts"}}
AT = {"name": "s", "mountPath": "/s/"}
RUN = "#!/bin/sh\n"


@pytest.mark.parametrize(
    ("volume", "mount", "expected"),
    [
        (VOLUME, AT, {"/s/run": RUN, "/s/other": "x", "/s/number": None, "/run": None}),
        (VOLUME, {**AT, "mountPath": "/"}, {"/run": RUN}),
        (VOLUME, {**AT, "mountPath": "/usr/local/bin"}, {"run": RUN, "./run": None}),
        ({"name": "s", "configMap": MAP}, AT, {"/s/bin/run.sh": RUN, "/s/run": None}),
        ({"name": "s", "configMap": MAP}, {**AT, "subPath": "bin/"}, {"/s/run.sh": RUN}),
        (
            VOLUME,
            {**AT, "mountPath": "/run.sh", "subPath": "run"},
            {"/run.sh": RUN, "/run.sh/run": None},
        ),
        (VOLUME, {**AT, "subPathExpr": "$(NAME)"}, {"/s/run": None}),
        (
            {"name": "s", "projected": {"sources": [{"configMap": MAP}, {"secret": {}}]}},
            AT,
            {"/s/bin/run.sh": RUN},
        ),
        ({"name": "s", "configMap": {"name": "elsewhere"}}, AT, {"/s/run": None}),
        ({"name": "s", "secret": {"secretName": "scripts"}}, AT, {"/s/run": None}),
        ({"name": "t", "configMap": {"name": "scripts"}}, AT, {"/s/run": None}),
        ("s", "s", {"/s/run": None}),
        ({"name": "s", "configMap": {"name": ["scripts"], "items": 1}}, AT, {"/s/run": None}),
        (VOLUME, {"name": "s"}, {"/run": None}),
        (VOLUME, {**AT, "mountPath": "s"}, {"/s/run": RUN, "run": None}),
        (VOLUME, {**AT, "mountPath": ["/s"]}, {"/s/run": None}),
        (VOLUME, {**AT, "subPath": ""}, {"/s/run": RUN}),
        (VOLUME, {**AT, "subPath": ["run"]}, {"/s/run": RUN}),
        ({"configMap": {"name": "scripts"}}, {"mountPath": "/s"}, {"/s/run": None}),
        ({"name": "s", "configMap": {**MAP, "items": [{"key": ["run"]}]}}, AT, {"/s/run": None}),
        ({"name": "s", "configMap": {**MAP, "items": [{"key": "run"}]}}, AT, {"/s/run": None}),
    ],
)
def test_of_a_mount(volume: Any, mount: Any, expected: dict[str, str | None]) -> None:
    assert {name: script(name, volume, mount) for name in expected} == expected


def test_the_deepest_mount_counts() -> None:
    deep = {"name": "t", "mountPath": "/s/deep"}
    assert script("/s/deep/run", VOLUME, AT, deep) is None
    assert script("/s/run", VOLUME, deep, AT) == RUN


@pytest.fixture
def image(tmp_path: Path) -> ImageFacts:
    """An image with a script in its working directory and one on the PATH."""
    (tmp_path / "run.sh").write_text(RUN)
    dockerfile = parse("FROM debian:12\nWORKDIR /app\nCOPY run.sh .\nCOPY run.sh /usr/bin/start\n")
    dockerfile.scripts = copied_scripts(dockerfile, [str(tmp_path)])
    return ImageFacts(as_resource(dockerfile, "Dockerfile"))


UNSEEN = {"name": "s", "emptyDir": {}}
NAMES = ("/app/run.sh", "./run.sh", "start")


def test_a_volume_hides_what_the_image_has_there(image: ImageFacts) -> None:
    over_app = {**AT, "mountPath": "/app"}
    over_path = {**AT, "mountPath": "/usr/bin/"}
    found = {
        "none": [script(name, UNSEEN, known=image) for name in NAMES],
        "elsewhere": [script(name, UNSEEN, AT, known=image) for name in NAMES],
        "app": [script(name, UNSEEN, over_app, known=image) for name in NAMES],
        "path": [script(name, UNSEEN, over_path, known=image) for name in NAMES],
    }
    assert found == {
        "none": [RUN, RUN, RUN],
        "elsewhere": [RUN, RUN, RUN],
        "app": [None, None, RUN],
        "path": [RUN, RUN, None],
    }


def test_names_are_seen_from_the_working_directory_of_the_container(image: ImageFacts) -> None:
    def at(directory: Any) -> list[str | None]:
        return [script(name, UNSEEN, known=image, workingDir=directory) for name in NAMES]

    assert at("/other") == [RUN, None, RUN]
    assert at("") == [RUN, RUN, RUN]
    assert at(["/other"]) == [RUN, RUN, RUN]
    assert script("./bin/run.sh", {**VOLUME, "configMap": MAP}, AT, workingDir="/s") == RUN


def test_mounts_that_are_no_list() -> None:
    assert script("/s/run", VOLUME, volumeMounts=5) is None
