"""What the README shows is what the commands in it print, and what it links to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kguard.cli import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.search(r"```console\n\$ (kguard .*)\n((?:.*\n)*?)```", README)


def test_the_finding_shown_is_real(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert SHOWN is not None
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert run(SHOWN[1].split()[1:]) == 1
    # A terminal links policies to their pages, and so does a reader of the README without `see:`.
    lines = [line for line in capsys.readouterr().out.splitlines() if " = see: " not in line]
    assert SHOWN[2].splitlines() == lines


def test_commands_shown_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [line.partition("#")[0].split() for line in lines if line.startswith("kguard ")]
    assert len(commands) > 8
    for words in commands:
        assert run([*words[1:2], "--help"]) == 0
        described = capsys.readouterr().out
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        assert [option for option in options if option not in described] == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", README))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
