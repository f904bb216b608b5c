"""Images that Skaffold builds: it puts the tag into the manifests when it renders or deploys them.

Source: skaffold pkg/skaffold/schema/latest (build.artifacts[].image) and the documentation of its
tag policies (skaffold.dev/docs/taggers).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from kguard.model import dig

NAMES = ("skaffold.yaml", "skaffold.yml")
_LARGEST = 1024 * 1024


def built_images(base: str, folders: Iterable[str]) -> set[str]:
    """The image names of the Skaffold configurations at or above folders, up to `base`.

    Folders are relative to `base`; a configuration that cannot be read names no image.
    """
    found: set[str] = set()
    for folder in _upwards(folders):
        for name in NAMES:
            path = os.path.join(base, folder, name)
            if os.path.isfile(path):
                found |= _images(path)
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


def _images(path: str) -> set[str]:
    from kguard.source import read

    try:
        with open(path, "rb") as file:
            documents = read(path, file.read(_LARGEST)).documents
    except OSError:
        return set()
    found: set[str] = set()
    for document in documents:
        artifacts = dig(document.data, "build", "artifacts", default=[])
        for artifact in artifacts if isinstance(artifacts, list) else ():
            image = dig(artifact, "image")
            if isinstance(image, str):
                found.add(image)
    return found
