"""The tool that finds what examples do not notice: it must see a gap, and see when it is closed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PAGE = """---
id: too-many
title: Too many replicas
severity: warning
each: workload
sources: [https://example.com]
---

## Bad

```yaml
{deployment}  replicas: {bad} # finding: too-many
```

## Good

```yaml
{deployment}  replicas: 3
```
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template: {spec: {containers: [{name: web, image: "web:1"}]}}
"""
CHECK = '''"""More is more."""


def check(workload, ctx):
    """Yield a fault for more than ten."""
    if workload.get("spec", "replicas") > 10:
        yield workload.fault(("spec", "replicas"), "too many")
'''


def unnoticed(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [
        sys.executable,
        ROOT / "tools" / "mutants.py",
        "--policies",
        folder,
        *names,
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)


@pytest.mark.parametrize(
    ("bad", "seen"),
    [(50, ["Gt -> GtE", "10 -> 11"]), (11, ["Gt -> GtE"])],
    ids=["far above the bound", "just above it"],
)
def test_a_bound_that_no_example_stands_on_is_seen(
    tmp_path: Path, bad: int, seen: list[str]
) -> None:
    page = PAGE.replace("{deployment}", DEPLOYMENT).replace("{bad}", str(bad))
    (tmp_path / "too_many.md").write_text(page)
    (tmp_path / "too_many.py").write_text(CHECK)
    done = unnoticed(tmp_path, "too-many")
    place = f"{tmp_path / 'too_many.py'}:6: "
    source = '   | if workload.get("spec", "replicas") > 10:'
    assert done.stdout.splitlines() == [f"{place}{change}{source}" for change in seen]
    assert (done.returncode, done.stderr) == (0, "")


def test_a_name_that_is_none_is_an_error(tmp_path: Path) -> None:
    done = unnoticed(ROOT / "policies", "no-such-policy")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no policy in" in done.stderr
