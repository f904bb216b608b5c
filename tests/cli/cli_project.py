"""A project to run kguard in, as its users do, and manifests to fill it with."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kguard.cli import run

CHECKOUT = Path(__file__).resolve().parents[2]

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: web
      image: registry.example.com/web:latest
      resources:
        requests: {ephemeral-storage: 1Gi, cpu: 100m, memory: 64Mi}
        limits: {cpu: 100m, memory: 64Mi}
"""
"""One fault, in line 9: `image-latest`, a warning."""

FIXED = POD.replace(":latest", ":1.4.2")
"""The same without the fault."""

WRONG = POD.replace("memory: 64Mi", "memory: 64Mb").replace(":latest", ":1.4.2")
"""Errors: `quantity-invalid`, in lines 11 and 12."""

BROKEN = "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: web\n"
"""No YAML from line 4 on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which is one JSON text."""
        return json.loads(self.out)

    @property
    def found(self) -> list[tuple[str, str]]:
        """File and policy of every finding of a JSON report."""
        return [(item["file"], item["policy"]) for item in self.json["findings"]]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that is the working directory, and ways to run kguard in it."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, and the folders they need."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, name: str) -> str:
        """The text of a file, line ends as they are."""
        return (self.root / name).read_bytes().decode()

    def run(self, *words: str, stdin: str | bytes | None = None) -> Answer:
        """Run one command line in this process."""
        if stdin is not None:
            data = stdin.encode() if isinstance(stdin, str) else stdin
            self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = run(words)
        return Answer(code, *self.capsys.readouterr())

    def check(self, *words: str, stdin: str | bytes | None = None) -> Answer:
        """Run a check of images and resources that answers in JSON.

        The two families are complete, so that no policy to come changes what these tests see.
        """
        return self.run(
            "check", "--select", "image-latest,resources", "-f", "json", *words, stdin=stdin
        )

    def process(
        self,
        *words: str,
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
        folder: str = "",
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one command line as a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "kguard", *words],
            cwd=self.root / folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **(variables or {})},
            input=stdin,
            capture_output=True,
            timeout=60,
        )

    def git(self, *words: str) -> None:
        """Run git here."""
        subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True)
