"""The programs that render, real and made up, and files for them."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import e2e_tools

TOOLS = {
    "helm3": "KGUARD_HELM",
    "helm4": "KGUARD_HELM",
    "kustomize": "KGUARD_KUSTOMIZE",
    "kubectl": "KGUARD_KUSTOMIZE",
}
"""The variable that names each."""


def tool(name: str) -> Path | str:
    """A program, or why the tests have to do without it; built where that was asked for.

    Raises Unavailable in CI, where they must not.
    """
    if name == "kubectl":  # The machine's own: any of the last years will do.
        found = shutil.which("kubectl")
        return Path(found) if found else "no kubectl on the PATH"
    ci = os.environ.get("CI") == "true"
    if not ci and not os.environ.get("KGUARD_BUILD_TOOLS"):
        version = e2e_tools.KUSTOMIZE if name == "kustomize" else e2e_tools.HELM[name]
        path = e2e_tools.cache() / version / name
        return path if path.is_file() else f"no {name}: make chart-test builds it"
    make: dict[str, Callable[[], Path]] = {
        "helm3": e2e_tools.helm3,
        "helm4": e2e_tools.helm4,
        "kustomize": e2e_tools.kustomize,
    }
    try:
        return make[name]()
    except e2e_tools.Unavailable as error:
        if ci:
            raise
        return f"no {name}: {error}"


def fake(folder: Path, text: str) -> Path:
    """A program of these lines of Python, with `sys` at hand."""
    path = folder / "fake-tool"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{text}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "web/values.yaml": "tag: latest\nreplicas: 2\nresources: {}\nextra: false\n",
    "web/templates/_helpers.tpl": (
        '{{- define "web.labels" -}}\napp: web\nchart: {{ .Chart.Name }}\n{{- end }}\n'
    ),
    "web/templates/deploy.yaml": """\
{{- /* The one workload. */}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: "registry.example.com/web:{{ .Values.tag }}"
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        {{- if .Values.extra }}
        - name: extra
          image: registry.example.com/extra:latest
        {{- end }}
""",
    "web/templates/NOTES.txt": "Thank you for installing {{ .Chart.Name }}.\n",
}
"""A chart with a fault in line 18 of its template, and more with other values."""
