"""Patches over patches, components and overlays, and what is then certain."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_project import Project
from found import places
from kustomize_patched import (
    CERTAIN,
    DEPLOYMENT,
    FILES,
    HEAD,
    OVERLAY,
    PATCH,
    PATH,
    SMALL,
    check,
    write,
)

pytestmark = pytest.mark.usefixtures("kustomize")


def test_a_label_that_a_patch_takes_away(project: Project) -> None:
    """The selector of the second patch is judged by what the first has left."""
    labelled = DEPLOYMENT.replace("  name: web\nspec", "  name: web\n  labels: {a: b}\nspec")
    first = PATCH.replace("{name: web}", "{name: web, labels: {a: c}}")
    overlay = "patches: [{path: memory.yaml}, {path: later.yaml, target: {labelSelector: 'a=b'}}]\n"
    write(project, overlay, memory=first, later=PATCH)
    project.write({"base/deploy.yaml": labelled})
    ((file, line, certain),) = places(check(project))
    assert (file, line, certain) == ("base/deploy.yaml", 19, False)


def test_a_prefix_makes_the_name_that_another_object_has_in_the_file(project: Project) -> None:
    other = DEPLOYMENT.replace("name: web\nspec", "name: x-web\nspec")
    write(project, "namePrefix: x-\npatches: [{path: memory.yaml}]\n", memory=PATCH)
    project.write({"base/deploy.yaml": f"{other}---\n{DEPLOYMENT}"})
    answer = check(project)
    assert answer.json["findings"][0]["resource"]["name"] == "x-web"
    assert places(answer) == CERTAIN
    answer = check(project, select="missing-cpu-limit,missing-cpu-request,missing-memory-request")
    found = {(item["resource"]["name"], item["line"]) for item in answer.json["findings"]}
    assert found == {("x-x-web", 12), ("x-web", 31)}


def test_a_patch_that_a_later_one_overrides(project: Project) -> None:
    overlay = "patches: [{path: memory.yaml}, {path: later.yaml}]\n"
    write(project, overlay, memory=PATCH, later=PATCH.replace("128", "64"))
    answer = check(project)
    assert places(answer) == [("over/later.yaml", 10, True)]
    assert "64" in answer.json["findings"][0]["message"]


def test_of_two_patches_that_say_the_same_the_last_one(project: Project) -> None:
    overlay = "patches: [{path: memory.yaml}, {path: later.yaml}]\n"
    write(project, overlay, memory=PATCH, later=PATCH)
    assert places(check(project)) == [("over/later.yaml", 10, True)]


def test_two_patches_of_one_object_and_what_each_says(project: Project) -> None:
    image = SMALL.replace("resources:\n            limits: {memory: 128}", "image: web:latest")
    write(
        project,
        "patches: [{path: memory.yaml}, {path: image.yaml}]\n",
        memory=PATCH,
        image=HEAD + image,
    )
    answer = check(project, select="memory-absurdly-small,image-latest")
    assert places(answer) == [("over/image.yaml", 9, True), *CERTAIN]


def test_an_overlay_of_an_overlay(project: Project) -> None:
    """The patch is for the object under its first name, and is not the overlay's that is built."""
    write(project, "namePrefix: a-\npatches: [{path: memory.yaml}]\n", memory=PATCH)
    project.write(
        {
            "top/kustomization.yaml": "resources: [../over]\nnameSuffix: -b\nnamespace: n1\n"
            "patches: [{path: image.yaml}]\n",
            "top/image.yaml": HEAD.replace("name: web", "name: a-web")
            + "spec: {template: {spec: {containers: [{name: web,\n  image: web:latest}]}}}\n",
        }
    )
    answer = check(project, select="memory-absurdly-small,image-latest")
    assert answer.json["findings"][0]["resource"]["name"] == "a-web-b"
    assert places(answer) == [*CERTAIN, ("top/image.yaml", 5, True)]


def test_a_component(project: Project) -> None:
    project.write(
        {
            **FILES,
            "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
            "kind: Component\npatches: [{path: memory.yaml}]\n",
            "part/memory.yaml": PATCH,
            "over/kustomization.yaml": OVERLAY + "components: [../part]\n",
        }
    )
    assert places(check(project)) == [("part/memory.yaml", 10, True)]


def test_a_base_of_two_overlays_with_a_patch_each(project: Project) -> None:
    write(project, "namePrefix: a-\npatches: [{path: memory.yaml}]\n", memory=PATCH)
    project.write(
        {
            "more/kustomization.yaml": OVERLAY + "namePrefix: b-\npatches: [{path: memory.yaml}]\n",
            "more/memory.yaml": PATCH,
            "all/kustomization.yaml": "resources: [../over, ../more]\n",
        }
    )
    answer = check(project)
    assert [item["rendered"]["command"].split()[-1] for item in answer.json["findings"]] == [
        *("all", "all")
    ]
    assert [(item["resource"]["name"], item["file"]) for item in answer.json["findings"]] == [
        ("b-web", "more/memory.yaml"),
        ("a-web", "over/memory.yaml"),
    ]


def test_the_same_name_in_another_namespace(project: Project) -> None:
    """Both objects lack enough memory; the patch is for one of them."""
    one = DEPLOYMENT.replace("name: web\nspec", "name: web\n  namespace: n1\nspec")
    two = one.replace("namespace: n1", "namespace: n2").replace("1Gi", "128")
    project.write(
        {
            **FILES,
            "base/deploy.yaml": f"{one}---\n{two}",
            "over/kustomization.yaml": OVERLAY + "patches: [{path: memory.yaml}]\n",
            PATH: PATCH.replace("{name: web}", "{name: web, namespace: n1}"),
        }
    )
    answer = check(project)
    assert [
        (item["resource"]["namespace"], item["file"], item["line"], item["rendered"]["certain"])
        for item in answer.json["findings"]
    ] == [("n2", "base/deploy.yaml", 39, True), ("n1", PATH, 10, True)]


def test_a_patch_for_another_object_says_nothing(project: Project) -> None:
    other = DEPLOYMENT.replace("name: web\nspec", "name: other\nspec").replace("1Gi", "128")
    write(project, "patches: [{path: memory.yaml}]\n", memory=PATCH)
    project.write(
        {
            "base/other.yaml": other,
            "base/kustomization.yaml": "resources: [deploy.yaml, other.yaml]\n",
        }
    )
    assert places(check(project)) == [("base/other.yaml", 18, True), *CERTAIN]


def test_a_patch_of_several_documents(project: Project) -> None:
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    patch = service.replace("ports", "externalTrafficPolicy: Cluster, ports") + "---\n" + PATCH
    write(project, "patches: [{path: memory.yaml}]\n", memory=patch)
    project.write(
        {
            "base/service.yaml": service,
            "base/kustomization.yaml": "resources: [deploy.yaml, service.yaml]\n",
        }
    )
    answer = check(project)
    assert (answer.json["unchecked"], places(answer)) == ([], [(PATH, 15, True)])


@pytest.mark.parametrize("changed", [PATH, "base/deploy.yaml", "over/kustomization.yaml"])
def test_crlf(project: Project, changed: str) -> None:
    write(project, "patches: [{path: memory.yaml}]\n", memory=PATCH)
    project.write({changed: project.read(changed).replace("\n", "\r\n")})
    assert places(check(project)) == CERTAIN


@pytest.mark.parametrize(
    "overlay",
    [
        pytest.param(
            "patches: [{path: memory.yaml, target: {labelSelector: 'a=b'}}]\n", id="labels"
        ),
        pytest.param("patches: [{path: memory.yaml, target: {name: '(web|x)'}}]\n", id="pattern"),
        pytest.param(
            "patches: [{path: memory.yaml, options: {allowNameChange: true}}]\n", id="renamed"
        ),
    ],
)
def test_where_it_is_not_certain_that_a_patch_was_applied(project: Project, overlay: str) -> None:
    labelled = DEPLOYMENT.replace("  name: web\nspec", "  name: web\n  labels: {c: d}\nspec")
    write(project, overlay, memory=PATCH)
    labels = "labels: [{pairs: {a: b}}]\nresources: [deploy.yaml]\n"
    project.write({"base/deploy.yaml": labelled, "base/kustomization.yaml": labels})
    answer = check(project)
    assert (answer.json["unchecked"], places(answer)) == ([], [("base/deploy.yaml", 19, False)])


def test_what_names_an_object_or_an_item_is_the_files(project: Project) -> None:
    write(project, "patches: [{path: memory.yaml}]\n", memory=PATCH.replace("128", "1Gi"))
    project.write({"base/deploy.yaml": DEPLOYMENT.replace("image: web:1\n", "image: web:latest\n")})
    assert places(check(project, select="image-latest")) == [("base/deploy.yaml", 15, True)]
    old = DEPLOYMENT.replace("apps/v1", "apps/v1beta1")
    project.write({"base/deploy.yaml": old, PATH: PATCH.replace("apps/v1", "apps/v1beta1")})
    assert places(check(project, select="api-removed")) == [("base/deploy.yaml", 1, True)]


def test_what_is_missing_in_what_a_patch_adds(project: Project) -> None:
    more = SMALL.replace("name: web", "name: more\n          image: more:1")
    write(project, "patches: [{path: memory.yaml}]\n", memory=HEAD + more.replace("128", "1Gi"))
    found = places(check(project, select="missing-cpu-request"))
    assert (PATH, 10, True) in found
    assert ("base/deploy.yaml", 12, True) in found


def test_a_wrong_key_of_a_patch(project: Project) -> None:
    wrong = SMALL.replace("resources:\n            limits: {memory: 128}", "imagePullPolcy: Always")
    write(project, "patches: [{path: memory.yaml}]\n", memory=HEAD + wrong)
    answer = check(project, select="schema-unknown-field")
    assert (places(answer), answer.json["findings"][0]["column"]) == ([(PATH, 9, True)], 11)


@pytest.mark.parametrize(
    ("comment", "hidden"),
    [("memory-absurdly-small", 1), ("image-latest", 0)],
)
def test_a_comment_in_a_patch_counts(project: Project, comment: str, hidden: int) -> None:
    text = PATCH.replace("128}", f"128}}  # kguard: ignore[{comment}] a test")
    write(project, "patches: [{path: memory.yaml}]\n", memory=text)
    answer = check(project, select="memory-absurdly-small,image-latest,unused-ignore")
    found = [(item["policy"], item["file"], item["line"]) for item in answer.json["findings"]]
    assert answer.json["summary"]["suppressed"] == hidden
    unused = [("memory-absurdly-small", PATH, 10), ("unused-ignore", PATH, 10)]
    assert found == ([] if hidden else unused)


def test_a_secret_in_a_patch_is_shown_in_no_report(project: Project, tmp_path: Path) -> None:
    """A policy of the user's that finds one; what else is found in the line is shown without it."""
    ours = tmp_path / "ours"
    assert project.run("new", "house/no-token", "--dir", str(ours)).code == 0
    (ours / "house" / "no_token.py").write_text(
        '"""Tokens."""\n\ndef check(container, ctx):\n'
        "    for number, each in enumerate(container.data.get('env', ())):\n"
        "        yield container.fault(['env', number, 'name'], 'a token',"
        " hidden=[('env', number, 'value')])\n"
    )
    env = "env: [{name: TOKEN, value: s3cr3t}]"
    text = HEAD + SMALL.replace("resources:\n            limits: {memory: 128}", env)
    write(project, "patches: [{path: memory.yaml}]\n", memory=text)
    words = ("check", "--kustomize", "--policies", str(ours), "--select", "no-token")
    for form in ("full", "json", "sarif", "github", "markdown"):
        answer = project.run(*words, "-f", form)
        assert PATH in answer.out
        assert "s3cr3t" not in answer.out
