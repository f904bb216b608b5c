"""`kguard disarm`: have the cluster do without the webhook, whatever state it is in.

To arm it again: the next upgrade by Helm 3 does so by itself, Helm 4 and server-side apply take the
failurePolicy back with `--force-conflicts` only.
"""

from __future__ import annotations

import argparse
from typing import Any

from kguard.cli import OK, USAGE, fail
from kguard.cli.cluster import add_cluster_options, require_webhook


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "disarm",
        help="have the cluster do without the webhook",
        description=__doc__,
        allow_abbrev=False,
    )
    add_cluster_options(parser)
    parser.add_argument(
        "--delete",
        action="store_true",
        help="delete the configuration, in place of setting its failurePolicy to Ignore",
    )


def run(args: argparse.Namespace) -> int:
    """Patch or delete the configuration; exit 2 where nothing was done.

    One that is gone already is as good as deleted, but a name that is not there may be a wrong one,
    while the cluster still waits for the webhook.
    """
    require_webhook()
    from kguard.webhook.cluster.client import ClusterError, api_client
    from kguard.webhook.registration import Disarmed, disarm

    name = args.webhook_configuration
    try:
        done = disarm(api_client(args.kubeconfig), name, delete=args.delete)
    except ClusterError as error:
        return fail(
            f"{error}\nby hand: kubectl delete validatingwebhookconfiguration {name}", USAGE
        )
    if done is Disarmed.GONE and not args.delete:
        return fail(
            f"there is no ValidatingWebhookConfiguration `{name}`, so nothing was changed\n"
            "those there are: kubectl get validatingwebhookconfigurations"
        )
    print(
        {
            Disarmed.GONE: f"there is no ValidatingWebhookConfiguration `{name}`",
            Disarmed.DELETED: f"deleted ValidatingWebhookConfiguration `{name}`",
            Disarmed.IGNORED: f"`{name}`: failurePolicy is Ignore; deleting it ends all",
        }[done]
    )
    return OK
