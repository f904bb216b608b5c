"""Tools that are missing, fail, hang or are hostile: exit code 3, and nothing else is lost."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_project import POD, Project
from rendered_tools import CHART

from kguard.inputs import program

Fake = Callable[[str, str], Path]

BASE = {
    "app/kustomization.yaml": "resources: [pod.yaml]\n",
    "app/pod.yaml": POD,
}
DOCUMENT = "---\\n# Source: web/templates/deploy.yaml\\n"


def run(project: Project) -> tuple[int, list[str], list[str]]:
    """The exit code, the files with findings, and the reasons of what was not checked."""
    project.write({"other/pod.yaml": POD})
    answer = project.run(
        "check", "--helm", "--kustomize", "--select", "image-latest", "-f", "json", "."
    )
    return (
        answer.code,
        sorted({item["file"] for item in answer.json["findings"]}),
        [item["reason"] for item in answer.json["unchecked"]],
    )


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little time and room for a program."""
    defaults = {"time_limit": 1.0, "most_output": 1_000_000}
    monkeypatch.setattr(program.run, "__kwdefaults__", defaults)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("time.sleep(60)", "took longer than 1 s", id="hangs"),
        pytest.param(
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)",
            "took longer than 1 s",
            id="hangs and ignores signals",
        ),
        pytest.param(
            "import subprocess\nsubprocess.Popen([sys.executable, '-c', 'import time; "
            "time.sleep(60)'])\nsys.exit(1)",
            "exit code 1 and no word why",
            id="leaves a child behind",
        ),
        pytest.param(
            "while True: sys.stdout.write('a: b\\n' * 10000)", "wrote more than", id="floods"
        ),
        pytest.param(
            "for _ in range(300): sys.stderr.write('e' * 10000)\nsys.exit(2)",
            "eee…",
            id="complains at length",
        ),
        pytest.param(
            "sys.stderr.write('Error: no\\x1b[31m way\\n')\nsys.exit(1)",
            "no\x1b[31m way",
            id="control characters",
        ),
        pytest.param("os.kill(os.getpid(), 9)", "no word why", id="is killed"),
        pytest.param("sys.stderr.buffer.write(b'\\xff bad\\n')\nsys.exit(1)", "bad", id="bytes"),
    ],
)
@pytest.mark.usefixtures("fast")
def test_a_tool_that_fails(project: Project, fake_tool: Fake, text: str, part: str) -> None:
    project.write(CHART)
    fake_tool("KGUARD_HELM", text)
    started = time.monotonic()
    code, files, reasons = run(project)
    assert time.monotonic() - started < 20
    assert (code, files) == (3, ["other/pod.yaml"])
    (reason,) = reasons
    assert part in reason
    assert "`helm template web`" in reason


LOGGED = r"""
W1121 12:00:00.1      7 warnings.go:1] "mind"
# Warning: 'bases' is deprecated.
E1121 12:00:00.123456 28144 run.go:72] "command failed" err="no \"x\"\nhere: '[a]'"
"""
LINES = """\
E1121 12:00:00.123456 28144 run.go:72] "command failed" err=<
\tone
\ttwo
 >
"""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(LOGGED, "no \"x\" here: '[a]'", id="a text"),
        pytest.param(LINES, "one two", id="lines"),
        pytest.param("F1121 12:00:00.1 7 a.go:1] no way\n", "no way", id="no structure"),
        pytest.param("W1121 12:00:00.1 7 a.go:1] no\n", "W1121 12:00:00.1 7 a.go:1] no", id="only"),
        pytest.param("E1 is no such chart\n", "E1 is no such chart", id="no log"),
    ],
)
def test_the_cause_is_told_without_the_dress_of_a_log(words: str, reason: str) -> None:
    assert program.said(program.Answer(1, b"", words.encode())) == reason


def test_control_characters_are_not_printed(project: Project, fake_tool: Fake) -> None:
    project.write(CHART)
    fake_tool("KGUARD_HELM", "sys.stderr.write('Error: no\\x1b[31m way\\n')\nsys.exit(1)")
    answer = project.run("check", "--helm")
    assert "way" in answer.out
    assert "\x1b" not in answer.out


@pytest.mark.parametrize("tool", ["helm", "kustomize"])
def test_a_tool_that_is_not_there(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tool: str
) -> None:
    files = CHART if tool == "helm" else BASE
    project.write(files)
    git = Path(shutil.which("git") or "git")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    code, found, reasons = run(project)
    assert code == 3
    assert "other/pod.yaml" in found
    (reason,) = reasons
    assert "installed" in reason
    # What can be read without the tool is.
    assert ("app/pod.yaml" in found) == (tool == "kustomize")


def test_a_variable_that_names_no_program(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(CHART)
    monkeypatch.setenv("KGUARD_HELM", "/nowhere/helm")
    _, _, reasons = run(project)
    assert reasons == ["`/nowhere/helm`, which KGUARD_HELM names, is no program"]


def test_a_program_in_the_repository_is_not_found(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({**CHART, "helm": "#!/bin/sh\ntouch ran\n"})
    (project.root / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", os.environ["PATH"]]))
    run(project)
    assert not (project.root / "ran").exists()


@pytest.mark.parametrize(
    ("output", "part"),
    [
        pytest.param(DOCUMENT + "a: b\\n c: d\\n", "cannot be read: line 4", id="broken YAML"),
        pytest.param(DOCUMENT + "a: *b\\n", "cannot be read: line 3", id="unknown anchor"),
        pytest.param(DOCUMENT + "\\x00", "cannot be read", id="binary"),
    ],
)
def test_output_that_cannot_be_read(
    project: Project, fake_tool: Fake, output: str, part: str
) -> None:
    project.write(CHART)
    fake_tool("KGUARD_HELM", f"sys.stdout.write('{output}')")
    code, files, reasons = run(project)
    assert (code, files) == (3, ["other/pod.yaml"])
    assert any(part in reason for reason in reasons)


@pytest.mark.parametrize(
    "source",
    ["web/templates/../../../secret.yaml", "web/templates/none.yaml", "/etc/passwd", "web", ""],
)
def test_a_source_that_is_no_template_names_no_file(
    project: Project, fake_tool: Fake, source: str
) -> None:
    project.write({**CHART, "secret.yaml": "a: b\n"})
    document = f"---\n# Source: {source}\n{POD}"
    fake_tool("KGUARD_HELM", f"sys.stdout.write({document!r})")
    code, files, _ = run(project)
    assert (code, files) == (1, ["other/pod.yaml"])


def test_what_a_tool_is_given(project: Project, fake_tool: Fake, tmp_path: Path) -> None:
    """No terminal, no proxy that works, nothing of the user's; arguments as they are."""
    project.write({**CHART, 'odd "name, $(x).yaml': "tag: '1'\n"})
    seen = tmp_path / "seen.json"
    fake_tool(
        "KGUARD_HELM",
        "import json\n"
        f"json.dump([sys.argv, dict(os.environ), sys.stdin.read()], open({str(seen)!r}, 'w'))",
    )
    project.monkeypatch.setenv("SECRET_TOKEN", "s")
    project.monkeypatch.setenv("HELM_PLUGINS", "/plugins")
    project.write({".kguard.yaml": "helm: {values: [['odd \"name, $(x).yaml']]}\n"})
    project.run("check", "--helm", "--helm-set", "a=$(id);b=--post-renderer", "web")
    import json

    arguments, environment, stdin = json.loads(seen.read_text("utf-8"))
    assert stdin == ""
    assert arguments[1:4] == ["template", "web", str(project.root / "web")]
    assert f'--values="{project.root}/odd ""name, $(x).yaml"' in arguments
    assert "--set=a=$(id);b=--post-renderer" in arguments
    assert environment["KUBECONFIG"] == os.devnull
    assert environment["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert "SECRET_TOKEN" not in environment
    assert environment["HELM_PLUGINS"] != "/plugins"


def test_a_file_in_the_repository_can_ask_for_rendering_but_name_no_program(
    project: Project, fake_tool: Fake
) -> None:
    project.write({**CHART, ".kguard.yaml": "helm: {render: true, program: ./evil}\n"})
    answer = project.run("check")
    assert answer.code == 2
    assert "program" in answer.err
    project.write({".kguard.yaml": "helm: {render: true}\n"})
    fake_tool("KGUARD_HELM", f"sys.stdout.write({'---' + chr(10)!r})")
    assert project.run("check").code == 0


def test_values_outside_of_the_repository(project: Project) -> None:
    project.write({**CHART, ".kguard.yaml": "helm: {values: [../secret.yaml]}\n"})
    answer = project.run("check", "--helm")
    assert answer.code == 2
    assert "outside of the repository" in answer.err
