"""Meet the webhook as the API server does: trust, certificate, and a review that is answered."""

from __future__ import annotations

import base64
import datetime
import json
import socket
import ssl
import uuid
from collections.abc import Iterator
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography import x509

from kguard.model import dig
from kguard.record import record
from kguard.webhook.cluster.client import WEBHOOKS, api_client, call
from kguard.webhook.request import API_VERSION, KIND
from kguard.words import counted

_OUTSIDE = (
    "; a Service has its name inside the cluster only: ask from a pod,"
    " `kubectl exec deployment/kguard -- kguard probe`, or name another address with `--url`"
)
_NAMELESS = "; where it asks who you are, show it with `--client-cert` or `--token-file`"


class ProbeError(ValueError):
    """Files with which nobody can show who they are."""


@record
class Target:
    """Where the webhook is, the name it answers to, the PEM that vouches for it, and patience.

    `client` are the files of the certificate and the key by which the caller shows who it is, or
    one with both; `token` is a bearer token.
    """

    url: str
    name: str
    bundle: bytes
    timeout: float = 10.0
    client: tuple[str, str | None] | None = None
    token: str = ""


@record
class Checked:
    """One thing that was looked at."""

    name: str
    good: bool
    detail: str


def live_bundle(kubeconfig: str | None, configuration: str) -> bytes:
    """The caBundle under which the API server calls the webhook; raises ClusterError."""
    found = call(api_client(kubeconfig), "GET", f"{WEBHOOKS}/{quote(configuration, '')}")
    entries = found.get("webhooks") or ()
    return b"\n".join(
        base64.b64decode(dig(entry, "clientConfig", "caBundle", default="")) for entry in entries
    )


def checks(target: Target) -> Iterator[Checked]:
    """Every check in turn; the later ones need the earlier. Raises ProbeError."""
    context = _context(target.bundle)
    if context is not None and target.client is not None:
        _introduce(context, *target.client)
    if context is None:
        yield Checked("caBundle", False, "holds no certificate: the API server trusts nobody")
        return
    trusted = context.cert_store_stats()["x509"]
    yield Checked("caBundle", True, counted(trusted, "CA certificate"))
    parts = urlsplit(target.url)
    connection = _Named(parts.hostname or "", parts.port or 443, target, context)
    try:
        connection.connect()
    except ssl.SSLCertVerificationError as error:
        yield Checked("certificate", False, f"{error.verify_message} (asked for {target.name})")
        return
    except OSError as error:
        unknown = isinstance(error, socket.gaierror) and ".svc" in (parts.hostname or "")
        hint = _OUTSIDE if unknown else ""
        yield Checked("connection", False, f"{target.url}: {error}{hint}")
        return
    yield _certificate(connection.sock)
    try:
        yield _dry_review(connection, parts.path or "/", target)
    except (OSError, HTTPException, ValueError) as error:
        # With TLS 1.3 the server looks at the client's certificate after the handshake, and what it
        # says of it gets lost where the connection is reset at once.
        cut = isinstance(error, ConnectionError | ssl.SSLError) and target.client is None
        yield Checked("review", False, f"no answer: {error}{_NAMELESS if cut else ''}")
    finally:
        connection.close()


def _context(bundle: bytes) -> ssl.SSLContext | None:
    """Trust in a bundle and in nothing else, None where it holds no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False  # Go looks at alternative names alone.
    try:
        context.load_verify_locations(cadata=bundle.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        return None
    return context


class _Named(HTTPSConnection):
    """A connection that asks for a name of its own choosing: the Service's, wherever it leads."""

    def __init__(self, host: str, port: int, target: Target, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=target.timeout, context=context)
        self._target, self._tls = target, context

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self._target.name)


def _certificate(connection: Any) -> Checked:
    found = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))
    left = found.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    hours = f"{left.days} d {left.seconds // 3600} h"
    minutes = f"{left.seconds // 60} min"
    rest = hours if left >= datetime.timedelta(hours=1) else minutes
    detail = f"{connection.version()}, valid for another {rest}"
    return Checked("certificate", left > datetime.timedelta(hours=1), detail)


def _introduce(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    """Have connections show the certificate in a file."""
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        reason = (error.reason or "not PEM").lower().replace("_", " ")
        raise ProbeError(f"{certificate}: cannot be used: {reason}") from None
    except OSError as error:
        where = f"{certificate} or {key}" if key else certificate
        raise ProbeError(f"{where}: cannot be read: {error.strerror}") from None


def _no_password() -> str:
    """Called for an encrypted key only, which OpenSSL would else ask for at the terminal."""
    raise ProbeError("the client's private key is encrypted")


def _dry_review(connection: HTTPSConnection, path: str, target: Target) -> Checked:
    """A review of a Pod that does not exist: dryRun, and nothing is stored in any case."""
    uid = str(uuid.uuid4())
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kguard-probe", "namespace": "default"},
        "spec": {"containers": [{"name": "probe", "image": "kguard.example/probe:1"}]},
    }
    review = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "request": {
            "uid": uid,
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "name": "kguard-probe",
            "namespace": "default",
            "operation": "CREATE",
            "userInfo": {"username": "kguard-probe"},
            "object": pod,
            "dryRun": True,
        },
    }
    headers = {"Content-Type": "application/json"}
    if target.token:
        headers["Authorization"] = f"Bearer {target.token}"
    connection.request("POST", f"{path}?timeout=5s", json.dumps(review), headers)
    answer = connection.getresponse()
    body = answer.read(2**20)
    if answer.status != 200:
        detail = f"status {answer.status}: {body[:200].decode('utf-8', 'replace').strip()}"
        stranger = answer.status == 401 and not (target.token or target.client)
        return Checked("review", False, detail + (_NAMELESS if stranger else ""))
    response = dig(json.loads(body), "response")
    if dig(response, "uid") != uid or not isinstance(dig(response, "allowed"), bool):
        return Checked("review", False, "the answer is no review of what was asked")
    revision = dig(response, "auditAnnotations", "revision", default="unknown")
    return Checked("review", True, f"answered by revision {revision}")
