"""Which shell `/bin/sh` is in an image, judged by the image's name and tag.

Debian and Ubuntu have dash, Fedora, RHEL, SUSE, Arch and Amazon Linux have bash, Alpine, BusyBox
and Wolfi have BusyBox's ash. The bases of official images are from their Dockerfiles in
github.com/docker-library and the variants their documentation lists.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kguard.shell.verdict import Shell

Shells = tuple[Shell, ...]

_DASH: Shells = (Shell.DASH,)
_BASH: Shells = (Shell.BASH,)
_ASH: Shells = (Shell.BUSYBOX,)
_NONE: Shells = ()

# Parts of tags that name a distribution, whatever the image.
_TAG_PARTS: tuple[tuple[re.Pattern[str], Shells], ...] = (
    (re.compile(r"(chiseled|distroless)\Z"), _NONE),
    (re.compile(r"(alpine[0-9.]*|musl|busybox|wolfi)\Z"), _ASH),
    (
        re.compile(
            r"(jessie|stretch|buster|bullseye|bookworm|trixie|forky|sid|debian[0-9.]*|deb[0-9]+u?"
            r"[0-9]*|trusty|xenial|bionic|focal|jammy|noble|oracular|plucky|questing|resolute"
            r"|ubuntu[0-9.]*)\Z"
        ),
        _DASH,
    ),
    (
        re.compile(
            r"(ubi[0-9.]*|ubi[0-9]+|rhel[0-9.]*|centos[0-9.]*|stream[0-9]+|fedora[0-9]*|rockylinux"
            r"[0-9.]*|almalinux[0-9.]*|oraclelinux[0-9.]*|ol[0-9]+|oracle|al2|al20[0-9]{2}"
            r"|amazonlinux[0-9.]*|amzn[0-9]*|leap[0-9.]*|opensuse|photon[0-9.]*|azurelinux[0-9.]*"
            r"|mariner[0-9.]*|archlinux|(amazon)?corretto|graalvm)\Z"
        ),
        _BASH,
    ),
)

# Images by repository, Docker Hub's without `library/`. The tag is looked at first.
_ALPINE = "alpine caddy consul docker registry traefik vault nats-streaming"
_BUSYBOX = "busybox prom/prometheus prom/alertmanager prom/node-exporter prom/pushgateway"
_DEBIAN = """
debian ubuntu python node ruby php golang rust perl erlang elixir haskell swift pypy julia
r-base gcc buildpack-deps nginx httpd redis valkey postgres memcached haproxy mariadb mongo rabbitmq
cassandra couchdb influxdb wordpress drupal joomla nextcloud ghost matomo redmine solr neo4j
eclipse-temurin ibm-semeru-runtimes tomcat jetty maven gradle groovy clojure sapmachine
flink spark storm zookeeper rethinkdb varnish sonarqube
continuumio/miniconda3 continuumio/anaconda3 mambaorg/micromamba pytorch/pytorch nvidia/cuda
tensorflow/tensorflow jupyter/base-notebook jupyter/scipy-notebook jupyter/minimal-notebook
rocker/r-ver rocker/rstudio rocker/shiny phusion/baseimage apache/airflow apache/spark
nginxinc/nginx-unprivileged selenium/standalone-chrome
"""
_FEDORA = """
amazonlinux amazoncorretto fedora centos rockylinux rockylinux/rockylinux almalinux oraclelinux
archlinux archlinux/archlinux opensuse/leap opensuse/tumbleweed photon mysql
gentoo/stage3 redhat/ubi8 redhat/ubi8-minimal redhat/ubi8-init redhat/ubi8-micro
redhat/ubi9 redhat/ubi9-minimal redhat/ubi9-init redhat/ubi9-micro redhat/ubi10
redhat/ubi10-minimal redhat/ubi10-init redhat/ubi10-micro
"""
_KNOWN: dict[str, Shells] = {
    **dict.fromkeys(_ALPINE.split(), _ASH),
    **dict.fromkeys(_BUSYBOX.split(), _ASH),
    **dict.fromkeys(_DEBIAN.split(), _DASH),
    **dict.fromkeys(_FEDORA.split(), _BASH),
    "scratch": _NONE,
    "hello-world": _NONE,
    "grafana/grafana": _ASH,
    "nats": _NONE,
}
# Whole registries and folders, the longest prefix first.
_PREFIXES: tuple[tuple[str, Shells], ...] = (
    ("mcr.microsoft.com/cbl-mariner/", _BASH),
    ("mcr.microsoft.com/azurelinux/", _BASH),
    ("mcr.microsoft.com/dotnet/", _DASH),
    ("mcr.microsoft.com/playwright", _DASH),
    ("mcr.microsoft.com/devcontainers/", _DASH),
    ("registry.access.redhat.com/", _BASH),
    ("registry.redhat.io/", _BASH),
    ("registry.fedoraproject.org/", _BASH),
    ("registry.suse.com/", _BASH),
    ("public.ecr.aws/amazonlinux/", _BASH),
    ("public.ecr.aws/lambda/", _BASH),
    ("quay.io/fedora/", _BASH),
    ("quay.io/centos/", _BASH),
    ("quay.io/rockylinux/", _BASH),
    ("quay.io/almalinuxorg/", _BASH),
    ("quay.io/jupyter/", _DASH),
    ("cgr.dev/chainguard/wolfi-base", _ASH),
    ("cgr.dev/chainguard/busybox", _ASH),
    ("bitnami/", _DASH),
    ("bitnamilegacy/", _DASH),
    ("circleci/", _DASH),
    ("cimg/", _DASH),
)
_MIRRORS = (
    "docker.io/",
    "index.docker.io/",
    "registry-1.docker.io/",
    "registry.hub.docker.com/",
    "mirror.gcr.io/",
    "public.ecr.aws/docker/",
)
_ORACLE_OPENJDK = 12


def shells_of(image: str) -> Shells | None:
    """What `/bin/sh` may be in an image; `()` where it has none, None where nothing is known.

    `image` is a reference as manifests and FROM write it: registry, tag and digest may be there.
    """
    # Most runs name few images, many times; a reference has at most 255 + 128 + 71 characters.
    return _shells_of(image) if len(image) < 512 else None


@lru_cache(maxsize=1024)
def _shells_of(image: str) -> Shells | None:
    text = image.strip()
    if not text or any(mark in text for mark in ("$", "{{", " ")):
        return None
    name, tag = _split(text.lower())
    for mirror in _MIRRORS:
        name = name.removeprefix(mirror)
    name = name.removeprefix("library/")
    if name.startswith("gcr.io/distroless/"):
        # The debug variants have BusyBox as /busybox/sh, on PATH but not as /bin/sh.
        return _ASH if "debug" in tag else _NONE
    if name.startswith("cgr.dev/") and not name.endswith(("/wolfi-base", "/busybox")):
        return _ASH if tag.endswith("-dev") else _NONE if tag in ("", "latest") else None
    found = _by_tag(tag)
    if found is not None:
        return found
    if name == "openjdk":
        return _openjdk(tag)
    if name == "maven" and "openjdk-" in tag:
        return _openjdk(tag.partition("openjdk-")[2])
    if name == "mysql" and "debian" in tag:
        return _DASH
    known = _KNOWN.get(name)
    if known is not None:
        return known
    for prefix, shells in _PREFIXES:
        if name.startswith(prefix):
            return shells
    return None


def _split(reference: str) -> tuple[str, str]:
    """Name and tag; the digest is dropped."""
    reference = reference.partition("@")[0]
    path, colon, tag = reference.rpartition(":")
    if colon and "/" not in tag:
        return path, tag
    return reference, ""


def _by_tag(tag: str) -> Shells | None:
    """What the parts of a tag say: `3.12-slim-bookworm`, `20-alpine3.20`, `9.0-noble-chiseled`."""
    parts = re.split(r"[-_+]", tag)
    for pattern, shells in _TAG_PARTS:
        if any(pattern.match(part) for part in parts):
            return shells
    return None


def _openjdk(tag: str) -> Shells | None:
    """Debian up to 11 and for `slim`, Oracle Linux from 12 on (the image's own documentation)."""
    if "slim" in tag:
        return _DASH
    major = re.match(r"[0-9]+", tag)
    if not major:
        return _BASH if tag in ("", "latest") else None
    return _BASH if int(major.group()[:4]) >= _ORACLE_OPENJDK else _DASH
