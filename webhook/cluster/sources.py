"""What is read of the cluster: the kinds that rules ask for beside a reviewed object.

Never Secrets, and of ConfigMaps only the Argo controller's, by namespace and name: anybody may
have a ConfigMap of that name in a namespace of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kguard.facts.argo.config import CONFIG_NAME
from kguard.record import record

NAMESPACE = ("", "Namespace")
CONFIG_MAP = ("", "ConfigMap")

ARGO_CONFIG = f"argo/{CONFIG_NAME}"
"""Where Argo's own manifests and its documentation put the configuration of its controller."""

# k8s.io/apimachinery pkg/util/validation: IsDNS1123Label, IsDNS1123Subdomain.
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


@record
class Source:
    """One collection of the API, or the one object of it that is called `name`.

    `namespace` empty means all of them. `optional` kinds come with an operator that need not be
    installed. `large` ones are held packed whatever their size.
    """

    group: str
    version: str
    kind: str
    plural: str
    optional: bool = False
    large: bool = False
    namespace: str = ""
    name: str = ""

    @property
    def api_version(self) -> str:
        """As objects write it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Where the API server lists it."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return (
            f"{root}/namespaces/{self.namespace}/{self.plural}"
            if self.namespace
            else (f"{root}/{self.plural}")
        )

    @property
    def resource(self) -> str:
        """As rules of RBAC and `kubectl` name it: `workflowtemplates.argoproj.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


KINDS = (
    Source("", "v1", "LimitRange", "limitranges"),
    Source("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    Source("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    Source("", "v1", "Namespace", "namespaces"),
    Source(
        "argoproj.io",
        "v1alpha1",
        "WorkflowTemplate",
        "workflowtemplates",
        optional=True,
        large=True,
    ),
    Source(
        "argoproj.io",
        "v1alpha1",
        "ClusterWorkflowTemplate",
        "clusterworkflowtemplates",
        optional=True,
        large=True,
    ),
    Source("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", optional=True),
    Source(
        "autoscaling.k8s.io",
        "v1",
        "VerticalPodAutoscaler",
        "verticalpodautoscalers",
        optional=True,
    ),
)


def config_maps(named: Iterable[str] = (ARGO_CONFIG,)) -> Sequence[Source]:
    """Where the Argo controller's ConfigMap is looked for: `namespace/name`, each one object.

    Raises ValueError for what cannot be the place of one.
    """
    wanted: list[tuple[str, str]] = []
    for each in named:
        namespace, _, name = each.rpartition("/")
        if not _NAME.fullmatch(name) or not _NAMESPACE.fullmatch(namespace):
            raise ValueError(f"`{each}` is no `namespace/name` of a ConfigMap")
        wanted.append((namespace, name))
    return [
        Source("", "v1", "ConfigMap", "configmaps", namespace=namespace, name=name)
        for namespace, name in dict.fromkeys(wanted)
    ]
