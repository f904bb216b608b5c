"""Image references: which registry, repository, tag and digest `nginx:1.27` stands for.

Source: distribution/reference v0.6, normalize.go (`ParseNormalizedNamed`) and regexp.go, which is
what the kubelet and containerd use; digests from opencontainers/go-digest v1.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kguard.quantity._quote import quoted
from kguard.record import record

MAX_LENGTH = 2048
"""More than any valid reference needs: 255 of path, 128 of tag, 135 of digest, a DNS name."""

_HUB = "docker.io"
_HUB_PREFIX = "library/"

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?:({_HOST})/)?({_COMPONENT}(?:/{_COMPONENT})*)")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")


class ImageError(ValueError):
    """A text that is no image reference; its message says which part is wrong."""


@record
class Image:
    """A normalised image reference: `nginx` has registry `docker.io`, repository `library/nginx`.

    `tag` and `digest` are None where they are not written. `registry` keeps its port.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Registry and repository in full: `docker.io/library/nginx`."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    @property
    def familiar_name(self) -> str:
        """The name as people write it: without `docker.io/` and, for official images, `library/`.

        `docker.io/library/nginx` → `nginx`, `docker.io/bitnami/redis` → `bitnami/redis`.
        """
        if self.registry != _HUB:
            return self.name
        official = self.repository.removeprefix(_HUB_PREFIX)
        return self.repository if "/" in official else official

    @property
    def pulled_tag(self) -> str | None:
        """The tag that decides what is pulled: None beside a digest, `latest` where none is set."""
        return None if self.digest else self.tag or "latest"


@lru_cache(maxsize=1024)  # Several policies ask for the image of each container.
def parse_image(text: str) -> Image:
    """The image that a container's `image` names. Raises ImageError.

    `registry:5000/app` has a port and no tag; `app:5000` has a tag.
    """
    if not text:
        raise ImageError("an image reference is empty")
    if len(text) > MAX_LENGTH:
        raise ImageError(f"an image reference is longer than {MAX_LENGTH} characters")
    if _IDENTIFIER.fullmatch(text):
        raise ImageError(f"{quoted(text)} is an image id, not a reference")
    if any(c.isspace() for c in text):
        raise ImageError(f"{quoted(text)} has a space in it")
    registry, rest = _split_registry(text)
    rest, at, digest = rest.partition("@")
    path, colon, tag = rest.partition(":")
    name = _NAME.fullmatch(f"{registry}/{path}")
    if name is None:
        raise _bad_name(text, registry, path)
    if len(name[2]) > 255:
        raise ImageError(f"the repository of {quoted(text)} is longer than 255 characters")
    if colon and not _TAG.fullmatch(tag):
        raise ImageError(
            f"the tag {quoted(tag)} is invalid" if tag else f"the tag of {quoted(text)} is empty"
        )
    if at and not _DIGEST.fullmatch(digest):
        raise ImageError(
            f"the digest {quoted(digest)} is invalid"
            if digest
            else f"the digest of {quoted(text)} is empty"
        )
    return Image(name[1] or "", name[2], tag or None, digest or None)


def _split_registry(text: str) -> tuple[str, str]:
    """Registry and the rest, Docker Hub filled in where the first part is no host."""
    first, slash, rest = text.partition("/")
    if not slash:
        return _HUB, _HUB_PREFIX + text
    if first == "index.docker.io":
        registry = _HUB
    elif first == "localhost" or "." in first or ":" in first or first.lower() != first:
        registry = first
    else:
        registry, rest = _HUB, text
    if registry == _HUB and "/" not in rest:
        rest = _HUB_PREFIX + rest
    return registry, rest


def _bad_name(text: str, registry: str, path: str) -> ImageError:
    if "{{" in text or "${" in text:
        return ImageError(f"{quoted(text)} holds an unrendered template")
    if text.lower().startswith(("http://", "https://", "docker://", "oci://")):
        return ImageError(f"{quoted(text)} starts with a URL scheme")
    if path.lower() != path:
        return ImageError(f"the repository of {quoted(text)} is not in lower case")
    if not path or path == _HUB_PREFIX:
        return ImageError(f"{quoted(text)} has no repository")
    if not re.fullmatch(_HOST, registry):
        return ImageError(f"the registry {quoted(registry)} is invalid")
    return ImageError(f"the repository of {quoted(text)} is invalid")
