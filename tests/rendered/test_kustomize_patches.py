"""A value that a patch of a kustomization set is shown in the patch."""

from __future__ import annotations

import pytest
from cli_project import Project
from found import places
from kustomize_patched import CERTAIN, DEPLOYMENT, HEAD, PATCH, PATH, SMALL, check, write

pytestmark = pytest.mark.usefixtures("kustomize")
UNCERTAIN = [("base/deploy.yaml", 18, False)]


@pytest.mark.parametrize(
    "overlay",
    [
        pytest.param("patches: [{path: memory.yaml}]\n", id="patches"),
        pytest.param("patchesStrategicMerge: [memory.yaml]\n", id="merge"),
        pytest.param(
            "patches: [{path: memory.yaml, target: {kind: Deployment}}]\n", id="target kind"
        ),
        pytest.param(
            "patches: [{path: memory.yaml, target: {group: apps, version: v1, name: w.*}}]\n",
            id="target pattern",
        ),
        pytest.param("patches: [{path: memory.yaml}]\nnamePrefix: x-\nnamespace: n1\n", id="names"),
        pytest.param(
            "namespace: n1\ncommonLabels: {a: b}\npatches: [{path: memory.yaml}]\n", id="labels"
        ),
    ],
)
def test_a_value_of_a_patch_is_shown_in_the_patch(project: Project, overlay: str) -> None:
    write(project, overlay, memory=PATCH)
    answer = check(project)
    assert (answer.json["unchecked"], places(answer)) == ([], CERTAIN)
    (item,) = answer.json["findings"]
    assert (item["column"], item["endColumn"]) == (30, 33)
    assert check(project, PATH).json["findings"] == answer.json["findings"]


def test_annotations_name_the_line_of_the_patch(project: Project) -> None:
    write(project, "patches: [{path: memory.yaml}]\n", memory=PATCH)
    answer = project.run(
        "check", "--kustomize", "--select", "memory-absurdly-small", "-f", "concise"
    )
    assert answer.out.startswith("over/memory.yaml:10:30: error[memory-absurdly-small]")
    answer = project.run("check", "--kustomize", "--select", "memory-absurdly-small")
    assert "10 |             limits: {memory: 128}" in answer.out


@pytest.mark.parametrize(
    ("overlay", "line"),
    [
        pytest.param(
            "patches:\n  - patch: |-\n" + "".join(f"      {x}\n" for x in PATCH.splitlines()),
            13,
            id="patches",
        ),
        pytest.param(
            "patchesStrategicMerge:\n  - |\n" + "".join(f"      {x}\n" for x in PATCH.splitlines()),
            13,
            id="merge",
        ),
        pytest.param(
            "patches:\n  - target: {name: web}\n    patch: |-\n      - op: replace\n"
            "        path: /spec/template/spec/containers/1/resources/limits/memory\n"
            "        value: 128\n",
            7,
            id="operation",
        ),
        pytest.param(
            "patchesJson6902:\n  - target: {kind: Deployment, name: web}\n    patch: |-\n"
            "      - op: add\n        path: /spec/template/spec/containers/1/resources/limits\n"
            "        value:\n          cpu: 1\n          memory: 128\n",
            9,
            id="operation on what is around",
        ),
        pytest.param(
            "patches:\n  - patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web},"
            " spec: {template: {spec: {containers: [{name: web,"
            " resources: {limits: {memory: 128}}}]}}}}'\n",
            3,
            id="one line",
        ),
    ],
)
def test_a_patch_in_the_kustomization(project: Project, overlay: str, line: int) -> None:
    write(project, overlay)
    answer = check(project)
    assert (answer.json["unchecked"], places(answer)) == (
        [],
        [("over/kustomization.yaml", line, True)],
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "- op: add\n  path: /spec/template/spec/containers/1/resources/limits/memory\n"
            "  value: 128\n",
            id="yaml",
        ),
        pytest.param(
            '[{"op": "replace",\n"path": "/spec/template/spec/containers/1/resources/limits",\n'
            '"value": {"memory": 128}}]\n',
            id="json",
        ),
        pytest.param(
            "- {op: test, path: /spec/replicas, value: 2}\n"
            "- {op: add, path: /spec/template/spec/containers/-,\n"
            "   value: {name: more, image: 'more:1', resources: {limits: {memory: 128}}}}\n",
            id="item",
        ),
    ],
)
def test_operations_in_a_file(project: Project, text: str) -> None:
    write(project, "patches: [{path: ops.yaml, target: {kind: Deployment}}]\n", ops=text)
    assert places(check(project)) == [("over/ops.yaml", 3, True)]


def test_numbers_of_operations_are_those_of_their_time(project: Project) -> None:
    """A later patch puts a container first, so that number 1 is another one."""
    text = (
        "- {op: replace, path: /spec/template/spec/containers/1/resources/limits/memory, "
        "value: 128}\n"
    )
    more = SMALL.replace("name: web", "name: more\n          image: more:1").replace("128", "64Mi")
    overlay = "patches: [{path: ops.yaml, target: {kind: Deployment}}, {path: more.yaml}]\n"
    write(project, overlay, ops=text, more=HEAD + more)
    assert places(check(project)) == UNCERTAIN


def test_an_operation_in_doubt_leaves_earlier_patches_in_doubt(project: Project) -> None:
    """Which of the two has set the value is not known: the first patch has moved containers."""
    text = (
        "- {op: replace, path: /spec/template/spec/containers/0/resources/limits/memory, "
        "value: 128}\n"
    )
    overlay = "patches: [{path: memory.yaml}, {path: ops.yaml, target: {kind: Deployment}}]\n"
    write(project, overlay, memory=PATCH, ops=text)
    assert places(check(project)) == UNCERTAIN


@pytest.mark.parametrize(
    "last",
    [
        pytest.param("patches: [{path: memory.yaml, target: {labelSelector: a=b}}]\n", id="patch"),
        pytest.param("images: [{name: web, newTag: latest}]\n", id="transformer"),
    ],
)
def test_what_the_file_has_by_chance(project: Project, last: str) -> None:
    """A patch sets another value, and what comes later sets the one of the file again."""
    image = SMALL.replace("resources:\n            limits: {memory: 128}", "image: web:latest")
    write(project, "patches: [{path: image.yaml}]\n", image=HEAD + image.replace("latest", "1"))
    project.write(
        {
            "base/deploy.yaml": DEPLOYMENT.replace("web:1", "web:latest"),
            "top/kustomization.yaml": f"resources: [../over]\n{last}",
        }
    )
    if "memory" in last:
        project.write({"top/memory.yaml": HEAD + image})
    project.write(
        {"base/kustomization.yaml": "resources: [deploy.yaml]\nlabels: [{pairs: {a: b}}]\n"}
    )
    assert places(check(project, select="image-latest")) == [("base/deploy.yaml", 15, False)]
