"""Which files hold something to check, by name and, for JSON, by their first bytes."""

from __future__ import annotations

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names kustomize reads (kustomize api/konfig/general.go, RecognizedKustomizationFileNames)."""

# What follows `Dockerfile.` or stands before `.Dockerfile` names an image or a target. These
# endings are no image: BuildKit's ignore files, prose, and templates of other tools.
_NO_DOCKERFILE = (".dockerignore", ".md", ".txt", ".j2", ".tmpl", ".tpl", ".template", ".in", "~")

JSON_HEAD = 4096
"""How many bytes of a JSON file are looked at before it is read."""


def is_dockerfile(path: str) -> bool:
    """Whether a file is a Dockerfile by its name: `Dockerfile.dev`, `web.dockerfile`, ..."""
    name = path.rpartition("/")[2]
    if name.lower().endswith((".yaml", ".yml", ".json", *_NO_DOCKERFILE)):
        return False
    return (
        name in ("Dockerfile", "dockerfile", "Containerfile")
        or name.startswith(("Dockerfile.", "Containerfile."))
        or name.endswith((".Dockerfile", ".dockerfile", ".Containerfile", ".containerfile"))
    )


def is_own(path: str) -> bool:
    """Whether a file is kguard's own configuration, which is nothing to check."""
    return path.rpartition("/")[2] in (".kguard.yaml", ".kguard.yml")


def is_yaml(path: str) -> bool:
    """Whether a file is YAML by its name; a Kustomization needs no ending."""
    return path.lower().endswith((".yaml", ".yml")) or is_kustomization(path)


def is_json(path: str) -> bool:
    """Whether a file is JSON by its name."""
    return path.lower().endswith(".json")


def is_kustomization(path: str) -> bool:
    """Whether kustomize would read this file as the description of its folder."""
    return path.rpartition("/")[2] in KUSTOMIZATIONS


def is_candidate(path: str) -> bool:
    """Whether a file in a folder that is to be checked may hold something to check."""
    return is_yaml(path) or is_json(path) or is_dockerfile(path)


def looks_like_object(head: bytes) -> bool:
    """Whether JSON that begins with these bytes may be a Kubernetes object.

    Most JSON in a repository belongs to other tools, and some of it is large. Objects written by
    kubectl and by client libraries name their apiVersion first.
    """
    return b'"apiVersion"' in head or b'"kind"' in head
