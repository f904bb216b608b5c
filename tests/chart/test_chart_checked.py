"""kguard has nothing against what kguard installs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from chart_helm import CI_VALUES, ROOT, Helm


def check(*paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kguard", "check", "--isolated", "--profile", "strict"]
    return subprocess.run(
        [*command, *paths], cwd=ROOT, capture_output=True, encoding="utf-8", env={"PATH": ""}
    )


@pytest.mark.parametrize("values", CI_VALUES)
def test_the_rendered_chart(helm3: Helm, values: str, tmp_path: Path) -> None:
    file = tmp_path / "chart.yaml"
    file.write_text(helm3.text(values), "utf-8")
    done = check(file)
    assert done.returncode == 0, done.stdout
    assert "no findings in 1 file" in done.stderr + done.stdout


ODD = {
    "one": ["replicas=1"],
    "one on the host": ["replicas=1", "hostNetwork=true", "webhook.port=8443"],
    "long name": [f'fullnameOverride="{"k" * 40}"'],
    "own account": ["serviceAccount.create=false", 'serviceAccount.name="mine"'],
    "digest": [f'image.digest="sha256:{"a" * 64}"', 'imagePullSecrets=[{"name":"registry"}]'],
    "no class": ['priorityClassName=""', 'tolerations=[{"operator":"Exists"}]'],
    "labels": ['commonLabels={"team":"a"}', 'podLabels={"team":"b","tier":"c"}'],
    "silent": ["policies.settings=null", "policies.webhook=null", "webhook.annotations=null"],
    "long drain": ["shutdown.drainSeconds=250", "shutdown.graceSeconds=300"],
}


@pytest.mark.parametrize("name", ODD)
def test_the_chart_with_odd_values(helm3: Helm, name: str, tmp_path: Path) -> None:
    file = tmp_path / "chart.yaml"
    file.write_text(helm3.text("default", *ODD[name]), "utf-8")
    done = check(file)
    assert done.returncode == 0, done.stdout
    assert "no findings in 1 file" in done.stderr + done.stdout


def test_names_that_yaml_takes_for_something_else(helm3: Helm, tmp_path: Path) -> None:
    file = tmp_path / "chart.yaml"
    account = 'serviceAccount={"create":false,"name":"true"}'
    file.write_text(helm3.text("default", 'priorityClassName="1e3"', account, namespace="2024"))
    done = check(file)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["deploy/kguard.yaml", "Dockerfile"])
def test_files(name: str) -> None:
    done = check(ROOT / name)
    assert done.returncode == 0, done.stdout
    assert "no findings in 1 file" in done.stderr + done.stdout


def test_it_would_have_something_to_say(helm3: Helm, tmp_path: Path) -> None:
    file = tmp_path / "chart.yaml"
    text = helm3.text()
    assert "drain" in text
    file.write_text(
        text.replace("terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 0")
    )
    done = check(file)
    assert (done.returncode, "grace-zero" in done.stdout) == (1, True), done.stdout
