"""Sidecars that webhooks put into the pods of workflows, as labels and annotations ask for them.

Sources: the documentation of Istio (sidecar.istio.io/inject, nativeSidecar), Linkerd
(linkerd.io/inject, proxy-enable-native-sidecar) and Vault (agent-inject, agent-pre-populate-only);
argo-workflows docs/sidecar-injection.md (kill-cmd).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.model import Route, Scope
from kguard.record import record

KILL = "workflows.argoproj.io/kill-cmd-"
"""What the annotation begins with that says how a container is stopped; its name follows."""

# Label or annotation → what it is set to, the container, what makes it a native sidecar.
_INJECTED: Mapping[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "sidecar.istio.io/inject": (("true",), "istio-proxy", ("sidecar.istio.io/nativeSidecar",)),
    "linkerd.io/inject": (
        ("enabled", "ingress"),
        "linkerd-proxy",
        (
            "config.alpha.linkerd.io/proxy-enable-native-sidecar",
            "config.beta.linkerd.io/proxy-enable-native-sidecar",
        ),
    ),
    "vault.hashicorp.com/agent-inject": (
        ("true",),
        "vault-agent",
        ("vault.hashicorp.com/agent-pre-populate-only",),
    ),
}


@record
class Injected:
    """A sidecar that does not end by itself: the keys that ask for it, and its container.

    `opt_in` says that it is never a native sidecar unless that is asked for.
    """

    keys: Route
    container: str
    opt_in: bool


def injected(metadata: Scope, annotations: Mapping[str, object]) -> Iterator[Injected]:
    """The sidecars that a pod's metadata ask for and that nothing in `annotations` ends."""
    for section in ("labels", "annotations"):
        for key, (values, container, native) in _INJECTED.items():
            if metadata.get(section, key) not in values or f"{KILL}{container}" in annotations:
                continue
            if not any(annotations.get(each) in ("true", "enabled") for each in native):
                yield Injected((section, key), container, opt_in=key == "linkerd.io/inject")
