"""What the user says about the world outside the checked files, in the form the facts need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kguard.cli import UsageError
from kguard.config import Settings
from kguard.facts import Assumptions, Facts
from kguard.facts.run import NEWEST_KUBERNETES
from kguard.inputs.builds import KIND
from kguard.inputs.files import Discovery
from kguard.inputs.load import Loaded
from kguard.kube import argo
from kguard.kube.recognise import HELM_VALUES, resources
from kguard.model import Origin, Resource, dig, named_route

if TYPE_CHECKING:
    from kguard.inputs.rendered import RenderOptions


def assumptions(
    settings: Settings, found: Discovery, loaded: Loaded
) -> tuple[Assumptions, list[Resource]]:
    """The assumptions of a run, and the resources they bring along as context.

    Raises UsageError for a file that is named and cannot be used.
    """
    extra: list[Resource] = []
    controller = None
    if settings.argo_controller_config:
        controller = _controller(settings.argo_controller_config, found, loaded)
        extra.append(controller)
    return Assumptions(
        kube=settings.kube,
        argo=settings.argo,
        argo_controller=controller,
        argo_assume_none=settings.argo_assume_none,
        drone_requests_given=settings.drone_requests_given,
        drone_limits_given=settings.drone_limits_given,
        images=_images(settings, found, loaded),
        retagged=frozenset(loaded.retagged),
    ), extra


def tell_of_unknown_versions(facts: Facts, resources: Iterable[Resource]) -> None:
    """Have said what a version that the user gave is taken for, where no table has it.

    Only where one of the resources is what it is for: a hook checks the files of a commit alone.
    """
    kube, version = facts.assume.kube, facts.assume.argo
    judged = [resource for resource in resources if not resource.context]
    if kube != NEWEST_KUBERNETES and any("apiVersion" in each.data for each in judged):
        from kguard.facts.schema.structure import tell_of_unknown_release

        tell_of_unknown_release(facts)
    if version is not None and any(_is_argos(facts, each) for each in judged):
        from kguard.facts.argo.shape import tell_of_unknown_version

        tell_of_unknown_version(facts, version)


def _is_argos(facts: Facts, resource: Resource) -> bool:
    return (resource.group, resource.kind) in argo.KINDS or bool(facts.controller_config(resource))


def render_options(settings: Settings) -> RenderOptions | None:
    """What the user wants rendered, None for nothing."""
    if not (settings.helm or settings.kustomize):
        return None
    from kguard.inputs.rendered import HelmRun, RenderOptions

    runs = (
        HelmRun(each.paths, each.values, each.sets, each.release, each.namespace, each.api_versions)
        for each in settings.helm_charts
    )
    return RenderOptions(tuple(runs) if settings.helm else (), settings.kustomize, settings.kube)


def _controller(path: str, found: Discovery, loaded: Loaded) -> Resource:
    """The controller's configuration in a file: its ConfigMap, or Helm values for it.

    Of several ConfigMaps, as in an installation's manifests, it is the one with the usual name.
    """
    from kguard.facts.argo.config import CONFIG_NAME, controller_config
    from kguard.index import Index
    from kguard.source import read

    shown = found.shown(path)
    try:
        with open(path, "rb") as file:
            source = read(shown, file.read())
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}") from None
    for problem in source.errors:
        raise UsageError(f"{shown}:{problem.line}: {problem.message}")
    candidates = [
        resource
        for document in source.documents
        for resource in _configurations(document.data, shown, document.index)
    ]
    if len(candidates) > 1:
        candidates = [r for r in candidates if r.name.endswith(CONFIG_NAME)]
    if len(candidates) != 1:
        raise UsageError(f"{shown}: not the one ConfigMap of the controller, nor its Helm values")
    loaded.sources.setdefault(shown, source)
    config = controller_config(Facts(Index(candidates)), candidates[0])
    for unparsed in config.unparsed if config else ():
        setting = named_route(candidates[0].data, unparsed.route)
        raise UsageError(f"{shown}: `{setting}` cannot be read: {unparsed.cause}")
    return candidates[0]


def _configurations(data: Any, shown: str, document: int) -> Iterator[Resource]:
    """The ConfigMaps in a document, or itself where it is values: whatever of them it sets."""
    if isinstance(dig(data, "controller"), Mapping) and "apiVersion" not in data:
        yield Resource(data, Origin(shown, document), kind=HELM_VALUES, context=True)
        return
    for resource in resources(data, shown, document, context=True):
        if resource.kind == "ConfigMap":
            yield resource


def _images(settings: Settings, found: Discovery, loaded: Loaded) -> Mapping[str, Any]:
    builds = loaded.builds or any(resource.kind == KIND for resource in loaded.resources)
    if not (settings.images or builds):
        return {}
    from kguard.cli.images import image_facts, repository_images

    configured = image_facts(settings.images, found, loaded)
    return {**repository_images(found, loaded, configured), **configured}
