"""A base with an overlay whose patch sets what is wrong."""

from __future__ import annotations

from cli_project import Answer, Project

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: side
          image: side:1
        - name: web
          image: web:1
          args: [one, two]
          resources:
            limits: {cpu: 1, memory: 1Gi}
"""
HEAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
"""
SMALL = """\
spec:
  template:
    spec:
      containers:
        - name: web
          resources:
            limits: {memory: 128}
"""
PATCH = HEAD + SMALL
"""The value that is found is in line 10."""
FILES = {
    "base/kustomization.yaml": "resources: [deploy.yaml]\n",
    "base/deploy.yaml": DEPLOYMENT,
}
OVERLAY = "resources: [../base]\n"
PATH = "over/memory.yaml"


def write(project: Project, overlay: str, **more: str) -> None:
    """A base, an overlay with these lines, and more files, `__` in their names for slashes."""
    project.write({**FILES, "over/kustomization.yaml": OVERLAY + overlay})
    project.write({f"over/{name}.yaml": text for name, text in more.items()})


def check(project: Project, *words: str, select: str = "memory-absurdly-small") -> Answer:
    return project.run("check", "--kustomize", "--select", select, "-f", "json", *words)


CERTAIN = [(PATH, 10, True)]
