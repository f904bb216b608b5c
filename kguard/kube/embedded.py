"""The manifests in `resource` templates of Argo: objects that a workflow makes when it runs.

Source: argo-workflows workflow/executor/resource.go (ExecResource; what the actions hand to
kubectl), workflow/controller/operator.go (executeResource, addOwnerReference).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kguard.kube import argo
from kguard.model import Resource, Route, dig

_WHOLE = ("apply", "create", "replace")
"""The actions that are given whole objects; the others name or patch one."""


def manifests(resource: Resource) -> Iterator[tuple[Route, Any]]:
    """The documents in the manifests of an Argo object's templates, each with the route to it.

    The route ends in the number of the document in the text. Objects that go with the workflow
    (`setOwnerReference`), or that a template of the same object may delete, are given an owner: for
    who asks what becomes of them that is the same.
    """
    found = list(argo.templates(resource))
    deletes = any(dig(template, "resource", "action") == "delete" for _, template in found)
    for route, template in found:
        text = dig(template, "resource", "manifest")
        if not isinstance(text, str) or dig(template, "resource", "action") not in _WHOLE:
            continue
        from kguard.source.embedded import read_embedded  # Late: few objects have such templates.

        for number, data in read_embedded(text).data.items():
            if deletes or dig(template, "resource", "setOwnerReference") is True:
                data = _owned(data, resource)
            yield (*route, "resource", "manifest", number), data


def _owned(data: Any, owner: Resource) -> Any:
    if not isinstance(data, Mapping) or not isinstance(data.get("metadata"), Mapping):
        return data
    owners = [{"apiVersion": owner.api_version, "kind": "Workflow"}]
    return {**data, "metadata": {"ownerReferences": owners, **data["metadata"]}}
