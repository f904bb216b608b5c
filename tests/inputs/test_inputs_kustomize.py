"""Patches are no objects, and what an overlay patches cannot be accused of what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from inputs_project import DEPLOYMENT, Write, git

from kguard.inputs.files import discover
from kguard.inputs.kustomize import MOST_FOLDERS, Kustomization, Kustomizations, parse
from kguard.inputs.load import Loaded, load

BASE = "resources: [web.yaml]\n"
PATCHING = "resources: [../../base]\npatches:\n- path: patch.yaml\n"
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
APP = {
    "app/base/kustomization.yaml": BASE,
    "app/base/web.yaml": DEPLOYMENT,
    "app/overlays/prod/kustomization.yaml": PATCHING,
    "app/overlays/prod/patch.yaml": PATCH,
}


def check(*paths: str) -> Loaded:
    return load(discover(paths))


def judged(loaded: Loaded) -> list[str]:
    return [r.origin.path for r in loaded.resources if not r.context]


@pytest.mark.parametrize(
    ("text", "patches", "inline"),
    [
        ({"patches": [{"path": "a.yaml"}]}, {"x/y/a.yaml"}, False),
        ({"patches": [{"path": "../p/a.yaml", "target": {}}]}, {"x/p/a.yaml"}, False),
        ({"patches": [{"patch": "- op: remove\n"}]}, set(), True),
        ({"patchesStrategicMerge": ["a.yaml", "b.yaml"]}, {"x/y/a.yaml", "x/y/b.yaml"}, False),
        ({"patchesStrategicMerge": ["kind: Pod\nmetadata: {}\n"]}, set(), True),
        ({"patchesJson6902": [{"path": "a.json", "target": {}}]}, {"x/y/a.json"}, False),
        ({"patches": "a.yaml", "resources": {}}, set(), False),
        ({"patches": [None, 1, "a", {"path": 3}]}, set(), False),
        (None, set(), False),
        ([1], set(), False),
    ],
)
def test_patches_are_found_in_every_form(text: object, patches: set[str], inline: bool) -> None:
    found = parse("x/y", text)
    assert (found.patches, found.inline) == (frozenset(patches), inline)


def test_remote_parts_are_no_paths() -> None:
    data = {
        "resources": ["../base", "https://example.org/x", "a.yaml"],
        "components": ["../c"],
        "bases": ["."],
    }
    assert parse("x/y", data) == Kustomization(
        frozenset(), False, ("x/base", "x/y/a.yaml", "x/y", "x/c"), ("x/c",), frozenset()
    )


@pytest.mark.parametrize("paths", [["."], ["app/overlays"], ["app/overlays/prod/patch.yaml"]])
def test_a_listed_patch_is_skipped(project: Path, write: Write, paths: list[str]) -> None:
    write(APP)
    loaded = check(*paths)
    reasons = {item.path: item.reason for item in loaded.skipped}
    assert reasons["app/overlays/prod/patch.yaml"] == "Kustomize patch"
    assert "app/overlays/prod/patch.yaml" not in judged(loaded)


def test_a_patch_in_a_folder_below_its_kustomization_is_skipped(
    project: Path, write: Write
) -> None:
    write({"o/kustomization.yaml": "patches: [{path: p/a.yaml}]\n", "o/p/a.yaml": PATCH})
    loaded = check("o/p/a.yaml")
    assert [(item.path, item.reason) for item in loaded.skipped] == [
        ("o/p/a.yaml", "Kustomize patch")
    ]


@pytest.mark.parametrize(
    "text",
    [
        PATCH + "$patch: delete\n",
        PATCH.replace("{replicas: 3}", "{a: [{name: x, $patch: delete}]}"),
    ],
    ids=["top", "deep"],
)
def test_a_document_with_a_directive_is_a_patch(project: Path, write: Write, text: str) -> None:
    write({"a.yaml": text})
    loaded = check(".")
    assert [(item.path, item.reason) for item in loaded.skipped] == [("a.yaml", "Kustomize patch")]


def test_a_directive_in_a_text_is_no_patch(project: Path, write: Write) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '$patch: delete'}\n"
    write({"a.yaml": text})
    assert judged(check(".")) == ["a.yaml"]


@pytest.mark.parametrize("git_root", [True, False], ids=["git", "no git"])
@pytest.mark.parametrize("paths", [["."], ["app/base"], ["app/base/web.yaml"]])
def test_a_patched_base_is_known(
    project: Path, write: Write, paths: list[str], git_root: bool
) -> None:
    """The same answer whether everything is checked or only the file a hook names."""
    if git_root:
        git(project, "init", "-q")
    write(APP)
    loaded = check(*paths)
    (deployment,) = [r for r in loaded.resources if r.origin.path == "app/base/web.yaml"]
    assert loaded.is_patched(deployment)
    assert "app/base" in loaded.patched_units


def test_a_base_nobody_patches_is_not(project: Path, write: Write) -> None:
    write(APP | {"app/overlays/prod/kustomization.yaml": "resources: [../../base]\n"})
    assert check("app/base").patched_units == {}


def test_an_overlay_elsewhere_in_the_repository_counts(project: Path, write: Write) -> None:
    write({"b/base/kustomization.yaml": BASE, "b/base/web.yaml": DEPLOYMENT})
    write({"envs/prod/kustomization.yaml": "bases: [../../b/base]\npatches: [{patch: x}]\n"})
    assert "b/base" in check("b/base/web.yaml").patched_units


def test_patches_reach_through_bases_and_components(project: Path, write: Write) -> None:
    write(
        {
            "top/kustomization.yaml": "resources: [../mid]\ncomponents: [../comp]\n",
            "comp/kustomization.yaml": "kind: Component\npatches: [{patch: x}]\n",
            "mid/kustomization.yaml": "resources: [../low, ../files/web.yaml]\n",
            "low/kustomization.yaml": BASE,
            "low/web.yaml": DEPLOYMENT,
            "files/web.yaml": DEPLOYMENT,
            "other/kustomization.yaml": BASE,
            "other/web.yaml": DEPLOYMENT,
        }
    )
    loaded = check(".")
    assert {r.origin.path for r in loaded.resources if loaded.is_patched(r)} == {
        "low/web.yaml",
        "files/web.yaml",
    }


def test_loops_and_paths_out_of_the_tree_do_no_harm(project: Path, write: Write) -> None:
    write(
        {
            "a/kustomization.yaml": "resources: [../b, ../../../..]\npatches: [{patch: x}]\n",
            "b/kustomization.yaml": "resources: [../a]\ncomponents: [../b]\n",
        }
    )
    assert {"a", "b"} <= set(check(".").patched_units)


def test_a_long_chain_is_followed_without_recursion(project: Path, write: Write) -> None:
    length = 1500
    write(
        {f"{n}/kustomization.yaml": f"resources: [../{n + 1}]\n" for n in range(length)}
        | {"0/kustomization.yaml": "resources: [../1]\npatches: [{patch: x}]\n"}
    )
    assert str(length) in check(".").patched_units


def test_the_search_for_overlays_is_bounded(project: Path, write: Write) -> None:
    write({f"x/{n}/a.txt": "" for n in range(30)} | APP)
    known = Kustomizations(str(project))
    known.look_around(["x/1"], most=5)
    assert known.patched() == {}
    known.look_around(["x/1"], most=MOST_FOLDERS)
    assert set(known.patched()) == {"app/base"}


def test_a_broken_kustomization_is_reported_and_hides_nothing(project: Path, write: Write) -> None:
    write({"kustomization.yaml": "patches:\n\t- x\n", "web.yaml": DEPLOYMENT})
    loaded = check(".")
    assert [(item.path, item.line) for item in loaded.unchecked] == [("kustomization.yaml", 2)]
    assert judged(loaded) == ["web.yaml"]


def test_images_that_a_kustomization_retags_are_known(project: Path, write: Write) -> None:
    write(
        {
            "base/kustomization.yaml": "resources: [web.yaml]\n",
            "base/web.yaml": DEPLOYMENT,
            "prod/kustomization.yaml": "resources: [../base]\nimages: [{name: web, newTag: '1'}]\n",
        }
    )
    assert check("base").retagged == {"web"}
    assert check("base/web.yaml").retagged == {"web"}


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("build: {artifacts: [{image: web}, {image: shop/api}]}", {"web", "shop/api"}),
        (
            "build: {artifacts: [{image: web}]}\n---\nbuild: {artifacts: [{image: api}]}",
            {"web", "api"},
        ),
        ("build: {artifacts: web}", set()),
        ("build: {artifacts: [web, {image: 1}, null]}", set()),
        ("build: [", set()),
    ],
)
def test_images_that_skaffold_builds_are_known(
    project: Path, write: Write, text: str, images: set[str]
) -> None:
    write({"skaffold.yaml": text, "manifests/web.yaml": DEPLOYMENT})
    assert check("manifests/web.yaml").retagged == images


def test_skaffold_beside_the_folder_is_no_business_of_it(project: Path, write: Write) -> None:
    write({"other/skaffold.yaml": "build: {artifacts: [{image: web}]}", "a/web.yaml": DEPLOYMENT})
    assert check("a/web.yaml").retagged == set()
