"""What `kguard serve` refuses to start with, as users start it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from front_pki import issue

ROOT = Path(__file__).resolve().parents[2]
CA = issue("CA")
LEAF = issue("kguard", CA, sans=("kguard.kguard.svc",))


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (None, "client-ca: cannot be read: No such file or directory"),
        (b"", "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (b"text", "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (b"\xff\0", "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (LEAF.key, "`--client-ca client-ca`: client CAs cannot be used: not PEM"),
        (LEAF.cert, "`--client-ca client-ca`: client CAs cannot be used: none of them is a CA"),
    ],
    ids=["missing", "empty", "text", "binary", "key", "leaf"],
)
def test_a_client_ca_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, detail: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crt").write_bytes(LEAF.cert)
    (tmp_path / "key").write_bytes(LEAF.key)
    if content is not None:
        (tmp_path / "client-ca").write_bytes(content)
    words = ["--no-cluster", "--tls-cert", "crt", "--tls-key", "key", "--client-ca", "client-ca"]
    done = subprocess.run(
        [sys.executable, "-m", "kguard", "serve", *words, "--port", "0", "--health-port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (2, f"kguard: {detail}\n")
