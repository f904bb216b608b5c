"""The hooks as pre-commit runs them: cloned, installed, handed the staged files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("pre_commit", reason="pre-commit is not installed")

ROOT = Path(__file__).resolve().parent.parent

GOOD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.4.2
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 128Mi}
"""
BAD = GOOD.replace("requests: {cpu: 100m, memory: 128Mi}", "requests: {cpu: 100m}").replace(
    "            limits: {memory: 128Mi}\n", ""
)
GITHUB_WORKFLOW = """\
on: push
jobs: {build: {runs-on: ubuntu-latest, steps: [{run: make}]}}
"""
CONFIG = """\
repos:
  - repo: {repo}
    rev: {revision}
    hooks:
      - {{id: kguard}}
      - {{id: kguard-repo, stages: [manual]}}
      - {{id: kguard-fix, stages: [manual]}}
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command with pre-commit's cache and everyone's settings in a scratch folder."""
    home = tmp_path_factory.mktemp("home")
    identity = "[user]\nname = Test\nemail = test@example.com\n[init]\ndefaultBranch = main\n"
    (home / ".gitconfig").write_text(identity, encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "KGUARD_", "PRE_"))}
    environment = {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}

    def command(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in words],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    return command


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, run: Run) -> tuple[Path, str]:
    """A repository with this checkout as its one commit, and that commit."""
    target = tmp_path_factory.mktemp("hooks") / "kguard"
    left_out = ("*.egg-info", "__pycache__", "build", ".*_cache", ".venv", ".git", "tests")
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(*left_out))
    for words in (("init",), ("add", "."), ("commit", "-m", "The checkout")):
        done = run(target, "git", *words)
        assert done.returncode == 0, done.stdout
    return target, run(target, "git", "rev-parse", "HEAD").stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, run: Run, hooks: tuple[Path, str]) -> Path:
    """A repository that uses the hooks, with nothing staged but their configuration."""
    run(tmp_path, "git", "init")
    repo, revision = hooks
    config = CONFIG.format(repo=repo.as_posix(), revision=revision)
    (tmp_path / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    run(tmp_path, "git", "add", ".")
    run(tmp_path, "git", "commit", "-m", "Configure hooks")
    return tmp_path


def commit(run: Run, repository: Path, *hook: str, **files: str) -> tuple[int, str]:
    """Stage files (`__` for `/` in names), run the hooks; exit code and output."""
    for name, text in files.items():
        path = repository / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    run(repository, "git", "add", ".")
    done = run(repository, sys.executable, "-m", "pre_commit", "run", "--color=never", *hook)
    return done.returncode, done.stdout


def test_a_fault_stops_the_commit(run: Run, repository: Path) -> None:
    code, output = commit(run, repository, shop__deploy=BAD, shop__other=GOOD)
    assert code == 1
    assert "shop/deploy.yaml:15:13" in output
    assert "missing-memory-request" in output
    assert "shop/other.yaml" not in output


def test_a_good_manifest_passes(run: Run, repository: Path) -> None:
    code, output = commit(run, repository, deploy=GOOD)
    assert (code, "Passed" in output) == (0, True), output


def test_a_yaml_file_that_is_no_manifest_passes(run: Run, repository: Path) -> None:
    code, output = commit(run, repository, **{".github__workflows__ci": GITHUB_WORKFLOW})
    assert (code, "Passed" in output) == (0, True), output


def test_an_excluded_file_passes_although_it_is_named(run: Run, repository: Path) -> None:
    settings = "exclude: [vendor/**]\n"
    code, output = commit(run, repository, vendor__deploy=BAD, **{".kguard": settings})
    assert (code, "Passed" in output) == (0, True), output


def test_a_broken_file_stops_the_commit(run: Run, repository: Path) -> None:
    code, output = commit(run, repository, deploy="kind: [Deployment\n")
    assert code == 1
    assert "exit code: 3" in output


def test_the_repository_hook_sees_what_is_not_staged(run: Run, repository: Path) -> None:
    (repository / "old.yaml").write_text(BAD, encoding="utf-8")
    run(repository, "git", "add", ".")
    run(repository, "git", "commit", "-m", "A fault")
    manual = ("kguard-repo", "--hook-stage", "manual")
    code, output = commit(run, repository, *manual, new=GOOD)
    assert code == 1
    assert "old.yaml:15:13" in output


def test_the_fix_hook_stops_a_commit_that_it_has_changed(run: Run, repository: Path) -> None:
    over = GOOD.replace("requests: {cpu: 100m, memory: 128Mi}", "requests: {memory: 256Mi} # all")
    manual = ("kguard-fix", "--hook-stage", "manual")
    code, output = commit(run, repository, *manual, deploy=over, other=BAD)
    assert (code, "files were modified by this hook" in output) == (1, True), output
    fixed = over.replace("limits: {memory: 128Mi}", "limits: {memory: 256Mi}")
    assert (repository / "deploy.yaml").read_text(encoding="utf-8") == fixed
    code, output = commit(run, repository, *manual, deploy=fixed)
    assert (code, "Passed" in output) == (0, True), output
