"""The Dockerfile, as far as it can be tried without an engine: what it says, and its build step."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kguard import __version__

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """(instruction, rest) of each line, continuations joined and comments left out."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines if line]


def all_of(steps: list[tuple[str, str]], instruction: str) -> list[str]:
    return [rest for name, rest in steps if name == instruction]


def test_the_base_is_pinned_and_the_same_in_both_stages(steps: list[tuple[str, str]]) -> None:
    assert all_of(steps, "FROM") == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]
    (image,) = (rest for rest in all_of(steps, "ARG") if rest.startswith("PYTHON_IMAGE="))
    assert re.fullmatch(
        r"PYTHON_IMAGE=python:3\.\d+\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", image
    )


def test_the_python_is_one_that_kguard_is_for(steps: list[tuple[str, str]]) -> None:
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r"python:(3\.\d+)\.", all_of(steps, "ARG")[0])
    assert f'"Programming Language :: Python :: {version}"' in pyproject


def test_tini_starts_kguard_and_no_shell_does(steps: list[tuple[str, str]]) -> None:
    assert json.loads(all_of(steps, "ENTRYPOINT")[-1]) == ["/usr/bin/tini", "--", "kguard"]
    assert json.loads(all_of(steps, "CMD")[-1]) == ["serve"]


def test_the_user_is_the_one_the_chart_asks_for(steps: list[tuple[str, str]]) -> None:
    assert all_of(steps, "USER") == ["65532:65532"]
    values = (ROOT / "charts" / "kguard" / "values.yaml").read_text("utf-8")
    assert "\n  runAsUser: 65532\n" in values


def test_labels(steps: list[tuple[str, str]]) -> None:
    labels = re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', all_of(steps, "LABEL")[0])
    assert {name for name, _ in labels} == {
        *("title", "description", "licenses", "source", "url", "documentation"),
        *("version", "revision"),
    }
    assert f"VERSION={__version__}" in all_of(steps, "ARG")


def let_in() -> set[str]:
    """The names at the top that .dockerignore lets into the build."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert (rules[0], rules[-1]) == ("*", "**/__pycache__"), "else the copy below is another"
    return {rule.removeprefix("!") for rule in rules[1:-1]}


def test_the_build_step_makes_a_kguard_that_runs(
    steps: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert "COPY . ." in {f"{name} {rest}" for name, rest in steps}
    assert any("pip wheel" in rest and "'.[webhook]'" in rest for rest in all_of(steps, "RUN"))
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for name in let_in():
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    # Its dependencies are those of this environment, so that nothing is fetched.
    isolation = ["--no-build-isolation"] if has_recent_setuptools() else []
    wheel = [*pip, "wheel", "--no-deps", *isolation, "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(wheel, check=True, capture_output=True)
    (built,) = tmp_path.glob("kguard_lint-*.whl")
    install = [*pip, "install", "--no-deps", "--target", str(target), str(built)]
    subprocess.run(install, check=True, capture_output=True)

    def run(*words: str) -> str:
        environment = {"PYTHONPATH": str(target), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        command = [sys.executable, "-P", *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", "import kguard; print(kguard.__file__)").startswith(str(target))
    assert run("-m", "kguard", "--version").strip() == f"kguard {__version__}"
    assert "--tls-mode" in run("-m", "kguard", "serve", "--help")


def has_recent_setuptools() -> bool:
    """Whether setuptools is here in a version that builds kguard."""
    import importlib.metadata

    try:
        return int(importlib.metadata.version("setuptools").split(".")[0]) >= 80
    except importlib.metadata.PackageNotFoundError:
        return False
