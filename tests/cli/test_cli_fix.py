"""`kguard fix` as its users run it: what it writes, says and answers."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_project import FIXED, Project

from kguard.cli import fix as command
from kguard.cli.repair import Repair

OVER = FIXED.replace(
    "cpu: 100m, memory: 64Mi}\n        limits", "cpu: 200m, memory: 64Mi}\n        limits"
)
"""`request-exceeds-limit`, an error, in line 11, with a safe fix: the limit becomes `200m`."""

CURED = OVER.replace("limits: {cpu: 100m", "limits: {cpu: 200m")

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec: # a comment
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: once
          image: registry.example.com/once:1
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {memory: 64Mi}
"""
"""`job-no-ttl`, a warning, with an unsafe fix."""

BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  minAvailable: 1
  selector: {matchLabels: {app: web}}
---
"""

DEADLINE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}
  template:
    spec:
      containers: [{name: web, image: "registry.example.com/web:1.4.2"}]
"""
"""`rollout-zero-zero`, an error."""


def content(project: Project, name: str) -> str:
    return (project.root / name).read_bytes().decode()


def test_a_safe_fix_is_made_and_told(project: Project) -> None:
    project.write({"a.yaml": OVER, "b.yaml": FIXED})
    answer = project.run("fix")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "a.yaml:11: request-exceeds-limit: raise the limit to `200m`",
        "fixed 1 finding in 1 file",
    ]
    assert (content(project, "a.yaml"), content(project, "b.yaml")) == (CURED, FIXED)


HISTORY = DEADLINE.replace("maxSurge: 0", "maxSurge: 1").replace(
    "  strategy:", "  revisionHistoryLimit: 0 # etcd was full\n  strategy:"
)
"""`revision-history-zero`, in line 6, whose safe fix removes the line."""


@pytest.mark.parametrize(
    ("words", "verb"), [([], "fixed"), (["--diff"], "would fix")], ids=["fix", "diff"]
)
def test_a_comment_that_goes_with_its_line_is_told(
    project: Project, words: list[str], verb: str
) -> None:
    project.write({"a.yaml": HISTORY})
    words = ["fix", "--select", "revision-history-zero", *words]
    answer = project.run(*words)
    told = (answer.err if "--diff" in words else answer.out).splitlines()
    assert told == [
        "a.yaml:6: revision-history-zero: remove `revisionHistoryLimit`",
        "a.yaml:6: the comment `# etcd was full` goes with it",
        f"{verb} 1 finding in 1 file, 1 comment lost",
    ]


def test_fixing_twice_changes_nothing(project: Project) -> None:
    project.write({"a.yaml": OVER, "b.yaml": JOB})
    project.run("fix", "--unsafe")
    once = content(project, "a.yaml"), content(project, "b.yaml")
    answer = project.run("fix", "--unsafe")
    assert (answer.code, answer.out) == (0, "nothing to fix\n")
    assert (content(project, "a.yaml"), content(project, "b.yaml")) == once


def test_unsafe_fixes_are_offered_and_made_on_request(project: Project) -> None:
    project.write({"job.yaml": JOB})
    answer = project.run("fix")
    assert (answer.code, answer.out) == (
        1,
        "nothing to fix, 1 left, 1 of them to try with --unsafe\n",
    )
    assert content(project, "job.yaml") == JOB
    assert project.run("fix", "--unsafe", "-q").out == "fixed 1 finding in 1 file\n"
    assert content(project, "job.yaml") == f"{JOB}  ttlSecondsAfterFinished: 86400\n"


def test_a_diff_changes_nothing_and_can_be_applied(project: Project) -> None:
    crlf = OVER.replace("\n", "\r\n").rstrip()
    project.write({"k8s/a.yaml": OVER, "k8s/é.yaml": crlf})
    answer = project.run("fix", "--diff")
    assert answer.code == 1
    assert content(project, "k8s/a.yaml") == OVER
    assert answer.err.splitlines()[-1] == "would fix 2 findings in 2 files"
    shown = project.process("fix", "--diff")
    assert shown.stdout.startswith(b"--- a/k8s/a.yaml\n+++ b/k8s/a.yaml\n@@ ")
    subprocess.run(["git", "apply", "-"], input=shown.stdout, cwd=project.root, check=True)
    assert content(project, "k8s/a.yaml") == CURED
    assert content(project, "k8s/é.yaml") == CURED.replace("\n", "\r\n").rstrip()
    clean = project.run("fix", "--diff")
    assert (clean.code, clean.out) == (0, "")


def test_standard_input_goes_to_standard_output(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filtered(project, monkeypatch, OVER) == (0, CURED)
    assert filtered(project, monkeypatch, FIXED) == (0, FIXED)


LOCKED = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  entrypoint: a
  activeDeadlineSeconds: 60
  synchronization: {mutexes: [{name: a}]}
  templates:
    - {name: a, synchronization: {mutex: {name: a}}, container: {image: "a:1", command: [a]}}
"""


def filtered(project: Project, monkeypatch: pytest.MonkeyPatch, text: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    answer = project.run("fix", "-", "--stdin-name", "a.yaml")
    return answer.code, answer.out


def test_what_is_left_decides_the_exit_code(project: Project) -> None:
    project.write({"a.yaml": OVER.replace("web:1.4.2", "web:latest")})
    assert project.run("fix").code == 1
    assert project.run("fix", "--fail-on", "error").code == 0
    assert project.run("fix", "--fail-on", "never").code == 0
    project.write({"broken.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: web\n"})
    assert project.run("fix", "--fail-on", "never").code == 3
    assert project.run("fix", "--diff").code == 3


def test_a_fix_that_brings_another_finding_is_not_made(project: Project) -> None:
    """`maxUnavailable` cannot be reckoned for pods that no controller made."""
    bare = BUDGET + FIXED.replace("  name: web\n", "  name: web\n  labels: {app: web}\n", 1)
    project.write({"a.yaml": bare, "b.yaml": OVER.replace("web", "api")})
    told = project.run("check", "--complete", "--select", "pdb-blocks-drain").out
    assert told.splitlines()[-1] == "1 fix to try with `kguard fix --unsafe`"
    answer = project.run("fix", "--unsafe", "--complete")
    assert answer.code == 1
    assert answer.out.splitlines()[-1].startswith("fixed 1 finding in 1 file, ")
    assert (
        "a.yaml:5: pdb-blocks-drain: not fixed: `pdb-unsupported-controller` would be found instead"
    ) in answer.err
    assert content(project, "a.yaml") == bare
    assert content(project, "b.yaml") == CURED.replace("web", "api")


def test_a_finding_that_a_fix_takes_along_is_no_other(project: Project) -> None:
    """The deadlock is found at `mutexes[0]` then, and no more than it was at `mutex`."""
    project.write({"a.yaml": LOCKED})
    both = ("--select", "argo-removed-field,argo-mutex-self-deadlock")
    answer = project.run("fix", "--unsafe", *both)
    assert (answer.err, answer.out) == (
        "",
        "a.yaml:9: argo-removed-field: write `mutexes`\nfixed 1 finding in 1 file, 1 left\n",
    )
    assert content(project, "a.yaml") == LOCKED.replace("mutex: {name: a}", "mutexes: [{name: a}]")


def test_only_the_fix_that_does_not_work_is_left_out(project: Project) -> None:
    bare = BUDGET + OVER.replace("  name: web\n", "  name: web\n  labels: {app: web}\n", 1)
    project.write({"a.yaml": bare})
    answer = project.run("fix", "--unsafe", "--complete")
    assert "pdb-blocks-drain: not fixed" in answer.err
    assert content(project, "a.yaml") == bare.replace("limits: {cpu: 100m", "limits: {cpu: 200m")


def test_what_is_ignored_or_accepted_stays(project: Project) -> None:
    ignored = OVER.replace(
        "memory: 64Mi}\n        limits",
        "memory: 64Mi} # kguard: ignore[request-exceeds-limit] as it is\n        limits",
    )
    project.write({"a.yaml": ignored})
    assert project.run("fix").out == "nothing to fix\n"
    assert content(project, "a.yaml") == ignored
    assert project.run("fix", "--no-ignores", "-q").out == "fixed 1 finding in 1 file\n"
    project.write({"a.yaml": OVER})
    project.run("baseline")
    baseline = ("--baseline", ".kguard-baseline.json")
    assert project.run("fix", *baseline).out == "nothing to fix\n"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("# Code generated by a program. DO NOT EDIT.\n", "the file is generated"),
        ("# {{- if .Values.web }}\n", "the file is a template"),
        ("kind: signature\nhmac: abc\n---\n", "the file is signed"),
    ],
    ids=["generated", "template", "signed"],
)
def test_refusals_are_told_and_leave_the_finding(project: Project, head: str, said: str) -> None:
    project.write({"a.yaml": head + OVER})
    answer = project.run("fix")
    assert answer.code == 1
    assert f"request-exceeds-limit: not fixed: {said}" in answer.err
    assert answer.out == "nothing to fix, 1 left, 1 not fixed for the reasons given\n"
    assert content(project, "a.yaml") == head + OVER


def test_many_findings_of_one_file_are_fixed_at_once(project: Project) -> None:
    project.write({"a.yaml": f"{OVER}---\n{DEADLINE}---\n{OVER.replace('web', 'api')}"})
    answer = project.run("fix", "--select", "request-exceeds-limit,rollout-zero-zero")
    assert (answer.code, answer.out.splitlines()[-1]) == (0, "fixed 3 findings in 1 file")
    cured = DEADLINE.replace("maxSurge: 0", "maxSurge: 1")
    assert content(project, "a.yaml") == f"{CURED}---\n{cured}---\n{CURED.replace('web', 'api')}"


def test_a_fix_that_waits_for_another_is_made_in_the_same_run(project: Project) -> None:
    """A budget whose limit is replaced and, by another policy, one more key beside it."""
    two = OVER.replace("cpu: 200m, memory: 64Mi}", "cpu: 200m, memory: 128Mi}")
    project.write({"a.yaml": two})
    assert project.run("fix", "-q").out == "fixed 2 findings in 1 file\n"
    assert "limits: {cpu: 200m, memory: 128Mi}" in content(project, "a.yaml")


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
def test_mode_and_link_of_a_file_stay(project: Project) -> None:
    project.write({"real/a.yaml": OVER})
    real = project.root / "real" / "a.yaml"
    real.chmod(0o640)
    (project.root / "link.yaml").symlink_to("real/a.yaml")
    assert project.run("fix", "link.yaml").code == 0
    assert (project.root / "link.yaml").is_symlink()
    assert (real.stat().st_mode & 0o777, real.read_text()) == (0o640, CURED)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(project: Project) -> None:
    project.write({"k8s/a.yaml": OVER})
    folder = project.root / "k8s"
    folder.chmod(0o555)
    try:
        answer = project.run("fix")
    finally:
        folder.chmod(0o755)
    assert answer.code == 3
    assert "k8s/a.yaml: cannot be changed" in answer.err


def test_a_file_that_changes_meanwhile_is_left_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"a.yaml": OVER})

    def edited(repair: Repair) -> bool:
        project.write({"a.yaml": FIXED})
        return written(repair)

    written = command._write
    monkeypatch.setattr(command, "_write", edited)
    answer = project.run("fix")
    assert (answer.code, content(project, "a.yaml")) == (3, FIXED)
    assert "a.yaml: cannot be changed: it has changed while it was fixed" in answer.err


def test_the_report_says_what_is_fixable(project: Project) -> None:
    project.write({"a.yaml": OVER, "b.yaml": JOB})
    fixable = {
        item["policy"]: item["fixable"]
        for item in project.run("check", "-f", "json").json["findings"]
    }
    assert fixable == {"request-exceeds-limit": "safe", "job-no-ttl": "unsafe"}
    concise = project.run("check", "-f", "concise").out.splitlines()
    assert concise[0].startswith("a.yaml:11:49: error[request-exceeds-limit] [*] container")
    assert concise[-1] == "[*] 1 fix to try with `kguard fix`, 1 more with `--unsafe`"
    assert "fix available (safe): raise the limit to `200m`" in project.run("check").out


def test_named_files_are_fixed_with_their_folder_as_context(project: Project) -> None:
    project.write({"a.yaml": OVER, "b.yaml": OVER.replace("web", "api")})
    assert project.run("fix", "b.yaml", "-q").out == "fixed 1 finding in 1 file\n"
    assert content(project, "a.yaml") == OVER
    assert Path(project.root / "b.yaml").read_text() == CURED.replace("web", "api")


@pytest.mark.parametrize(("options", "told"), [((), True), (("-q",), False)], ids=["", "quiet"])
def test_notices_are_told_beside_the_fixes(
    project: Project, options: tuple[str, ...], told: bool
) -> None:
    project.write({"a.yaml": OVER})
    answer = project.run("fix", "--diff", "--kube-version", "1.99", *options)
    assert ("kguard: Kubernetes 1.99 is newer than" in answer.err) == told
    assert answer.code == 1
