from __future__ import annotations

import os
import subprocess
import sys

import kguard.quantity


def test_every_name_it_promises_exists() -> None:
    assert sorted(kguard.quantity.__all__) == sorted(
        name for name in kguard.quantity.__all__ if getattr(kguard.quantity, name) is not None
    )
    assert sorted(kguard.quantity._HOME) == sorted(kguard.quantity.__all__)


def test_importing_it_loads_none_of_its_modules() -> None:
    code = (
        "import sys, kguard.quantity; "
        "print([m for m in sys.modules if m in ('fractions', 'decimal') "
        "or m.startswith('kguard.quantity.')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert run.stdout.strip() == "[]"
