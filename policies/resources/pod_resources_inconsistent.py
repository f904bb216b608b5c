"""See pod_resources_inconsistent.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kguard.facts.podresources import containers_total, is_pod_level, written_amounts
from kguard.facts.pods import Pod, Role, quantity
from kguard.model import Fault, Related
from kguard.policy.context import WARNING, Context

_HELP = "the API server rejects the pod"


def check(pod: Pod, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each way in which a pod's own resources disagree with its containers'."""
    resources = pod.get("resources")
    if not isinstance(resources, Mapping) or not resources:
        return
    if not pod.pod_level_resources:
        version = "{}.{}".format(*ctx.assume.kube)
        yield pod.fault(
            ("resources",),
            f"the pod's own `resources` have no effect in Kubernetes {version}",
            severity=WARNING,
            help="they are on from 1.34; before that the API server drops them",
        )
        return
    requests, limits = (written_amounts(pod, each) for each in ("requests", "limits"))
    for section, amounts in (("requests", requests), ("limits", limits)):
        for name in amounts:
            if not is_pod_level(name):
                yield pod.fault(
                    ("resources", section, name),
                    f"a pod's own `resources` cannot have {name}",
                    help="only cpu, memory and huge pages are accepted there",
                )
    for name in filter(is_pod_level, {**requests, **limits}):
        yield from _sums(pod, name, requests.get(name), limits.get(name))
    yield from _single(pod, limits)


def _sums(pod: Pod, name: str, request: object, limit: object) -> Iterator[Fault]:
    total = containers_total(pod, "requests", name).value
    section, text = ("requests", request) if request is not None else ("limits", limit)
    value, most = quantity(text), quantity(limit)
    if value is not None and total > value:
        yield pod.fault(
            ("resources", section, name),
            f"the containers request more {name} together than the pod's {section.rstrip('s')} "
            f"`{text}`",
            help=_HELP,
        )
    if value is not None and most is not None and value > most:
        yield pod.fault(
            ("resources", "requests", name),
            f"the pod requests {name} `{request}`, above its limit `{limit}`",
            help=_HELP,
        )


def _single(pod: Pod, limits: Mapping[str, object]) -> Iterator[Fault]:
    for container in (each for each in pod.containers if each.role is Role.APP):
        for name, text in written_amounts(container, "limits").items():
            value, most = quantity(text), quantity(limits.get(name))
            if value is None or most is None or value <= most:
                continue
            place = Related(pod.resource, pod.at("resources", "limits", name), "the pod's limit")
            yield container.fault(
                ("resources", "limits", name),
                f"{name} limit `{text}` of {container.called} is above the pod's, `{limits[name]}`",
                related=[place],
                help=_HELP,
            )
