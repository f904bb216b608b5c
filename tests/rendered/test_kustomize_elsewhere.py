"""What one kustomization lacks and another part of the run has."""

from __future__ import annotations

import pytest
from cli_project import Project
from found import places

pytestmark = pytest.mark.usefixtures("kustomize")

JOINED = {
    "infra/kustomization.yaml": "resources: [all.yaml]\n",
    "infra/all.yaml": """\
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: critical}
value: 1000
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: prod}
""",
    "app/kustomization.yaml": "namespace: prod\nresources: [all.yaml]\n",
    "app/all.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      priorityClassName: critical
      containers: [{name: web, image: "registry.example.com/web:1"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
""",
    "edge/kustomization.yaml": "namespace: prod\nresources: [all.yaml]\n",
    "edge/all.yaml": """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
""",
}
JOINS = (
    "hpa-target-missing,ingress-backend-missing,pdb-selects-nothing,pdb-missing,"
    "priorityclass-missing,serviceaccount-missing,single-replica"
)


def joins(project: Project, *words: str) -> set[str]:
    """The policies about what is there and what is not that find something."""
    options = [f"--select={each}" for each in JOINS.split(",")]
    found = project.run("check", "--kustomize", "--format", "json", *options, *words)
    return {each["policy"] for each in found.json["findings"]}


@pytest.mark.parametrize("options", [(), ("--complete",)], ids=["partial", "complete"])
def test_what_another_kustomization_makes_is_there(
    project: Project, options: tuple[str, ...]
) -> None:
    project.write(JOINED)
    assert joins(project, *options) == set()


def test_what_a_plain_file_makes_is_there(project: Project) -> None:
    project.write({each: JOINED[each] for each in JOINED if each != "app/kustomization.yaml"})
    assert joins(project) == set()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {"hpa-target-missing", "ingress-backend-missing", "pdb-selects-nothing"}),
        (("--complete",), {"hpa-target-missing", "ingress-backend-missing", "pdb-selects-nothing"}),
    ],
    ids=["partial", "complete"],
)
def test_what_another_namespace_has_is_not_there(
    project: Project, options: tuple[str, ...], expected: set[str]
) -> None:
    project.write({**JOINED, "edge/kustomization.yaml": "namespace: test\nresources: [all.yaml]\n"})
    # The Deployment of no autoscaler has one replica, and no budget is missing then.
    assert joins(project, *options) - {"single-replica"} == expected


def test_one_kustomization_does_not_say_what_a_cluster_has(project: Project) -> None:
    alone = {path: text for path, text in JOINED.items() if path.startswith("app/")}
    project.write(alone)
    accounts = {"priorityclass-missing", "serviceaccount-missing"}
    assert joins(project) & accounts == set()
    assert joins(project, "--complete") & accounts == accounts


def test_one_kustomization_says_what_it_lacks_itself(project: Project) -> None:
    project.write({path: text for path, text in JOINED.items() if path.startswith("edge/")})
    expected = {"hpa-target-missing", "ingress-backend-missing", "pdb-selects-nothing"}
    assert joins(project) == expected


ARGO_ACCOUNT = "argo-service-account-default"
ACCOUNT = {
    "flows/kustomization.yaml": "namespace: prod\nresources: [all.yaml]\n",
    "flows/all.yaml": """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: report}
spec:
  entrypoint: main
  serviceAccountName: report
  templates: [{name: main, container: {image: "registry.example.com/a:1"}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: little}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: little}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: little}
subjects: [{kind: ServiceAccount, name: report}]
""",
}
MORE = {
    "infra/kustomization.yaml": "resources: [all.yaml]\n",
    "infra/all.yaml": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: executor, namespace: prod}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: executor}
subjects: [{kind: ServiceAccount, name: report, namespace: prod}]
""",
}


def test_an_account_may_be_given_more_elsewhere(project: Project) -> None:
    def found(*words: str) -> list[int]:
        return [
            line
            for _, line, _ in places(
                project.run("check", "--kustomize", "--select", ARGO_ACCOUNT, "-f", "json", *words)
            )
        ]

    project.write(ACCOUNT)
    assert (found(), found("--complete")) == ([], [6])
    project.write(MORE)
    assert found("--complete") == []
