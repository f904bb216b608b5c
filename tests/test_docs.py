"""The generated docs name everything there is, and their links lead somewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from kguard.cli import COMMANDS
from kguard.policy.peers import TOOLS
from kguard.policy.registry import builtin

ROOT = Path(__file__).resolve().parent.parent

NOTICES = {policy.id for policy in builtin() if policy.each == "none"}


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `make docs` would write now, by file name."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs"))
        runpy.run_path(str(ROOT / "docs" / "generate.py"))["main"](folder)
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.md")
    }


@pytest.mark.parametrize("page", ["README", "kinds", "profiles"])
def test_every_policy_links_to_its_page(docs: dict[str, str], page: str) -> None:
    links = re.findall(
        r"\[([a-z0-9-]+)\]\(\.\./\.\./(policies/[^)]+)\)", docs[f"policies/{page}.md"]
    )
    expected = {(p.id, str(Path(p.page).resolve().relative_to(ROOT))) for p in builtin()}
    if page == "kinds":  # The notices of kguard itself are about no kind of object.
        expected = {(name, path) for name, path in expected if name not in NOTICES}
    assert set(links) == expected


def test_every_peer_that_a_page_names_is_listed(docs: dict[str, str]) -> None:
    named = {peer for policy in builtin() for peer in policy.peers}
    assert re.findall(r"^## ([\w-]+)$", docs["policies/from-other-tools.md"], re.M) == [
        tool for tool in TOOLS if tool in named
    ]
    assert named <= set(TOOLS)


def test_what_people_know_from_elsewhere_is_found(docs: dict[str, str]) -> None:
    page = docs["policies/from-other-tools.md"]
    rows = dict(re.findall(r"^\| `([^`]+)` \| \[([a-z0-9-]+)\]", page, re.M)[::-1])
    known = ("unset-cpu-requirements", "CKV_K8S_10", "container-image-tag", "cpuLimitsMissing")
    assert [rows[each] for each in known] == [
        "missing-cpu-request",
        "missing-cpu-request",
        "image-latest",
        "missing-cpu-limit",
    ]


def test_every_command_has_a_section(docs: dict[str, str]) -> None:
    assert re.findall(r"^## kguard (\w+)$", docs["cli.md"], re.MULTILINE) == list(COMMANDS)


def test_rows_of_tables_have_as_many_cells_as_their_head(docs: dict[str, str]) -> None:
    for name, text in docs.items():
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            cells = [len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
            assert set(cells) == {cells[0]}, f"{name}: {table}"
