"""`kguard serve`: put the parts together, and run them until SIGTERM."""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import gc
import logging
import math
import os
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from kguard import __version__
from kguard.policy.registry import Registry
from kguard.record import record
from kguard.webhook.app import create_app
from kguard.webhook.caller import Callers, ClientCAs, Watched
from kguard.webhook.certificates import Certificates
from kguard.webhook.certificates.api import ApiBundles, ApiSecret
from kguard.webhook.certificates.files import FileCertificates
from kguard.webhook.certificates.self_issued import SelfIssued
from kguard.webhook.cluster.client import ClusterError, api_client
from kguard.webhook.cluster.cluster import Cluster
from kguard.webhook.cluster.snapshot import EMPTY, Snapshot
from kguard.webhook.draining import Draining
from kguard.webhook.events import REFUSED, Pod, warn
from kguard.webhook.front.limits import Limits
from kguard.webhook.front.server import Front
from kguard.webhook.front.tls import server_context
from kguard.webhook.health import Health
from kguard.webhook.log import Log, Told
from kguard.webhook.metrics import Metrics
from kguard.webhook.options import Options, OptionsError
from kguard.webhook.policyset import Defaults
from kguard.webhook.reload import Policies
from kguard.webhook.service import Service
from kguard.webhook.stances import Mode

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

SMALL_BODY = 32 * 2**10
"""Bytes of a review that nearly always takes less than one may on the loop (front/pool.py), and
that changes of ordinary workloads, with the object before them, seldom reach."""
_M_MMAP_THRESHOLD = -3  # malloc.h
_THRESHOLDS = (50_000, 5, 5)
"""When the garbage collector looks at its three generations (gc.set_threshold).

A review leaves nothing to it (tests/webhook/test_growth.py), and one of 200 KB has 20,000 objects
at a time: with Python's 700 it looked at all of them, in vain, for a fifth of the time.
"""
_TLS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def utc_today() -> datetime.date:
    """The day by which exceptions and ignores end."""
    return datetime.datetime.now(datetime.UTC).date()


@record(eq=False)
class _Parts:
    """Everything that runs beside the server, to be started and stopped together."""

    certificates: Certificates
    policies: Policies
    cluster: Cluster | None
    callers: Callers
    client_cas: ClientCAs

    def problems(self) -> list[str]:
        """Why the API server had better not come here yet."""
        found = self.certificates.problems()
        return found + self.cluster.problems() if self.cluster else found

    def warnings(self) -> list[str]:
        """What is to be repaired while everything works."""
        problems = self.certificates.problems()
        return [each for each in self.certificates.warnings() if each not in problems]

    def dead(self) -> list[str]:
        """Why the process had better be started anew."""
        return self.cluster.dead() if self.cluster else []

    def start(self) -> None:
        for part in self._all():
            part.start()

    def stop(self) -> None:
        for part in reversed(self._all()):
            part.stop()

    def _all(self) -> list[Certificates | Policies | Cluster | Watched]:
        parts = (self.certificates, self.policies, self.cluster, self.callers, self.client_cas)
        return [part for part in parts if part is not None]


def serve(options: Options, registry: Registry) -> int:
    """Serve until SIGTERM; the exit code.

    Raises OptionsError for what cannot be used and ConfigError for a policy directory that is
    wrong: a webhook that began without its policies would let everything through.
    """
    _return_memory()
    metrics, log = Metrics(), Log(keep=options.log_decisions)
    logging.getLogger().addHandler(told := Told(log))
    logging.captureWarnings(True)
    try:
        return _serve(options, registry, metrics, log)
    finally:
        logging.getLogger().removeHandler(told)


def _serve(options: Options, registry: Registry, metrics: Metrics, log: Log) -> int:
    metrics.build_info.labels(__version__).set(1)
    parts = _parts(options, registry, metrics, log)
    world = parts.cluster.snapshot if parts.cluster else _no_cluster
    service = Service(
        lambda: parts.policies.current,
        world,
        metrics,
        log,
        timeout=options.timeout,
        today=utc_today,
    )
    try:
        front = Front(
            create_app(service),
            host=options.host,
            port=options.port,
            tls=parts.certificates.context,
            limits=Limits(
                concurrency=options.concurrency,
                max_body=options.max_body,
                grace=options.grace,
                small_body=SMALL_BODY,
            ),
            metrics=metrics,
            authorise=parts.callers if parts.callers.particular else None,
        )
    except OSError as error:
        raise OptionsError(f"cannot listen on {options.host}:{options.port}: {error}") from None
    draining = Draining(front, log)

    try:
        health = Health(
            host=options.health_host,
            port=options.health_port,
            ready=lambda: draining.problems() or parts.problems(),
            live=lambda: front.problems() + parts.dead(),
            metrics=metrics,
            drain=draining.begin,
            doubts=parts.warnings,
        )
    except OSError as error:
        where = f"{options.health_host}:{options.health_port}"
        raise OptionsError(f"cannot listen on {where}: {error}") from None
    parts.start()
    health.start()
    _settle()
    front.heed_signals()  # Whoever reads that it serves may end it.
    log.event(
        "info",
        "serving",
        version=__version__,
        port=front.port,
        healthPort=health.port,
        mode=parts.policies.current.stances.usual.word,
        tls=options.tls_mode,
        revision=parts.policies.current.revision,
    )
    try:
        return front.run()
    finally:
        parts.stop()
        health.stop()
        log.event("info", "stopped")


def _no_cluster() -> Snapshot:
    return EMPTY


def _parts(options: Options, registry: Registry, metrics: Metrics, log: Log) -> _Parts:
    try:
        client = api_client(options.kubeconfig) if options.cluster else None
    except ClusterError as error:
        raise OptionsError(f"{error}; `--no-cluster` does without") from None
    mode = Mode[options.mode.upper()]
    defaults = Defaults(mode, options.deny_on_error, options.trusted, options.context)
    pod = Pod(options.namespace, os.environ.get("POD_NAME", ""), os.environ.get("POD_UID", ""))

    def tell(error: str) -> None:
        if client is None or not pod.name:
            return
        try:
            warn(client, pod, REFUSED, f"the policies before go on: {error}")
        except ClusterError as failure:
            log.event("warning", "no event written", error=str(failure))

    policies = Policies(
        registry,
        metrics,
        log,
        folder=options.policies,
        config=options.config,
        defaults=defaults,
        today=utc_today,
        tell=tell,
    )
    client_cas = _client_cas(options, log)
    certificates = _certificates(options, client, metrics, log, client_cas)

    def refresh() -> None:
        certificates.refresh()
        log.event("info", "client CAs taken")

    client_cas.changed = refresh
    return _Parts(
        certificates=certificates,
        policies=policies,
        cluster=_cluster(options, client, metrics, log),
        callers=_callers(options, log),
        client_cas=client_cas,
    )


def _callers(options: Options, log: Log) -> Callers:
    def say(line: str) -> None:
        log.event("error", "token refused", error=line)

    return Callers(options.client_names, options.bearer_token_file, say)


def _client_cas(options: Options, log: Log) -> ClientCAs:
    def say(line: str) -> None:
        log.event("error", "client CAs refused", error=line)

    return ClientCAs(options.client_ca, say)


def _cluster(
    options: Options, client: ApiClient | None, metrics: Metrics, log: Log
) -> Cluster | None:
    if client is None or not options.context:
        return None

    def say(line: str) -> None:
        log.event("info", "cluster", message=line)

    # No collection before a freeze: in 48,000 changes, with watches that ended and new lists, there
    # was nothing to collect, and looking took 15 to 120 ms each time, in which no review goes on.
    try:
        cluster = Cluster(
            client, argo_configmaps=options.argo_configmaps, say=say, settle=gc.freeze
        )
    except ValueError as error:
        raise OptionsError(f"`--argo-configmap`: {error}") from None
    publish_synced(cluster, metrics)
    return cluster


def publish_synced(cluster: Cluster, metrics: Metrics) -> None:
    """Have the metrics say of every kind whether it is known, and in how many places it is not."""
    for group, kind in cluster.kinds():
        metrics.context_synced.labels(kind).set_function(_synced(cluster, (group, kind)))
        metrics.context_left_out.labels(kind).set_function(_lacking(cluster, (group, kind)))


def _synced(cluster: Cluster, kind: tuple[str, str]) -> Callable[[], float]:
    return lambda: float(kind not in cluster.reasons())


def _lacking(cluster: Cluster, kind: tuple[str, str]) -> Callable[[], float]:
    return lambda: float(cluster.lacking().get(kind, 0))


def _certificates(
    options: Options,
    client: ApiClient | None,
    metrics: Metrics,
    log: Log,
    client_cas: ClientCAs,
) -> Certificates:
    def make_context(chain: bytes, key: bytes) -> ssl.SSLContext:
        return server_context(
            chain, key, minimum=_TLS[options.tls_min_version], client_ca=client_cas.pem
        )

    def say(line: str) -> None:
        log.event("info", "certificates", message=line)

    def warn(line: str) -> None:
        log.event("warning", "certificates", message=line)

    def fail(line: str) -> None:
        log.event("error", "certificates", message=line)

    def count(word: str) -> None:
        metrics.admission_errors.labels(f"certificates-{word}").inc()

    found: Certificates
    try:
        if options.tls_mode == "self":
            if client is None:
                raise OptionsError("`--tls-mode self` needs the cluster")
            found = SelfIssued(
                service=options.service,
                namespace=options.namespace,
                secret=ApiSecret(client, options.namespace, options.secret),
                bundles=ApiBundles(client, options.webhook_configuration),
                make_context=make_context,
                say=say,
                warn=warn,
                count=count,
            )
        else:
            found = FileCertificates(
                certificate=options.tls_cert,
                key=options.tls_key,
                name=options.called,
                make_context=make_context,
                say=say,
                warn=warn,
                fail=fail,
                count=count,
            )
    except ValueError as error:
        raise OptionsError(str(error)) from None
    # What is not known has no number: an alert on nought would be false.
    for each in ("leaf", "ca") if options.tls_mode == "self" else ("leaf",):
        metrics.certificate_expiry.labels(each).set_function(_expiry(found, each))
    if options.tls_mode == "self":
        metrics.cabundle_match.set_function(lambda: float(found.published()))
    else:
        metrics.cabundle_match.set(math.nan)
    return found


def _expiry(certificates: Certificates, which: str) -> Callable[[], float]:
    return lambda: certificates.expiry().get(which, math.nan)


def _return_memory() -> None:
    """Have the C library give large blocks back to the system as soon as they are free.

    By default glibc keeps blocks of up to 32 MiB once it has seen them, in each thread
    (mallopt(3), M_MMAP_THRESHOLD): reviews of 27 MiB took 217 MiB in place of 54. Other libraries
    have no such setting.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 2**20)


def _settle() -> None:
    """Collect garbage as a process does that lives long.

    The command line switches the collector off, because a check ends before it is worth it. What
    was loaded by now is taken out of its sight: it lives as long as the process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()
