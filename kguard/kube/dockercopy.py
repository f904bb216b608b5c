"""Which script files an image has, and from where: COPY and ADD from the build context.

Source: the Dockerfile reference, "COPY" (docs.docker.com/reference/dockerfile): a target that ends
in a slash, or that several sources share, is a folder; the content of a source that is a folder
goes into the target.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from kguard.kube.dockerlines import Instruction

# What the default PATH of container images names (docker/docker daemon: DefaultPathEnv).
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# Words of a RUN instruction that may change a file it names.
_CHANGES = ("sed ", ">", "tee ", "patch ", "dos2unix", "envsubst", "mv ", "rm ", "curl ", "wget ")


def sources_of(instruction: Instruction) -> tuple[list[str], str]:
    """What a COPY or ADD takes from the build context, and its target; nothing where that is open.

    Sources have no leading `./` or `/` and no slash at the end: both stand for the context.
    """
    words = _words(instruction.value)
    open_ended = any("$" in word or "://" in word for word in words)
    if len(words) < 2 or open_ended or any(flag.startswith("--from") for flag in instruction.flags):
        return [], ""
    *found, target = words
    return [_relative(each) for each in found], target


def copied(
    instruction: Instruction, directory: str, scripts: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The path in the image and the text of every script that a COPY or ADD puts there.

    `scripts` are the script files of the build context by their path in it, `directory` is the
    working directory, empty where the base image sets it.
    """
    sources, target = sources_of(instruction)
    folder = len(sources) > 1 or target.endswith("/") or target.rstrip("/") in ("", ".", "..")
    root = joined(directory, "" if target in (".", "./") else target).rstrip("/")
    for source in sources:
        for path, text in scripts.items():
            if path == source or ("*" in source and fnmatchcase(path, source)):
                inside = folder or "*" in source
                name = path.rpartition("/")[2]
                yield (f"{root}/{name}".removeprefix("./") if inside else root), text
            elif not source or path.startswith(f"{source}/"):
                yield f"{root}/{path.removeprefix(source).lstrip('/')}", text


def changes(instruction: Instruction, path: str) -> bool:
    """Whether a RUN instruction may change what is in a file."""
    text = " ".join([instruction.value, *(each.text for each in instruction.heredocs)])
    name = path.rpartition("/")[2]
    return name in text and any(word in text for word in _CHANGES)


def names_of(path: str, directory: str) -> Iterator[str]:
    """What a file may be called when it is started: by its path, from its folder, by the PATH."""
    yield path
    folder, _, name = path.rpartition("/")
    if folder in _PATH:
        yield name
    if not path.startswith("/") or (directory and path.startswith(f"{directory.rstrip('/')}/")):
        inside = path.removeprefix(directory).lstrip("/") if directory else path
        yield f"./{inside}"
        if "/" in inside:
            yield inside


def joined(directory: str, path: str) -> str:
    """A path as seen from the working directory."""
    if path.startswith("/") or not directory:
        return path
    return f"{directory.rstrip('/')}/{path.removeprefix('./')}"


def _words(value: str) -> list[str]:
    if value.startswith("["):
        try:
            words = json.loads(value)
        except (ValueError, RecursionError):
            return []
        listed = isinstance(words, list) and all(isinstance(word, str) for word in words)
        return words if listed else []
    return value.split()


def _relative(path: str) -> str:
    while path.startswith(("./", "/")):
        path = path.removeprefix(".").removeprefix("/")
    return "" if path == "." else path.rstrip("/")
