"""AdmissionReviews for tests, as the API server writes them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.policy.registry import load_registry
from kguard.webhook.answer import review_answer, words
from kguard.webhook.cluster.snapshot import EMPTY, Snapshot
from kguard.webhook.decision import Decision
from kguard.webhook.policyset import Defaults, PolicySet, build_policy_set
from kguard.webhook.request import read_request
from kguard.webhook.review import review
from kguard.webhook.stances import Mode

TODAY = datetime.date(2026, 11, 22)
REGISTRY = load_registry(entry_points=False)
UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
ALICE = "alice@example.com"

Data = Mapping[str, Any]


def pod_spec(**container: Any) -> dict[str, Any]:
    """A pod's spec with one container that no policy complains of, but for what is given."""
    good = {
        "name": "web",
        "image": "registry.example.com/web:1.4.2",
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"memory": "64Mi"},
        },
    }
    return {"containers": [{**good, **container}]}


def deployment(name: str = "web", namespace: str = "shop", **container: Any) -> dict[str, Any]:
    """A Deployment of one container."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod_spec(**container)},
        },
    }


def pod(name: str = "web", namespace: str = "shop", **container: Any) -> dict[str, Any]:
    """A Pod of one container."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": pod_spec(**container),
    }


def asked(
    data: Data | None,
    *,
    old: Data | None = None,
    operation: str = "",
    user: str = ALICE,
    groups: Sequence[str] = ("system:authenticated",),
    **more: Any,
) -> dict[str, Any]:
    """An AdmissionReview about an object; an update where `old` is given."""
    seen = data or old or {}
    group, _, version = str(seen.get("apiVersion", "")).rpartition("/")
    metadata = seen.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    kind = {"group": group, "version": version, "kind": seen.get("kind", "")}
    request = {
        "uid": UID,
        "kind": kind,
        "resource": {"group": group, "version": version, "resource": kind["kind"].lower() + "s"},
        "requestKind": kind,
        "name": metadata.get("name", ""),
        "namespace": metadata.get("namespace", ""),
        "operation": operation or ("UPDATE" if old else "CREATE"),
        "userInfo": {"username": user, "groups": list(groups)},
        "object": data,
        "oldObject": old,
        "dryRun": False,
        **more,
    }
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}


def policy_set(
    mode: Mode = Mode.ENFORCE, *, deny_on_error: bool = False, **files: str
) -> PolicySet:
    """The policies of a directory; `webhook="..."` is the content of webhook.yaml."""
    contents = {f"{name}.yaml": text.encode() for name, text in files.items()}
    return build_policy_set(contents, REGISTRY, "/etc/kguard", Defaults(mode, deny_on_error))


def world(*objects: Data, **more: Any) -> Snapshot:
    """A snapshot of a cluster that holds these objects."""
    found = [each for data in objects for each in resources(data, "", context=True)]
    return Snapshot(Index(found), **more)


def decide(
    asking: Data, policies: PolicySet | None = None, around: Snapshot = EMPTY, **more: Any
) -> Decision:
    """The decision on an AdmissionReview."""
    request = read_request(json.dumps(asking).encode())
    return review(request, policies or policy_set(), around, today=TODAY, **more)


def answer(decision: Decision) -> dict[str, Any]:
    """The response that the API server gets."""
    written = json.loads(json.dumps(review_answer(decision, words(decision))))
    response: dict[str, Any] = written["response"]
    return response


def effects(decision: Decision) -> list[tuple[str, str]]:
    """Policies with what their findings do."""
    return sorted((each.finding.policy, each.effect.word) for each in decision.judged)
