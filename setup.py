"""The two things pyproject.toml has no words for: which packages exist, and the index of pages."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


def packages() -> list[str]:
    """Every folder with an `__init__.py`, under the name it is imported by.

    `policies` and `webhook` are looked up where they really are: their links under kguard/ are
    text files in a clone without symbolic links.
    """
    found = set(find_packages(str(ROOT), include=["kguard", "kguard.*"]))
    for folder in ("policies", "webhook"):
        found.add(f"kguard.{folder}")
        found.update(f"kguard.{folder}.{name}" for name in find_packages(str(ROOT / folder)))
    return sorted(found)


class BuildWithIndex(build_py):
    """Builds the packages and writes the front matter of all pages beside them as one file.

    Reading some two hundred pages costs an installed kguard more than checking a file. An
    editable install gets no index: it would be out of date with the next edit.
    """

    def run(self) -> None:
        if self.editable_mode:
            return super().run()
        built = Path(self.build_lib, "kguard")
        shutil.rmtree(built, ignore_errors=True)  # Else a file deleted since comes back.
        super().run()
        sys.path.insert(0, str(ROOT))
        from kguard.policy.registry import INDEX, read_entries

        index = json.dumps(read_entries(ROOT / "policies"), ensure_ascii=False, indent=1)
        (built / "policies" / INDEX).write_text(index + "\n", encoding="utf-8")


setup(packages=packages(), cmdclass={"build_py": BuildWithIndex})
