"""The locks of Argo workflows: mutexes and semaphores, in every form.

Sources: argo-workflows workflow/sync/syncitems.go (allSyncItems: the old single forms and the new
lists, all of them taken), workflow/sync/lock_name.go (what makes two locks the same) and
workflow/controller/controller.go (createSynchronizationManager: where limits come from).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kguard.facts.argo.controller import argo_version
from kguard.facts.argo.templates import Template
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.facts.run import Facts
from kguard.kube.argo_schema import struct
from kguard.model import Key, Resource, Scope, dig
from kguard.record import record

_FORMS: tuple[tuple[str, str], ...] = (
    ("semaphore", "semaphore"),
    ("mutex", "mutex"),
    ("semaphores", "semaphore"),
    ("mutexes", "mutex"),
)

_OF_ONE_RUN = re.compile(r"\{\{=?\s*workflow\.(?:uid|name)\b")

# Filled in before the first lock is taken (operator.go, setExecWorkflow).
_CONSTANT = re.compile(r"\{\{\s*workflow\.(?:name|namespace|uid|parameters\.[\w-]+)\s*\}\}")

Name = tuple[str, ...]
"""What makes two locks the same: kind, namespace (empty for the workflow's own), name, key."""


@record(eq=False)
class Lock(Scope):
    """One mutex or semaphore that a workflow or a template takes; `data` is its mapping.

    `form` is the field of `synchronization` that it stands in. `template` is None for a lock of the
    whole workflow. `name` is None where a placeholder or a missing field leaves open which it is.
    """

    form: str
    kind: str
    name: Name | None
    template: Template | None
    workflow: Workflow

    @property
    def called(self) -> str:
        """How messages name it."""
        shown = "/".join(part for part in self.in_run[2:] if part) if self.in_run else ""
        return f"{self.kind} `{shown}`" if shown else self.kind

    @property
    def in_run(self) -> Name | None:
        """What makes two locks of one run the same: tags of the workflow alone do not change."""
        return self.name or _name(self.data, self.kind, self.resource.namespace, in_run=True)

    @property
    def own(self) -> bool:
        """Whether no other run can want it, because its name holds that of this one."""
        written = str(self.get("name", default=self.get("configMapKeyRef", "name", default="")))
        return _OF_ONE_RUN.search(written) is not None

    @property
    def holder(self) -> str:
        """Who takes it, as messages say it."""
        return self.template.called if self.template else "the workflow"


@record
class Limit:
    """What a ConfigMap says how many may hold a semaphore at once.

    `maps` are the ConfigMaps of that name that were seen; `text` is the value of the key in the
    only one, None where there is none; `number` is None where the text is no whole number.
    """

    maps: tuple[Resource, ...]
    text: object = None
    number: int | None = None


def is_read(facts: Facts, lock: Lock) -> bool:
    """Whether the version of Argo in use, where it is known, has the field of a lock.

    The fields of one lock are gone after 3.7, those of several came with 3.6.
    """
    version = argo_version(facts, lock.resource)
    return version is None or struct("Synchronization")[lock.form].holds(version)


def workflow_locks(facts: Facts, workflow: Workflow) -> list[Lock]:
    """The locks that an object writes for the whole workflow."""
    return list(_locks(Scope(workflow.resource, workflow.route, workflow.data), workflow, None))


def template_locks(template: Template) -> list[Lock]:
    """The locks that a template writes itself."""
    return list(_locks(template, template.workflow, template))


def default_locks(workflow: Workflow) -> list[Lock]:
    """The locks in `templateDefaults`, of no template yet.

    The templates of a run, whatever their type, take those whose form they do not write themselves
    (operator.go, mergedTemplateDefaultsInto).
    """
    defaults = workflow.get("templateDefaults")
    if not isinstance(defaults, Mapping):
        return []
    scope = Scope(workflow.resource, workflow.at("templateDefaults"), defaults)
    return list(_locks(scope, workflow, None))


def forms_left(template: Template) -> tuple[str, ...]:
    """The forms of locks that a template does not write itself."""
    return tuple(form for form, _ in _FORMS if template.get("synchronization", form) is None)


def locks(facts: Facts, workflow: Workflow) -> Iterator[Lock]:
    """Every lock that an object writes itself."""
    yield from workflow_locks(facts, workflow)
    for template in facts.argo_templates(workflow.resource):
        yield from template_locks(template)


def _locks(scope: Scope, workflow: Workflow, template: Template | None) -> Iterator[Lock]:
    for form, kind in _FORMS:
        written = scope.get("synchronization", form)
        several = isinstance(written, list)
        for number, item in enumerate(written if several else [written]):
            if isinstance(item, dict):
                keys: tuple[Key, ...] = ("synchronization", form, *((number,) if several else ()))
                yield Lock(
                    scope.resource,
                    scope.at(*keys),
                    item,
                    form,
                    kind,
                    _name(item, kind, scope.resource.namespace),
                    template,
                    workflow,
                )


def _name(
    data: Mapping[str, object], kind: str, own: str | None, *, in_run: bool = False
) -> Name | None:
    reference = data.get("configMapKeyRef")
    if kind == "mutex":
        where = "Database" if data.get("database") is True else "Mutex"
        parts = [where, data.get("name"), ""]
    elif isinstance(reference, dict):
        parts = ["ConfigMap", reference.get("name"), reference.get("key")]
    else:
        parts = ["Database", dig(data, "database", "key"), ""]
    namespace = data.get("namespace") or ""
    texts = [str(part) for part in (*parts, namespace) if isinstance(part, str)]
    if len(texts) != 4 or not parts[1]:
        return None
    if any(is_placeholder(_CONSTANT.sub("", text) if in_run else text) for text in texts):
        return None
    return (texts[0], "" if namespace == own else texts[3], texts[1], texts[2])


def limit_of(facts: Facts, lock: Lock) -> Limit | None:
    """What is known of a semaphore's limit from a ConfigMap; None for every other lock.

    None as well where its namespace is not the object's own, or that is not known.
    """
    if lock.name is None or lock.name[0] != "ConfigMap" or lock.name[1]:
        return None
    if lock.resource.kind == "ClusterWorkflowTemplate":
        return None
    found = facts.index.named(lock.resource, "", "ConfigMap", lock.name[2])
    if len(found) != 1:
        return Limit(tuple(found))
    text = dig(found[0].data, "data", lock.name[3])
    whole = isinstance(text, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", text)
    return Limit(tuple(found), text, int(str(text)) if whole else None)
