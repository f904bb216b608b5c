"""What `/bin/sh` is in an image, and where nothing may be said."""

from __future__ import annotations

import pytest

from kguard.shell.images import shells_of
from kguard.shell.verdict import Shell

DASH, BASH, ASH, NONE = (Shell.DASH,), (Shell.BASH,), (Shell.BUSYBOX,), ()


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("python:3.12", DASH),
        ("python", DASH),
        ("python:3.12-slim-bookworm", DASH),
        ("python:3.12-alpine3.20", ASH),
        ("docker.io/library/python:3.12@sha256:" + "0" * 64, DASH),
        ("index.docker.io/library/node:20", DASH),
        ("public.ecr.aws/docker/library/node:20-alpine", ASH),
        ("node:20-bullseye", DASH),
        ("alpine", ASH),
        ("alpine:3.20", ASH),
        ("busybox:1.36-musl", ASH),
        ("debian:bookworm-slim", DASH),
        ("ubuntu:24.04", DASH),
        ("openjdk:8", DASH),
        ("openjdk:11-jre-slim", DASH),
        ("openjdk:17", BASH),
        ("openjdk:17-slim", DASH),
        ("openjdk:17-alpine", ASH),
        ("openjdk:17-jdk-oraclelinux8", BASH),
        ("openjdk", BASH),
        ("maven:3.9-eclipse-temurin-21", DASH),
        ("maven:3.9-amazoncorretto-21", BASH),
        ("maven:3.9-amazoncorretto-21-debian", DASH),
        ("maven:3.9-amazoncorretto-21-alpine", ASH),
        ("maven:3.9-graalvm-community-21", BASH),
        ("maven:3.8-openjdk-11", DASH),
        ("maven:3.8-openjdk-17", BASH),
        ("maven:3.8-openjdk-17-slim", DASH),
        ("gradle:8-jdk21-corretto", BASH),
        ("tomcat:10-jdk21-corretto-al2", BASH),
        ("eclipse-temurin:21", DASH),
        ("eclipse-temurin:21-ubi9-minimal", BASH),
        ("eclipse-temurin:21-alpine", ASH),
        ("amazoncorretto:21", BASH),
        ("amazonlinux:2023", BASH),
        ("redhat/ubi9", BASH),
        ("registry.access.redhat.com/ubi9/ubi-minimal:9.4", BASH),
        ("rockylinux:9", BASH),
        ("fedora:40", BASH),
        ("archlinux", BASH),
        ("mysql:8.4", BASH),
        ("mysql:8.0-debian", DASH),
        ("gcr.io/distroless/python3-debian12", NONE),
        ("gcr.io/distroless/static:nonroot", NONE),
        ("gcr.io/distroless/base-debian12:debug", ASH),
        ("cgr.dev/chainguard/static:latest", NONE),
        ("cgr.dev/chainguard/python:latest-dev", ASH),
        ("cgr.dev/chainguard/wolfi-base", ASH),
        ("scratch", NONE),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", DASH),
        ("mcr.microsoft.com/dotnet/aspnet:9.0-noble-chiseled", NONE),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-alpine", ASH),
        ("mcr.microsoft.com/dotnet/aspnet:10.0-azurelinux3.0", BASH),
        ("nvidia/cuda:12.4.0-base-ubuntu22.04", DASH),
        ("nvidia/cuda:12.4.0-base-ubi9", BASH),
        ("bitnami/redis:7.2", DASH),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", DASH),
        ("registry.example.com:5000/team/app:1.0-alpine", ASH),
    ],
)
def test_known(image: str, expected: tuple[Shell, ...]) -> None:
    assert expected == shells_of(image)


@pytest.mark.parametrize(
    "image",
    [
        "",
        "registry.example.com/team/app:1.0",
        "registry.example.com/team/python:3.12",
        "team/app:slim",
        "team/app",
        "cgr.dev/chainguard/python:3.12",
        "python:${VERSION}",
        "{{ image }}",
        "${BASE}",
        "localhost:5000/app",
    ],
)
def test_unknown(image: str) -> None:
    assert shells_of(image) is None
