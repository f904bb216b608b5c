"""What `kguard serve` is told, checked before anything starts."""

from __future__ import annotations

import os
from typing import Any

from kguard.record import record
from kguard.webhook.cluster.sources import ARGO_CONFIG

_MOST_AT_ONCE = 8
"""Reviews share one interpreter: more of them at once only make each of them slower."""


class OptionsError(ValueError):
    """Options that contradict each other, or name what cannot be used."""


@record
class Options:
    """The options of `kguard serve`; see its help. Times are seconds, sizes bytes."""

    host: str = "*"
    port: int = 10250
    health_host: str = "*"
    health_port: int = 8080
    tls_mode: str = "self"
    tls_cert: str = ""
    tls_key: str = ""
    tls_min_version: str = "1.2"
    client_ca: str | None = None
    client_names: frozenset[str] = frozenset()
    bearer_token_file: str | None = None
    policies: str | None = None
    config: str | None = None
    mode: str = "warn"
    deny_on_error: bool = False
    trusted: frozenset[str] = frozenset()
    kubeconfig: str | None = None
    cluster: bool = True
    context: bool = True
    argo_configmaps: tuple[str, ...] = ()
    called: str = "kguard.kguard.svc"
    """The name by which an API server calls, empty where no cluster is known to."""
    service: str = "kguard"
    namespace: str = "kguard"
    secret: str = "kguard-tls"
    webhook_configuration: str = "kguard"
    concurrency: int = 2
    max_body: int = 32 * 2**20
    timeout: float = 4.5
    grace: float = 20.0
    log_decisions: str = "all"

    @classmethod
    def of(cls, args: Any, found: str) -> Options:
        """The options of a parsed command line. Raises OptionsError.

        `found` is the namespace it runs in, empty where nothing tells: without a cluster nobody
        calls it by the name of a Service then.
        """
        namespace = found or "kguard"
        called = f"{args.service}.{namespace}.svc" if found or not args.no_cluster else ""
        mode = args.tls_mode or ("files" if args.tls_cert else "self")
        cert, key = args.tls_cert or "", args.tls_key or ""
        if mode == "cert-manager":
            cert, key = cert or "/tls/tls.crt", key or "/tls/tls.key"
        if mode == "files" and not cert:
            raise OptionsError("`--tls-mode files` needs `--tls-cert` and `--tls-key`")
        if bool(cert) != bool(key):
            raise OptionsError("`--tls-cert` and `--tls-key` go together")
        if mode == "self" and cert:
            raise OptionsError("`--tls-mode self` issues its own certificate: no `--tls-cert`")
        if mode == "self" and args.no_cluster:
            why = "`--tls-mode self` keeps its CA in the cluster"
            raise OptionsError(f"`--no-cluster` needs `--tls-cert` and `--tls-key`: {why}")
        if args.client_name and not args.client_ca:
            raise OptionsError("`--client-name` needs `--client-ca`")
        if args.policies is not None and not os.path.isdir(args.policies):
            raise OptionsError(f"no directory at `{args.policies}`")
        return cls(
            host=args.host,
            port=args.port,
            health_host=args.health_host,
            health_port=args.health_port,
            tls_mode=mode,
            tls_cert=cert,
            tls_key=key,
            tls_min_version=args.tls_min_version,
            client_ca=args.client_ca,
            client_names=frozenset(args.client_name),
            bearer_token_file=args.bearer_token_file,
            policies=args.policies,
            config=args.config,
            mode=args.mode,
            deny_on_error=args.on_error == "deny",
            trusted=frozenset(args.trusted_controller),
            kubeconfig=args.kubeconfig,
            cluster=not args.no_cluster,
            context=not args.no_cluster and not args.no_context,
            argo_configmaps=tuple(args.argo_configmap or [ARGO_CONFIG]),
            called=called,
            service=args.service,
            namespace=namespace,
            secret=args.secret,
            webhook_configuration=args.webhook_configuration,
            concurrency=args.concurrency or min(2 * usable_cpus(), _MOST_AT_ONCE),
            max_body=args.max_body,
            timeout=args.timeout,
            grace=args.grace,
            log_decisions=args.log_decisions,
        )


def usable_cpus() -> int:
    """How many CPUs this process may run on; a cgroup's quota is not looked at."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Not on every platform.
        return os.cpu_count() or 1
