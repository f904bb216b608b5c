"""Options and steps that the commands around the webhook share."""

from __future__ import annotations

import argparse
import os

from kguard.cli import UsageError

_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
"""Where a pod finds its namespace (kubernetes docs, "Accessing the API from a Pod")."""


def add_cluster_options(parser: argparse._ActionsContainer) -> None:
    """Add how the API server is reached."""
    parser.add_argument(
        "--kubeconfig",
        metavar="FILE",
        default=os.environ.get("KUBECONFIG") or None,
        help="how to reach the API server (default: KUBECONFIG, else this pod's service account)",
    )
    add_configuration(parser)


def add_configuration(parser: argparse._ActionsContainer) -> None:
    """Add the name of the webhook configuration."""
    parser.add_argument(
        "--webhook-configuration",
        default="kguard",
        metavar="NAME",
        help="the ValidatingWebhookConfiguration (default: kguard)",
    )


def add_names(parser: argparse._ActionsContainer) -> None:
    """Add the names under which the webhook is installed."""
    parser.add_argument("--service", default="kguard", metavar="NAME", help="default: kguard")
    parser.add_argument(
        "--namespace",
        default=None,
        metavar="NAME",
        help="where it runs (default: POD_NAMESPACE, else this pod's, else kguard)",
    )
    parser.add_argument(
        "--secret", default="kguard-tls", metavar="NAME", help="holds the CA (default: kguard-tls)"
    )


def namespace_of(given: str | None) -> str:
    """The namespace the webhook is installed in, by default `kguard`."""
    return known_namespace(given) or "kguard"


def known_namespace(given: str | None) -> str:
    """The namespace that is given or that a pod runs in, empty where nothing tells."""
    if given or os.environ.get("POD_NAMESPACE"):
        return given or os.environ["POD_NAMESPACE"]
    try:
        with open(_NAMESPACE_FILE, encoding="ascii") as file:
            return file.read(253).strip()
    except (OSError, UnicodeDecodeError):
        return ""


def require_webhook() -> None:
    """Raise UsageError where the packages of the webhook are not installed."""
    from importlib.util import find_spec

    needed = ("flask", "cryptography", "prometheus_client", "kubernetes", "httptools", "orjson")
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the webhook needs {', '.join(missing)}: install kguard with its extra `webhook` "
            "(`pip install '.[webhook]'` in a clone)"
        )


def port(text: str) -> int:
    """A port as an argument; 0 is any that is free."""
    if text.isdecimal() and len(text) <= 5 and int(text) < 2**16:
        return int(text)
    raise argparse.ArgumentTypeError(f"`{text}` is no port")


def positive(text: str) -> int:
    """A whole number above zero as an argument."""
    if text.isdecimal() and 0 < len(text) <= 12 and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"`{text}` is no positive number")


def seconds(text: str) -> float:
    """Seconds as an argument: more than none, at most an hour."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if 0 < found <= 3600:
        return found
    raise argparse.ArgumentTypeError(f"`{text}` is no number of seconds up to 3600")
