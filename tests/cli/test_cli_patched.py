"""What is said where a finding is a note because a kustomization patches the object."""

from __future__ import annotations

import pytest
from cli_project import FIXED, POD, Project

LACKING = FIXED.replace(", memory: 64Mi}", "}")
"""A pod without a memory request: a warning."""
PATCH = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
PATCHING = "patches: [{path: patch.yaml}]\n"
REASON = "what may be added there is reported as a note (`--kustomize` judges what is built)"
NOTICE = f"kustomization `app/prod` patches the objects of `app/base`: {REASON}"
APP = {
    "app/base/web.yaml": LACKING,
    "app/base/kustomization.yaml": "resources: [web.yaml]\n",
    "app/prod/kustomization.yaml": f"resources: [../base]\n{PATCHING}",
    "app/prod/patch.yaml": PATCH,
}
POLICY = "missing-memory-request"


@pytest.mark.parametrize("path", [".", "app/base", "app/base/web.yaml"])
def test_why_a_warning_is_a_note_is_said_once(project: Project, path: str) -> None:
    project.write({**APP, "app/base/other.yaml": LACKING.replace("name: web", "name: other")})
    answer = project.run("check", "-f", "json", "--select", POLICY, path)
    severities = {item["severity"] for item in answer.json["findings"]}
    assert (answer.code, severities, answer.json["notices"]) == (0, {"note"}, [NOTICE])


def test_it_is_said_of_notes_that_are_not_to_be_shown(project: Project) -> None:
    project.write(APP)
    answer = project.run("check", "-f", "json", "--select", POLICY, "--min-severity", "warning")
    assert (answer.json["findings"], answer.json["notices"]) == ([], [NOTICE])


def test_a_kustomization_may_patch_its_own_objects(project: Project) -> None:
    project.write({"web.yaml": LACKING, "patch.yaml": PATCH})
    project.write({"kustomization.yaml": f"resources: [web.yaml]\n{PATCHING}"})
    answer = project.run("check", "-f", "json", "--select", POLICY)
    assert answer.json["notices"] == [f"kustomization `.` patches its own objects: {REASON}"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"app/base/web.yaml": POD}, ["--select", "image-latest"], id="no-such-policy"),
        pytest.param({"app/base/web.yaml": FIXED}, [], id="nothing-is-missing"),
        pytest.param({"app/prod/kustomization.yaml": "resources: [../base]\n"}, [], id="no-patch"),
        pytest.param(
            {".kguard.yaml": f"policies: {{{POLICY}: {{severity: note}}}}\n"}, [], id="configured"
        ),
        pytest.param(
            {"app/base/web.yaml": f"# kguard: ignore-file[{POLICY}] a test\n{LACKING}"},
            [],
            id="ignored",
        ),
    ],
)
def test_nothing_is_said_where_patches_changed_nothing(
    project: Project, files: dict[str, str], words: list[str]
) -> None:
    project.write(APP | files)
    answer = project.run("check", "-f", "json", *(words or ["--select", POLICY]))
    assert answer.json["notices"] == []


def test_building_is_no_advice_where_it_failed(project: Project) -> None:
    project.write(APP)
    project.monkeypatch.setenv("KGUARD_KUSTOMIZE", "/nowhere/kustomize")
    answer = project.run("check", "-f", "json", "--select", POLICY, "--kustomize")
    (notice,) = answer.json["notices"]
    assert (answer.code, notice) == (
        3,
        NOTICE.removesuffix(" (`--kustomize` judges what is built)"),
    )


def test_of_many_bases_a_few_are_named(project: Project) -> None:
    for number in range(7):
        project.write({name.replace("app/", f"app{number}/"): text for name, text in APP.items()})
    notices = project.run("check", "-f", "json", "--select", POLICY).json["notices"]
    assert len(notices) == 6
    assert notices[-1] == f"the objects of 2 more bases are patched: {REASON}"
