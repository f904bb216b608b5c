"""Which scripts of a build context an image has, and what they may be called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kguard.inputs.scripts import copied_scripts
from kguard.kube.dockercopy import paths_of
from kguard.kube.dockerfile import parse
from kguard.kube.dockerimage import Image

RUN, SETUP, TEST = "#!/bin/sh\nexec app\n", "#!/bin/bash\nsetup\n", "#!/bin/sh\ntest; true\n"
CONTEXT = {
    "run.sh": RUN,
    "test/run.sh": TEST,
    "docker/entrypoint.sh": RUN,
    "docker/bin/setup": SETUP,
    "app.py": "import os\n",
}

Build = Callable[..., Image]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    for name, text in CONTEXT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def built(*lines: str, first: str = "FROM debian:12") -> Image:
        dockerfile = parse("\n".join((first, *lines)))
        dockerfile.scripts = copied_scripts(dockerfile, [str(tmp_path)])
        image = dockerfile.image()
        assert image is not None
        return image

    return built


@pytest.mark.parametrize(
    ("lines", "expected"),
    {
        "a file to a file": (["COPY run.sh /start"], {"/start": RUN, "/run.sh": None}),
        "a file to a folder": (["COPY ./run.sh /opt/"], {"/opt/run.sh": RUN}),
        "a file to a folder without a slash": (["COPY run.sh /opt"], {"/opt/run.sh": RUN}),
        "in JSON": (['COPY ["run.sh", "/start"]'], {"/start": RUN}),
        "ADD, with flags": (["ADD --chmod=755 --link run.sh /start"], {"/start": RUN}),
        "several files": (
            ["COPY run.sh docker/entrypoint.sh /opt"],
            {"/opt/run.sh": RUN, "/opt/entrypoint.sh": RUN},
        ),
        "a folder: its content": (
            ["COPY docker /d"],
            {"/d/entrypoint.sh": RUN, "/d/bin/setup": SETUP, "/d/docker/entrypoint.sh": None},
        ),
        "the whole context": (
            ["WORKDIR /app", "COPY . ."],
            {"/app/run.sh": RUN, "/app/docker/bin/setup": SETUP, "/run.sh": None},
        ),
        "no working directory is the root": (["COPY . ."], {"/run.sh": RUN}),
        "a working directory of a variable": (
            ["ENV HOME=/srv", "WORKDIR $HOME/app", "COPY run.sh ."],
            {"/srv/app/run.sh": RUN},
        ),
        "a pattern": (["COPY docker/*.sh /opt/"], {"/opt/entrypoint.sh": RUN}),
        "a pattern stays in its folder": (["COPY *.sh /app/"], {"/app/run.sh": RUN}),
        "a pattern of folders": (
            ["COPY */run.sh /app/"],
            {"/app/run.sh": TEST, "/app/test/run.sh": None},
        ),
        "a pattern that fits folders": (["COPY d*r /app/"], {"/app/entrypoint.sh": RUN}),
        "a sign": (["COPY run.s? /app/"], {"/app/run.sh": RUN}),
        "a class": (["COPY [a-z]un.sh /app/"], {"/app/run.sh": RUN}),
        "not in a class": (["COPY [^r]un.sh /app/"], {"/app/run.sh": None}),
        "an escaped sign": (["COPY run.s\\? /app/"], {"/app/run.sh": None}),
        "what RUN makes executable": (["COPY run.sh /a", "RUN chmod +x /a"], {"/a": RUN}),
        "a variable": (
            ["COPY $SCRIPT /a", "COPY run.sh $TARGET"],
            {"/a": None, "/run.sh": None},
        ),
        "a variable that is set": (
            ["ENV SCRIPT=run.sh TARGET=/x", "COPY $SCRIPT ${TARGET}/"],
            {"/x/run.sh": RUN},
        ),
        "a variable in a variable": (
            ["ENV HOME=/srv", "ENV BIN=$HOME/bin", "COPY run.sh $BIN/"],
            {"/srv/bin/run.sh": RUN},
        ),
        "an address": (["ADD https://example.com/run.sh /run.sh"], {"/run.sh": None}),
        "what is not there": (["COPY start.sh /a"], {"/a": None}),
        "what is no script": (["COPY app.py /a"], {"/a": None}),
        "half an instruction": (["COPY run.sh", 'COPY ["run.sh", 1]'], {"/run.sh": None}),
        "a text": (["COPY <<EOF /run.sh", "#!/bin/sh", "EOF"], {"/run.sh": "#!/bin/sh\n"}),
        "a text with a variable": (
            ["ENV RUNNER=exec", "COPY <<EOF /a", "$RUNNER app", "EOF"],
            {"/a": "exec app\n"},
        ),
        "a quoted text with a variable": (
            ["ENV RUNNER=exec", "COPY <<'EOF' /a", '$RUNNER "$@"', "EOF"],
            {"/a": '$RUNNER "$@"\n'},
        ),
        "a text with a variable that is not known": (
            ["COPY <<EOF /a", 'exec "$@"', "EOF", "COPY <<EOF /b", "$RUNNER app", "EOF"],
            {"/a": None, "/b": None},
        ),
        "a text with a variable that is none": (
            ["COPY <<EOF /a", 'trap "kill \\$pid" TERM', "EOF"],
            {"/a": None},
        ),
        "a text in a folder": (
            ["COPY <<run.sh <<b /x/", "#!/bin/sh", "run.sh", "text", "b"],
            {"/x/run.sh": "#!/bin/sh\n", "/x/b": "text\n", "/x/c": None},
        ),
    }.values(),
)
def test_copied(build: Build, lines: list[str], expected: dict[str, str | None]) -> None:
    files = build(*lines).files
    assert {path: files.get(path) for path in expected} == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    {
        "another script": ("COPY test/run.sh /x/run.sh", TEST),
        "a folder with one": ("COPY test /x", TEST),
        "what is not there": ("COPY start.sh /x/run.sh", None),
        "a folder that is not there": ("COPY dist /x/", None),
        "a file that is not there": ("COPY start.sh /x/", RUN),
        "no script": ("COPY app.py /x/run.sh", None),
        "another file": ("COPY app.py /x/", RUN),
        "another stage": ("COPY --from=build /run.sh /x/run.sh", None),
        "another stage, by the name": ("COPY --from=build /run.sh /x/", None),
        "another stage, perhaps a folder": ("COPY --from=build /out /x/", None),
        "another stage, a file": ("COPY --from=build /out/app.jar /x/", RUN),
        "another stage, patterns": ("COPY --from=build /out/*.jar /out/r*.sh /x/", None),
        "another stage, elsewhere": ("COPY --from=build /out /y/", RUN),
        "with its folders": ("COPY --parents test/run.sh /x/", None),
        "an unknown source": ("COPY $SCRIPT /x/run.sh", None),
        "an unknown target": ("COPY test/run.sh $TARGET", None),
        "an unknown target elsewhere": ("COPY test/run.sh /y/$TARGET", RUN),
        "an address": ("ADD https://example.com/run.sh /x/", None),
        "an archive": ("ADD files.tar.gz /", None),
        "sed": ("RUN sed -i s/a/b/ /x/run.sh", None),
        "sed, by a pattern": ("RUN sed -i s/a/b/ /x/*.sh", None),
        "sed, in a loop": ("RUN for f in run.sh; do sed -i s/a/b/ $f; done", None),
        "sed, of what was found": ("RUN find / -name run.sh | xargs sed -i s/a/b/", None),
        "a shell's text": ("RUN bash -c 'sed -i s/a/b/ /x/run.sh'", None),
        "in JSON": ('RUN ["sed", "-i", "s/a/b/", "/x/run.sh"]', None),
        "a redirection": ("RUN echo exec app > /x/run.sh", None),
        "a group": ("RUN { echo exec app; } > /x/run.sh && chmod +x /x/run.sh", None),
        "perl": ("RUN perl -pi -e 's/^app/exec app/' /x/run.sh", None),
        "a program of one's own": ("RUN python3 fix.py /x/run.sh", None),
        "sed, of a folder": ("RUN grep -rl app /x | xargs sed -i s/app/b/", None),
        "sed, by find": ("RUN find /x -name '*.sh' -exec sed -i s/a/b/ {} +", None),
        "sed, by a pattern behind cd": (
            "RUN cd /x && for f in ./*; do sed -i s/a/b/ $f; done",
            None,
        ),
        "a folder that goes": ("RUN rm -rf /x && mv /new /x", None),
        "a folder over it": ("RUN cp -r /overlay/. /x/", None),
        "files over it": ("RUN mv /overlay/* /x/", None),
        "another file into the folder": ("RUN cp /build/app /x/ && mv /build/b /x", RUN),
        "a folder into another": ("RUN cp -r /overlay /y/", RUN),
        "a text over it": ("RUN cat <<'EOF' > /x/run.sh\n#!/bin/sh\nexec b\nEOF", None),
        "an archive into the root": ("RUN tar -C / -xf files.tar", RUN),
        "a look at it": ("RUN ls -l /x && cat /x/run.sh && test -x /x/run.sh", RUN),
        "rights, as a shell's text": ("RUN sh -c 'chmod +x /x/run.sh'", RUN),
        "rights, by sudo": ("RUN sudo chmod +x /x/run.sh", RUN),
        "rights, by find": ("RUN find /y -name '*.sh' -exec chmod +x {} +", RUN),
        "rights, by xargs": ("RUN find /x -name '*.sh' | xargs chmod +x", RUN),
        "sed, by find elsewhere": ("RUN find /y -name '*.sh' -exec sed -i s/a/b/ {} +", RUN),
        "sed, by find here": ("RUN find . -name '*.sh' -exec sed -i s/a/b/ {} +", None),
        "a folder of the same beginning": ("RUN rm -rf /xyz /x-y", RUN),
        "cp": ("RUN cp /other /x/run.sh", None),
        "ln": ("RUN ln -sf /other /x/run.sh", None),
        "install": ("RUN install -m 755 /other /x/run.sh", None),
        "a test": ("RUN [ -f /x ] || echo exec app > /x/run.sh", None),
        "a text put together": ('RUN eval "$CHANGE run.sh"', None),
        "a text for RUN": ("RUN <<EOF\ncp /other /x/run.sh\nEOF", None),
        "what cannot be read": ("RUN cp /x/run.sh 'unclosed", None),
        "packages": ("RUN apt-get install -y app && chmod +x /x/run.sh", RUN),
        "other files": ("RUN cp a b && ln -s c d && rm -rf /var/lib/*; chmod +x /x/run.sh", RUN),
        "an output that is dropped": ("RUN chmod +x /x/run.sh > /dev/null 2>&1", RUN),
    }.values(),
)
def test_what_comes_later_counts(build: Build, line: str, expected: str | None) -> None:
    assert expected == build("COPY run.sh /x/run.sh", line).files.get("/x/run.sh")


def test_stages_below_the_last_bring_theirs(build: Build) -> None:
    image = build("COPY run.sh /run.sh", "FROM base", first="FROM debian:12 AS base")
    assert image.files.get("/run.sh") == RUN


def test_without_a_context_texts_are_known() -> None:
    dockerfile = parse("FROM debian:12\nCOPY <<EOF /a\n#!/bin/sh\nEOF\nCOPY run.sh /b\n")
    image = dockerfile.image()
    assert image is not None
    assert (image.files.get("/a"), image.files.get("/b")) == ("#!/bin/sh\n", None)


@pytest.mark.parametrize(
    ("name", "directory", "expected"),
    [
        ("/run.sh", "/app", ["/run.sh"]),
        ("./run.sh", "/app", ["/app/run.sh"]),
        ("bin/../run.sh", "/app", ["/app/run.sh"]),
        ("./run.sh", "", ["/run.sh"]),
        ("/../run.sh", "", ["/run.sh"]),
    ],
)
def test_paths_of(name: str, directory: str, expected: list[str]) -> None:
    assert expected == list(paths_of(name, directory))


def test_a_bare_name_is_one_of_the_path(build: Build) -> None:
    image = build("WORKDIR /app", "COPY run.sh /usr/local/bin/", "COPY test/run.sh .")
    assert image.script("run.sh") == RUN
    assert image.script("./run.sh") == TEST
    assert build("WORKDIR /app", "COPY run.sh .").script("run.sh") is None


PIECES = (
    *("COPY", "ADD", "RUN", "WORKDIR", "ENV", "--from=b", "<<E", "E", "\n", "[", '["a", "b"]', "/"),
    *("run.sh", "*", "?", "[a-", "\\", "$A", "${A}", "A=/x", ".", "..", "/run.sh", "'", "sed", ">"),
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30), st.text(max_size=8))
def test_every_dockerfile_and_name_has_an_answer(pieces: list[str], name: str) -> None:
    text = " ".join(pieces).replace(" \n ", "\n")
    dockerfile = parse(f"FROM a\nCOPY run.sh /\n{text}")
    dockerfile.scripts = copied_scripts(dockerfile, [str(Path(__file__).parent)])
    image = dockerfile.image()
    for each in (name, "/run.sh", f"/{name}"):
        assert image is None or isinstance(image.script(each), str | None)
