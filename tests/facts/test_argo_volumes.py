"""Which volumes a template mounts and can mount, odd shapes among them."""

from __future__ import annotations

import pytest
from argo_world import HEAD, workflow, world

from kguard.facts.argo.volumes import Mount, access_modes, mounts, volumes


def test_mounts_of_all_containers_in_their_order() -> None:
    facts, found = workflow(
        """
        templates:
          - name: t
            containerSet:
              volumeMounts: [{name: a, mountPath: /a}, {name: "", mountPath: /b}, {name: 5}, text]
              containers:
                - {name: main, volumeMounts: [{name: b, mountPath: /b}]}
                - {name: 5, volumeMounts: [{name: c, mountPath: [d]}]}
            sidecars: [{name: proxy, volumeMounts: [{name: d}]}]
            initContainers: [{volumeMounts: {name: e}}]
        """
    )
    (template,) = facts.argo_templates(found.resource)

    assert list(mounts(template)) == [
        Mount(("containerSet", "volumeMounts", 0), "a", "/a", "template `t`"),
        Mount(
            ("containerSet", "containers", 0, "volumeMounts", 0),
            "b",
            "/b",
            "`main` of template `t`",
        ),
        Mount(("containerSet", "containers", 1, "volumeMounts", 0), "c", "", "template `t`"),
        Mount(("sidecars", 0, "volumeMounts", 0), "d", "", "`proxy` of template `t`"),
    ]


VOLUMES = {
    "none": ("", []),
    "of the workflow": ("volumes: [{name: a}, {name: 5}, text]", ["a"]),
    "no list": ("volumes: {name: a}", None),
    "filled in as a whole": ('volumes: "{{x}}"', None),
    "a name that is filled in": ('volumes: [{name: "{{x}}"}]', None),
    "of templateDefaults": ("templateDefaults: {volumes: [{name: b}]}", ["b"]),
    "claims": (
        "volumeClaimTemplates: [{metadata: {name: c}}, {metadata: {name: 5}}, {metadata: {}}, t]",
        ["c"],
    ),
    "claims that are no list": ("volumeClaimTemplates: {metadata: {name: c}}", []),
}


@pytest.mark.parametrize(("spec", "expected"), VOLUMES.values(), ids=VOLUMES)
def test_volumes(spec: str, expected: list[str] | None) -> None:
    facts, found = workflow(
        f"\n{spec}\ntemplates: [{{name: t, volumes: [{{name: own}}], suspend: {{}}}}]"
    )
    (template,) = facts.argo_templates(found.resource)
    names = volumes(template)

    assert (list(names) if names is not None else None) == (
        ["own", *expected] if expected is not None else None
    )


MODES = {
    "of a claim template": ("volumeClaimTemplates", "{metadata: {name: a}, spec: MODES}", ("RWO",)),
    "of a claim": ("volumes", "{name: a, persistentVolumeClaim: {claimName: b}}", ("RWX",)),
    "of one that was not seen": ("volumes", "{name: a, persistentVolumeClaim: {claimName: c}}", ()),
    "of a name that is none": ("volumes", "{name: a, persistentVolumeClaim: {claimName: 5}}", ()),
    "of no claim": ("volumes", "{name: a, emptyDir: {}}", ()),
}


@pytest.mark.parametrize(("key", "volume", "expected"), MODES.values(), ids=MODES)
def test_access_modes(key: str, volume: str, expected: tuple[str, ...]) -> None:
    spec = volume.replace("MODES", "{accessModes: [RWO, 5]}")
    facts, (resource, _) = world(
        f"{HEAD}spec: {{{key}: [{spec}], templates: [{{name: t, suspend: {{}}}}]}}\n---\n"
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: b}\n"
        "spec: {accessModes: [RWX]}\n"
    )
    found = facts.argo_workflow(resource)
    assert found is not None
    named = volumes(facts.argo_templates(resource)[0])
    assert named is not None

    assert access_modes(facts, found, named["a"]) == expected
