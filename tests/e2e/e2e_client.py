"""A small client of the Kubernetes API that shows all of an answer, warnings included."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from kguard.record import record

Object = Mapping[str, Any]

PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "ClusterWorkflowTemplate": "clusterworkflowtemplates",
    "ConfigMap": "configmaps",
    "CronWorkflow": "cronworkflows",
    "CustomResourceDefinition": "customresourcedefinitions",
    "CronJob": "cronjobs",
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Job": "jobs",
    "LimitRange": "limitranges",
    "Namespace": "namespaces",
    "NetworkPolicy": "networkpolicies",
    "Node": "nodes",
    "Pod": "pods",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "ReplicaSet": "replicasets",
    "ResourceQuota": "resourcequotas",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "ScaledObject": "scaledobjects",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "StatefulSet": "statefulsets",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
    "Workflow": "workflows",
    "WorkflowTemplate": "workflowtemplates",
}
CLUSTER_SCOPED = {
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterWorkflowTemplate",
    "CustomResourceDefinition",
    "Namespace",
    "Node",
    "ValidatingWebhookConfiguration",
}

# RFC 7234: 299 - "text", quotes and backslashes in the text escaped.
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


@record
class Answer:
    """What the API server answered."""

    status: int
    body: Any
    warnings: tuple[str, ...]

    @property
    def message(self) -> str:
        """The sentence of a refusal; empty for an object."""
        is_status = isinstance(self.body, dict) and self.body.get("kind") == "Status"
        return str(self.body.get("message", "")) if is_status else ""

    def ok(self) -> Answer:
        """This answer, if the call succeeded; raises AssertionError otherwise."""
        assert self.status < 300, f"{self.status}: {self.message or self.body}"
        return self


class Connections:
    """Connections to one server that are kept open between calls; any thread may use them."""

    def __init__(self, url: str, tls: ssl.SSLContext) -> None:
        self._address, self._tls = urlsplit(url), tls
        self._idle: list[http.client.HTTPSConnection] = []  # append and pop are atomic.

    def idle(self) -> http.client.HTTPSConnection | None:
        """One that served a call before; None where all are in use."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def new(self, timeout: float) -> http.client.HTTPSConnection:
        """One that is not open yet."""
        host, port = self._address.hostname, self._address.port
        assert host
        return http.client.HTTPSConnection(host, port, context=self._tls, timeout=timeout)

    def keep(self, connection: http.client.HTTPSConnection) -> None:
        """Take one back whose answer was read to its end."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close those that are not in use."""
        while (connection := self.idle()) is not None:
            connection.close()


class Client:
    """Calls of one user."""

    def __init__(self, connections: Connections, headers: Sequence[tuple[str, str]] = ()) -> None:
        self._connections, self._headers = connections, tuple(headers)

    def acting_as(self, user: str, *groups: str) -> Client:
        """A client whose calls are made as another user (the own user may impersonate)."""
        headers = [("Impersonate-User", user)]
        headers += [("Impersonate-Group", group) for group in (*groups, "system:authenticated")]
        return Client(self._connections, headers)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        timeout: float = 40,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request. Raises OSError or http.client.HTTPException where there is no answer."""
        target = f"{path}?{urlencode(query)}" if query else path
        data = None if body is None else json.dumps(body).encode()
        while (connection := self._connections.idle()) is not None:
            try:
                return self._exchange(connection, method, target, data, content_type)
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
                pass  # The server may close what was idle; another one, then.
        connection = self._connections.new(timeout)
        return self._exchange(connection, method, target, data, content_type)

    def _exchange(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        target: str,
        data: bytes | None,
        content_type: str,
    ) -> Answer:
        try:
            connection.putrequest(method, target)
            for name, value in self._headers:
                connection.putheader(name, value)
            connection.putheader("Accept", "application/json")
            if data is not None:
                connection.putheader("Content-Type", content_type)
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            response = connection.getresponse()
            text = response.read()
        except BaseException:
            connection.close()
            raise
        self._connections.keep(connection)
        body = json.loads(text) if text.startswith(b"{") else text.decode()
        found = response.headers.get_all("Warning") or []
        warnings = [match for line in found for match in _WARNING.findall(line)]
        unescaped = tuple(re.sub(r"\\(.)", r"\1", warning) for warning in warnings)
        return Answer(response.status, body, unescaped)

    def get(self, kind: str, name: str, namespace: str = "default", version: str = "v1") -> Answer:
        return self.call("GET", f"{collection(version, kind, namespace)}/{name}")

    def create(self, thing: Object, *, dry_run: bool = False) -> Answer:
        return self.call("POST", _collection_of(thing), thing, query=_dry(dry_run))

    def replace(self, thing: Object, part: str = "", *, dry_run: bool = False) -> Answer:
        """PUT an object, or its sub-resource `part`."""
        path = object_path(thing) + (f"/{part}" if part else "")
        return self.call("PUT", path, thing, query=_dry(dry_run))

    def patch(self, thing: Object, change: Any, part: str = "", *, dry_run: bool = False) -> Answer:
        """Merge a change into an object or its sub-resource; a list is taken for a JSON patch."""
        path = object_path(thing) + (f"/{part}" if part else "")
        kind = "json-patch" if isinstance(change, list) else "merge-patch"
        return self.call(
            "PATCH", path, change, content_type=f"application/{kind}+json", query=_dry(dry_run)
        )

    def apply(self, thing: Object, *, dry_run: bool = False) -> Answer:
        """Server-side apply: create, or change to this."""
        settings = {
            "fieldManager": "e2e",
            "force": "true",
            "fieldValidation": "Strict",
            **_dry(dry_run),
        }
        kind = "application/apply-patch+yaml"
        return self.call("PATCH", object_path(thing), thing, content_type=kind, query=settings)

    def delete(self, thing: Object) -> Answer:
        """Delete at once; one that is not there will do as well."""
        return self.call("DELETE", object_path(thing), {"gracePeriodSeconds": 0})


def collection(version: str, kind: str, namespace: str) -> str:
    """The path of all objects of a kind, in a namespace where it has them."""
    group = f"/apis/{version}" if "/" in version else f"/api/{version}"
    inside = "" if kind in CLUSTER_SCOPED else f"/namespaces/{namespace}"
    return f"{group}{inside}/{PLURALS[kind]}"


def object_path(thing: Object) -> str:
    """The path of an object that has a name."""
    return f"{_collection_of(thing)}/{thing['metadata']['name']}"


def _dry(yes: bool) -> dict[str, str]:
    return {"dryRun": "All"} if yes else {}


def _collection_of(thing: Object) -> str:
    namespace = thing["metadata"].get("namespace", "default")
    return collection(thing["apiVersion"], thing["kind"], namespace)
