"""Where the main process of a container is reported, and in which script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.termination import Process
from kguard.index import Index
from kguard.inputs.scripts import copied_scripts
from kguard.kube.dockerfile import as_resource, parse
from kguard.kube.images import ImageFacts
from kguard.kube.recognise import resources
from kguard.model import Resource

STAYS = "#!/bin/sh\nnginx\necho stopped\n"
FILES = {"run.sh": STAYS, "init.sh": "#!/bin/sh\nexec prepare\n", "config.yaml": "a: b\n"}


def process_of(known: ImageFacts | None = None, **container: Any) -> Process:
    mounts = [{"name": "s", "mountPath": "/s"}]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {
            "containers": [{"name": "c", "image": "a:1", "volumeMounts": mounts, **container}],
            "volumes": [{"name": "s", "configMap": {"name": "s"}}],
        },
    }
    volume = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}, "data": FILES}
    found = [
        each for number, item in enumerate((pod, volume)) for each in resources(item, "a", number)
    ]
    facts = Facts(Index(found), Assumptions(images={"a": known} if known else {}))
    (process,) = facts.processes(found[0])
    return process


@pytest.mark.parametrize(
    ("container", "place", "message"),
    [
        ({"command": ["/s/run.sh"]}, ("command", 0), "x (in `/s/run.sh`)"),
        ({"command": ["sh"], "args": ["-e", "/s/run.sh"]}, ("args", 1), "x (in `/s/run.sh`)"),
        ({"command": ["npm", "start", "--", "--config", "/s/config.yaml"]}, ("command",), "x"),
        ({"command": ["sh", "-c", "app --init $0; true", "/s/init.sh"]}, ("command", 2), "x"),
        ({"command": ["sh", "-c", "exec /s/run.sh"]}, ("command", 2), "x (in `/s/run.sh`)"),
        ({"command": ["sh", "-c", "nginx; echo stopped"]}, ("command", 2), "x"),
    ],
)
def test_the_word_that_decides(container: Any, place: Any, message: str) -> None:
    fault = process_of(**container).found("x")
    assert (fault.route[-len(place) :], fault.message) == (place, message)


@pytest.mark.parametrize("image", ["a:1", "debian:12", "alpine:3.20"])
@pytest.mark.parametrize("command", [["/s/run.sh"], ["sh", "-c", "nginx; echo stopped"]])
def test_a_script_is_judged_like_its_text_for_every_shell(image: str, command: list[str]) -> None:
    assert process_of(image=image, command=command).everywhere


@pytest.fixture
def dockerfile(tmp_path: Path) -> Resource:
    (tmp_path / "run.sh").write_text(STAYS)
    found = parse('FROM debian:12\nWORKDIR /app\nCOPY run.sh .\nENTRYPOINT ["./run.sh"]\nCMD a\n')
    found.scripts = copied_scripts(found, [str(tmp_path)])
    return as_resource(found, "Dockerfile")


def test_a_script_of_the_image(dockerfile: Resource) -> None:
    facts = Facts(Index([dockerfile]), Assumptions())
    (process,) = facts.processes(dockerfile)
    assert process.everywhere
    assert process.place == ("stages", 0, "instructions", 2, "value")
    assert process.found("x").message == "x (in `./run.sh`)"


def test_a_container_starts_the_script_of_its_image_from_its_own_folder(
    dockerfile: Resource,
) -> None:
    known = ImageFacts(dockerfile)
    assert process_of(known).everywhere
    assert process_of(known, command=["/app/run.sh"], workingDir="/x").everywhere
    assert not process_of(known, workingDir="/x").somewhere


CHOOSES = '#!/bin/sh\ncase "$1" in serve) exec gunicorn ;; *) celery ;; esac\n'


@pytest.fixture
def chooses(tmp_path: Path) -> Callable[[str], Resource]:
    """A Dockerfile whose script needs an argument, with a CMD."""
    (tmp_path / "run.sh").write_text(CHOOSES)

    def with_cmd(cmd: str) -> Resource:
        text = f'FROM debian:12\nWORKDIR /app\nCOPY run.sh .\nENTRYPOINT ["./run.sh"]\n{cmd}\n'
        found = parse(text)
        found.scripts = copied_scripts(found, [str(tmp_path)])
        return as_resource(found, "Dockerfile")

    return with_cmd


@pytest.mark.parametrize(
    ("cmd", "lost"), [("", False), ('CMD ["serve"]', False), ('CMD ["work"]', True)]
)
def test_an_image_without_cmd_is_given_arguments(
    chooses: Callable[[str], Resource], cmd: str, lost: bool
) -> None:
    dockerfile = chooses(cmd)
    (process,) = Facts(Index([dockerfile]), Assumptions()).processes(dockerfile)
    assert process.everywhere is lost


@pytest.mark.parametrize(
    ("cmd", "container", "lost"),
    [
        (None, {}, False),
        (("work",), {}, True),
        (None, {"args": ["work"]}, True),
        (None, {"args": ["serve"]}, False),
        (None, {"command": ["/app/run.sh"]}, True),
    ],
)
def test_an_image_map_may_leave_out_cmd(
    chooses: Callable[[str], Resource], cmd: Any, container: Any, lost: bool
) -> None:
    known = ImageFacts(chooses(""), entrypoint=("/app/run.sh",), cmd=cmd)
    assert process_of(known, **container).everywhere is lost


@pytest.mark.parametrize(
    ("text", "line"),
    [("set -e\nnginx\necho stopped", 2), ("\nnginx\ntrue", 2), ("nginx; true", 0)],
)
def test_the_line_of_the_program(text: str, line: int) -> None:
    assert process_of(command=["sh", "-c", text]).found("x").line == line
