"""What `kguard serve` is told, through the command line as users write it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from kguard.cli.serve import add_parser
from kguard.webhook.options import Options, OptionsError, usable_cpus


def options(*words: str) -> Options:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return Options.of(parser.parse_args(["serve", *words]), "kguard")


def test_the_defaults_of_the_command_line_are_those_of_the_options() -> None:
    assert options() == Options(
        concurrency=min(2 * usable_cpus(), 8),
        argo_configmaps=("argo/workflow-controller-configmap",),
    )


@pytest.mark.parametrize(
    ("words", "mode", "cert", "key"),
    [
        ((), "self", "", ""),
        (("--tls-cert", "c", "--tls-key", "k"), "files", "c", "k"),
        (("--tls-mode", "files", "--tls-cert", "c", "--tls-key", "k"), "files", "c", "k"),
        (("--tls-mode", "cert-manager"), "cert-manager", "/tls/tls.crt", "/tls/tls.key"),
        (
            ("--tls-mode", "cert-manager", "--tls-cert", "c", "--tls-key", "k"),
            "cert-manager",
            "c",
            "k",
        ),
    ],
)
def test_the_mode_of_certificates(words: tuple[str, ...], mode: str, cert: str, key: str) -> None:
    found = options(*words)
    assert (found.tls_mode, found.tls_cert, found.tls_key) == (mode, cert, key)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--tls-mode", "files"), "needs `--tls-cert` and `--tls-key`"),
        (("--tls-cert", "c"), "go together"),
        (("--tls-mode", "files", "--tls-cert", "c"), "go together"),
        (("--tls-key", "k"), "go together"),
        (("--tls-mode", "self", "--tls-cert", "c", "--tls-key", "k"), "issues its own"),
        (("--no-cluster",), "`--no-cluster` needs `--tls-cert` and `--tls-key`"),
        (("--tls-mode", "self", "--no-cluster"), "`--tls-mode self` keeps its CA in the cluster"),
        (("--client-name", "x"), "needs `--client-ca`"),
        (("--policies", "/no/such/directory"), "no directory at `/no/such/directory`"),
    ],
)
def test_options_that_contradict_each_other(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        options(*words)


def test_a_file_is_no_directory_of_policies(tmp_path: Path) -> None:
    (tmp_path / "webhook.yaml").write_text("")
    with pytest.raises(OptionsError, match="no directory"):
        options("--policies", str(tmp_path / "webhook.yaml"))
    assert options("--policies", str(tmp_path)).policies == str(tmp_path)


@pytest.mark.parametrize(
    ("words", "cluster", "context"),
    [
        ((), True, True),
        (("--no-context",), True, False),
        (("--no-cluster", "--tls-cert", "c", "--tls-key", "k"), False, False),
    ],
)
def test_what_is_asked_of_the_cluster(words: tuple[str, ...], cluster: bool, context: bool) -> None:
    found = options(*words)
    assert (found.cluster, found.context) == (cluster, context)


def test_what_can_be_said_more_than_once() -> None:
    found = options(
        *("--client-ca", "ca", "--client-name", "a", "--client-name", "b"),
        *("--trusted-controller", "c", "--trusted-controller", "d"),
        *("--argo-configmap", "argo/x", "--argo-configmap", "b/y"),
        *("--on-error", "deny", "--mode", "enforce"),
    )
    assert found.client_names == {"a", "b"}
    assert found.trusted == {"c", "d"}
    assert found.argo_configmaps == ("argo/x", "b/y")
    assert (found.deny_on_error, found.mode) == (True, "enforce")


@pytest.mark.parametrize(
    "words",
    [
        ("--port", "70000"),
        ("--port", "x"),
        ("--concurrency", "0"),
        ("--max-body", "-1"),
        ("--timeout", "soon"),
        ("--timeout", "nan"),
        ("--grace", "inf"),
        ("--mode", "off"),
        ("--on-error", "ignore"),
        ("--tls-min-version", "1.1"),
        ("--log-decisions", "some"),
        ("--polices", "x"),
    ],
)
def test_values_that_cannot_be(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        options(*words)
    assert caught.value.code == 2
    assert words[0] in capsys.readouterr().err
