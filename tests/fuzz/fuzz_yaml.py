"""Have a coverage-guided fuzzer look for bytes the YAML reader fails on (see run.py)."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Fuzz until libFuzzer's options in sys.argv say it is enough."""
    atheris = import_module("atheris")
    sys.path.insert(0, str(ROOT))
    with atheris.instrument_imports(include=["kguard"]):
        source = import_module("kguard.source")
        recognise = import_module("kguard.kube.recognise")

    def reads(data: bytes) -> None:
        """Any bytes at all are read, or refused with a place that exists."""
        found = source.read("fuzz.yaml", data)
        lines = found.text.count("\n") + 2
        for error in found.errors:
            assert error.message
            assert 1 <= error.line <= lines
        for document in found.documents:
            for resource in recognise.resources(document.data, "fuzz.yaml", document.index):
                for key in resource.data:
                    assert document.locate((*resource.origin.prefix, key)).span.line <= lines

    atheris.Setup(sys.argv, reads)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
