"""Policies of one's own: made, tested, loaded, and never from what is checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_project import CHECKOUT, FIXED, POD, Project

OURS = "no-work-dir"
UNLOADED = f"`{OURS}` cannot be loaded: "
TRAP = "raise SystemExit('the checked repository ran')\n"


@pytest.fixture
def ours(project: Project, tmp_path: Path) -> Path:
    """A policy folder outside of the project, as `kguard new` fills it."""
    folder = tmp_path / "ours"
    answer = project.run("new", f"house/{OURS}", "--dir", str(folder))
    assert (answer.code, answer.err) == (0, "")
    return folder


def test_a_new_policy_passes_its_own_examples(project: Project, ours: Path) -> None:
    assert sorted(path.name for path in (ours / "house").iterdir()) == [
        "no_work_dir.md",
        "no_work_dir.py",
    ]
    answer = project.run("test", str(ours))
    assert (answer.code, answer.out) == (0, "1 policy, 2 examples, 0 wrong\n")


def test_new_says_where_it_cannot_write(project: Project) -> None:
    project.write({"file": ""})
    answer = project.run("new", "house/no-digest", "--dir", "file")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("kguard: ")
    assert " cannot be written: " in answer.err
    assert "bug" not in answer.err


def test_new_overwrites_nothing(project: Project, ours: Path) -> None:
    before = (ours / "house" / "no_work_dir.py").read_bytes()
    answer = project.run("new", f"house/{OURS}", "--dir", str(ours))
    assert answer.code == 2
    assert answer.err.endswith("no_work_dir.md exists already\n")
    assert (ours / "house" / "no_work_dir.py").read_bytes() == before


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("images/image-latest", "`image-latest` is already defined by "),
        ("house/argo-image-latest", "`argo-image-latest` is another name of `image-latest`, "),
        (f"home/{OURS}", f"`{OURS}` is already defined by "),
    ],
    ids=["built in", "alias", "in that folder"],
)
def test_an_id_that_is_taken_is_not_given_again(
    project: Project, ours: Path, policy: str, said: str
) -> None:
    answer = project.run("new", policy, "--dir", str(ours))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"kguard: {said}")
    assert os.listdir(ours) == ["house"]


def test_the_test_of_a_policy_says_that_its_id_is_taken(project: Project, ours: Path) -> None:
    for path in (ours / "house").iterdir():
        text = path.read_text(encoding="utf-8").replace(OURS, "image-latest")
        path.with_name(f"image_latest{path.suffix}").write_text(text, encoding="utf-8")
        path.unlink()
    answer = project.run("test", str(ours))
    assert answer.code == 1
    page = ours / "house" / "image_latest.md"
    assert f"{page}:2: `image-latest` is already defined by " in answer.out
    assert answer.out.endswith("1 policy, 2 examples, 1 wrong\n")


def test_the_policies_of_kguard_itself_are_not_taken(project: Project) -> None:
    answer = project.run("test", str(CHECKOUT / "policies"))
    assert (answer.code, " 0 wrong\n" in answer.out) == (0, True)


def test_a_wrong_example_is_named_with_its_line(project: Project, ours: Path) -> None:
    page = ours / "house" / "no_work_dir.md"
    page.write_text(page.read_text(encoding="utf-8").replace(" # finding: no-work-dir", ""))
    answer = project.run("test", str(ours))
    assert answer.code == 1
    assert answer.out.endswith("1 policy, 2 examples, 2 wrong\n")
    assert f"{page}:18: " in answer.out
    assert "not expected: " in answer.out
    assert f"{page}:1: no example in which `{OURS}` must be found\n" in answer.out


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("no_work_dir.md", "no front matter\n", 2, "no_work_dir.md:1: a page begins with"),
        ("no_work_dir.md", "---\nid: no-work-dir\n---\n", 2, "no_work_dir.md:"),
        ("no_work_dir.md", "---\nid: [\n---\n", 2, "no_work_dir.md:"),
        (
            "no_work_dir.py",
            "\ndef check(container, ctx:\n",
            2,
            f"no_work_dir.py:2: {UNLOADED}Syntax",
        ),
        ("no_work_dir.py", "\n\nimport gone\n", 2, f"no_work_dir.py:3: {UNLOADED}ModuleNotFound"),
        ("no_work_dir.py", "exit(1)\n", 2, f"no_work_dir.py:1: {UNLOADED}SystemExit: 1\n"),
        ("no_work_dir.py", "x = 1\n", 2, "no function `check`"),
        ("no_work_dir.py", "def check(container, ctx):\n    1 / 0\n", 1, "ZeroDivisionError"),
        ("no_work_dir.py", "def check(container, ctx):\n    return ['x']\n", 1, "raised"),
        ("no_work_dir.py", None, 2, "no_work_dir.md:1: no no_work_dir.py with its check"),
    ],
    ids=[
        "text",
        "short",
        "yaml",
        "syntax",
        "import",
        "exit",
        "no check",
        "raises",
        "wrong answer",
        "no file",
    ],
)
def test_a_broken_policy_is_explained(
    project: Project, ours: Path, name: str, content: str | None, code: int, said: str
) -> None:
    path = ours / "house" / name
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    answer = project.run("test", str(ours))
    assert answer.code == code
    assert said in answer.out + answer.err
    assert "Traceback" not in answer.out + answer.err
    project.write({"a.yaml": FIXED})
    checked = project.run(
        "check", "--policies", str(ours), "--select", "house,image-latest", "a.yaml"
    )
    assert checked.code == (2 if code == 2 else 4)
    assert "bug in" not in checked.err
    if code == 2:
        assert said in checked.err
        assert checked.err.startswith("kguard: ")


def test_a_policy_that_cannot_be_loaded_is_named_as_its_folder_was(
    project: Project, ours: Path
) -> None:
    (ours / "house" / "no_work_dir.py").write_text("x = 1\nimport gone\n", encoding="utf-8")
    project.write({"a.yaml": FIXED})
    folder = os.path.relpath(ours, project.root)
    answer = project.run("check", "--policies", folder, "--select", "house")
    assert answer.code == 2
    said = f"{UNLOADED}ModuleNotFoundError: No module named 'gone'"
    assert answer.err == f"kguard: {folder}/house/no_work_dir.py:2: {said}\n"


def found(project: Project, *words: str) -> list[str]:
    """The policies that find something in a pod, those of ours and images."""
    answer = project.run("check", "-f", "json", *words)
    assert answer.code in (0, 1), answer.err
    return [policy for _, policy in answer.found if policy in (OURS, "image-latest")]


def test_policies_come_from_the_command_line(project: Project, ours: Path) -> None:
    project.write({"a.yaml": POD})
    assert found(project) == ["image-latest"]
    assert found(project, "--policies", str(ours)) == [OURS, "image-latest"]
    assert found(project, "--policies", str(ours), "--select", "house") == [OURS]
    assert found(project, "--policies", str(ours), "--ignore", OURS) == ["image-latest"]


def test_policies_come_from_the_environment(project: Project, ours: Path) -> None:
    project.write({"a.yaml": POD})
    project.monkeypatch.setenv("KGUARD_POLICIES", str(ours))
    assert found(project) == [OURS, "image-latest"]
    assert OURS in project.run("policies", "house").out
    assert project.run("explain", OURS).out.startswith(f"# {OURS}: ")
    assert OURS in project.run("completion", "bash").out


def test_a_policy_may_be_configured_like_any_other(project: Project, ours: Path) -> None:
    project.write(
        {
            "a.yaml": POD.replace(
                "    - name: web", f"    # kguard: ignore[{OURS}] x\n    - name: web"
            ),
            "b.yaml": POD.replace("name: web", "name: b"),
            ".kguard.yaml": f"policies: {{{OURS}: {{severity: error}}}}\nselect: [house, meta]\n",
        }
    )
    answer = project.run("check", "-f", "json", "--policies", str(ours))
    assert [(item["file"], item["severity"]) for item in answer.json["findings"]] == [
        ("b.yaml", "error")
    ]
    assert answer.json["summary"]["suppressed"] == 1


def test_two_policies_of_one_name_are_refused(project: Project, ours: Path) -> None:
    project.write({"a.yaml": POD})
    answer = project.run("check", "--policies", str(ours), "--policies", str(ours))
    assert answer.code == 2
    assert f"`{OURS}` is already defined by " in answer.err


@pytest.fixture
def installed(project: Project, ours: Path, tmp_path: Path) -> Path:
    """A folder of installed packages, one of which brings a policy."""
    packages = tmp_path / "lib" / "site-packages"
    package = packages / "house_rules"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (ours / "house").rename(package / "house")
    info = packages / "house_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kguard.policies]\nhouse = house_rules\n")
    return packages


def test_policies_come_from_installed_packages(project: Project, installed: Path) -> None:
    project.write({"a.yaml": POD})
    path = f"{CHECKOUT}:{installed}"
    done = project.process("check", "-f", "json", variables={"PYTHONPATH": path})
    assert done.stderr == b""
    policies = [item["policy"] for item in json.loads(done.stdout)["findings"]]
    assert OURS in policies
    without = project.process("check", "-f", "json")
    assert OURS not in without.stdout.decode()


def test_an_entry_point_that_leads_nowhere_is_an_error(project: Project, installed: Path) -> None:
    project.write({"a.yaml": POD})
    info = installed / "house_rules-1.0.dist-info"
    (info / "entry_points.txt").write_text("[kguard.policies]\nhouse = gone_rules\n")
    path = f"{CHECKOUT}:{installed}"
    done = project.process("check", variables={"PYTHONPATH": path})
    assert done.returncode == 2
    assert b"gone_rules" in done.stderr
    assert b"Traceback" not in done.stderr


PAGE = """\
---
id: trap
title: Must never run
severity: error
each: resource
---

It never runs.
"""
INERT = {
    "policies/trap/trap.md": PAGE,
    "policies/trap/trap.py": TRAP,
    "policies/__init__.py": TRAP,
    ".kguard/policies/trap.py": TRAP,
    ".kguard/policies/trap.md": PAGE,
    "kguard/__init__.py": TRAP,
    "kguard/policies/trap.py": TRAP,
    "yaml.py": TRAP,
    "jsonschema.py": TRAP,
    "sitecustomize.py": TRAP,
    "conftest.py": TRAP,
    "setup.py": TRAP,
    "site-packages/trap-1.0.dist-info/entry_points.txt": "[kguard.policies]\ntrap = trap\n",
    "site-packages/trap/__init__.py": TRAP,
    "a.yaml": POD,
}


def test_nothing_in_the_checked_repository_runs(project: Project, tmp_path: Path) -> None:
    project.write(INERT)
    # The installed command; `python -m kguard` finds the package itself by the working directory.
    command = tmp_path / "kguard"
    command.write_text(
        f"import sys\nsys.path.insert(0, {str(CHECKOUT)!r})\n"
        "from kguard.__main__ import main\nsys.exit(main())\n",
        encoding="utf-8",
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(command), *words],
            cwd=project.root,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    done = run("check", "-f", "json", "--profile", "all")
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert "trap" not in {item["policy"] for item in report["findings"]}
    for words in (["policies"], ["explain", "image-latest"], ["config", "show", "-v"]):
        done = run(*words)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert "trap" not in done.stdout.split()


def test_modules_beside_the_manifests_do_not_run(project: Project) -> None:
    project.write({name: text for name, text in INERT.items() if not name.startswith("kguard/")})
    done = project.process("check", "-f", "json", "a.yaml")
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(
    "text",
    [
        "policies-dir: policies",
        "plugins: [policies]",
        "policies: policies/",
        "policies: {trap: {file: policies/trap.py}}",
        "entry-points: [trap]",
    ],
)
def test_a_configuration_cannot_name_code(project: Project, text: str) -> None:
    project.write({**INERT, ".kguard.yaml": text + "\n"})
    answer = project.run("check")
    assert answer.code == 2
    assert " --> .kguard.yaml:1:" in answer.err
