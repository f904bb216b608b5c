"""`kguard probe`: check a webhook that runs, as the API server would meet it, or its policies.

A Service has its name inside the cluster only: `kubectl exec deployment/kguard -- kguard probe`.
`--policies` checks a directory anywhere.
"""

from __future__ import annotations

import argparse
from typing import Any

from kguard.cli import FINDINGS, OK, UsageError
from kguard.cli.cluster import (
    add_cluster_options,
    add_names,
    namespace_of,
    require_webhook,
    seconds,
)
from kguard.cli.common import complain
from kguard.term import safe

_LONGEST_TOKEN = 64 * 1024
_MOST_SHOWN = 10
"""Names of files that are not read."""


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "probe",
        help="check a webhook that runs, or a policy directory",
        description=__doc__,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--policies", metavar="DIR", help="only check this policy directory; reaches for nothing"
    )
    parser.add_argument(
        "--url",
        metavar="URL",
        help="default: https://SERVICE.NAMESPACE.svc:443/validate, which is known in a pod only",
    )
    parser.add_argument(
        "--ca", metavar="FILE", help="whose certificates to trust (default: the live caBundle)"
    )
    parser.add_argument(
        "--server-name", metavar="NAME", help="default: SERVICE.NAMESPACE.svc, as the API server"
    )
    parser.add_argument(
        "--client-cert", metavar="FILE", help="show this certificate (PEM), for `serve --client-ca`"
    )
    parser.add_argument(
        "--client-key", metavar="FILE", help="its key (default: in the file of the certificate)"
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help="send this token, for `serve --bearer-token-file`"
    )
    add_cluster_options(parser)
    add_names(parser)
    parser.add_argument(
        "--timeout", type=seconds, default=10.0, metavar="SECONDS", help="default: 10"
    )


def run(args: argparse.Namespace) -> int:
    """Print one line per check; exit 1 where one fails."""
    require_webhook()
    if args.policies is not None:
        return _policies(args.policies)
    from kguard.webhook.cluster.client import ClusterError
    from kguard.webhook.probe import ProbeError, Target, checks, live_bundle

    if args.client_key and not args.client_cert:
        raise UsageError("`--client-key` needs `--client-cert`")
    name = args.server_name or f"{args.service}.{namespace_of(args.namespace)}.svc"
    url = args.url or f"https://{name}:443/validate"
    try:
        if args.ca:
            with open(args.ca, "rb") as file:
                bundle = file.read(2**20)
        else:
            bundle = live_bundle(args.kubeconfig, args.webhook_configuration)
    except (OSError, ClusterError) as error:
        help = "name one with `--ca`, or the cluster with `--kubeconfig`"
        raise UsageError(f"no CA to trust: {error}; {help}") from None
    client = (args.client_cert, args.client_key) if args.client_cert else None
    token = _token(args.token_file) if args.token_file else ""
    failed = False
    try:
        for check in checks(Target(url, name, bundle, args.timeout, client, token)):
            failed |= not check.good
            print(f"{'ok    ' if check.good else 'FAILED'} {check.name}: {safe(check.detail)}")
    except ProbeError as error:
        raise UsageError(str(error)) from None
    return FINDINGS if failed else OK


def _token(path: str) -> str:
    """The token in a file, as `kguard serve` reads it; raises UsageError."""
    try:
        with open(path, "rb") as file:
            token = file.read(_LONGEST_TOKEN).strip().decode("ascii")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        token = ""
    if len(token.split()) != 1 or not token.isprintable():
        raise UsageError(f"{path}: holds {'more than one token' if token else 'no token'}")
    return token


def _policies(folder: str) -> int:
    """What a policy directory comes to; exit 1 where an exception in it can have no effect yet."""
    from collections import Counter

    from kguard.cli.common import registry_from_environment
    from kguard.config import ConfigError
    from kguard.ignore import utc_today
    from kguard.webhook.exceptions import State
    from kguard.webhook.policyset import build_policy_set, left_out, read_directory

    try:
        contents = read_directory(folder)
        ignored = () if contents else left_out(folder)
        policies = build_policy_set(contents, registry_from_environment(), folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read: {error.strerror}") from None
    except ConfigError as error:
        return complain(error)
    if ignored:
        shown = ", ".join(ignored[:_MOST_SHOWN]) + ", …" * (len(ignored) > _MOST_SHOWN)
        print(
            f"warn   no file here ends in .yaml or .yml: everything has its default, and {shown}"
            f" {'is' if len(ignored) == 1 else 'are'} not read"
        )
    else:
        print(f"ok     {', '.join(contents) or 'no files: everything has its default'}")
    today = utc_today()
    every = [e for each in policies.exceptions.values() for e in each]
    for each in every:
        if (state := each.state(today)) in (State.TOO_LONG, State.EXPIRED):
            word = "FAILED" if state is State.TOO_LONG else "warn  "
            print(f"{word} {each.origin}: {safe(each.subject)}: {each.ineffective(today)}")
    states = Counter(each.state(today) for each in every)
    failed = states[State.TOO_LONG] > 0
    counts = [f"{count} {state.value}" for state, count in sorted(states.items(), key=str)]
    print(f"{'FAILED' if failed else 'ok    '} exceptions: {', '.join(counts) or 'none'}")
    return FINDINGS if failed else OK
