"""Which Dockerfile an image is built from: Compose files, Skaffold, names."""

from __future__ import annotations

from pathlib import Path

import pytest
from inputs_project import Write

from kguard.inputs.builds import Build, declared_builds, is_compose, named_builds
from kguard.kube.dockerfile import as_resource, parse
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.record import replace

SKAFFOLD = """\
apiVersion: skaffold/v4beta6
kind: Config
build:
  artifacts:
%s
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("compose.yaml", True),
        ("compose.yml", True),
        ("docker-compose.yaml", True),
        ("docker-compose.prod.yml", True),
        ("compose-test.yaml", True),
        ("a/b/compose.yaml", True),
        ("composed.yaml", False),
        ("compose.json", False),
        ("decompose.yaml", False),
    ],
)
def test_names_of_compose_files(name: str, expected: bool) -> None:
    assert is_compose(name) is expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        pytest.param("{image: a/web, build: ./web}", [Build("a/web", "web/Dockerfile")], id="text"),
        pytest.param(
            "{image: a/web, build: {context: web, dockerfile: ../d/prod.docker}}",
            [Build("a/web", "d/prod.docker")],
            id="mapping",
        ),
        pytest.param(
            "{image: 'a/web:${TAG:-1}', build: .}",
            [Build("a/web", "Dockerfile")],
            id="variable tag",
        ),
        pytest.param(
            "{image: 'a/web@${DIGEST}', build: .}", [Build("a/web", "Dockerfile")], id="digest"
        ),
        pytest.param("{image: '${R}/web', build: .}", [], id="variable name"),
        pytest.param(
            "{image: a, build: {context: ., target: dev}}", [Build("a", "")], id="a stage of it"
        ),
        pytest.param(
            "{image: a, build: {dockerfile_inline: FROM x}}", [Build("a", "")], id="inline"
        ),
        pytest.param(
            "{image: a, build: 'https://example.org/x.git'}", [Build("a", "")], id="remote"
        ),
        pytest.param("{image: a, build: ../../x}", [Build("a", "")], id="outside"),
        pytest.param("{image: a}", [], id="no build"),
        pytest.param("{build: .}", [], id="no image"),
        pytest.param("{image: [a], build: 7}", [], id="other shapes"),
        pytest.param("7", [], id="no service"),
    ],
)
def test_compose(write: Write, service: str, expected: list[Build]) -> None:
    root = write({"compose.yaml": f"services:\n  web: {service}\n"})
    assert declared_builds(str(root), [""]) == expected


@pytest.mark.parametrize(
    ("artifact", "expected"),
    [
        pytest.param("{image: web}", Build("web", "Dockerfile", True), id="default"),
        pytest.param(
            "{image: web, context: src/web}", Build("web", "src/web/Dockerfile", True), id="context"
        ),
        pytest.param(
            "{image: web, context: w, docker: {dockerfile: D.prod}}",
            Build("web", "w/D.prod", True),
            id="dockerfile",
        ),
        pytest.param("{image: web, docker: {target: dev}}", Build("web", "", True), id="stage"),
        pytest.param("{image: web, ko: {}}", Build("web", "", True), id="other builder"),
        pytest.param(
            "{image: web, buildpacks: {builder: b}}", Build("web", "", True), id="buildpacks"
        ),
    ],
)
def test_skaffold(write: Write, artifact: str, expected: Build) -> None:
    root = write({"skaffold.yaml": SKAFFOLD % f"    - {artifact}"})
    assert declared_builds(str(root), ["deploy/base"]) == [expected]


def test_files_above_are_found_and_others_are_not(write: Write) -> None:
    root = write(
        {
            "a/compose.yaml": "services: {x: {image: a, build: .}}\n",
            "b/compose.yaml": "services: {x: {image: b, build: .}}\n",
            "broken/compose.yaml": "services: [\n",
        }
    )
    folders = ["a/k8s", "broken", "../c", "/d"]
    assert declared_builds(str(root), folders) == [Build("a", "a/Dockerfile")]


def dockerfile(path: str) -> Resource:
    """A Dockerfile at a path."""
    made = as_resource(parse("FROM scratch\n"), path, unit="", context=False)
    return replace(made, name=path)


def pod(image: str) -> Resource:
    """A Pod with a container of that image."""
    data = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": image}]},
    }
    (found,) = resources(data, "pod.yaml")
    return found


@pytest.mark.parametrize(
    ("files", "image", "expected"),
    [
        pytest.param(["web/Dockerfile"], "ghcr.io/acme/web:1", "web/Dockerfile", id="owner"),
        pytest.param(["web/Dockerfile"], "r.example/shop/web", "web/Dockerfile", id="repository"),
        pytest.param(["src/web/Dockerfile"], "r.example/x/Shop/web", None, id="no valid name"),
        pytest.param(
            ["web.Dockerfile"], "acme/web@sha256:" + "0" * 64, "web.Dockerfile", id="digest"
        ),
        pytest.param(["Dockerfile.web"], "acme/web", "Dockerfile.web", id="ending"),
        pytest.param(
            ["Dockerfile"], "ghcr.io/acme/shop:1", "Dockerfile", id="the repository's own"
        ),
        pytest.param(["web/Dockerfile"], "ghcr.io/other/web:1", None, id="somebody else's"),
        pytest.param(["redis/Dockerfile"], "redis:7", None, id="anybody's"),
        pytest.param(["a/web/Dockerfile", "b/web/Dockerfile"], "acme/web", None, id="two"),
        pytest.param(["web/Dockerfile"], "acme/{{ x }}", None, id="placeholder"),
        pytest.param([], "acme/web", None, id="no Dockerfile"),
    ],
)
@pytest.mark.parametrize(
    "url", ["git@example.org:acme/shop.git", "https://example.org/acme/shop", "ssh://h/acme/shop/"]
)
def test_names(project: Path, files: list[str], image: str, expected: str | None, url: str) -> None:
    (project / ".git").mkdir()
    (project / ".git" / "config").write_text(f'[remote "origin"]\n\turl = {url}\n')
    found = named_builds([*map(dockerfile, files), pod(image)], str(project))
    assert [each.origin.path for each in found.values()] == ([expected] if expected else [])


def test_without_a_remote_nothing_is_the_repositorys_own(project: Path) -> None:
    assert named_builds([dockerfile("web/Dockerfile"), pod("acme/web")], str(project)) == {}
