"""What Drone's Kubernetes runner is told in its unit: its environment and its policies.

Sources: drone-runners/drone-runner-kube v1.0.0-rc.5, command/daemon/config.go (the environment,
DRONE_POLICY_FILE), engine/policy/policy.go and match.go, engine/compiler/compiler.go (Compile: a
policy goes over the pipeline, the pipeline over the environment).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kguard.facts.environment import Variable, variable
from kguard.facts.pods import Container
from kguard.facts.run import Facts
from kguard.kube import drone
from kguard.model import Key, Resource, Route, Scope, dig
from kguard.quantity._quote import quoted
from kguard.quantity.images import ImageError, parse_image
from kguard.record import record

POLICY_FILE = "DRONE_POLICY_FILE"

# Up to beta.6 (December 2020) requests stood in the steps, and a pipeline had no resources.
_OLD_RUNNER = re.compile(r"1\.0\.0-beta\.[1-6]")


@record(eq=False)
class RunnerPolicy(Scope):
    """A policy of the runner: a document of its own, or one in the text of a ConfigMap.

    `file` are the policies of its file in order. What stands in a text has no place of its own:
    `embedded` ones are shown at the text.
    """

    called: str
    file: Sequence[Mapping[str, Any]]
    embedded: bool = False

    def at(self, *keys: Key) -> Route:
        """The route to `keys` of the policy, or to the text that holds it."""
        return self.route if self.embedded else (*self.route, *keys)


def runners(facts: Facts, near: Resource) -> list[Container]:
    """The containers of Kubernetes runners in the unit of `near`."""
    return facts.remember_unit(_runners, near)


def _runners(facts: Facts, near: Resource) -> list[Container]:
    return [
        container
        for deployment in facts.index.in_unit(near, "apps", "Deployment")
        for container in runners_in(facts, deployment)
    ]


def runners_in(facts: Facts, deployment: Resource) -> list[Container]:
    """The containers of a Deployment that are Kubernetes runners."""
    pod = facts.pod(deployment)
    return [
        container
        for container in (pod.running if pod else ())
        if isinstance(image := container.get("image"), str) and drone.RUNNER in image
    ]


def is_old(runner: Container) -> bool:
    """Whether a runner is from before requests moved from the steps to the pipeline."""
    try:
        tag = parse_image(str(runner.get("image"))).tag
    except ImageError:
        return False
    return bool(tag and _OLD_RUNNER.fullmatch(tag.removeprefix("v")))


def policies(facts: Facts, resource: Resource) -> Iterator[RunnerPolicy]:
    """The policies in a resource: a `kind: policy` document, or the file a ConfigMap mounts."""
    if (resource.group, resource.kind) == drone.POLICY:
        beside = facts.index.in_unit(resource, *drone.POLICY)
        file = [each.data for each in beside if each.origin.path == resource.origin.path]
        yield RunnerPolicy(resource, (), resource.data, called(resource.data), file)
    elif resource.kind == "ConfigMap":
        for key in _policy_texts(facts, resource):
            file = _read(facts, dig(resource.data, "data", key))
            for data in file:
                yield RunnerPolicy(resource, ("data", key), data, called(data), file, embedded=True)


def called(data: Mapping[str, Any]) -> str:
    """How messages name a policy."""
    name = data.get("name")
    return f"policy {quoted(name)}" if isinstance(name, str) and name else "unnamed policy"


def _policy_texts(facts: Facts, resource: Resource) -> list[str]:
    """The keys of a ConfigMap that a runner of its unit reads its policies from."""
    found = (policy_file(facts, runner) for runner in runners(facts, resource))
    return list(dict.fromkeys(key for source, key in filter(None, found) if source is resource))


def policy_file(facts: Facts, runner: Container) -> tuple[Resource, str] | None:
    """The ConfigMap and the key in it that a runner's policy file is mounted from."""
    path = variable(facts.index, runner, POLICY_FILE)
    if path is None or not path.value:
        return None
    for mount in _mappings(runner.get("volumeMounts")):
        name = _below(mount, path.value)
        for volume in _mappings(runner.pod.get("volumes")) if name else ():
            source = dig(volume, "configMap", "name")
            if volume.get("name") != mount.get("name") or not isinstance(source, str):
                continue
            maps = facts.index.named(runner.resource, "", "ConfigMap", source)
            key = _key(volume, name)
            if len(maps) == 1 and isinstance(dig(maps[0].data, "data", key), str):
                return maps[0], key
    return None


def _below(mount: Mapping[str, Any], path: str) -> str:
    """The file of the volume that a mount shows at a path; empty where it is another mount's."""
    top, part = mount.get("mountPath"), mount.get("subPath")
    if not isinstance(top, str):
        return ""
    if part is not None:
        return part if isinstance(part, str) and top == path else ""
    top = top.rstrip("/") + "/"
    return path.removeprefix(top) if path.startswith(top) else ""


def _key(volume: Mapping[str, Any], name: str) -> str:
    """The key of the ConfigMap that a file of its volume shows; empty where `items` omit it."""
    items = _mappings(dig(volume, "configMap", "items"))
    if not items:
        return name
    return next((str(each.get("key")) for each in items if each.get("path") == name), "")


def _read(facts: Facts, text: Any) -> list[Mapping[str, Any]]:
    return facts.remember_text(_parsed, text) if isinstance(text, str) else []


def _parsed(text: str) -> list[Mapping[str, Any]]:
    from kguard.source import read

    documents = read("", text.encode("utf-8", "replace")).documents
    return [each.data for each in documents if isinstance(each.data, Mapping)]


def _mappings(data: Any) -> list[Mapping[str, Any]]:
    return [each for each in (data if isinstance(data, list) else ()) if isinstance(each, Mapping)]


def _seen_policies(facts: Facts, near: Resource) -> list[Mapping[str, Any]]:
    found = [policy.data for policy in facts.index.in_unit(near, *drone.POLICY)]
    for runner in runners(facts, near):
        file = policy_file(facts, runner)
        found += _read(facts, dig(file[0].data, "data", file[1])) if file else []
    return found


def policy_sets(facts: Facts, near: Resource, *keys: Key) -> bool:
    """Whether a policy of the runner sets a value.

    Which pipelines a policy matches depends on builds, so any may be the one.
    """
    return any(dig(each, *keys) for each in facts.remember_unit(_seen_policies, near))


def runner_gives(facts: Facts, near: Resource, keys: tuple[str, ...], name: str) -> bool | None:
    """Whether the runner sets something for pipelines: a policy at `keys`, or the variable `name`.

    None where the unit shows a runner and not all of what it is told.
    """
    if policy_sets(facts, near, *keys):
        return True
    seen_in_full = True
    for runner in runners(facts, near):
        own = variable(facts.index, runner, name)
        if own and own.value not in (None, "", "0"):
            return True
        if (own and own.value is None) or not _policies_seen(facts, runner):
            seen_in_full = False
    return False if seen_in_full else None


def _policies_seen(facts: Facts, runner: Container) -> bool:
    path = variable(facts.index, runner, POLICY_FILE)
    return path is None or path.value == "" or policy_file(facts, runner) is not None


def runner_requests(facts: Facts, near: Resource, key: str) -> bool | None:
    """Whether the runner itself requests `key` (cpu or memory) for every pipeline.

    True where the user says so too; None where the unit shows not all of what it is told.
    """
    if facts.assume.drone_requests_given:
        return True
    variable_name = f"DRONE_RESOURCE_REQUEST_{key.upper()}"
    return runner_gives(facts, near, ("resources", "request", key), variable_name)


def runner_limits(facts: Facts, near: Resource, key: str) -> bool | None:
    """Whether the runner limits `key` of every step; True and None as for requests."""
    if facts.assume.drone_limits_given:
        return True
    variable_name = f"DRONE_RESOURCE_LIMIT_{key.upper()}"
    return runner_gives(facts, near, ("resources", "limit", key), variable_name)


def runner_selects_nodes(facts: Facts, near: Resource) -> bool | None:
    """Whether the runner chooses the nodes of pipelines; None as for requests."""
    return runner_gives(facts, near, ("node_selector",), "DRONE_NODE_SELECTOR_DEFAULT")


_WHOLE = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)")


@record(eq=False)
class RunnerVariable(Scope):
    """A variable of a runner that holds an amount, with a value the manifests show.

    `data` is the runner's container. `literal` says that it stands in `env` and can be changed.
    """

    name: str
    value: str
    place: Variable

    @property
    def literal(self) -> bool:
        """Whether the value stands in the container itself."""
        return self.place.route[0] == "env"

    @property
    def whole(self) -> bool:
        """Whether it is a whole number as the runner reads one (strconv.ParseInt, base 0)."""
        return _WHOLE.fullmatch(self.value) is not None

    @property
    def keys(self) -> Route:
        """Where the value stands below the container."""
        return (*self.place.route, "value") if self.literal else self.place.route


_AMOUNTS = tuple(
    f"DRONE_RESOURCE_{kind}_{key}"
    for kind in ("REQUEST", "LIMIT", "MIN_REQUEST")
    for key in ("CPU", "MEMORY")
)


def runner_variables(facts: Facts, deployment: Resource) -> Iterator[RunnerVariable]:
    """The amounts in the environment of the runners in a Deployment."""
    for runner in runners_in(facts, deployment):
        for name in _AMOUNTS:
            found = variable(facts.index, runner, name)
            if found is not None and found.value:
                yield RunnerVariable(
                    deployment, runner.route, runner.data, name, found.value, found
                )
