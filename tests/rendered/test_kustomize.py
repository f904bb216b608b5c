"""Kustomizations among the files of a check, built by kustomize and by kubectl."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from cli_project import POD, Answer, Project
from found import places

pytestmark = pytest.mark.usefixtures("kustomize")

DEPLOYMENT = """\
# The one workload.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - image: web:latest
          name: web
        - name: side   # kguard: ignore[missing-cpu-request] small
          image: side:1
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: "other:latest"}]}}}
"""
FILES = {
    "base/kustomization.yaml": "resources: [deploy.yaml]\n",
    "base/deploy.yaml": DEPLOYMENT,
    "over/prod/kustomization.yaml": "resources: [../../base]\nnamePrefix: prod-\n",
}


def check(project: Project, *words: str, select: str = "image-latest") -> Answer:
    return project.run("check", "--kustomize", "--select", select, "-f", "json", *words)


def with_overlay(text: str, **more: str) -> Mapping[str, str]:
    """The files with more in the overlay."""
    overlay = FILES["over/prod/kustomization.yaml"] + text
    return {**FILES, "over/prod/kustomization.yaml": overlay, **more}


def test_a_finding_is_shown_in_the_file_of_the_base(project: Project) -> None:
    project.write(FILES)
    answer = check(project)
    assert (answer.code, places(answer)) == (1, [("base/deploy.yaml", 12, True)])
    (item,) = answer.json["findings"]
    assert item["resource"]["name"] == "prod-web"
    assert item["rendered"]["command"].endswith("over/prod")


def test_every_file_is_counted_or_named_as_skipped(project: Project) -> None:
    patched = with_overlay("patches: [{path: patch.yaml}]\n", **{"over/prod/patch.yaml": PATCH})
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    project.write({**patched, "unused/kustomization.yaml": component, "pod.yaml": POD})
    plain = project.run("check", "-f", "json").json
    assert (plain["summary"]["files"], len(plain["skipped"])) == (2, 4)
    built = check(project).json
    assert (built["summary"]["files"], len(built["skipped"])) == (5, 1)
    named = check(project, "over/prod/patch.yaml").json
    assert {item["file"] for item in named["findings"]} == {"over/prod/patch.yaml"}
    assert (named["summary"]["files"], named["summary"]["resources"]) == (2, 1)


def test_nothing_is_written_into_the_repository(project: Project) -> None:
    project.write(FILES)
    before = sorted(path for path in project.root.rglob("*") if ".git" not in path.parts)
    check(project)
    assert sorted(p for p in project.root.rglob("*") if ".git" not in p.parts) == before
    assert project.read("over/prod/kustomization.yaml") == FILES["over/prod/kustomization.yaml"]


def test_what_is_missing_is_shown_where_the_base_lacks_it(project: Project) -> None:
    project.write(FILES)
    answer = check(project, select="missing-cpu-request")
    assert places(answer) == [("base/deploy.yaml", 12, True)]
    assert answer.json["findings"][0]["severity"] == "warning"
    assert answer.json["summary"]["suppressed"] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("images: [{name: web, newTag: '1'}]\n", [], id="image"),
        pytest.param(
            "images: [{name: side, newTag: latest}]\n",
            [("base/deploy.yaml", 12, True), ("base/deploy.yaml", 15, False)],
            id="other image",
        ),
        pytest.param(
            "images: [{name: web, newName: x}]\n", [("base/deploy.yaml", 12, False)], id="name"
        ),
    ],
)
def test_a_value_that_was_changed_has_no_certain_line(
    project: Project, text: str, expected: list[tuple[str, int, bool]]
) -> None:
    project.write(with_overlay(text))
    assert places(check(project)) == expected


def test_a_key_that_is_wrong_is_marked_and_not_its_value(project: Project) -> None:
    wrong = DEPLOYMENT.replace("web:latest\n", "web:latest\n          imagePullPolcy: Always\n")
    project.write({**FILES, "base/deploy.yaml": wrong})
    answer = check(project, select="schema-unknown-field")
    (item,) = answer.json["findings"]
    assert places(answer) == [("base/deploy.yaml", 13, True)]
    assert (item["column"], item["endColumn"]) == (11, 25)


def test_a_key_that_is_wrong_is_marked_whatever_its_value(project: Project) -> None:
    """A transformer changes the value, which is not what is wrong."""
    wrong = DEPLOYMENT.replace("web:latest\n", "web:latest\n          imagePullPolcy: Always\n")
    replacement = """\
replacements:
  - source: {kind: Deployment, name: web, fieldPath: metadata.name}
    targets:
      - select: {kind: Deployment}
        fieldPaths: ["spec.template.spec.containers.[name=web].imagePullPolcy"]
"""
    project.write(with_overlay(replacement, **{"base/deploy.yaml": wrong}))
    answer = check(project, select="schema-unknown-field")
    assert places(answer) == [("base/deploy.yaml", 13, True)]
    assert answer.json["findings"][0]["column"] == 11


def test_a_patch_that_adds_what_is_missing(project: Project) -> None:
    patch = """\
patches:
  - patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        template:
          spec:
            containers:
              - name: web
                resources: {requests: {cpu: 1}}
"""
    project.write(with_overlay(patch))
    answer = check(project, select="missing-cpu-request")
    assert (answer.json["findings"], answer.json["summary"]["suppressed"]) == ([], 1)


def test_a_base_of_two_overlays_is_said_once(project: Project) -> None:
    project.write({**FILES, "over/test/kustomization.yaml": "resources: [../../base]\n"})
    answer = check(project)
    assert len(places(answer)) == 2  # The prefix makes them two objects.
    project.write({"over/prod/kustomization.yaml": "resources: [../../base]\n"})
    assert places(check(project)) == [("base/deploy.yaml", 12, True)]


def test_an_overlay_alone(project: Project) -> None:
    project.write({**FILES, "base/other.yaml": POD})
    assert places(check(project, "over/prod")) == [("base/deploy.yaml", 12, True)]


def test_files_that_no_kustomization_uses_are_judged_as_they_are(project: Project) -> None:
    project.write({**FILES, "base/other.yaml": POD})
    found = check(project).json["findings"]
    assert [("rendered" in item, item["file"]) for item in found] == [
        (True, "base/deploy.yaml"),
        (False, "base/other.yaml"),
    ]


def test_generated_objects_belong_to_the_kustomization(project: Project) -> None:
    project.write(with_overlay("configMapGenerator: [{name: c, literals: [a=b]}]\n"))
    answer = check(project)
    assert (answer.json["unchecked"], answer.json["summary"]["resources"]) == ([], 2)


def test_a_kustomization_is_one_complete_unit(project: Project) -> None:
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec:\n  selector: {app: other}\n  ports: [{port: 80}]\n"
    )
    project.write(with_overlay("", **{"base/service.yaml": service}))
    project.write({"base/kustomization.yaml": "resources: [deploy.yaml, service.yaml]\n"})
    (found,) = places(check(project, select="service-selects-nothing"))
    assert found == ("base/service.yaml", 5, True)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("resources: [none.yaml]\n", "none.yaml", id="no file"),
        pytest.param(
            "resources: [https://example.invalid/a.yaml]\n",
            "not fetched: https://example.invalid/a.yaml (",
            id="remote file",
        ),
        pytest.param(
            "resources: ['https://example.invalid/r.git//a?ref=1']\n", "remote", id="remote base"
        ),
        pytest.param("resources: [deploy.yaml]\nnonsense: 1\n", "nonsense", id="unknown field"),
        pytest.param(
            "resources: [deploy.yaml]\nhelmCharts: [{name: x, repo: 'https://c.invalid'}]\n",
            "enable-helm",
            id="chart",
        ),
        pytest.param(
            "resources: [deploy.yaml]\ngenerators: [plugin.yaml]\n", "plugin", id="plugin"
        ),
    ],
)
def test_a_kustomization_that_cannot_be_built(project: Project, text: str, part: str) -> None:
    plugin = (
        "apiVersion: v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n"
        "    config.kubernetes.io/function: 'exec: {path: ./evil}'\n"
    )
    project.write({**FILES, "base/kustomization.yaml": text, "base/plugin.yaml": plugin})
    answer = check(project, "--fail-on", "never")
    ((file, reason),) = [(item["file"], item["reason"]) for item in answer.json["unchecked"]]
    assert (answer.code, file) == (3, "over/prod/kustomization.yaml")
    assert part in reason
    # Neither kubectl's log nor the overlay that kguard makes is what the user asked for.
    assert not [word for word in ("run.go", "'over/prod' must resolve") if word in reason]
    # Nothing else is lost: the files are judged as they are.
    assert [item["file"] for item in answer.json["findings"]] == ["base/deploy.yaml"]


def test_components_are_built_with_what_uses_them(project: Project) -> None:
    component = (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "images: [{name: web, newTag: '1'}]\n"
    )
    project.write(
        with_overlay("components: [../../part]\n", **{"part/kustomization.yaml": component})
    )
    answer = check(project)
    assert (answer.code, answer.json["unchecked"]) == (0, [])


def test_only_what_patches_may_have_changed(project: Project) -> None:
    project.write(FILES)
    project.git("add", "-A")
    project.git("-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "one")
    assert check(project, "--diff-base", "HEAD").json["findings"] == []
    project.write({"over/prod/kustomization.yaml": "resources: [../../base]\nnamePrefix: p-\n"})
    assert places(check(project, "--diff-base", "HEAD")) == [("base/deploy.yaml", 12, True)]


def test_a_kustomization_outside_of_the_repository_is_no_silence(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(FILES)
    project.git("init", "-q", "here")
    monkeypatch.chdir(project.root / "here")
    answer = check(project, "../base")
    ((file, reason),) = [(item["file"], item["reason"]) for item in answer.json["unchecked"]]
    assert (answer.code, file) == (3, "../base/kustomization.yaml")
    assert "not below the repository" in reason
    assert [item["file"] for item in answer.json["findings"]] == ["../base/deploy.yaml"]


def test_crlf(project: Project) -> None:
    project.write({**FILES, "base/deploy.yaml": DEPLOYMENT.replace("\n", "\r\n")})
    assert places(check(project)) == [("base/deploy.yaml", 12, True)]
