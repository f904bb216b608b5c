"""The connection to the Kubernetes API server: who we are there, and one bounded call.

The generated API classes are left alone: importing the models of the core API alone costs 21 MB in
every pod, their calls changed with release 37, and they drop fields they do not know.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kguard.webhook.cluster.decode import decode

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from urllib3 import BaseHTTPResponse

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
"""Where the API server lists the ValidatingWebhookConfigurations."""

Query = Sequence[tuple[str, str | int]]

CONNECT = 2.0
READ = 5.0
"""Seconds to connect, and seconds in which the next bytes of an answer come."""

MAX_ANSWER = 32 * 2**20
"""Bytes. The API server takes objects of at most 3 MiB."""

_CHUNK = 2**16
_CONNECTIONS = 32

# A peer that vanished without a word is noticed after 30 + 3 * 15 seconds.
_KEEP_ALIVE = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)  # macOS calls the first another name.
    ),
]


class ClusterError(Exception):
    """The API server refused, or was not to be reached; says which call and why.

    `status` is that of HTTP, 0 where there was no answer or none that can be read. `retry_after`
    is how many seconds the API server asks us to wait, 0 where it does not. `cause` is the message
    without the call.
    """

    def __init__(
        self, message: str, *, status: int = 0, retry_after: float = 0, cause: str = ""
    ) -> None:
        super().__init__(message)
        self.cause = cause or message
        self.status = status
        self.retry_after = retry_after


class TooLarge(ClusterError):
    """An answer of more bytes than were to be read."""


def api_client(kubeconfig: str | None) -> ApiClient:
    """A client for the cluster this pod runs in, or for that of a kubeconfig file.

    The token of the service account is read again every minute, its CA for every connection.
    Raises ClusterError where there is no usable configuration.
    """
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.config import ConfigException, load_incluster_config, load_kube_config

    from kguard.webhook.cluster.tls import accept_older_authorities

    configuration = Configuration()
    try:
        if kubeconfig is None:
            load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        else:
            with open(kubeconfig, "rb"):  # The loader calls a missing file an invalid one.
                pass
            load_kube_config(  # type: ignore[no-untyped-call]
                kubeconfig, client_configuration=configuration, persist_config=False
            )
    except ConfigException as error:
        if kubeconfig is None:
            raise ClusterError(
                f"no kubeconfig given, and not in a cluster: {_cause(error)}"
            ) from error
        raise ClusterError(f"`{kubeconfig}`: {_cause(error)}") from error
    except OSError as error:
        raise ClusterError(f"`{error.filename or kubeconfig}`: {error.strerror}") from error
    except Exception as error:  # The loader walks into whatever the file holds.
        raise ClusterError(f"`{kubeconfig}` is no kubeconfig") from error
    configuration.retries = False  # Whoever calls knows how long it can wait.
    configuration.connection_pool_maxsize = _CONNECTIONS
    configuration.socket_options = _KEEP_ALIVE
    client = ApiClient(configuration)
    accept_older_authorities(client.rest_client.pool_manager)
    return client


def call(
    client: ApiClient,
    method: str,
    path: str,
    query: Query = (),
    *,
    body: Any = None,
    content_type: str = "application/json",
    read: float = READ,
    limit: int = MAX_ANSWER,
) -> Any:
    """The JSON that one request is answered with.

    `path` begins with `/api` or `/apis`; `body` is sent as JSON, of the given type. Raises
    ClusterError for every answer but 2xx (409: somebody else was faster), for none within `read`
    seconds of silence, and for what is no JSON; TooLarge for one of more than `limit` bytes.
    """
    response = send(client, method, path, query, body=body, content_type=content_type, read=read)
    return received(response, method, path, limit)


def received(response: BaseHTTPResponse, method: str, path: str, limit: int = MAX_ANSWER) -> Any:
    """The JSON in an answer, which is closed or released; raises ClusterError as `call` does."""
    return decoded(method, path, _text(method, path, response, limit))


def fetch(client: ApiClient, path: str, query: Query, *, read: float, limit: int) -> bytes:
    """The bytes that a GET is answered with; raises what `call` does of them."""
    return _text("GET", path, send(client, "GET", path, query, read=read), limit)


def decoded(method: str, path: str, text: bytes) -> Any:
    """The JSON of an answer; raises ClusterError for what is none."""
    try:
        return decode(text)
    except ValueError as error:
        raise ClusterError(f"{method} {path}: the answer is no JSON") from error


def _text(method: str, path: str, response: BaseHTTPResponse, limit: int) -> bytes:
    try:
        text = _read(response, limit)
        response.release_conn()
    except Exception as error:
        response.close()
        raise said(method, path, error) from error
    return text


def send(
    client: ApiClient,
    method: str,
    path: str,
    query: Query = (),
    *,
    body: Any = None,
    content_type: str = "application/json",
    read: float = READ,
) -> BaseHTTPResponse:
    """The answer to one request with its body unread, to be closed or released by the caller.

    Raises ClusterError for every answer but 2xx, and for none.
    """
    from urllib3 import Timeout

    try:
        headers = {"Accept": "application/json", "User-Agent": "kguard", **_authorisation(client)}
        if body is not None:
            headers["Content-Type"] = content_type
        url = client.configuration.host.rstrip("/") + path
        response = client.rest_client.pool_manager.request(
            method,
            f"{url}?{urlencode(query)}" if query else url,
            body=None if body is None else json.dumps(body),
            headers=headers,
            timeout=Timeout(connect=CONNECT, read=read),
            preload_content=False,
            redirect=False,
        )
    except Exception as error:  # Besides urllib3's, those of the token's and the CA's files.
        raise said(method, path, error) from error
    if 200 <= response.status < 300:
        return response
    try:
        raise _refused(method, path, response)
    finally:
        response.close()


def said(method: str, path: str, error: Exception) -> ClusterError:
    """What went wrong with a call, in one line."""
    if isinstance(error, ClusterError):
        return error
    cause = _cause(error)
    return ClusterError(f"{method} {path}: {cause}", cause=cause)


def _authorisation(client: ApiClient) -> Mapping[str, str]:
    """The header with the token, if any: its name differs from release to release."""
    settings = client.configuration.auth_settings()
    found: dict[str, str] = {
        each["key"]: str(each["value"]).strip()
        for each in settings.values()
        if each["in"] == "header" and each["value"]
    }
    return found


def _read(response: BaseHTTPResponse, limit: int) -> bytes:
    parts, size = [], 0
    for part in response.stream(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLarge(f"the answer has more than {limit} bytes")
    return b"".join(parts)


def _refused(method: str, path: str, response: BaseHTTPResponse) -> ClusterError:
    """The refusal as the API server words it (a Status), cut to a line."""
    try:
        status = decode(response.read(_CHUNK))
        reason = status.get("message") if isinstance(status, dict) else None
    except Exception:
        reason = None
    reason = " ".join(str(reason or response.reason or "refused").split())[:300]
    try:
        retry_after = max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:  # A date.
        retry_after = 0.0
    return ClusterError(
        f"{method} {path}: {response.status} {reason}",
        status=response.status,
        retry_after=min(retry_after, 60.0),
    )


def _cause(error: BaseException) -> str:
    """An error in a line: the innermost of those that were raised from one another."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

    if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
        return f"no connection within {CONNECT:g} s"
    if isinstance(error, ReadTimeoutError):
        return "no answer in time"
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
