"""Files that are named by themselves and make sense only in a kustomization."""

from __future__ import annotations

import pytest
from cli_project import POD, Answer, Project

pytestmark = pytest.mark.usefixtures("kustomize")

PATCH = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web, resources: {limits: {memory: 128}}}]}
"""
FILES = {
    "base/kustomization.yaml": "resources: [pod.yaml]\n",
    "base/pod.yaml": POD,
    "over/prod/kustomization.yaml": "resources: [../../base]\npatches: [{path: memory.yaml}]\n",
    "over/prod/memory.yaml": PATCH,
}
SMALL = ("Pod/web", "memory-absurdly-small")


def check(project: Project, *words: str) -> Answer:
    return project.run(
        *("check", "--kustomize", "--select", "memory-absurdly-small,image-latest"),
        *("-f", "json", *words),
    )


def found(answer: Answer) -> list[tuple[str, str]]:
    """What was found in which object."""
    return [
        (f"{item['resource']['kind']}/{item['resource']['name']}", item["policy"])
        for item in answer.json["findings"]
    ]


@pytest.mark.parametrize(
    "path", ["over/prod/memory.yaml", "over/prod/kustomization.yaml", "base/kustomization.yaml"]
)
def test_a_file_of_a_kustomization_stands_for_what_it_builds(project: Project, path: str) -> None:
    project.write(FILES)
    answer = check(project, path)
    assert (answer.code, set(found(answer))) == (1, {SMALL, ("Pod/web", "image-latest")})
    assert answer.json["summary"]["resources"] == 1


def test_the_configuration_has_a_hook_render_what_a_patch_makes(project: Project) -> None:
    project.write({**FILES, ".kguard.yaml": "kustomize: {render: true}\n"})
    answer = project.run("check", "--select", SMALL[1], "-f", "json", "over/prod/memory.yaml")
    assert (answer.code, found(answer)) == (1, [SMALL])


def test_a_base_that_no_overlay_is_known_of_is_built_by_itself(project: Project) -> None:
    project.write({path: FILES[path] for path in ("base/kustomization.yaml", "base/pod.yaml")})
    assert found(check(project, "base/kustomization.yaml")) == [("Pod/web", "image-latest")]


def test_only_what_the_kustomization_builds_that_names_the_file(project: Project) -> None:
    """The folder of all applications is built, and the others are looked at only."""
    other = POD.replace("name: web\n  namespace", "name: other\n  namespace")
    project.write(FILES)
    project.write(
        {
            "kustomization.yaml": "resources: [over/prod, other]\nimages: [{name: x, newTag: z}]\n",
            "other/kustomization.yaml": "resources: [other.yaml]\n",
            "other/other.yaml": other,
        }
    )
    answer = check(project, "over/prod/memory.yaml")
    assert set(found(answer)) == {SMALL, ("Pod/web", "image-latest")}
    assert answer.json["findings"][0]["rendered"]["command"].endswith(" .")
    assert found(check(project, "other/kustomization.yaml")) == [("Pod/other", "image-latest")]


def test_a_patch_in_a_folder_with_a_kustomization_of_its_own(project: Project) -> None:
    project.write(FILES)
    project.write(
        {
            "over/prod/kustomization.yaml": "resources: [../../base]\n",
            "over/kustomization.yaml": "resources: [prod]\npatches: [{path: prod/memory.yaml}]\n",
        }
    )
    assert SMALL in found(check(project, "over/prod/memory.yaml"))


@pytest.mark.parametrize(
    ("text", "files"),
    [
        pytest.param(
            "configurations: [conf/names.yaml]\n",
            {"over/prod/conf/names.yaml": "namePrefix: [{path: metadata/name}]\n"},
            id="configurations",
        ),
        pytest.param(
            "transformers: [conf/prefix.yaml]\n",
            {
                "over/prod/conf/prefix.yaml": "apiVersion: builtin\nkind: AnnotationsTransformer\n"
                "metadata: {name: a}\nannotations: {a: b}\n"
                "fieldSpecs: [{path: metadata/annotations, create: true}]\n"
            },
            id="transformers",
        ),
        pytest.param(
            "replacements: [{path: conf/replace.yaml}]\n",
            {
                "over/prod/conf/replace.yaml": "source: {kind: Pod, fieldPath: metadata.name}\n"
                "targets: [{select: {kind: Pod}, fieldPaths: ['metadata.labels.a'], "
                "options: {create: true}}]\n"
            },
            id="replacements",
        ),
        pytest.param(
            "configMapGenerator: [{name: c, files: [a=app.conf]}]\n",
            {"over/prod/app.conf": "a: [\n"},
            id="files",
        ),
        pytest.param(
            "secretGenerator: [{name: c, envs: [app.env]}]\n",
            {"over/prod/app.env": "A=1\n"},
            id="envs",
        ),
    ],
)
def test_whatever_else_a_kustomization_names(
    project: Project, text: str, files: dict[str, str]
) -> None:
    project.write({**FILES, **files})
    project.write({"over/prod/kustomization.yaml": FILES["over/prod/kustomization.yaml"] + text})
    answer = check(project, *files)
    assert SMALL in found(answer)
    assert (answer.json["unchecked"], answer.json["skipped"]) == ([], [])


COMPONENT = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: [{path: memory.yaml}]
"""


def test_a_component_stands_for_all_that_use_it(project: Project) -> None:
    project.write(
        {
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "base/pod.yaml": POD,
            "parts/small/kustomization.yaml": COMPONENT,
            "parts/small/memory.yaml": PATCH,
            "over/a/kustomization.yaml": "resources: [../../base]\n"
            "namePrefix: a-\ncomponents: [../../parts/small]\n",
            "over/b/kustomization.yaml": "resources: [../../base]\n"
            "namePrefix: b-\ncomponents: [../../parts/small]\n",
        }
    )
    for path in ("parts/small/memory.yaml", "parts/small/kustomization.yaml"):
        small = {name for name, policy in found(check(project, path)) if policy == SMALL[1]}
        assert small == {"Pod/a-web", "Pod/b-web"}


def test_a_component_that_nobody_uses_is_no_silence(project: Project) -> None:
    project.write({"part/kustomization.yaml": COMPONENT, "part/memory.yaml": PATCH})
    for path in ("part/kustomization.yaml", "part/memory.yaml"):
        answer = check(project, path)
        ((file, reason),) = [(each["file"], each["reason"]) for each in answer.json["skipped"]]
        assert (file, found(answer)) == (path, [])
        assert reason.endswith("component that no kustomization found here uses: not rendered")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PATCH.replace("memory: 128", "$patch: delete"), id="merge"),
        pytest.param("[{op: replace, path: /spec/replicas, value: 1}]\n", id="operations"),
    ],
)
def test_a_patch_that_nothing_names_is_no_silence(project: Project, text: str) -> None:
    project.write({"patch.yaml": text})
    (skipped,) = check(project, "patch.yaml").json["skipped"]
    assert (
        skipped["reason"] == "Kustomize patch that no kustomization found here names: not rendered"
    )
    answer = project.run("check", "-f", "json", "patch.yaml")
    assert [each["reason"] for each in answer.json["skipped"]] == ["Kustomize patch"]


def test_objects_that_a_config_map_is_generated_from_are_judged_as_well(project: Project) -> None:
    text = "configMapGenerator: [{name: c, files: [pod.yaml]}]\n"
    project.write({"kustomization.yaml": text, "pod.yaml": POD})
    assert found(check(project)) == [("Pod/web", "image-latest")]
