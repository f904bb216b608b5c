"""Keys of a Drone pipeline, or of a policy of its runner, that the runner drops without a word.

Sources: drone-runners/drone-runner-kube v1.0.0-rc.5 engine/resource/pipeline.go and
engine/policy/policy.go, drone/runner-go v1.12.0 manifest (RawResource, Clone, Concurrency,
Platform, Workspace, Conditions). The YAML reader is not strict and minds case; a field without a
`yaml` tag has its Go name in lower case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kguard.kube import drone
from kguard.model import Resource, Route, Scope
from kguard.record import record
from kguard.words import closest

Keys = Mapping[str, Any]
"""Accepted keys: None where anything may follow, else the keys in it, or in each of its items."""

_ANY = "*"
"""Stands for every key."""


def _keys(names: str, **inner: Any) -> Keys:
    return {**dict.fromkeys(names.split()), **inner}


_CONDITIONS = dict.fromkeys(
    ("action", "cron", "ref", "repo", "instance", "target", "event", "branch", "status", "paths"),
    _keys("include exclude"),
)
_AMOUNTS = _keys("cpu memory")
_RESOURCES = _keys("", limits=_AMOUNTS, requests=_AMOUNTS)
_METADATA = _keys("namespace annotations labels")
_STEP = _keys(
    "command commands detach depends_on entrypoint failure image name privileged pull "
    "settings shell user group working_dir",
    # A variable under any name: a text, or this (runner-go manifest/env.go, Variable).
    environment={_ANY: _keys("value from_secret")},
    resources=_RESOURCES,
    volumes=_keys("name path sub_path"),
    when=_CONDITIONS,
)
_MOUNTED = _keys("name default_mode optional")
_PIPELINE = _keys(
    "version kind type name depends_on node environment image_pull_secrets node_name node_selector "
    "service_account_name",
    clone=_keys("disable depth retries skip_verify trace"),
    concurrency=_keys("limit"),
    platform=_keys("os arch variant version"),
    trigger=_CONDITIONS,
    resources=_RESOURCES,
    services=_STEP,
    steps=_STEP,
    volumes=_keys(
        "name",
        temp=_keys("medium size_limit"),
        host=_keys("path"),
        claim=_keys("name read_only"),
        config_map=_MOUNTED,
        secret=_MOUNTED,
    ),
    workspace=_keys("path"),
    metadata=_METADATA,
    # Of `toleration_seconds` a policy of its own tells; of two spellings the last is suggested.
    tolerations=_keys("effect key operator value toleration_seconds tolerationseconds"),
    dns_config=_keys("nameservers searches", options=_keys("name value")),
    host_aliases=_keys("ip hostnames"),
)
_POLICY = _keys(
    # What `match` and `resources` hold is for policies of their own.
    "version kind type name match resources node_selector service_account priority_class",
    metadata=_METADATA,
    tolerations=_keys("effect key operator value toleration_seconds"),
)

# What holds a list of mappings; the others hold one. Anything else ends the build in the parser.
_LISTS = ("services", "steps", "volumes", "tolerations", "options", "host_aliases")

_MOST_MAPPINGS = 1000
"""With how many mappings of a document a key's value is compared."""

# Names from Kubernetes, Compose or older versions for what has another name here.
_OTHER_NAMES = {
    "env": "environment",
    "emptyDir": "temp",
    "hostPath": "host",
    "persistentVolumeClaim": "claim",
    "volumeMounts": "volumes",
    "mountPath": "path",
    "branches": "branch",
    "serviceAccount": "service_account_name",
    "service_account": "service_account_name",
}


@record(eq=False)
class UnknownKey(Scope):
    """A key the runner drops. `data` is the mapping it stands in.

    `meant` is the accepted key it is another spelling of, or the nearest one; `same` says that it
    only is another spelling, and that the accepted key is not there as well.
    """

    key: str
    meant: str
    same: bool


def unknown_keys(resource: Resource) -> Iterator[UnknownKey]:
    """The dropped keys of a pipeline for the Kubernetes runner, or of a policy document."""
    if drone.is_pipeline(resource):
        accepted = _PIPELINE
    elif (resource.group, resource.kind) == drone.POLICY:
        accepted = _POLICY
    else:
        return
    shared = _Shared(resource.data)
    for route, data, known in _mappings((), resource.data, accepted):
        for key in data:
            if key in known or _ANY in known or _holds_anchors(key):
                continue
            unknown = _unknown(resource, route, data, key, known)
            # A misspelt key is nobody's store of things to merge, whatever else looks like it.
            if not shared.holds(data[key], merged=not unknown.meant):
                yield unknown


def _unknown(
    resource: Resource, route: Route, data: Mapping[str, Any], key: str, known: Keys
) -> UnknownKey:
    spelt = {_plain(each): each for each in known}
    meant = spelt.get(_plain(key)) or _OTHER_NAMES.get(key, "")
    meant = meant if meant in known else ""
    near = meant or next(iter(closest(key, known, cutoff=0.8)), "")
    return UnknownKey(resource, route, data, key, near, bool(meant) and meant not in data)


def _plain(key: str) -> str:
    """A key without what spellings differ in: case, `_`, `-` and the plural."""
    return key.lower().replace("_", "").replace("-", "").removesuffix("s")


def _holds_anchors(key: str) -> bool:
    """Whether a key by its name only holds what others refer to: `x-common`, `.common`."""
    return key == "<<" or key[:1] in ("_", ".") or key[:2] in ("x-", "x_")


def _mappings(
    route: Route, data: Any, accepted: Keys
) -> Iterator[tuple[Route, Mapping[str, Any], Keys]]:
    """Every mapping of which the accepted keys are known, with them."""
    if not isinstance(data, Mapping):
        return
    yield route, data, accepted
    for key, value in data.items():
        inner = accepted.get(key, accepted.get(_ANY))
        if inner is None:
            continue
        if key not in _LISTS:
            yield from _mappings((*route, key), value, inner)
        for number, item in enumerate(value if key in _LISTS and isinstance(value, list) else ()):
            yield from _mappings((*route, key, number), item, inner)


class _Shared:
    """Which parts of a document others refer to: by an alias, or by a merge of mappings."""

    def __init__(self, root: Any) -> None:
        self._times: Counter[int] = Counter()
        self._all: list[Mapping[str, Any]] = []
        pending = [root]
        while pending:
            item = pending.pop()
            if not isinstance(item, Mapping | list):
                continue
            self._times[id(item)] += 1
            if self._times[id(item)] > 1:
                continue
            if isinstance(item, Mapping) and len(self._all) < _MOST_MAPPINGS:
                self._all.append(item)
            pending += item.values() if isinstance(item, Mapping) else item

    def holds(self, value: Any, merged: bool) -> bool:
        """Whether something under `value` stands elsewhere too, if only `merged` into something."""
        if isinstance(value, list):
            return self._times[id(value)] > 1 or any(self.holds(item, merged) for item in value)
        if not isinstance(value, Mapping) or not value:
            return False
        if self._times[id(value)] > 1 or (merged and self._merged(value)):
            return True
        return any(self.holds(inner, merged) for inner in value.values())

    def _merged(self, value: Mapping[str, Any]) -> bool:
        """Whether another mapping has all that this one has, as after a merge of it."""
        return any(
            other is not value
            and len(other) >= len(value)
            and all(key in other and other[key] == value[key] for key in value)
            for other in self._all
        )
