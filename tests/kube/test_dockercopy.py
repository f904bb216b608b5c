"""Which scripts of a build context an image has, and what they may be called."""

from __future__ import annotations

import pytest

from kguard.kube.dockerfile import parse

RUN, SETUP = "#!/bin/sh\nexec app\n", "#!/bin/bash\nsetup\n"
CONTEXT = {"run.sh": RUN, "docker/entrypoint.sh": RUN, "docker/bin/setup": SETUP}


def files(*lines: str) -> dict[str, str]:
    dockerfile = parse("\n".join(("FROM debian:12", *lines)))
    dockerfile.scripts = CONTEXT
    image = dockerfile.image()
    assert image is not None
    return dict(image.files)


@pytest.mark.parametrize(
    ("lines", "expected"),
    {
        "a file to a file": (["COPY run.sh /start"], {"/start": RUN}),
        "a file to a folder": (["COPY ./run.sh /opt/"], {"/opt/run.sh": RUN}),
        "in JSON": (['COPY ["run.sh", "/start"]'], {"/start": RUN}),
        "ADD, with flags": (["ADD --chmod=755 --link run.sh /start"], {"/start": RUN}),
        "several files": (
            ["COPY run.sh docker/entrypoint.sh /opt"],
            {"/opt/run.sh": RUN, "/opt/entrypoint.sh": RUN},
        ),
        "a pattern": (["COPY docker/*.sh /opt/"], {"/opt/entrypoint.sh": RUN}),
        "a folder: its content": (
            ["COPY docker /d"],
            {"/d/entrypoint.sh": RUN, "/d/bin/setup": SETUP},
        ),
        "by the PATH": (
            ["COPY run.sh /usr/local/bin/"],
            {"/usr/local/bin/run.sh": RUN, "run.sh": RUN},
        ),
        "from the working directory": (
            ["WORKDIR /app", "COPY docker/entrypoint.sh ."],
            {"/app/entrypoint.sh": RUN, "./entrypoint.sh": RUN},
        ),
        "below the working directory": (
            ["WORKDIR /app", "COPY docker/bin bin"],
            {"/app/bin/setup": SETUP, "./bin/setup": SETUP, "bin/setup": SETUP},
        ),
        "a later COPY wins": (["COPY run.sh /a", "COPY docker/bin/setup /a"], {"/a": SETUP}),
        "what RUN makes executable": (["COPY run.sh /a", "RUN chmod +x /a"], {"/a": RUN}),
        "what RUN changes": (["COPY run.sh /run.sh", "RUN sed -i s/a/b/ /run.sh"], {}),
        "another stage": (["COPY --from=build run.sh /a"], {}),
        "a variable": (["COPY $SCRIPT /a", "COPY run.sh $TARGET"], {}),
        "an address": (["ADD https://example.com/run.sh /run.sh"], {}),
        "what is not there": (["COPY start.sh /a"], {}),
        "half an instruction": (["COPY run.sh", 'COPY ["run.sh", 1]'], {}),
    }.values(),
)
def test_copied(lines: list[str], expected: dict[str, str]) -> None:
    assert files(*lines) == expected


def test_the_whole_context() -> None:
    found = files("WORKDIR /app", "COPY . .")
    assert {name for name in found if name.startswith("/")} == {
        "/app/run.sh",
        "/app/docker/entrypoint.sh",
        "/app/docker/bin/setup",
    }


def test_stages_below_the_last_bring_theirs() -> None:
    dockerfile = parse('FROM debian:12 AS base\nCOPY run.sh /run.sh\nFROM base\nCMD ["/run.sh"]\n')
    dockerfile.scripts = CONTEXT
    image = dockerfile.image()
    assert image is not None
    assert image.files["/run.sh"] == RUN
