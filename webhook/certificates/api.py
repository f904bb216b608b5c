"""The stores in a Kubernetes API server.

Needs `get` and `update` of the Secret, `get` and `patch` of the ValidatingWebhookConfiguration,
both by name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kguard.webhook.certificates.store import Bundles, Conflict, Missing, Stored, StoreError
from kguard.webhook.cluster.client import WEBHOOKS, ClusterError, received, send

if TYPE_CHECKING:
    from kubernetes.client import ApiClient


class ApiSecret:
    """The Secret of a name in a namespace."""

    def __init__(self, client: ApiClient, namespace: str, name: str) -> None:
        self._client = client
        self._path = f"/api/v1/namespaces/{quote(namespace, '')}/secrets/{quote(name, '')}"
        self._what = f"Secret `{namespace}/{name}`"

    def read(self) -> Stored:
        return self._stored(*self._call("GET"))

    def write(self, stored: Stored, data: Mapping[str, bytes]) -> Stored:
        # The object as it was read goes back, resourceVersion included: that is the lock.
        encoded = {name: base64.b64encode(value).decode() for name, value in data.items()}
        return self._stored(*self._call("PUT", {**stored.object, "data": encoded}))

    def _call(self, method: str, body: Any = None) -> tuple[Any, float | None]:
        try:
            return _call(self._client, method, self._path, body, "application/json")
        except ClusterError as error:
            raise _meant(error, self._what) from error

    def _stored(self, found: Any, date: float | None) -> Stored:
        try:
            data = {name: _decoded(value) for name, value in (found.get("data") or {}).items()}
            return Stored(data=data, version=_version(found), object=found, date=date)
        except (AttributeError, KeyError, TypeError) as error:
            raise StoreError(f"the answer is no {self._what}") from error


class ApiBundles:
    """The bundles of the ValidatingWebhookConfiguration of a name."""

    def __init__(self, client: ApiClient, name: str) -> None:
        self._client = client
        self._path = f"{WEBHOOKS}/{quote(name, '')}"
        self._what = f"ValidatingWebhookConfiguration `{name}`"

    def read(self) -> Bundles:
        return self._bundles(*self._call("GET"))

    def write(self, bundles: Bundles, bundle: bytes) -> Bundles:
        encoded = base64.b64encode(bundle).decode()
        patch = [{"op": "test", "path": "/metadata/resourceVersion", "value": bundles.version}]
        patch += [
            {"op": "add", "path": f"/webhooks/{i}/clientConfig/caBundle", "value": encoded}
            for i in range(len(bundles.entries))
        ]
        return self._bundles(*self._call("PATCH", patch))

    def _call(self, method: str, body: Any = None) -> tuple[Any, float | None]:
        kind = "application/json-patch+json"
        try:
            return _call(self._client, method, self._path, body, kind)
        except ClusterError as error:
            # A `test` that fails is 422 (k8s.io/apiserver pkg/endpoints/handlers/patch.go).
            if method == "PATCH" and error.status == 422:
                raise Conflict(str(error)) from error
            raise _meant(error, self._what) from error

    def _bundles(self, found: Any, date: float | None) -> Bundles:
        try:
            entries = tuple(
                _decoded(entry["clientConfig"].get("caBundle"))
                for entry in found.get("webhooks") or ()
            )
            return Bundles(entries=entries, version=_version(found), date=date)
        except (AttributeError, KeyError, TypeError) as error:
            raise StoreError(f"the answer is no {self._what}") from error


def _call(
    client: ApiClient, method: str, path: str, body: Any, content_type: str
) -> tuple[Any, float | None]:
    """The JSON that a request is answered with, and the Unix time when it was."""
    response = send(client, method, path, body=body, content_type=content_type)
    date = response.headers.get("Date")  # Go's HTTP server sends it with every answer.
    return received(response, method, path), _time(date)


def _time(date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, OverflowError):
        return None


def _meant(error: ClusterError, what: str) -> Exception:
    if error.status == 404:
        return Missing(f"{what} does not exist")
    if error.status == 409:
        return Conflict(str(error))
    return StoreError(str(error))


def _version(found: Any) -> str:
    return str(found["metadata"]["resourceVersion"])


def _decoded(value: Any) -> bytes:
    """The bytes of a base64 value; what cannot be decoded is kept, for whoever reads it to say."""
    text = value or ""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return str(text).encode("utf-8", "replace")
