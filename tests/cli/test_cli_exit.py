"""Exit codes: what each means, and that the highest wins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_project import BROKEN, FIXED, POD, WRONG, Project

CRASHING_PAGE = """\
---
id: {id}
title: A check that raises
severity: warning
each: container
---

It raises.
"""
CRASHING_CHECK = """\
def check(container, ctx):
    raise ValueError("no such\\nthing")
    yield
"""


@pytest.mark.parametrize(
    ("files", "words", "code"),
    [
        ({"a.yaml": FIXED}, [], 0),
        ({"a.yaml": POD}, [], 1),
        ({"a.yaml": WRONG}, [], 1),
        ({"a.yaml": POD}, ["--fail-on", "error"], 0),
        ({"a.yaml": WRONG}, ["--fail-on", "error"], 1),
        ({"a.yaml": WRONG}, ["--fail-on", "never"], 0),
        ({"a.yaml": POD}, ["--fail-on", "note"], 1),
        ({"a.yaml": POD}, ["--min-severity", "error"], 0),
        ({"a.yaml": POD, "b.yaml": BROKEN}, [], 3),
        ({"a.yaml": POD, "b.yaml": BROKEN}, ["--fail-on", "never"], 3),
        ({"a.yaml": BROKEN}, [], 3),
        ({"a.yaml": FIXED}, ["missing.yaml"], 3),
        ({"a.yaml": FIXED}, ["missing.yaml", "--fail-on", "never"], 3),
        ({"a.yaml": FIXED}, ["a.yaml", "missing/"], 3),
        ({}, [], 3),
        ({"README.md": "# Nothing to check"}, [], 3),
        ({"empty/.keep": ""}, ["empty"], 3),
        ({"a.yaml": FIXED}, ["--profile", "strcit"], 2),
        ({"a.yaml": FIXED, ".kguard.yaml": "profile: 7"}, [], 2),
        # The command line is judged before any file is.
        ({"a.yaml": BROKEN}, ["missing.yaml", "--select", "imagse"], 2),
    ],
    ids=lambda value: (
        " ".join(value) or "-"
        if isinstance(value, list)
        else ",".join(value) or "nothing"
        if isinstance(value, dict)
        else None
    ),
)
def test_exit_code(project: Project, files: dict[str, str], words: list[str], code: int) -> None:
    project.write(files)
    assert project.check(*words).code == code


def test_an_unreadable_file_is_named_and_fails(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"a.yaml": POD, "b.yaml": FIXED})
    real = open

    def refuse(path: object, *rest: object, **named: object) -> object:
        if str(path).endswith("b.yaml"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **named)  # type: ignore[call-overload]

    # The superuser, whom tests run as in containers, may read everything.
    monkeypatch.setattr("builtins.open", refuse)
    answer = project.check("a.yaml", "b.yaml")
    assert answer.code == 3
    assert answer.found == [("a.yaml", "image-latest")]
    assert answer.json["unchecked"] == [
        {"file": "b.yaml", "line": 0, "column": 0, "reason": "permission denied"}
    ]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user who may not")
def test_a_file_without_permission_fails(project: Project) -> None:
    project.write({"a.yaml": POD})
    (project.root / "a.yaml").chmod(0)
    assert project.check("a.yaml").code == 3


def test_a_broken_document_costs_only_itself(project: Project) -> None:
    project.write({"a.yaml": f"{POD}---\n{BROKEN}---\n{POD.replace('name: web', 'name: b')}"})
    answer = project.check()
    assert answer.code == 3
    assert [item["line"] for item in answer.json["findings"]] == [9, 27]
    assert [(item["file"], item["line"]) for item in answer.json["unchecked"]] == [("a.yaml", 17)]


def test_a_broken_file_is_shown_with_its_line(project: Project) -> None:
    project.write({"a.yaml": BROKEN})
    answer = project.run("check")
    assert answer.code == 3
    assert answer.out == (
        "error: cannot check a.yaml:4:1: tab used for indentation\n"
        "  |\n"
        "4 |     name: web\n"
        "  | ^^^^\n\n"
        "no findings in 0 files (0 resources); 1 not checked\n"
    )
    assert answer.err == ""


FOREIGN = {
    ".github/workflows/ci.yaml": "on: push\njobs: {build: {runs-on: ubuntu-latest}}\n",
    "values.yaml": "replicaCount: 2\n",
    "compose.yaml": "services: {web: {image: web}}\n",
    "notes.txt": "nothing: [\n",
}


def test_foreign_files_named_by_a_hook_pass(project: Project) -> None:
    project.write(dict(list(FOREIGN.items())[:3]))
    answer = project.check("--force-exclude", *list(FOREIGN)[:3])
    assert answer.code == 0
    assert answer.json["skipped"] == [
        {"file": ".github/workflows/ci.yaml", "reason": "GitHub workflow"},
        {"file": "compose.yaml", "reason": "compose file"},
        {"file": "values.yaml", "reason": "Helm values"},
    ]


def test_an_unrendered_chart_passes_and_is_said_once(project: Project) -> None:
    template = "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n"
    project.write(
        {
            "chart/Chart.yaml": "name: web\nversion: 1.0.0\n",
            "chart/templates/a.yaml": template,
            "chart/templates/b.yaml": template,
        }
    )
    answer = project.check("chart/templates/a.yaml", "chart/templates/b.yaml")
    assert (answer.code, answer.json["skipped"]) == (
        0,
        [{"file": "chart", "reason": "unrendered Helm template (`--helm` renders it)"}],
    )


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A folder of policies that raise."""
    folder = tmp_path / "policies" / "ours"
    folder.mkdir(parents=True)
    for policy in ("raises", "raises-too"):
        stem = policy.replace("-", "_")
        (folder / f"{stem}.md").write_text(CRASHING_PAGE.format(id=policy), encoding="utf-8")
        (folder / f"{stem}.py").write_text(CRASHING_CHECK, encoding="utf-8")
    return folder.parent


def test_a_crashing_policy_costs_only_its_own_answer(
    project: Project, policies: Path, tmp_path: Path
) -> None:
    project.write({"a.yaml": POD, "b.yaml": POD, "c.yaml": BROKEN})
    answer = project.run(
        "check", "--policies", str(policies), "--select", "image-latest,ours", "-f", "json"
    )
    assert answer.code == 4
    assert answer.found == [("a.yaml", "image-latest"), ("b.yaml", "image-latest")]
    first, second = answer.err.splitlines()
    assert re.fullmatch(
        r"kguard: the policy `raises` in \S+/ours failed at a\.yaml, Pod/shop/web, and 1 more: "
        r"ValueError: no such\\nthing \(details: .*\.log\)",
        first,
    )
    assert "`raises-too`" in second
    log = Path(first.rpartition("details: ")[2].rstrip(")"))
    text = log.read_text(encoding="utf-8")
    assert log.parent == tmp_path
    assert text.count("Traceback") == 2
    assert "raises_too.py" in text


def test_a_crash_without_a_place_for_a_log_is_still_one_line(
    project: Project, policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object, **named: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    project.write({"a.yaml": POD})
    answer = project.run("check", "--policies", str(policies), "--select", "raises")
    assert answer.code == 4
    assert answer.err == (
        f"kguard: the policy `raises` in {policies / 'ours'} failed at a.yaml, Pod/shop/web: "
        "ValueError: no such\\nthing "
        "(no details, because no log can be written: No usable temporary directory found)\n"
    )


def test_no_baseline_is_written_from_a_run_that_crashed(project: Project, policies: Path) -> None:
    project.write({"a.yaml": POD})
    answer = project.run("baseline", "--policies", str(policies))
    assert answer.code == 4
    assert answer.err.endswith("kguard: no baseline is written\n")
    assert not (project.root / ".kguard-baseline.json").exists()


def test_a_bug_of_ours_is_one_line_and_no_traceback(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*words: object, **named: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("kguard.cli.check.collect", fail)
    answer = project.run("check")
    assert answer.code == 4
    assert answer.err.startswith("kguard: bug in kguard: RuntimeError: on purpose (details: ")
    assert answer.err.count("\n") == 1
    assert "/issues)" in answer.err


def test_an_interrupted_run_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*words: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kguard.cli.check.collect", interrupt)
    answer = project.run("check")
    assert (answer.code, answer.err) == (130, "kguard: interrupted\n")


def test_an_interrupted_start_says_so(tmp_path: Path) -> None:
    command = (
        "import builtins, sys; from kguard.__main__ import main; load = builtins.__import__\n"
        "def interrupt(name, *more):\n"
        "    if name == 'kguard.cli': raise KeyboardInterrupt\n"
        "    return load(name, *more)\n"
        "builtins.__import__ = interrupt; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", command, "check"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (130, "kguard: interrupted\n")


WRONG_WORDS = [
    ("", 0, ""),
    ("--version", 0, ""),
    ("check --help", 0, ""),
    ("chekc", 2, "no command is called `chekc`; did you mean `check`?"),
    ("a.yaml", 2, "no command is called `a.yaml`; did you mean `kguard check a.yaml`?"),
    ("frobnicate", 2, "(one of check, explain, policies, forecast, fix, baseline, config, "),
    ("check --selct x", 2, "no option is called `--selct`; did you mean `--select`?"),
    ("check a.yaml --selct x", 2, "no option is called `--selct`; did you mean `--select`?"),
    ("check --frm=a --min-sevrity=x", 2, "`--min-sevrity`; did you mean `--min-severity`?"),
    ("config show --porfile x", 2, "no option is called `--porfile`; did you mean `--profile`?"),
    ("check --select=", 2, "--select: is empty"),
    ("check --select=,", 2, "--select: is empty"),
    ("explain a b", 2, "one word too many: `b`"),
    ("check --prof strict", 2, "no option is called `--prof`"),
    ("check --profile strcit", 2, "--profile: cannot be `strcit`; did you mean `strict`?"),
    ("check --fail-on warn", 2, "--fail-on: cannot be `warn`; did you mean `warning`? (one of "),
    ("check --select", 2, "--select: expected one argument\n  see `kguard check --help`"),
    ("config shwo", 2, "cannot be `shwo`; did you mean `show`? (one of show, check, init)"),
    ("completion basch", 2, "cannot be `basch`; did you mean `bash`? (one of bash, zsh, fish)"),
    ("check -f jsno", 2, "no format is called `jsno`; did you mean `json`"),
    ("check -f xml", 2, "no format is called `xml` (one of full, concise, json, json-v1, sarif, "),
    ("check -f sarif=", 2, "`-f sarif=` names no file"),
    ("check -f full -f json", 2, "two formats for standard output"),
    ("check -f json=x -f sarif=x", 2, "two formats for the file x"),
    ("check --select imgae-latest", 2, "did you mean `image-latest`"),
    ("check --ignore latest-tag", 2, "kube-linter's check of that name is `image-latest` here"),
    ("explain CKV_K8S_14", 2, "checkov's check of that name is `image-latest` here"),
    ("check --ignore rsources", 2, "did you mean `resources`"),
    (
        "check --kube-version 33",
        2,
        "error: --kube-version: `33` is no Kubernetes version; write it as `1.34`\n",
    ),
    ("check --argo-version 3", 2, "--argo-version: `3` is no Argo Workflows version; write it as"),
    ("check --until 2031-01-01", 2, "`--until` goes with `--add-ignore`"),
    ("check --strict-baseline", 2, "`--strict-baseline` goes with `--baseline`"),
    ("check --config nowhere.yaml", 2, "nowhere.yaml: no such file"),
    ("check --config profil=strict", 2, "unknown key `profil`; did you mean `profile`?"),
    ("check --policies nowhere", 2, "no policy folder at nowhere"),
    ("check --baseline nowhere.json", 2, "nowhere.json"),
    ("check --image-map nowhere.yaml", 2, "nowhere.yaml"),
    ("check --argo-controller-config nowhere.yaml", 2, "`nowhere.yaml`: no such file"),
    ("explain imgae-latest", 2, "did you mean `image-latest`?"),
    ("explain ", 2, "no policy or family is called ``"),
    ("policies imgaes", 2, "no policy or family is called `imgaes`"),
    ("new Images/X", 2, "`Images/X` is no FAMILY/ID"),
    ("test nowhere", 2, "no policy folder at nowhere"),
    ("baseline --prune", 2, ".kguard-baseline.json"),
]


@pytest.mark.parametrize(
    ("line", "code", "said"), WRONG_WORDS, ids=[line or "-" for line, _, _ in WRONG_WORDS]
)
def test_wrong_words_are_explained(project: Project, line: str, code: int, said: str) -> None:
    project.write({"a.yaml": FIXED})
    answer = project.run(*line.split(" ") if line else ())
    assert answer.code == code
    assert said in answer.err
    assert bool(answer.err) == bool(code)
    assert "Traceback" not in answer.err


def test_a_wrong_configuration_is_shown_in_a_frame(project: Project) -> None:
    project.write({"a.yaml": FIXED, ".kguard.yaml": "profile: strict\nfial-on: error\n"})
    answer = project.run("check")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "error: unknown key `fial-on`; did you mean `fail-on`?\n"
        " --> .kguard.yaml:2:1\n"
        "  |\n"
        "2 | fial-on: error\n"
        "  | ^^^^^^^\n"
    )


def test_bare_kguard_helps_and_checks_nothing(project: Project) -> None:
    project.write({"a.yaml": BROKEN})
    answer = project.run()
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("usage: kguard [-h] [-V] COMMAND ...\n")


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        (["check", "a.yaml"], b"", 1),
        (["check", "--fail-on", "never", "a.yaml"], b"", 0),
        (["check", "-"], FIXED.encode(), 0),
        (["check", "-"], b"\xff\x00", 3),
        (["chekc"], b"", 2),
        (["--version"], b"", 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_process_exits_with_the_code(
    project: Project, words: list[str], stdin: bytes, code: int
) -> None:
    project.write({"a.yaml": POD})
    done = project.process(*words, stdin=stdin)
    assert done.returncode == code, done
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("KGUARD_PROFIL", "did you mean `KGUARD_PROFILE`?"),
        ("KGUARD_FORMAT", "`kguard config show --help` lists those that are"),
    ],
)
def test_a_variable_that_is_not_read_is_told_once(project: Project, name: str, hint: str) -> None:
    project.write({"a.yaml": FIXED})
    project.monkeypatch.setenv(name, "all")
    project.monkeypatch.setenv("KGUARD_SERVICE_HOST", "10.0.0.1")
    answer = project.run("check", "--select", "image-latest")
    said = f"kguard: `{name}` in the environment is not read; {hint}\n"
    assert (answer.code, answer.err) == (0, said)
    listed = project.run("config", "show", "--help").out
    assert (f"{name}," in listed, "KGUARD_FAIL_ON," in listed) == (False, True)


def test_an_unknown_option_is_told_of_once(project: Project) -> None:
    answer = project.run("check", "--selct", "a", "--selct", "b", "--other")
    told = "kguard: no option is called `--selct`; did you mean `--select`?\n"
    assert (answer.code, answer.err.count("--selct"), answer.err.startswith(told)) == (2, 1, True)
    assert "`--other`" in answer.err
