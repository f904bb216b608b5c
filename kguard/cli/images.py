"""The image map of the settings, with the Dockerfiles it names read."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.cli import UsageError
from kguard.config import Image
from kguard.inputs.builds import named_builds
from kguard.inputs.files import Discovery
from kguard.inputs.load import Loaded
from kguard.kube.dockerfile import KIND
from kguard.kube.images import SHELL_NAMES, ImageFacts, find_image
from kguard.model import Resource
from kguard.quantity.images import ImageError, parse_image


def image_facts(
    images: Mapping[str, Image], found: Discovery, loaded: Loaded
) -> dict[str, ImageFacts]:
    """What is known of each image by name; Dockerfiles outside the input join it as context.

    Raises UsageError for a Dockerfile that cannot be read.
    """
    read = {
        found.real_path(resource.origin.path): resource
        for resource in loaded.resources
        if resource.kind == KIND
    }
    facts: dict[str, ImageFacts] = {}
    for name, image in images.items():
        dockerfile = None
        if image.dockerfile is not None:
            dockerfile = read.get(image.dockerfile) or _read(image.dockerfile, found, loaded)
            read[image.dockerfile] = dockerfile
        facts[name] = ImageFacts(
            dockerfile,
            SHELL_NAMES[image.shell] if image.shell is not None else None,
            image.entrypoint,
            image.cmd,
        )
    return facts


def repository_images(
    found: Discovery, loaded: Loaded, configured: Mapping[str, ImageFacts]
) -> dict[str, ImageFacts]:
    """What the repository itself says about its images: Compose files, Skaffold, names.

    Nothing about images that the settings speak of, nor where two builds contradict each other.
    Dockerfiles outside the input join it as context; one that cannot be read says nothing.
    """
    known = {r.origin.path: r for r in loaded.resources if r.kind == KIND}
    named = {
        name: resource.origin.path
        for name, resource in named_builds(loaded.resources, found.base).items()
    }
    declared: dict[str, set[str]] = {}
    for build in loaded.builds:
        declared.setdefault(_bare(build.image), set()).add(build.dockerfile)
    for name, paths in declared.items():
        named.pop(name, None)
        if len(paths) == 1:
            named[name] = next(iter(paths))
    facts: dict[str, ImageFacts] = {}
    for name, path in named.items():
        if not path or find_image(configured, name) is not None:
            continue
        try:
            known[path] = known.get(path) or _read(found.real_path(path), found, loaded)
        except UsageError:
            continue
        facts[name] = ImageFacts(known[path])
    return facts


def _bare(image: str) -> str:
    """An image's name without tag and digest, as people write it."""
    try:
        return parse_image(image).familiar_name
    except ImageError:
        return image


def _read(path: str, found: Discovery, loaded: Loaded) -> Resource:
    from kguard.inputs.dockerfiles import read_dockerfile
    from kguard.source import Limits

    shown = found.shown(path)
    try:
        with open(path, "rb") as file:
            source = read_dockerfile(shown, file.read(), Limits().max_bytes)
    except OSError as error:
        raise UsageError(f"image map: {shown}: {error.strerror}") from None
    for problem in source.errors:
        raise UsageError(f"image map: {shown}:{problem.line}: {problem.message}")
    loaded.sources.setdefault(shown, source)
    resource = source.resource(unit="", context=True)
    loaded.resources.append(resource)
    return resource
