"""Helm as the chart's tests use it, and what there is to render."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import e2e_tools
import yaml

from kguard.record import record

ROOT = Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "charts" / "kguard"
HELMS = ("helm3", "helm4")
NAMESPACE = "guards"
RELEASE = "release"
KUBE_VERSIONS = tuple(f"1.{minor}.0" for minor in range(27, 38))
KUBE_VERSION = "1.34.0"
CI_VALUES = tuple(sorted(path.name.removesuffix("-values.yaml") for path in CHART.glob("ci/*")))

Object = Mapping[str, Any]


@record
class Helm:
    """One version of Helm."""

    name: str
    path: Path

    @classmethod
    def find(cls, name: str) -> Helm | str:
        """It, or why the tests have to do without. Raises Unavailable in CI, where they must not.

        It is built where that was asked for (`make chart-test` sets KGUARD_BUILD_TOOLS), because a
        build takes minutes that nobody expects of `make test`.
        """
        ci = os.environ.get("CI") == "true"
        if not ci and not os.environ.get("KGUARD_BUILD_TOOLS"):
            path = e2e_tools.cache() / e2e_tools.HELM[name] / name
            return cls(name, path) if path.is_file() else f"no {name}: make chart-test builds it"
        tools: dict[str, Callable[[], Path]] = {"helm3": e2e_tools.helm3, "helm4": e2e_tools.helm4}
        try:
            return cls(name, tools[name]())
        except e2e_tools.Unavailable as error:
            if ci:
                raise
            return f"no {name}: {error}"

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run it, apart from what the user has configured."""
        environment = {key: value for key, value in os.environ.items() if key[:5] != "HELM_"}
        environment["KUBECONFIG"] = os.devnull
        return subprocess.run(
            [self.path, *words], capture_output=True, encoding="utf-8", env=environment
        )

    def text(
        self,
        values: str = "default",
        *sets: str,
        kube: str = KUBE_VERSION,
        namespace: str = NAMESPACE,
    ) -> str:
        """What `helm template` prints for a values file of ci/ and settings as for --set."""
        return _text(self, values, sets, kube, namespace)

    def objects(
        self,
        values: str = "default",
        *sets: str,
        kube: str = KUBE_VERSION,
        namespace: str = NAMESPACE,
    ) -> tuple[Object, ...]:
        """The same as objects, hooks among them. Do not change them: they are shared."""
        return _objects(_text(self, values, sets, kube, namespace))

    def refusal(self, *sets: str, kube: str = KUBE_VERSION, namespace: str = NAMESPACE) -> str:
        """What Helm says against settings; empty where it renders them."""
        done = self.run(*_template(("default"), sets, kube, namespace))
        return done.stderr if done.returncode else ""


@cache
def _text(helm: Helm, values: str, sets: Sequence[str], kube: str, namespace: str) -> str:
    done = helm.run(*_template(values, sets, kube, namespace))
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def _objects(text: str) -> tuple[Object, ...]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return tuple(found for found in yaml.load_all(text, loader) if found is not None)


def _template(
    values: str, sets: Sequence[str], kube: str, namespace: str
) -> tuple[str | Path, ...]:
    chosen: list[str | Path] = [word for setting in sets for word in ("--set-json", setting)]
    file = CHART / "ci" / f"{values}-values.yaml"
    return (
        *("template", RELEASE, CHART, "--namespace", namespace),
        *("--kube-version", kube, "--values", file, *chosen),
    )


def named(objects: Sequence[Object], kind: str, name: str | None = None) -> Object:
    """The one object of a kind, or of a kind and a name."""
    (found,) = (
        each
        for each in objects
        if each["kind"] == kind and name in (None, each["metadata"]["name"])
    )
    return found


def of_kind(objects: Sequence[Object], kind: str) -> list[Object]:
    """All objects of a kind."""
    return [each for each in objects if each["kind"] == kind]


def hook(each: Object) -> str:
    """The hook an object belongs to; empty for one that is installed."""
    return str(each["metadata"].get("annotations", {}).get("helm.sh/hook", ""))


def pod_of(each: Object) -> Any:
    """The pod specification of a Deployment, Job or Pod; None for anything else."""
    if each["kind"] == "Pod":
        return each["spec"]
    return each["spec"]["template"]["spec"] if each["kind"] in ("Deployment", "Job") else None
