"""`kguard export static`: the configuration with which an API server starts, and none can delete.

Kubernetes reads it from a folder of the control plane (`staticManifestsDir`), so it holds before
etcd answers. It takes a fixed address in place of a Service, which the certificate has to name:
`kguard serve --tls-mode files`. Alpha in Kubernetes 1.36 (KEP-5793).
"""

from __future__ import annotations

import argparse
from typing import Any

from kguard.cli import OK, USAGE, UsageError, fail


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "export",
        help="print manifests for other ways to install the webhook",
        description=__doc__,
        allow_abbrev=False,
    )
    parser.add_argument("what", choices=("static",), help="for the API server's own disk")
    parser.add_argument(
        "--url",
        required=True,
        metavar="URL",
        help="https://…/validate, as the API server sees it; "
        "the certificate has that name or address (`serve --tls-mode files`)",
    )
    parser.add_argument(
        "--ca", required=True, metavar="FILE", help="the CA of the webhook's certificate, PEM"
    )
    parser.add_argument(
        "--failure-policy",
        choices=("Ignore", "Fail"),
        default="Ignore",
        help="where the webhook does not answer (default: Ignore)",
    )
    parser.add_argument(
        "--except-namespace",
        action="append",
        default=["kguard"],
        metavar="NAME",
        help="besides kube-system, kube-public, kube-node-lease and kguard",
    )


def run(args: argparse.Namespace) -> int:
    """Print the manifest; exit 2 for a URL or CA that the API server would refuse."""
    from kguard.webhook.registration import RegistrationError, static_manifest

    try:
        with open(args.ca, "rb") as file:
            bundle = file.read(2**20)
    except OSError as error:
        raise UsageError(f"{args.ca}: cannot be read: {error.strerror}") from None
    try:
        found = static_manifest(args.url, bundle, args.failure_policy, args.except_namespace)
    except RegistrationError as error:
        return fail(str(error), USAGE)
    import yaml

    print(yaml.safe_dump(found, sort_keys=False, allow_unicode=True), end="")
    return OK
