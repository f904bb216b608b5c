"""Forecasts of runs for people, as a table, and for programs, as data.

forecast.schema.json beside this module describes the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from kguard import quantity
from kguard.facts.forecast.forecast import ASSUMED_ITEMS, EXPECTED_ITEMS, Forecast, expected_items
from kguard.facts.forecast.limits import MANY_AT_ONCE, MAX_REQUEST, Outlook, rounded_down
from kguard.facts.forecast.pods import Load, Pods
from kguard.facts.forecast.quotas import Shortage
from kguard.facts.sizes import written
from kguard.model import Resource, Route
from kguard.term import Style, safe

Places = Callable[[Resource, Route], tuple[str, int]]
"""From a route of a resource to its file and line."""

_LABEL = 15


def table(outlook: Outlook, places: Places, style: Style, *, worst: bool) -> Iterator[str]:
    """The lines of one run's table; `worst` judges the run that needs every attempt."""
    resource = outlook.workflow.resource
    path, line = places(resource, ())
    yield f"{style.paint(safe(resource.label), 'strong')}  {safe(path)}:{line}"
    for label, texts in _rows(outlook, places, style, worst):
        for number, text in enumerate(texts):
            yield f"  {(label if not number else ''):{_LABEL}}{text}"


def _rows(
    outlook: Outlook, places: Places, style: Style, worst: bool
) -> Iterator[tuple[str, list[str]]]:
    forecast = outlook.worst if worst else outlook.nominal
    pods = outlook.worst_pods if worst else outlook.pods
    yield "nodes", [_nodes(forecast, outlook.worst_kinds if worst else outlook.kinds)]
    yield "pods at once", [_at_once(pods)]
    yield "requests", list(_requests(pods))
    yield (
        "status",
        [
            f"{written(forecast.raw)} of nodes, {written(forecast.packed)} compressed; "
            f"beside them {written(forecast.fixed)}, never compressed"
        ],
    )
    if not worst and outlook.worst.count.nodes > outlook.nominal.count.nodes:
        fits = "does not fit" if outlook.worst_limit.reached else "fits"
        size = written(outlook.worst_limit.size)
        nodes, pods_in_all = outlook.worst.count.nodes, outlook.worst.count.pods
        yield (
            "all attempts",
            [f"{nodes:,} nodes, {_counted(pods_in_all, 'pod')}: {size} to store, which {fits}"],
        )
    if notes := list(_assumptions(outlook, forecast)):
        yield "assumed", notes
    yield "limit", list(_limit(outlook, places, style, worst))
    if outlook.shortages:
        yield "quota", [_shortage(each) for each in outlook.shortages]
    if changes := list(_changes(outlook, worst)):
        yield "what helps", [change["text"] for change in changes]


def _nodes(forecast: Forecast, kinds: Mapping[str, int]) -> str:
    most_first = sorted(kinds.items(), key=lambda each: (-each[1], each[0]))
    listed = ", ".join(f"{number:,} {name}" for name, number in most_first)
    return f"{forecast.count.nodes:,}: {listed}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _at_once(pods: Pods) -> str:
    held = ", held there by `parallelism`" if pods.limit is not None else ""
    return f"{pods.peak.pods:,} of {pods.total.pods:,}{held}"


def _shortage(shortage: Shortage) -> str:
    quota = shortage.quota.resource.name
    return (
        f"ResourceQuota `{safe(quota)}` lets {shortage.share:.0%} of them run at once "
        f"(`{shortage.name}: {safe(str(shortage.hard))}`): the others wait"
    )


def _requests(pods: Pods) -> Iterator[str]:
    if not (pods.total.cpu or pods.total.memory):
        yield "none are written" if pods.total.pods else "none: there is no pod"
        return
    yield f"at once: {_amounts(pods.peak)}"
    if pods.total.pods > pods.peak.pods:
        yield f"all pods together: {_amounts(pods.total)}"


def _amounts(load: Load) -> str:
    parts = []
    if load.cpu:
        cores = load.cpu / 1000
        parts.append(f"cpu {cores:,.0f}" if cores >= 100 else f"cpu {cores:.4g}")
    if load.memory:
        parts.append(f"memory {_bytes(load.memory)}")
    return f"{'' if load.exact else 'at least '}{', '.join(parts)}"


def _bytes(size: int) -> str:
    if size < 1024**3:
        return written(size)
    unit, name = (1024**4, "TiB") if size >= 1024**4 else (1024**3, "GiB")
    return f"{size / unit:,.1f} {name}"


def _assumptions(outlook: Outlook, forecast: Forecast) -> Iterator[str]:
    count = forecast.count
    if count.assumed:
        yield (
            f"{ASSUMED_ITEMS} items in each loop that only a run can tell "
            f"(`--items`, `{EXPECTED_ITEMS}`)"
        )
    if count.partial:
        yield "one pod for each template that was not seen"
    if count.recursive:
        yield "one round of each recursion"
    if count.unbounded:
        yield "one attempt where nothing in `retryStrategy` says how many"
    if outlook.workflow.config is None and outlook.limit.compressed:
        yield "no offloading: the controller's configuration was not seen"


def _limit(outlook: Outlook, places: Places, style: Style, worst: bool) -> Iterator[str]:
    limit = outlook.worst_limit if worst else outlook.limit
    share = f"{written(limit.size)} of {written(limit.most)}"
    if limit.offloaded:
        what = "that etcd takes, for what is not offloaded"
    elif limit.compressed:
        what = "that the controller stores, compressed"
    else:
        what = "that the controller stores, without compression"
    verdict, role = "fits", "note"
    if limit.reached:
        verdict, role = "does not fit", "error"
    elif limit.compressed and limit.size * 2 > limit.most:
        role = "warning"
    yield f"{style.paint(verdict, role)}: {share} {what}"
    if outlook.by is not None and (outlook.items > 1 or limit.compressed):
        path, line = places(outlook.by.resource, outlook.by.route)
        yield f"most of it by {safe(outlook.by.called)}, {safe(path)}:{line}"
    if outlook.items > 1 and not worst:
        most = f"about {rounded_down(outlook.most_items):,}" if outlook.most_items else "none"
        yield f"with {outlook.items:,} items; {most} would fit at most"


def _changes(outlook: Outlook, worst: bool) -> Iterator[dict[str, Any]]:
    """What would make a run fit, and what would hold its pods back."""
    limit = outlook.worst_limit if worst else outlook.limit
    forecast = outlook.worst if worst else outlook.nominal
    pods = outlook.worst_pods if worst else outlook.pods
    chunks = outlook.worst_chunks if worst else outlook.chunks
    if chunks is not None:
        yield {
            "change": "chunks",
            "items": chunks.items,
            "workflows": chunks.workflows,
            "text": f"chunks of {chunks.items:,} items: {chunks.workflows:,} child workflows",
        }
    if limit.reached and not limit.offloaded and forecast.count.pods:
        most = (MAX_REQUEST - forecast.spec) * forecast.count.pods // max(forecast.completion, 1)
        enough = "enough here" if forecast.fixed <= MAX_REQUEST else "not enough here"
        yield {
            "change": "offload",
            "pods": max(most, 0),
            "enough": forecast.fixed <= MAX_REQUEST,
            "text": "`persistence.nodeStatusOffLoad`: "
            f"room for about {rounded_down(max(most, 0)):,} pods, {enough}",
        }
    if pods.limit is None and pods.peak.pods > MANY_AT_ONCE:
        cpu, memory = (
            Fraction(amount * MANY_AT_ONCE, pods.peak.pods)
            for amount in (pods.peak.cpu, pods.peak.memory)
        )
        held = Load(MANY_AT_ONCE, int(cpu), int(memory))
        at_once = f"about {_amounts(held)}" if cpu or memory else f"{MANY_AT_ONCE} pods"
        yield {
            "change": "parallelism",
            "parallelism": MANY_AT_ONCE,
            "text": f"`parallelism: {MANY_AT_ONCE}` of the workflow: {at_once} at once",
        }


def as_json(found: list[Outlook], places: Places, *, worst: bool) -> dict[str, Any]:
    """All forecasts as data; amounts are Kubernetes quantities, sizes are bytes."""
    return {"version": 1, "forecasts": [_data(each, places, worst) for each in found]}


def _data(outlook: Outlook, places: Places, worst: bool) -> dict[str, Any]:
    resource = outlook.workflow.resource
    path, line = places(resource, ())
    forecast = outlook.worst if worst else outlook.nominal
    limit = outlook.worst_limit if worst else outlook.limit
    by: dict[str, Any] | None = None
    if outlook.by is not None:
        where, number = places(outlook.by.resource, outlook.by.route)
        by = {
            "call": outlook.by.name,
            "template": outlook.by.template.name,
            "items": outlook.items,
            "mostItems": outlook.most_items,
            "file": where,
            "line": number,
        }
    return {
        "resource": {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "namespace": resource.namespace,
            "name": resource.name or resource.generate_name,
        },
        "file": path,
        "line": line,
        "retries": "worst" if worst else "none",
        "assumed": {
            "items": None
            if not forecast.count.assumed
            else expected_items(outlook.workflow) or ASSUMED_ITEMS,
            "unseenTemplates": forecast.count.partial,
            "recursion": forecast.count.recursive,
            "unlimitedRetries": forecast.count.unbounded,
            "offloading": limit.offloaded,
        },
        "nominal": _run(outlook.nominal, outlook.kinds, outlook.pods),
        "worst": _run(outlook.worst, outlook.worst_kinds, outlook.worst_pods),
        "limit": {
            "name": "etcd" if limit.offloaded else "controller",
            "bytes": limit.size,
            "most": limit.most,
            "reached": limit.reached,
            "compressed": limit.compressed,
            "by": by,
        },
        "quotas": [
            {"quota": each.quota.resource.name, "name": each.name, "hard": str(each.hard)}
            for each in outlook.shortages
        ],
        "changes": list(_changes(outlook, worst)),
    }


def _run(forecast: Forecast, kinds: Mapping[str, int], pods: Pods) -> dict[str, Any]:
    count = forecast.count
    return {
        "nodes": {
            "total": count.nodes,
            "pods": count.pods,
            "retries": count.retries,
            "others": count.others,
            "byKind": dict(kinds),
        },
        "pods": {"total": pods.total.pods, "peak": pods.peak.pods, "parallelism": pods.limit},
        "requests": {"peak": _load(pods.peak), "total": _load(pods.total)},
        "status": {
            "raw": forecast.raw,
            "packed": forecast.packed,
            "fixed": forecast.fixed,
            "stored": forecast.stored,
        },
    }


def _load(load: Load) -> dict[str, Any]:
    return {"cpu": _cpu(load), "memory": _memory(load), "exact": load.exact}


def _cpu(load: Load) -> str:
    return quantity.format_cpu(Fraction(load.cpu, 1000))


def _memory(load: Load) -> str:
    return quantity.format_memory(Fraction(load.memory)) if load.memory else "0"
