"""What a run imports. Import time is most of a small run, and a hook pays it on every commit."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = Path(yaml.__file__).parent.parent

# In a bare interpreter: neither the user's environment nor what an editable install or a coverage
# tool imports at start-up counts.
PROGRAM = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(SITE)!r}]
before = set(sys.modules)
from kguard.__main__ import main
code = main()
sys.stdout.flush()
print([code, sorted(set(sys.modules) - before)], file=sys.stderr)
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.4.2
"""
RESOURCES = """\
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}
"""

# Each of these costs more than judging a file does, and none is needed to judge one.
TOO_HEAVY = [
    "ast",
    "asyncio",
    "bz2",
    "concurrent.futures",
    "cryptography",
    "dataclasses",
    "difflib",
    "email",
    "flask",
    "hashlib",
    "http",
    "importlib.metadata",
    "importlib.util",
    "inspect",
    "ipaddress",
    "jsonschema",
    "kubernetes",
    "logging",
    "lzma",
    "multiprocessing",
    "pathlib",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "tokenize",
    "tomllib",
    "unittest",
    "urllib",
    "xml",
]

# Parts of kguard that are for other files than one Deployment without a command.
OTHERS = [
    "kguard.baseline",
    "kguard.config.toml",
    "kguard.facts.argo.workflow",
    "kguard.facts.environment",
    "kguard.facts.termination",
    "kguard.ignore.grammar",
    "kguard.ignore.write",
    "kguard.kube.dockerfile",
    "kguard.kube.dockerimage",
    "kguard.quantity.cron",
    "kguard.quantity.durations",
    "kguard.shell.analyse",
    "kguard.shell.parse",
    "kguard.source.comments",
    "kguard.source.jsontext",
    "kguard.source.messages",
]


def run(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """Exit code of a command line run in a folder, and the modules it imported."""
    words = [sys.executable, "-I", "-S", "-c", PROGRAM, *arguments]
    environment = {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    code, modules = ast.literal_eval(done.stderr.splitlines()[-1])
    return code, set(modules)


def test_version_imports_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "--version") == (0, {"__future__", "kguard", "kguard.__main__"})


def check(folder: Path, manifest: str, expected: int) -> set[str]:
    """The modules that a check of one named file imports, in a checkout whose pages are cached."""
    (folder / "deploy.yaml").write_text(manifest, encoding="utf-8")
    run(folder, "check", "deploy.yaml")
    code, modules = run(folder, "check", "deploy.yaml")
    assert code == expected
    return modules


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a check that finds something."""
    return check(tmp_path_factory.mktemp("one-finding"), DEPLOYMENT, 1)


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a check that finds nothing."""
    return check(tmp_path_factory.mktemp("no-finding"), DEPLOYMENT + RESOURCES, 0)


@pytest.fixture(scope="module")
def for_arguments() -> set[str]:
    """What Python's argparse imports by itself: from 3.14 on dataclasses, for its colours."""
    program = "import argparse, sys; argparse.ArgumentParser().add_argument('file')"
    words = [sys.executable, "-I", "-S", "-c", f"{program}; print(*sys.modules)"]
    return set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("module", TOO_HEAVY)
def test_a_check_of_one_file_imports_nothing_heavy(
    checked: set[str], for_arguments: set[str], module: str
) -> None:
    assert module not in checked - for_arguments


@pytest.mark.parametrize("module", OTHERS)
def test_a_check_of_a_deployment_loads_nothing_for_other_files(
    checked: set[str], module: str
) -> None:
    assert find_spec(module) is not None
    assert module not in checked


def test_places_are_found_for_findings_only(checked: set[str], passed: set[str]) -> None:
    assert ("kguard.source.locate" in checked, "kguard.source.locate" in passed) == (True, False)


def test_a_check_imports_only_its_own_command_and_format(checked: set[str]) -> None:
    others = {"kguard.cli.explain", "kguard.cli.baseline", "kguard.cli.config", "kguard.cli.test"}
    names = ("json", "sarif", "junit", "github", "gitlab", "markdown", "rdjson")
    formats = {f"kguard.render.{name}" for name in names}
    assert checked & (others | formats) == set()


def test_a_check_of_a_deployment_loads_no_check_of_other_kinds(checked: set[str]) -> None:
    families = ("argo", "controller", "drone", "dockerfile")
    loaded = {name for name in checked if name.startswith("kguard.policies.")}
    assert loaded != set()
    assert {
        name for name in loaded if name.count(".") > 2 and name.split(".")[2] in families
    } == set()
