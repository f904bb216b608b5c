"""What a pod asks for in all, which keys are dropped, and what the runner is told."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.drone.keys import unknown_keys
from kguard.facts.drone.pipeline import pipeline_of, pod_request, secret_names, shown
from kguard.facts.drone.runner import (
    is_old,
    policies,
    runner_limits,
    runner_selects_nodes,
    runners_in,
)
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.record import replace

MIB = 1024 * 1024

# Clone, request (cpu, memory), limits of the steps (the same), and what the containers request in
# all: measured with the compiler of drone-runner-kube v1.0.0-rc.5.
MEASURED = [
    (True, (2500, 1024 * MIB), [(1, 1024 * MIB)], (1251, 1073741824)),
    (True, (1, 4096 * MIB), [(0, 256 * MIB), (0, 0), (0, 0)], (4, 3489660928)),
    (
        True,
        (2500, 1),
        [(50, 0), (200, 16 * MIB), (1, 1024 * MIB), (200, 0), (0, 16 * MIB)],
        (1284, 25165824),
    ),
    (
        False,
        (1, 4096 * MIB),
        [(50, MIB), (5000, 1024 * MIB), (0, 16 * MIB), (1000, 16 * MIB), (50, 0)],
        (5, 1750073344),
    ),
    (False, (7, 1), [(200, 16 * MIB), (0, 256 * MIB), (1, 0), (1, 0)], (6, 16777216)),
    (True, (2500, 4096 * MIB), [(5000, 0)], (2500, 4294967296)),
    (True, (2500, 100 * MIB), [(0, MIB), (0, 16 * MIB)], (2500, 55574528)),
    (
        True,
        (3, 1024 * MIB),
        [(0, 16 * MIB), (5000, 256 * MIB), (1, 0), (0, 0), (200, 256 * MIB)],
        (6, 910163968),
    ),
]


def document(data: dict[str, Any], path: str = ".drone.yml") -> Resource:
    (found,) = resources(data, path)
    return found


def pipeline(**data: Any) -> Resource:
    return document({"kind": "pipeline", "type": "kubernetes", **data})


@pytest.mark.parametrize(("clone", "request_", "limits", "expected"), MEASURED)
def test_the_pod_asks_for_what_the_compiler_says(
    clone: bool, request_: tuple[int, int], limits: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    item = pipeline(
        clone={"disable": not clone},
        resources={"requests": {"cpu": request_[0], "memory": request_[1]}},
        steps=[
            {"name": f"s{n}", "resources": {"limits": {"cpu": cpu, "memory": memory}}}
            for n, (cpu, memory) in enumerate(limits)
        ],
    )
    found = pipeline_of(Facts(Index([item])), item)

    assert found is not None
    assert (pod_request(found, "cpu"), pod_request(found, "memory")) == expected


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"resources": {"requests": {"cpu": 0}}},
        {"resources": {"requests": {"cpu": "${CPU}"}}},
        {
            "resources": {"requests": {"cpu": 5}},
            "steps": [{"resources": {"limits": {"cpu": "500m"}}}],
        },
        {"resources": {"requests": {"cpu": 5}}, "clone": {"disable": True}},
    ],
)
def test_the_pod_asks_for_nobody_knows_what(data: dict[str, Any]) -> None:
    item = pipeline(**data)
    found = pipeline_of(Facts(Index([item])), item)

    assert found is not None
    assert pod_request(found, "cpu") is None


def test_amounts_in_messages() -> None:
    assert [shown("cpu", 1500), shown("memory", 1536 * MIB), shown("memory", 512)] == [
        "1500 millicores",
        "1536 MiB",
        "512 bytes",
    ]


UNKNOWN_KEYS: dict[str, tuple[dict[str, Any], list[tuple[str, str, bool]]]] = {
    "another spelling": ({"nodeSelector": {}}, [("nodeSelector", "node_selector", True)]),
    "the singular": (
        {"steps": [{"resource": {}}]},
        [("resource", "resources", True)],
    ),
    "a name of Kubernetes": ({"steps": [{"env": {}}]}, [("env", "environment", True)]),
    "that name where it means nothing": ({"env": {}}, [("env", "environment", True)]),
    "of two names the one that is read": (
        {"tolerations": [{"tolerationSeconds": 5}]},
        [("tolerationSeconds", "tolerationseconds", True)],
    ),
    "both are there": (
        {"nodeSelector": {}, "node_selector": {}},
        [("nodeSelector", "node_selector", False)],
    ),
    "a slip": (
        {"step": [], "trigerr": {}},
        [("step", "steps", True), ("trigerr", "trigger", False)],
    ),
    "nothing alike": ({"timeout": 5}, [("timeout", "", False)]),
    "of another level": ({"image": "a"}, [("image", "", False)]),
    "a list for a mapping": ({"platform": [{"foo": 1}]}, []),
    "a mapping for a list": ({"steps": {"foo": 1}}, []),
}


@pytest.mark.parametrize(("data", "expected"), UNKNOWN_KEYS.values(), ids=UNKNOWN_KEYS)
def test_keys_that_are_dropped(data: dict[str, Any], expected: list[tuple[str, str, bool]]) -> None:
    found = unknown_keys(pipeline(**data))

    assert [(key.key, key.meant, key.same) for key in found] == expected


def test_many_unknown_keys_are_compared_with_few_mappings() -> None:
    data = {f"key{n}": {"a": {"b": n}} for n in range(3000)}

    assert len(list(unknown_keys(pipeline(**data)))) == 3000


def test_names_of_secrets_at_any_depth() -> None:
    data = {"A": {"from_secret": "a"}, "B": [{"c": {"from_secret": "b"}}], "from_secret": 5}

    assert list(secret_names(data)) == [
        (("A", "from_secret"), "a"),
        (("B", 0, "c", "from_secret"), "b"),
    ]


POLICY = "kind: policy\nresources: {limit: {memory: 1GiB}}\nnode_selector: {a: b}\n"


def mounted(
    mount: dict[str, Any], volume: dict[str, Any], path: str = "/etc/drone/policy.yml"
) -> list[Resource]:
    """A runner with its policy file, and the ConfigMap `policy`."""
    container = {
        "image": "drone/drone-runner-kube:1.0.0-rc.3",
        "env": [{"name": "DRONE_POLICY_FILE", "value": path}],
        "volumeMounts": [{"name": "v", **mount}],
    }
    spec = {"containers": [container], "volumes": [{"name": "v", **volume}]}
    kind = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}
    data = {"policy.yml": POLICY, "other": "[", "binary": 5}
    source = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "policy"}, "data": data}
    return [document(kind, "runner.yaml"), document(source, "policy.yaml")]


FOLDER = {"mountPath": "/etc/drone/"}
WHOLE = {"configMap": {"name": "policy"}}
MOUNTS: dict[str, tuple[dict[str, Any], dict[str, Any], str, bool | None]] = {
    "a folder": (FOLDER, WHOLE, "/etc/drone/policy.yml", True),
    "one file": (
        {"mountPath": "/policy", "subPath": "policy.yml"},
        WHOLE,
        "/policy",
        True,
    ),
    "under another name": (
        FOLDER,
        {"configMap": {"name": "policy", "items": [{"key": "policy.yml", "path": "p"}]}},
        "/etc/drone/p",
        True,
    ),
    "left out by `items`": (
        FOLDER,
        {"configMap": {"name": "policy", "items": [{"key": "policy.yml", "path": "p"}]}},
        "/etc/drone/policy.yml",
        None,
    ),
    "no items": (
        FOLDER,
        {"configMap": {"name": "policy", "items": []}},
        "/etc/drone/policy.yml",
        True,
    ),
    "one file at another path": (
        {"mountPath": "/policy", "subPath": "policy.yml"},
        WHOLE,
        "/policy/policy.yml",
        None,
    ),
    "one file of no name": ({"mountPath": "/policy", "subPath": 5}, WHOLE, "/policy", None),
    "another volume's mount": (
        {**FOLDER, "name": "w"},
        WHOLE,
        "/etc/drone/policy.yml",
        None,
    ),
    "a name of another shape": (
        FOLDER,
        {"configMap": {"name": ["policy"]}},
        "/etc/drone/policy.yml",
        None,
    ),
    "no file": (FOLDER, WHOLE, "", False),
    "another file of it": (FOLDER, WHOLE, "/etc/drone/missing", None),
    "another folder": (FOLDER, WHOLE, "/etc/drone-2/policy.yml", None),
    "another volume": (FOLDER, {"secret": {"secretName": "policy"}}, "/etc/drone/policy.yml", None),
    "a ConfigMap unseen": (FOLDER, {"configMap": {"name": "b"}}, "/etc/drone/policy.yml", None),
    "no text": (FOLDER, WHOLE, "/etc/drone/binary", None),
    "no YAML": (FOLDER, WHOLE, "/etc/drone/other", False),
    "no place": ({"mountPath": 5}, WHOLE, "/etc/drone/policy.yml", None),
}


@pytest.mark.parametrize(("mount", "volume", "path", "expected"), MOUNTS.values(), ids=MOUNTS)
def test_the_policy_file_a_runner_mounts(
    mount: dict[str, Any], volume: dict[str, Any], path: str, expected: bool | None
) -> None:
    item = pipeline()
    facts = Facts(Index([item, *mounted(mount, volume, path)]))

    assert runner_limits(facts, item, "memory") is expected
    assert runner_selects_nodes(facts, item) is expected


def test_of_two_config_maps_nobody_knows_which_is_mounted() -> None:
    item, (runner, source) = pipeline(), mounted(FOLDER, WHOLE)
    again = document({**source.data, "data": {"policy.yml": "kind: policy"}}, "again.yaml")
    facts = Facts(Index([item, runner, source, again]))

    assert runner_limits(facts, item, "memory") is None


def test_other_config_maps_and_documents_hold_no_policies() -> None:
    runner, source = mounted(FOLDER, WHOLE)
    data = {"policy.yml": f"{POLICY}---\ntext\n---\nname: [b]\n---\nname: c"}
    source = document({**source.data, "data": data}, "policy.yaml")
    other = document({**source.data, "metadata": {"name": "other"}}, "other.yaml")
    secret = document({**source.data, "kind": "Secret"}, "secret.yaml")
    facts = Facts(Index([runner, source, other, secret]))

    assert [each.called for each in policies(facts, source)] == [
        "unnamed policy",
        "unnamed policy",
        "policy `c`",
    ]
    assert not list(policies(facts, other))
    assert not list(policies(facts, secret))


def test_a_policy_has_its_file_beside_it() -> None:
    head = {"kind": "policy"}
    one, two = document({**head, "name": "a"}, "a.yml"), document({**head, "name": "b"}, "a.yml")
    far = document({**head, "name": "c"}, "b.yml")
    facts = Facts(Index([one, two, far]))
    (found,) = policies(facts, one)

    assert [each["name"] for each in found.file] == ["a", "b"]
    assert (found.called, found.at("match")) == ("policy `a`", ("match",))


OLD = {"1.0.0-beta.3": True, "v1.0.0-beta.6": True, "1.0.0-beta.7": False, "latest": False}


@pytest.mark.parametrize(
    ("tag", "old"), [*((f":{tag}", old) for tag, old in OLD.items()), ("", False)]
)
def test_runners_before_requests_of_pipelines(tag: str, old: bool) -> None:
    runner, _ = mounted(FOLDER, WHOLE)
    (container,) = runners_in(Facts(Index([runner])), runner)
    image = f"drone/drone-runner-kube{tag}"

    assert is_old(replace(container, data={**container.data, "image": image})) is old
    assert not is_old(replace(container, data={**container.data, "image": "UPPER runner"}))


def test_policies_of_a_config_map_are_shown_at_their_text() -> None:
    runner, source = mounted(FOLDER, WHOLE)
    facts = Facts(Index([runner, source]))
    (policy,) = policies(facts, source)

    assert policy.at("resources", "limit") == ("data", "policy.yml")
    assert list(policies(Facts(Index([source])), source)) == []


def test_the_user_says_that_the_runner_limits() -> None:
    item = pipeline()
    given = Facts(Index([item]), Assumptions(drone_limits_given=True))

    assert runner_limits(given, item, "memory") is True
    assert runner_limits(Facts(Index([item])), item, "memory") is False
