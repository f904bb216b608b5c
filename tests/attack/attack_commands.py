"""The command line, with little memory and time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from attack_server import CHECKOUT

POD = b"""\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: web:latest
      resources: {limits: {memory: 64Mb}}
"""
MEMORY = 1024 * 2**20  # Bytes of address space a run gets; usually it takes a quarter.
SECONDS = 12.0
LAUGHS = b"a: &a [x,x]\n" + b"".join(
    b"%c: &%c [%b]\n" % (98 + n, 98 + n, b"*%c," % (97 + n) * 9) for n in range(20)
)


def check(root: Path, *words: str, seconds: float = SECONDS) -> subprocess.CompletedProcess[bytes]:
    """A run in a folder, with little memory and little time."""
    return command(root, "check", *words, seconds=seconds)


def command(
    root: Path, *words: str, seconds: float = SECONDS
) -> subprocess.CompletedProcess[bytes]:
    """The same of any command."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KGUARD_", "GIT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "kguard", *words],
        cwd=root,
        env={**clean, "PYTHONPATH": str(CHECKOUT), "KGUARD_CACHE_DIR": str(root / ".cache")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert b"Traceback" not in done.stderr + done.stdout
    assert b"bug in kguard" not in done.stderr, done.stderr
    return done


Check = Callable[..., subprocess.CompletedProcess[bytes]]


def holding(name: str, content: bytes) -> Callable[[Path], None]:
    """A file."""

    def write(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_bytes(content)

    return write


def link(name: str, target: str) -> Callable[[Path], None]:
    """A symbolic link."""
    return lambda root: (root / name).symlink_to(target)
