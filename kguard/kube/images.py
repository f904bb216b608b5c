"""What is known about images besides their name: a Dockerfile, or facts a user wrote down.

An image map is a YAML mapping from image names to what is known of them:

    registry.example.com/shop/web: {dockerfile: web/Dockerfile}
    shop/worker: {shell: dash, entrypoint: [tini, --], cmd: [celery, worker]}
    "*/legacy-*": {shell: none}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from kguard.kube.dockerimage import Image
from kguard.model import Resource
from kguard.quantity.images import ImageError, parse_image
from kguard.record import record
from kguard.shell.images import shells_of
from kguard.shell.verdict import Shell

SHELL_NAMES: Mapping[str, tuple[Shell, ...]] = {
    "dash": (Shell.DASH,),
    "bash": (Shell.BASH,),
    "busybox": (Shell.BUSYBOX,),
    "mksh": (Shell.MKSH,),
    "zsh": (Shell.ZSH,),
    "ksh": (Shell.KSH,),
    "none": (),
}
"""What a user may call an image's `/bin/sh`."""


@record(eq=False)
class ImageFacts:
    """What is known of one image. `shells` are the candidates for `/bin/sh`, None where unknown.

    With a Dockerfile, that is where entrypoint, command and shell come from; what is given beside
    it counts more.
    """

    dockerfile: Resource | None = None
    shells: tuple[Shell, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None

    @property
    def built(self) -> Image | None:
        """The image that the Dockerfile builds."""
        return built_image(self.dockerfile) if self.dockerfile else None

    def argv(self, command: Sequence[str], args: Sequence[str]) -> tuple[str, ...] | None:
        """The words of the main process under a container's `command` and `args`; None: unknown."""
        if command:
            return (*command, *args)
        if self.entrypoint is None and self.cmd is None:
            built = self.built
            return built.argv(command, args) if built else None
        return (*(self.entrypoint or ()), *(args or self.cmd or ())) or None


def built_image(dockerfile: Resource) -> Image | None:
    """The image of the last stage of a Dockerfile; None where it has no stage."""
    image = dockerfile.data.get("image")
    return image if isinstance(image, Image) else None


def known_shells(image: object, facts: ImageFacts | None = None) -> tuple[Shell, ...] | None:
    """The candidates for `/bin/sh` in an image: what the user says, its Dockerfile, its name."""
    if facts and facts.shells is not None:
        return facts.shells
    built = facts.built if facts else None
    if built is not None:
        return shells_of(built.base) if built.base else None
    return shells_of(image) if isinstance(image, str) else None


def find_image(images: Mapping[str, ImageFacts], reference: object) -> ImageFacts | None:
    """The entry of an image map for a reference; the longest key that matches wins.

    A key without a tag matches every tag; `*` stands for anything, also for a `/`.
    """
    if not images or not isinstance(reference, str):
        return None
    try:
        image = parse_image(reference)
    except ImageError:
        return None
    names = {reference, image.name, image.familiar_name}
    names |= {f"{name}:{image.tag}" for name in (image.name, image.familiar_name) if image.tag}
    fitting = [key for key in images if any(fnmatchcase(name, key) for name in names)]
    return images[max(fitting, key=len)] if fitting else None


def parse_image_map(text: str, dockerfiles: Mapping[str, Resource]) -> dict[str, ImageFacts]:
    """The entries of an image map; `dockerfiles` by the path that `dockerfile:` names.

    Raises ValueError with line and cause.
    """
    from kguard.source import read

    source = read("image map", text.encode())
    for error in source.errors:
        raise ValueError(f"line {error.line}: {error.message}")
    data = source.documents[0].data if source.documents else {}
    if not isinstance(data, dict):
        raise ValueError("line 1: an image map is a mapping from image names")
    found: dict[str, ImageFacts] = {}
    for name, entry in data.items():
        line = source.documents[0].locate((name,)).span.line
        if not isinstance(entry, dict):
            raise ValueError(f"line {line}: `{name}` is no mapping")
        shell = entry.get("shell")
        if shell is not None and shell not in SHELL_NAMES:
            raise ValueError(f"line {line}: `{shell}` is none of {', '.join(SHELL_NAMES)}")
        path = entry.get("dockerfile")
        if path is not None and path not in dockerfiles:
            raise ValueError(f"line {line}: no Dockerfile at {path}")
        found[name] = ImageFacts(
            dockerfiles[path] if path is not None else None,
            SHELL_NAMES[shell] if shell is not None else None,
            words(entry.get("entrypoint")),
            words(entry.get("cmd")),
        )
    return found


def words(value: object) -> tuple[str, ...] | None:
    """The words of an `entrypoint`, `cmd`, `command` or `args`; None for what is no list."""
    if not isinstance(value, list):
        return None
    return tuple(map(str, value))
