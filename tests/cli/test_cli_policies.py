"""What the command line says of policies: pages, lists, completion, translations."""

from __future__ import annotations

import json

import pytest
from cli_project import Project


def test_explain_prints_the_page(project: Project) -> None:
    answer = project.run("explain", "argo-image-latest")
    assert answer.code == 0
    assert answer.out.startswith("# image-latest: ")
    assert "severity warning" in answer.out
    data = project.run("explain", "image-latest", "--format", "json").json
    assert [item["id"] for item in data] == ["image-latest"]
    assert data[0]["aliases"] == ["argo-image-latest"]


def test_explain_takes_families_and_beginnings(project: Project) -> None:
    def ids(word: str) -> set[str]:
        return {item["id"] for item in project.run("explain", word, "--format", "json").json}

    assert ids("images") >= {"image-latest"}
    assert ids("missing-") >= {"missing-cpu-request", "missing-memory-request"}
    assert all(policy.startswith("missing-") for policy in ids("missing-"))
    assert ids("image-lates") == {"image-latest"}
    assert "how ids begin" in " ".join(project.run("explain", "--help").out.split())


def test_policies_are_listed(project: Project) -> None:
    answer = project.run("policies", "resources")
    head, *rows = answer.out.splitlines()
    assert head.split() == [
        *("POLICY", "FAMILY", "SEVERITY", "CONFIDENCE", "PROFILE", "FIX", "TITLE"),
    ]
    names = [row.split()[0] for row in rows]
    assert names == sorted(names)
    data = project.run("policies", "resources", "--format", "json").json
    assert [item["id"] for item in data] == names
    assert {item["family"] for item in data} == {"resources"}


def test_policies_of_a_profile_are_those_that_run(project: Project) -> None:
    everything = {p["id"] for p in project.run("policies", "--format", "json").json}
    for profile in ("default", "strict", "scale", "all"):
        listed = project.run("policies", "--profile", profile, "--format", "json").json
        shown = project.run("config", "show", "-v", "--profile", profile).out.splitlines()
        off = {line.split()[1] for line in shown if line.startswith("  off ")}
        assert {policy["id"] for policy in listed} == everything - off


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_commands_options_and_policies(project: Project, shell: str) -> None:
    answer = project.run("completion", shell)
    assert (answer.code, answer.err) == (0, "")
    options = ("add-ignore", "strict-baseline")
    assert all(word in answer.out for word in ("check", "image-latest", "resources", *options))


def test_checks_of_another_linter_are_translated(project: Project) -> None:
    answer = project.run("policies", "--peer", "checkov", "--format", "json")
    assert (answer.code, answer.err) == (0, "")
    rows = [(row["check"], row["policy"], row["match"]) for row in json.loads(answer.out)]
    assert ("CKV_K8S_10", "missing-cpu-request", "same") in rows
    assert ("CKV_K8S_10", "zero-request", "partial") in rows
    checks = list(dict.fromkeys(check for check, _, _ in rows if check.startswith("CKV_K8S_")))
    assert checks[:3] == ["CKV_K8S_8", "CKV_K8S_9", "CKV_K8S_10"], "numbers sort as numbers"


def test_the_translation_can_be_narrowed(project: Project) -> None:
    answer = project.run("policies", "images", "--peer", "kube-linter")
    assert answer.code == 0
    lines = [line.split() for line in answer.out.splitlines()]
    assert lines[0] == ["CHECK", "POLICY", "MATCH", "PROFILE", "TITLE"]
    assert [line[:3] for line in lines[1:]] == [["latest-tag", "image-latest", "same"]]


def test_an_unknown_linter_is_refused_with_the_known_ones(project: Project) -> None:
    answer = project.run("policies", "--peer", "kubelinter")
    assert answer.code == 2
    assert "did you mean `kube-linter`?" in answer.err


def test_the_linters_that_are_known_are_named(project: Project) -> None:
    answer = project.run("policies", "--peer", "nope")
    assert answer.code == 2
    assert "cannot be `nope` (one of kube-linter, kube-score, polaris, " in answer.err
