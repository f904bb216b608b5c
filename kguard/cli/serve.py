"""`kguard serve`: the admission webhook."""

from __future__ import annotations

import argparse
from typing import Any

from kguard.cli import UsageError
from kguard.cli.cluster import (
    add_cluster_options,
    add_names,
    known_namespace,
    port,
    positive,
    require_webhook,
    seconds,
)
from kguard.cli.common import complain, registry_from_environment


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "serve", help="run the admission webhook", description=__doc__, allow_abbrev=False
    )
    listen = parser.add_argument_group("where it listens")
    listen.add_argument("--host", default="*", metavar="ADDRESS", help="default: *, which is all")
    listen.add_argument("--port", type=port, default=10250, help="reviews, TLS (default: 10250)")
    listen.add_argument(
        "--health-host", default="*", metavar="ADDRESS", help="default: *, which is all"
    )
    listen.add_argument(
        "--health-port",
        type=port,
        default=8080,
        help="/livez, /readyz and /metrics, plain (default: 8080)",
    )
    tls = parser.add_argument_group("certificate")
    tls.add_argument(
        "--tls-mode",
        choices=("self", "cert-manager", "files"),
        help="who issues it (default: files with --tls-cert, else self)",
    )
    tls.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM")
    tls.add_argument("--tls-key", metavar="FILE", help="its key, PEM")
    tls.add_argument("--tls-min-version", choices=("1.2", "1.3"), default="1.2")
    tls.add_argument(
        "--client-ca", metavar="FILE", help="only answer clients with a certificate of this CA"
    )
    tls.add_argument(
        "--client-name",
        action="append",
        default=[],
        metavar="NAME",
        help="and of these names: SAN or CN",
    )
    tls.add_argument(
        "--bearer-token-file", metavar="FILE", help="only answer clients that send this token"
    )
    policies = parser.add_argument_group("policies")
    policies.add_argument(
        "--policies",
        metavar="DIR",
        help="kguard.yaml, webhook.yaml and exceptions; changes are picked up",
    )
    policies.add_argument(
        "--config", metavar="FILE", help="in place of DIR/kguard.yaml: settings as for `check`"
    )
    policies.add_argument(
        "--mode",
        choices=("enforce", "warn", "audit"),
        default="warn",
        help="where webhook.yaml sets none (default: warn)",
    )
    policies.add_argument(
        "--on-error",
        choices=("allow", "deny"),
        default="allow",
        help="in mode enforce, what a policy that cannot be evaluated comes to (default: allow)",
    )
    policies.add_argument(
        "--trusted-controller",
        action="append",
        default=[],
        metavar="USER",
        help="warned about, never denied: it makes Pods from what was judged",
    )
    cluster = parser.add_argument_group("cluster")
    add_cluster_options(cluster)
    cluster.add_argument("--no-cluster", action="store_true", help="never talk to the API server")
    cluster.add_argument(
        "--no-context",
        action="store_true",
        help="judge each object by itself: no LimitRanges, autoscalers, templates of the cluster",
    )
    cluster.add_argument(
        "--argo-configmap",
        action="append",
        metavar="NAMESPACE/NAME",
        help="Argo's controller is configured by it (default: argo/workflow-controller-configmap)",
    )
    add_names(cluster)
    limits = parser.add_argument_group("limits")
    limits.add_argument(
        "--concurrency",
        type=positive,
        metavar="N",
        help="reviews at once (default: 2 per CPU, at most 8)",
    )
    limits.add_argument(
        "--max-body",
        type=positive,
        default=32 * 2**20,
        metavar="BYTES",
        help="the largest review (default: 33554432)",
    )
    limits.add_argument(
        "--timeout",
        type=seconds,
        default=4.5,
        metavar="SECONDS",
        help="for reviews that name none (default: 4.5)",
    )
    limits.add_argument(
        "--grace",
        type=seconds,
        default=20.0,
        metavar="SECONDS",
        help="after SIGTERM, to answer what is in flight (default: 20)",
    )
    parser.add_argument(
        "--log-decisions", choices=("all", "denied", "none"), default="all", help="default: all"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM; exit 2 for what cannot be used."""
    require_webhook()
    from kguard.config import ConfigError
    from kguard.webhook.options import Options, OptionsError
    from kguard.webhook.serve import serve

    registry = registry_from_environment()
    try:
        return serve(Options.of(args, known_namespace(args.namespace)), registry)
    except OptionsError as error:
        raise UsageError(str(error)) from None
    except ConfigError as error:
        return complain(error)
    except OSError as error:
        raise UsageError(f"{error.filename or 'policies'}: {error.strerror}") from None
