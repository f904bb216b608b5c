"""What the guides show is what their commands print, and what they link to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kguard.cli import run
from kguard.policy.registry import builtin

ROOT = Path(__file__).resolve().parent.parent
GUIDES = {path.name: path.read_text("utf-8") for path in (ROOT / "docs/guides").glob("*.md")}
SHOWN = [
    pytest.param(command, output, id=f"{name}: {command}")
    for name, text in GUIDES.items()
    for command, output in re.findall(r"```console\n\$ (kguard .*)\n((?:.*\n)*?)```", text)
]
PAGES = {policy.id: Path(policy.page).resolve() for policy in builtin()}
_INLINE = re.compile(r"\[([^\]]*)\]\(([^)]+)\)")
_DEFINED = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.MULTILINE)
_REFERRED = re.compile(r"\[([a-z0-9-]+)\](?![(:])")
# Where the sources of what is claimed may be read; a test has no network to see whether they are.
PUBLIC = (
    "https://github.com/argoproj/argo-workflows/issues/",
    "https://argo-workflows.readthedocs.io/",
)


def prose(text: str) -> str:
    """A page without its code."""
    return re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)


def links(text: str) -> list[tuple[str, str]]:
    """The texts and targets of the links of a page."""
    return _INLINE.findall(prose(text)) + _DEFINED.findall(prose(text))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_there_are_guides() -> None:
    assert sorted(GUIDES) == ["argo-at-scale.md", "drone.md", "graceful-shutdown.md"]
    assert len(SHOWN) >= 6


@pytest.mark.parametrize(("command", "output"), SHOWN)
def test_what_is_shown_is_printed(
    command: str,
    output: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    code = run(command.split()[1:])
    # A terminal links policies to their pages, and so does a reader of a guide without `see:`.
    lines = [line for line in capsys.readouterr().out.splitlines() if " = see: " not in line]
    assert output.splitlines() == lines
    assert code == (0 if output.startswith("no findings") else 1)


@pytest.mark.parametrize("guide", sorted(GUIDES))
def test_commands_are_understood(
    guide: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    for block in re.findall(r"```sh\n(.*?)```", GUIDES[guide], re.DOTALL):
        for line in block.splitlines():
            words = line.partition("#")[0].split()
            assert words[0] == "kguard"
            assert run(words[1:]) in (0, 1), line
            assert capsys.readouterr().out


@pytest.mark.parametrize("guide", sorted(GUIDES))
def test_configurations_are_taken(
    guide: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout/Dockerfile").write_text("FROM scratch\n")
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", GUIDES[guide], re.DOTALL)):
        file = tmp_path / f"{number}.yaml"
        file.write_text(block)
        assert run(["config", "show", "--config", str(file)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("guide", sorted(GUIDES))
def test_links_lead_somewhere(guide: str) -> None:
    found = links(GUIDES[guide])
    assert found
    for text, target in found:
        if target.startswith("https://"):
            assert target.startswith(PUBLIC), target
            number = re.search(r"/issues/(\d+)$", target)
            assert number is None or text == f"#{number[1]}"
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / "docs/guides" / path).resolve()
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text("utf-8")), target
        if text in PAGES:
            assert file == PAGES[text]


@pytest.mark.parametrize("guide", sorted(GUIDES))
def test_policies_are_linked_by_their_names(guide: str) -> None:
    text = prose(GUIDES[guide])
    defined = [name for name, _ in _DEFINED.findall(text)]
    assert sorted(set(_REFERRED.findall(text))) == defined
    assert set(defined) <= PAGES.keys()
    assert len(defined) >= 15
