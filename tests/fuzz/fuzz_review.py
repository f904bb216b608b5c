"""Have a coverage-guided fuzzer change good objects until a review fails (see run.py).

What is changed and what must hold is that of tests/webhook/test_fuzz.py; here the fuzzer steers the
choices towards code that was not reached before.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


def main() -> None:
    """Fuzz until libFuzzer's options in sys.argv say it is enough."""
    atheris = import_module("atheris")
    sys.path[:0] = [str(TESTS / "webhook"), str(TESTS.parent)]
    with atheris.instrument_imports(include=["kguard"]):
        tests = import_module("test_fuzz")
        tests.POLICIES.engine.load()
    property = tests.test_no_policy_fails_on_a_changed_object
    atheris.Setup(sys.argv, property.hypothesis.fuzz_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
