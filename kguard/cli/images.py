"""The image map of the settings, with the Dockerfiles it names read."""

from __future__ import annotations

from collections.abc import Mapping

from kguard.cli import UsageError
from kguard.config import Image
from kguard.inputs.files import Discovery
from kguard.inputs.load import Loaded
from kguard.kube.dockerfile import KIND
from kguard.kube.images import SHELL_NAMES, ImageFacts
from kguard.model import Resource


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
