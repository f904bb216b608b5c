"""See stop_signal_needs_os.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.pods import Pod
from kguard.model import Edit, Fault, Fix
from kguard.policy.context import ERROR, WARNING, Context

_ALPHA, _BETA = (1, 33), (1, 38)
"""Since when the field exists and since when its gate, ContainerStopSignals, is on (KEP-4960)."""


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for a `stopSignal` that the API server refuses or drops."""
    stopping = [c for c in pod.containers if c.get("lifecycle", "stopSignal") is not None]
    known = ctx.assume.kube >= _ALPHA
    if not stopping or (known and pod.get("os", "name")):
        return
    minor = ".".join(map(str, ctx.assume.kube))
    if not known:
        said, help = f"is not known to Kubernetes {minor}", "kubectl refuses it as an unknown field"
    elif ctx.assume.kube < _BETA:
        said = "has no effect without `os.name` of the pod"
        help = f"Kubernetes {minor} drops it, or refuses it where ContainerStopSignals is on"
    else:
        said, help = "needs `os.name` of the pod", "the API server refuses it"
    for container in stopping:
        yield container.fault(
            ("lifecycle", "stopSignal"),
            f"`stopSignal` of {container.called} {said}",
            severity=ERROR if not known or ctx.assume.kube >= _BETA else WARNING,
            help=help,
            fix=_linux(pod) if known else None,
        )


def _linux(pod: Pod) -> Fix | None:
    """The name of the usual system; None where the nodes are chosen by theirs."""
    if pod.get("nodeSelector") is not None or pod.get("affinity") is not None:
        return None
    # Unsafe: a new pod template is a rollout.
    return Fix((Edit(pod.at("os", "name"), "linux"),), safe=False, title="set `os.name: linux`")
