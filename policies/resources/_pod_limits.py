"""What a LimitRange says of a pod as a whole.

Source: kubernetes plugin/pkg/admission/limitranger/admission.go, PodLimitFunc.
"""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.limitranges import LimitItem
from kguard.facts.podresources import container_amount, containers_total
from kguard.facts.pods import Pod
from kguard.model import Fault
from kguard.quantity.quantities import format_cpu, format_memory
from kguard.words import with_article

_NOUNS = {"requests": "request", "limits": "limit"}


def sums(pod: Pod, item: LimitItem) -> Iterator[Fault]:
    """A fault for each sum over the containers of a pod that an entry for pods does not allow."""
    for key, sections in (("max", ("limits", "requests")), ("min", ("requests",))):
        for resource in item.amounts(key):
            for wrong in filter(None, (_wrong(pod, item, key, s, resource) for s in sections)):
                yield pod.fault(
                    ("containers",),
                    wrong,
                    related=[item.related(key, resource)],
                    help="its pods are rejected",
                )
                break  # The requests are no second fault.


def _wrong(pod: Pod, item: LimitItem, key: str, section: str, resource: str) -> str:
    """What is wrong with a sum; empty where nothing is, or nothing certain."""
    bound = item.value(key, resource)
    if bound is None:
        return ""
    of = f"the `{key}` `{item.get(key, resource)}` of LimitRange `{item.resource.name}` for pods"
    total = containers_total(pod, section, resource)
    text = (format_cpu if resource == "cpu" else format_memory)(total.value)
    if not any(container_amount(each, section, resource) for each in pod.containers):
        return f"no container has {with_article(resource)} {_NOUNS[section]}, which {of} wants"
    if key == "max" and total.value > bound:
        return f"the {resource} {section} add up to `{text}`, above {of}"
    if key == "min" and total.exact and total.value < bound:
        return f"the {resource} {section} add up to `{text}`, below {of}"
    return ""
