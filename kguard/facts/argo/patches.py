"""The `podSpecPatch` texts that an Argo object writes, with the places of what is in them.

Source: argo-workflows workflow/controller/workflowpod.go (processPodSpecPatch: that of the workflow
first, that of the template over it), workflow/util/util.go (ApplyPodSpecPatch: JSON where the text
begins with `{`, else YAML; read into a PodSpec, then a strategic merge).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kguard.facts.argo.templates import Template
from kguard.facts.run import Facts
from kguard.model import Key, Route, Scope, dig
from kguard.record import record


@record(eq=False)
class PodPatch(Scope):
    """One `podSpecPatch`; `data` is the mapping it stands in, `text` what is written.

    `spec` is what the text holds, None where it cannot be read (as a whole a placeholder, say);
    `shared` says whether all templates get it, and `template` names the one that does otherwise.
    """

    text: str
    spec: Any
    shared: bool
    template: Template | None = None

    def items(self, key: str) -> Sequence[Any]:
        """The entries of a list of the patch: containers, volumes."""
        found = dig(self.spec, key)
        return found if isinstance(found, list) else ()

    def at(self, *keys: Key) -> Route:
        """The route to a value of the patch; it goes on into the text."""
        return (*self.route, "podSpecPatch", *((0, *keys) if keys else ()))


def pod_patches(facts: Facts, template: Template) -> list[PodPatch]:
    """The patches of a template's pods that its own object writes, the strongest first."""
    workflow = template.workflow
    own = patch_of(facts, template, template)
    if own is None:
        defaults = workflow.get("templateDefaults")
        if isinstance(defaults, Mapping):
            where = Scope(workflow.resource, workflow.at("templateDefaults"), defaults)
            own = patch_of(facts, where)
    found = (own, patch_of(facts, workflow))
    return [patch for patch in found if patch is not None]


def patch_of(facts: Facts, scope: Scope, template: Template | None = None) -> PodPatch | None:
    """The patch that a workflow, its `templateDefaults` or a template writes."""
    text = scope.get("podSpecPatch")
    if not isinstance(text, str) or not text.strip():
        return None
    spec = facts.remember_text(_read, text)
    return PodPatch(scope.resource, scope.route, scope.data, text, spec, template is None, template)


def patches_in(facts: Facts, workflow: Scope, templates: Sequence[Template]) -> list[PodPatch]:
    """Every patch that an Argo object writes."""
    found = [patch_of(facts, workflow)]
    defaults = workflow.get("templateDefaults")
    if isinstance(defaults, Mapping):
        where = Scope(workflow.resource, workflow.at("templateDefaults"), defaults)
        found.append(patch_of(facts, where))
    found += [patch_of(facts, template, template) for template in templates]
    return [patch for patch in found if patch is not None]


@record
class PatchText:
    """The documents of a patch as it is written, and the first thing that is wrong with it."""

    documents: Sequence[Any]
    error: str | None


def patch_text(facts: Facts, text: str) -> PatchText:
    """What a patch holds as it stands; a long one, and one of many templates, is read once."""
    return facts.remember_text(_patch_text, text)


def _patch_text(text: str) -> PatchText:
    from kguard.source import read  # Late: few objects have patches.

    source = read("", text.encode("utf-8", "replace"))
    error = source.errors[0].message if source.errors else None
    return PatchText([document.data for document in source.documents], error)


def _read(text: str) -> Any:
    from kguard.source.embedded import read_embedded  # Late: few objects have patches.

    return read_embedded(text).data.get(0)
