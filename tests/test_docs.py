"""The generated docs name everything there is, and their links lead somewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from kguard.cli import COMMANDS
from kguard.policy.registry import builtin

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `make docs` would write now, by file name."""
    folder = tmp_path_factory.mktemp("docs")
    runpy.run_path(str(ROOT / "docs" / "generate.py"))["main"](folder)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_every_policy_links_to_its_page(docs: dict[str, str]) -> None:
    links = re.findall(r"\[([a-z0-9-]+)\]\(\.\./(policies/[^)]+)\)", docs["policies.md"])
    expected = {(p.id, str(Path(p.page).resolve().relative_to(ROOT))) for p in builtin()}
    assert set(links) == expected


def test_every_command_has_a_section(docs: dict[str, str]) -> None:
    assert re.findall(r"^## kguard (\w+)$", docs["cli.md"], re.MULTILINE) == list(COMMANDS)


def test_rows_of_tables_have_as_many_cells_as_their_head(docs: dict[str, str]) -> None:
    for name, text in docs.items():
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            cells = [len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
            assert set(cells) == {cells[0]}, f"{name}: {table}"
