"""What CI runs cannot be skipped in silence."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_ci_says_that_it_is_one_before_anything_is_run() -> None:
    text = (ROOT / ".ci" / "run").read_text("utf-8")
    assert text.index("\nexport CI=true") < text.index("\nstep ")
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


def test_make_e2e_fails_in_ci_where_there_is_no_control_plane() -> None:
    # The recipe as make runs it, with a program in place of Python that finds nothing.
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\ne2e:")[2].partition("\n\n")[0]
    command = recipe.partition("\t@")[2].replace("$$", "$").replace("$(BIN)/python", "false")
    for value, code in (("true", 1), ("", 0), ("false", 0)):
        done = subprocess.run(["sh", "-c", command], env={"CI": value, "PATH": "/usr/bin:/bin"})
        assert done.returncode == code


def test_every_page_names_the_go_that_the_control_plane_needs() -> None:
    module = (ROOT / "tests/e2e/controlplane/go.mod").read_text("utf-8")
    found = re.search(r"^go (\d+\.\d+)", module, re.M)
    assert found
    for name in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"\bGo (\d\.\d+)", (ROOT / name).read_text("utf-8")))
        assert named == {found[1]}, name
