"""Which Dockerfile an image is built from, as far as the repository says so.

Compose files and Skaffold configurations say it in so many words. Else an image belongs to a
Dockerfile by its name, where both are named alike and the image is the repository's own.

Sources: compose-spec 05-services.md and build.md (image, build, context, dockerfile, target);
skaffold pkg/skaffold/schema/latest (build.artifacts[]: image, context, docker.dockerfile).
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

from kguard.kube.workloads import template_route
from kguard.model import Resource, dig
from kguard.quantity.images import ImageError, parse_image
from kguard.record import record

SKAFFOLD = ("skaffold.yaml", "skaffold.yml")
_COMPOSE = r"(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml"
KIND = "Dockerfile"
_LARGEST = 1024 * 1024
_BUILDERS = ("bazel", "buildpacks", "custom", "jib", "kaniko", "ko")
_REMOTE_URL = r"(?m)^\s*url\s*=\s*(\S+)"
_VARIABLE_TAG = r"[:@]\$\{?[^/]*\Z"


@record
class Build:
    """An image and the Dockerfile (shown path) it is built from; empty where something else builds
    it, or only a stage of one. `tags` says that the builder puts its tag into manifests.
    """

    image: str
    dockerfile: str
    tags: bool = False


def is_compose(path: str) -> bool:
    """Whether a file is a Compose file by its name."""
    return "compose" in path and re.fullmatch(_COMPOSE, path.rpartition("/")[2]) is not None


def declared_builds(base: str, folders: Iterable[str]) -> list[Build]:
    """What the Compose files and Skaffold configurations at or above folders build.

    Folders are relative to `base`; what cannot be read builds nothing.
    """
    found: list[Build] = []
    for folder in sorted(_upwards(folders)):
        try:
            names = sorted(os.listdir(os.path.join(base, folder)))
        except OSError:
            continue
        for name in names:
            path = os.path.join(base, folder, name)
            if name in SKAFFOLD:
                for data in _documents(path):
                    found += _artifacts(folder, data)
            elif is_compose(name):
                for data in _documents(path):
                    found += _services(folder, data)
    return found


def named_builds(resources: Iterable[Resource], base: str) -> dict[str, Resource]:
    """The Dockerfiles among resources by the images of workloads that are named like them.

    The name is that of the Dockerfile's folder, or what is left of its own. It has to be the only
    one of that name, and the image one of the repository: it has its owner's or its own name in
    it. A name that stands alone may be anybody's.
    """
    resources = list(resources)
    files: dict[str, list[Resource]] = {}
    for resource in resources:
        if resource.kind == KIND:
            files.setdefault(_name(resource.origin.path), []).append(resource)
    if not files:
        return {}
    own = _remote_names(base)
    found: dict[str, Resource] = {}
    for image in {image for resource in resources for image in _images(resource)}:
        try:
            name = parse_image(image).familiar_name
        except ImageError:
            continue
        *around, last = name.lower().split("/")
        fitting = files.get(last, ())
        if last in own:
            fitting = fitting or files.get("", ())
        if len(fitting) == 1 and not own.isdisjoint(around):
            found[name] = fitting[0]
    return found


def _upwards(folders: Iterable[str]) -> set[str]:
    every: set[str] = set()
    for folder in folders:
        if os.path.isabs(folder) or folder.startswith(".."):
            continue
        while folder not in every:
            every.add(folder)
            folder = folder.rpartition("/")[0]
    return every


def _documents(path: str) -> Iterator[Any]:
    from kguard.source import read

    try:
        with open(path, "rb") as file:
            documents = read(path, file.read(_LARGEST)).documents
    except OSError:
        return
    for document in documents:
        yield document.data


def _artifacts(folder: str, data: Any) -> Iterator[Build]:
    artifacts = dig(data, "build", "artifacts", default=[])
    for artifact in artifacts if isinstance(artifacts, list) else ():
        image = dig(artifact, "image")
        if not isinstance(image, str):
            continue
        docker = dig(artifact, "docker", default={})
        if any(dig(artifact, builder) is not None for builder in _BUILDERS):
            yield Build(image, "", tags=True)
        else:
            yield Build(image, _dockerfile(folder, artifact, docker), tags=True)


def _services(folder: str, data: Any) -> Iterator[Build]:
    services = dig(data, "services")
    for service in services.values() if isinstance(services, dict) else ():
        build, image = dig(service, "build"), dig(service, "image")
        if build is None or not isinstance(image, str):
            continue
        name = re.sub(_VARIABLE_TAG, "", image)
        if "$" in name:
            continue
        build = {"context": build} if isinstance(build, str) else build
        if dig(build, "dockerfile_inline") is not None:
            yield Build(name, "")
        else:
            yield Build(name, _dockerfile(folder, build, build))


def _dockerfile(folder: str, build: Any, docker: Any) -> str:
    """The shown path of a build's Dockerfile; empty where it is not here, or a stage is built."""
    context = dig(build, "context", default=".")
    file = dig(docker, "dockerfile", default="Dockerfile")
    if not (isinstance(context, str) and isinstance(file, str)) or dig(docker, "target"):
        return ""
    if "://" in context or "$" in context + file:
        return ""
    path = posixpath.normpath(posixpath.join(folder, context, file))
    return "" if path.startswith("../") or posixpath.isabs(path) else path


def _name(path: str) -> str:
    """What a Dockerfile is called after: `web` for web/Dockerfile, web.Dockerfile, Dockerfile.web;
    empty for one at the root.
    """
    folder, _, file = path.rpartition("/")
    for kind in ("dockerfile", "containerfile"):
        low = file.lower()
        if low.startswith(f"{kind}."):
            return low.removeprefix(f"{kind}.")
        if low.endswith(f".{kind}"):
            return low.removesuffix(f".{kind}")
    return folder.rpartition("/")[2].lower()


def _images(resource: Resource) -> Iterator[str]:
    """The images of a workload's containers, or of an Argo object's templates."""
    route = template_route(resource)
    if route is not None:
        spec = dig(resource.data, *route, "spec")
        for key in ("initContainers", "containers"):
            containers = dig(spec, key, default=[])
            for container in containers if isinstance(containers, list) else ():
                if isinstance(image := dig(container, "image"), str):
                    yield image
    elif resource.group == "argoproj.io":
        for keys in (("spec",), ("spec", "workflowSpec")):
            templates = dig(resource.data, *keys, "templates", default=[])
            for template in templates if isinstance(templates, list) else ():
                for kind in ("container", "script"):
                    if isinstance(image := dig(template, kind, "image"), str):
                        yield image


def _remote_names(base: str) -> frozenset[str]:
    """Owner and name of the repository, from the addresses it is fetched from."""
    try:
        with open(os.path.join(base, ".git", "config"), encoding="utf-8", errors="replace") as file:
            text = file.read(_LARGEST)
    except OSError:
        return frozenset()
    names: set[str] = set()
    for url in re.findall(_REMOTE_URL, text):
        parts = re.split(r"[/:]", url.removesuffix("/").removesuffix(".git"))
        if len(parts) > 2:
            names.update(part.lower() for part in parts[-2:] if part)
    return frozenset(names)
