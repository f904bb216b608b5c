"""What the controller cannot read of the parts of its configuration that others define.

`workflowDefaults` is a Workflow, `executor` and `mainContainer` are containers of Kubernetes,
`artifactRepository` has the structs of the workflow API; so have the links and columns.

Sources: argo-workflows config/config.go (Config), config/controller.go (parseConfigMap: strict) and
pkg/apis/workflow/v1alpha1/artifact_repository_types.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kguard.facts.argo.config import ControllerConfig, Layout
from kguard.facts.argo.controller import version_text
from kguard.facts.argo.deadlines import DEADLINES, no_deadline
from kguard.facts.argo.keys import UnknownKey
from kguard.facts.argo.settings import WrongSetting
from kguard.facts.argo.shape import ArgoDatedField, ArgoUnknownField, ArgoWrongType, Walk
from kguard.facts.argo.wrong import POD_GC_STRATEGIES, RETRY_POLICIES, no_number
from kguard.facts.quantities import literal
from kguard.kube.argo_schema import ArgoField, Version, struct
from kguard.model import Key, Route, Scope, dig
from kguard.record import record

_DATABASES = ("persistence", "synchronization")
_SECTIONS: Mapping[tuple[Key, ...], ArgoField] = {
    ("workflowDefaults",): ArgoField("", "Workflow"),
    ("executor",): ArgoField("", "Container"),
    ("mainContainer",): ArgoField("", "Container"),
    ("artifactRepository",): ArgoField("", "ArtifactRepository"),
    ("links",): ArgoField("[]", "Link"),
    ("columns",): ArgoField("[]", "Column"),
    ("persistence", "archiveLabelSelector"): ArgoField("", "LabelSelector"),
    ("sso", "clientId"): ArgoField("", "SecretKeySelector"),
    ("sso", "clientSecret"): ArgoField("", "SecretKeySelector"),
    **{
        (section, kind, secret): ArgoField("", "SecretKeySelector")
        for section in _DATABASES
        for kind in ("postgresql", "mysql")
        for secret in ("userNameSecret", "passwordSecret")
    },
}
# The chart hands on only this one as it is written; of the others it takes fields it knows.
_IN_VALUES = (("workflowDefaults",),)

# The structs of which no field of a workflow is: names of fields, and what stands there.
_OWN: Mapping[str, Mapping[str, str]] = {
    "Workflow": {
        "apiVersion": "s",
        "kind": "s",
        "metadata": "ObjectMeta",
        "spec": "WorkflowSpec",
        "status": "*",
    },
    "Link": {"name": "s", "scope": "s", "url": "s", "target": "s"},
    "Column": {"name": "s", "type": "s", "key": "s"},
    "ArtifactRepository": {
        "archiveLogs": "b",
        "artifactory": "ArtifactoryRepository",
        "azure": "AzureRepository",
        "gcs": "GCSRepository",
        "hdfs": "HDFSRepository",
        "oss": "OSSRepository",
        "plugin": "*",
        "s3": "S3Repository",
    },
}
# A repository has the fields of an artifact, but for the place in it: that, and what is there.
_REPOSITORIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ArtifactoryRepository": ("url", ("keyFormat", "repoURL")),
    "AzureRepository": ("blob", ("blobNameFormat",)),
    "GCSRepository": ("key", ("keyFormat",)),
    "HDFSRepository": ("path", ("pathFormat",)),
    "OSSRepository": ("key", ("keyFormat",)),
    "S3Repository": ("key", ("keyFormat", "keyPrefix")),
}


@cache
def _fields(name: str) -> Mapping[str, ArgoField]:
    if name in _OWN:
        return {key: ArgoField("", inner) for key, inner in _OWN[name].items()}
    if name not in _REPOSITORIES:
        return struct(name)
    place, more = _REPOSITORIES[name]
    fields = dict(struct(name.removesuffix("Repository") + "Artifact"))
    del fields[place]
    return {**fields, **{key: ArgoField("", "s") for key in more}}


def unknown_in_sections(config: ControllerConfig, version: Version | None) -> Iterator[UnknownKey]:
    """The keys there that the controller refuses; without a `version`, those no listed one has."""
    for each in _shape(config):
        if isinstance(each, ArgoUnknownField):
            # ParallelSteps.UnmarshalJSON is not strict.
            if "steps" not in each.route:
                yield UnknownKey((*each.route, each.key), meant=each.meant, home=each.home)
        elif isinstance(each, ArgoDatedField) and version:
            keys, since, until = (*each.route, each.key), each.field.since, each.field.until
            if since and version < since:
                yield UnknownKey(keys, since=version_text(since))
            elif until and version > until:
                yield UnknownKey(keys, until=version_text(until))


def wrong_in_sections(config: ControllerConfig) -> Iterator[WrongSetting]:
    """The values there of a type that the controller cannot read.

    The YAML parser makes text of numbers where a struct wants text.
    """
    for each in _shape(config):
        if not isinstance(each, ArgoWrongType):
            continue
        value = dig(config.sections, *each.keys)
        if each.wanted != "a text" or isinstance(value, Mapping | list):
            yield WrongSetting(each.keys, value, each.wanted.replace("`", ""))


def _shape(config: ControllerConfig) -> Iterator[Scope]:
    walk = Walk(config.resource, config.sections, _fields, any_case=True)
    for keys, field in _SECTIONS.items():
        route = config.written(*keys)
        if route is None or (config.layout is Layout.HELM and keys not in _IN_VALUES):
            continue
        value: Any = dig(config.sections, *route)
        outer = list if field.around else Mapping
        # Another type at the top is what the settings' own table knows.
        if len(keys) > 1 or isinstance(value, outer):
            yield from walk.value("", field, field.around, value, route, ())


_CHOICES: Mapping[Route, tuple[str, ...]] = {
    ("podGC", "strategy"): POD_GC_STRATEGIES,
    ("retryStrategy", "retryPolicy"): RETRY_POLICIES,
    ("templateDefaults", "retryStrategy", "retryPolicy"): RETRY_POLICIES,
}


_PLACES: tuple[Route, ...] = ((), ("templateDefaults",))
_NUMBERS: tuple[Route, ...] = (("retryStrategy", "limit"), ("retryStrategy", "backoff", "factor"))


@record
class BadDefault:
    """A value in `workflowDefaults` that lets the controller run and workflows fail."""

    keys: Route
    value: str
    problem: str
    help: str


def bad_defaults(config: ControllerConfig) -> Iterator[BadDefault]:
    """Values in `workflowDefaults` with which workflows fail that have none of their own.

    Sources: argo-workflows workflow/validate/validate.go (ValidateWorkflow), which sees the
    defaults joined in, and workflow/controller/operator.go (processNodeRetries).
    """
    for keys, choices in _CHOICES.items():
        route, value = _default(config, keys)
        word = literal(value)
        if word and word not in choices:
            problem = f"`{word}` is no `{'.'.join(map(str, keys[-2:]))}`"
            help = f"it is one of {', '.join(f'`{each}`' for each in choices)}"
            yield BadDefault(route, word, problem, help)
    for place in _PLACES:
        for keys in _NUMBERS:
            route, value = _default(config, (*place, *keys))
            if word := no_number(value):
                problem = f"`{word}` is no whole number for `{'.'.join(map(str, keys))}`"
                yield BadDefault(route, word, problem, "a node ends in Error instead of a retry")
        route, value = _default(config, (*place, "activeDeadlineSeconds"))
        if text := no_deadline(value):
            problem = f"`activeDeadlineSeconds` is {text}"
            yield BadDefault(route, str(value), problem, DEADLINES)


def _default(config: ControllerConfig, keys: Route) -> tuple[Route, Any]:
    """A value of the `spec` in `workflowDefaults`, and the keys to it as they are written."""
    route = config.written("workflowDefaults", "spec", *keys) or ()
    return route, dig(config.sections, *route) if route else None
