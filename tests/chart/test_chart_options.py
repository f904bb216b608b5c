"""What the pods of the chart are told, and what the kubelet and the API server are told of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import PurePath
from typing import Any

import pytest
from chart_helm import CI_VALUES, NAMESPACE, Helm, named, pod_of

from kguard.cli import build_parser
from kguard.webhook.health import Health
from kguard.webhook.metrics import Metrics
from kguard.webhook.options import Options
from kguard.webhook.registration import static_manifest
from kguard.webhook.service import MARGIN


def container_of(helm: Helm, values: str, *sets: str) -> Any:
    (container,) = pod_of(named(helm.objects(values, *sets), "Deployment"))["containers"]
    return container


def told(words: list[str]) -> argparse.Namespace:
    """The arguments of a container as kguard reads them."""
    return build_parser().parse_args(words)


def options(helm: Helm, values: str = "default", *sets: str) -> Options:
    arguments = told(container_of(helm, values, *sets)["args"])
    arguments.policies = None  # There is no such directory here.
    return Options.of(arguments, NAMESPACE)


def mounted(helm: Helm, values: str, path: str | None) -> tuple[str, str]:
    """Of what object the folder of a file is a volume, and the key that the file is."""
    file = PurePath(path or "")
    pod = pod_of(named(helm.objects(values), "Deployment"))
    mounts = {each["mountPath"]: each["name"] for each in pod["containers"][0]["volumeMounts"]}
    volumes = {each["name"]: each for each in pod["volumes"]}
    volume = volumes[mounts[str(file.parent)]]
    return volume.get("secret", {}).get("secretName") or volume["configMap"]["name"], file.name


def test_only_the_names_that_are_given_may_ask(helm: Helm) -> None:
    assert options(helm, "files").client_names == {"kube-apiserver"}
    names = {"a: b", "x #y", "it's"}
    given = f"clientAuth.names={json.dumps(sorted(names))}"
    assert options(helm, "files", given).client_names == names


def test_the_token_that_is_given_is_demanded(helm: Helm) -> None:
    found = mounted(helm, "files", options(helm, "files").bearer_token_file)
    assert found == ("apiserver-token", "token")


def test_the_ca_that_is_given_is_demanded(helm: Helm) -> None:
    found = mounted(helm, "files", options(helm, "files").client_ca)
    assert found == ("apiserver-ca", "ca.crt")


def test_anybody_may_ask_where_nothing_is_given(helm: Helm) -> None:
    found = options(helm)
    assert (found.client_ca, found.bearer_token_file) == (None, None)
    assert found.client_names == frozenset()


@pytest.mark.parametrize(("values", "version"), [("default", "1.2"), ("strict", "1.3")])
def test_the_oldest_tls_is_the_one_of_the_values(helm: Helm, values: str, version: str) -> None:
    assert options(helm, values).tls_min_version == version


# Probes


@pytest.fixture(scope="module")
def statuses() -> Iterator[Any]:
    """What the plain port answers to a path where the pod is not `ready`, or not `live`."""
    ports = {}
    made = []
    for wrong in ("ready", "live"):
        checks: Any = {"ready": list, "live": list, wrong: lambda: ["no"]}
        health = Health(host="127.0.0.1", port=0, metrics=Metrics(), drain=lambda: None, **checks)
        health.start()
        made.append(health)
        ports[wrong] = health.port

    def ask(wrong: str, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", ports[wrong], timeout=10)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    yield ask
    for health in made:
        health.stop()


@pytest.mark.parametrize(
    ("probe", "unready", "stalled"),
    [
        ("readinessProbe", 503, 200),
        # A pod that waits for its certificate is not helped by a restart.
        ("livenessProbe", 200, 503),
        ("startupProbe", 200, 503),
    ],
)
def test_a_probe_asks_what_it_is_for(
    helm: Helm, statuses: Any, probe: str, unready: int, stalled: int
) -> None:
    path = container_of(helm, "default")[probe]["httpGet"]["path"]
    assert (statuses("ready", path), statuses("live", path)) == (unready, stalled)


@pytest.mark.parametrize("values", CI_VALUES)
def test_a_pod_that_drains_is_out_of_service_before_it_ends(helm3: Helm, values: str) -> None:
    container = container_of(helm3, values)
    probe = container["readinessProbe"]
    _, *words = container["lifecycle"]["preStop"]["exec"]["command"]
    noticed = probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]
    assert noticed <= told(words).wait


def test_a_pod_has_a_minute_to_start(helm: Helm) -> None:
    probe = container_of(helm, "default")["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 60


# The API server


def test_everybody_agrees_how_long_the_api_server_waits(helm: Helm) -> None:
    configuration = named(helm.objects(), "ValidatingWebhookConfiguration")
    bundle = b"-----BEGIN CERTIFICATE-----"
    static = static_manifest("https://kguard.example.com/validate", bundle, "Ignore", ())
    waits = {each["timeoutSeconds"] for each in (*configuration["webhooks"], *static["webhooks"])}
    assert waits == {Options().timeout + MARGIN}


@pytest.mark.parametrize("values", ["strict", "autoscaling"])
def test_what_disarms_does_what_its_role_allows(helm3: Helm, values: str) -> None:
    objects = helm3.objects(values)
    job = next(each for each in objects if each["kind"] == "Job")
    role = named(objects, "ClusterRole", job["metadata"]["name"])
    (container,) = pod_of(job)["containers"]
    arguments = told(container["args"])
    (rule,) = role["rules"]
    assert rule["verbs"] == (["delete"] if arguments.delete else ["get", "patch"])
    assert rule["resourceNames"] == [arguments.webhook_configuration]
