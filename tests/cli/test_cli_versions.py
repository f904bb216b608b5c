"""What is said of versions that no table of kguard knows: once, whatever policies run."""

from __future__ import annotations

import pytest
from cli_project import POD, Project

WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: nightly-}
spec: {entrypoint: main}
"""
CONTROLLER = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data: {parallelism: "10"}
"""
DOCKERFILE = "FROM registry.example.com/base:1\n"

KUBERNETES = [
    pytest.param("1.0", "Kubernetes 1.0 is older than the oldest release", id="long gone"),
    pytest.param("1.24", "Kubernetes 1.24 is older than the oldest release", id="old"),
    pytest.param("1.25", "", id="oldest"),
    pytest.param("1.99", "Kubernetes 1.99 is newer than the newest release", id="to come"),
]
ARGO = [
    pytest.param("2.12", "Argo Workflows 2.12 is older than the oldest version", id="old"),
    pytest.param("3.4", "", id="oldest"),
    pytest.param("9.0", "Argo Workflows 9.0 is newer than the newest version", id="to come"),
]


def told(project: Project, *words: str, select: str = "image-latest") -> list[str]:
    """The notices of a run with one policy that asks for no version, up to what is known."""
    answer = project.run("check", "-f", "json", "--select", select, *words)
    assert answer.code in (0, 1), answer.err
    notices = [notice.partition(" that is known")[0] for notice in answer.json["notices"]]
    return [notice for notice in notices if notice.startswith(("Kubernetes", "Argo Workflows"))]


@pytest.mark.parametrize(("version", "notice"), KUBERNETES)
def test_a_kubernetes_that_is_not_known_is_told(
    project: Project, version: str, notice: str
) -> None:
    project.write({"a.yaml": POD, "b.yaml": POD})
    expected = [notice] if notice else []
    assert told(project, "--kube-version", version) == expected
    project.write({".kguard.yaml": f'kube-version: "{version}"\n'})
    assert told(project) == told(project, select="schema") == expected


@pytest.mark.parametrize("content", [WORKFLOW, CONTROLLER], ids=["workflow", "controller"])
@pytest.mark.parametrize(("version", "notice"), ARGO)
def test_an_argo_that_is_not_known_is_told(
    project: Project, version: str, notice: str, content: str
) -> None:
    project.write({"argo/a.yaml": content})
    expected = [notice] if notice else []
    assert told(project, "--argo-version", version) == expected
    project.write({".kguard.yaml": f'argo: {{version: "{version}"}}\n'})
    assert told(project) == told(project, select="argo") == expected


def test_nothing_is_told_where_nothing_is_judged_by_the_version(project: Project) -> None:
    project.write({"Dockerfile": DOCKERFILE, "pod/a.yaml": POD})
    versions = ("--kube-version", "1.99", "--argo-version", "9.0")
    assert told(project, "Dockerfile", *versions, select="dockerfile") == []
    assert len(told(project, "pod", *versions)) == 1


@pytest.mark.parametrize("version", ["7.3", "2.0", "1", "1.x", "latest"])
def test_what_no_kubernetes_is_called_is_refused(project: Project, version: str) -> None:
    project.write({"a.yaml": POD})
    answer = project.run("check", "--kube-version", version)
    assert answer.code == 2
    assert f"`{version}` is no Kubernetes version" in answer.err
