"""Workloads judged together with the Dockerfiles that their images are built from."""

from __future__ import annotations

import pytest
from cli_project import Answer, Project

DOCKERFILE = "FROM alpine:3\nENTRYPOINT exec web\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: web
      image: IMAGE
      args: [--port, "80"]
"""
COMPOSE = """\
services:
  web:
    image: registry.example.org/w:${TAG:-1}
    build: {context: src, dockerfile: prod.docker}
"""
FILES = {"k8s/pod.yaml": POD.replace("IMAGE", "registry.example.org/w:7"), "compose.yaml": COMPOSE}
FOUND = [("k8s/pod.yaml", "args-ignored-by-shell-entrypoint")]


def check(project: Project, *words: str) -> Answer:
    """Check for one policy that needs to know the image."""
    return project.run("check", "--select", FOUND[0][1], "-f", "json", *words)


@pytest.mark.parametrize("words", [[], ["k8s"], ["k8s/pod.yaml"]], ids=str)
def test_a_compose_file_says_what_an_image_is_built_from(
    project: Project, words: list[str]
) -> None:
    project.write({**FILES, "src/prod.docker": DOCKERFILE})
    answer = check(project, *words)
    assert answer.found == FOUND
    (related,) = answer.json["findings"][0]["related"]
    assert (related["file"], related["line"]) == ("src/prod.docker", 2)


def test_skaffold_says_what_an_image_is_built_from(project: Project) -> None:
    skaffold = (
        "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n"
        "    - {image: registry.example.org/w, context: src}\n"
    )
    files = {"k8s/pod.yaml": FILES["k8s/pod.yaml"], "skaffold.yaml": skaffold}
    project.write({**files, "src/Dockerfile": DOCKERFILE})
    assert check(project).found == FOUND


def test_a_name_says_what_an_image_of_the_repository_is_built_from(project: Project) -> None:
    project.git("remote", "add", "origin", "git@git.example.org:acme/shop.git")
    project.write(
        {
            "src/web/Dockerfile": DOCKERFILE,
            "own.yaml": POD.replace("IMAGE", "ghcr.io/acme/web:1"),
            "other.yaml": POD.replace("IMAGE", "ghcr.io/other/web:1"),
        }
    )
    assert check(project).found == [("own.yaml", FOUND[0][1])]


def test_the_image_map_counts_more(project: Project) -> None:
    project.write(
        {
            **FILES,
            "src/prod.docker": DOCKERFILE,
            "images.yaml": "registry.example.org/w: {entrypoint: [web]}\n",
        }
    )
    assert check(project, "--image-map", "images.yaml").found == []


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="not there"),
        pytest.param({"src/prod.docker": "NONSENSE\n"}, id="broken"),
        pytest.param(
            {
                "src/prod.docker": DOCKERFILE,
                "k8s/compose.yaml": COMPOSE.replace("src", "../other"),
                "other/prod.docker": DOCKERFILE,
            },
            id="two builds",
        ),
        pytest.param(
            {
                "src/prod.docker": DOCKERFILE,
                "compose.yaml": COMPOSE.replace("prod.docker", "prod.docker, target: dev"),
            },
            id="a stage",
        ),
    ],
)
def test_nothing_is_known_where_nothing_is_certain(project: Project, files: dict[str, str]) -> None:
    project.write({**FILES, **files})
    assert check(project, "k8s").found == []


def test_a_dockerfile_that_a_build_names_is_judged_whatever_its_name(project: Project) -> None:
    project.write({**FILES, "src/prod.docker": 'FROM alpine:3\nCMD ["web",]\n'})
    answer = project.run("check", "--select", "dockerfile", "-f", "json")
    assert ("src/prod.docker", "dockerfile-broken-exec-form") in answer.found
    only = project.run("check", "--select", "dockerfile", "-f", "json", "k8s")
    assert only.found == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", "a shell runs it as text"),
        ('ENTRYPOINT ["python"]\n', "`python` is given `/bin/sh -c` and it as text"),
        ("ENTRYPOINT python\n", "a shell runs it as text"),
        ('SHELL ["/bin/bash", "-ec"]\nENTRYPOINT ["web"]\n', "`web` is given `/bin/bash -ec`"),
    ],
)
def test_what_becomes_of_a_broken_cmd(project: Project, lines: str, expected: str) -> None:
    project.write({"Dockerfile": f'FROM alpine:3\n{lines}CMD ["app.py",]\n'})
    said = project.run("check", "--select", "dockerfile-broken-exec-form").out
    assert f"CMD is not a JSON array of strings, so {expected}" in said


def test_one_that_is_excluded_is_not_judged(project: Project) -> None:
    project.write({**FILES, "src/prod.docker": 'FROM alpine:3\nCMD ["web",]\n'})
    words = ("--select", "dockerfile", "-f", "json", "--exclude", "src/")
    assert project.run("check", *words).found == []


START = """\
#!/bin/sh
set -e
case "$1" in
  serve) gunicorn app:app ;;
  migrate) python manage.py migrate ;;
  *) exec "$@" ;;
esac
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('CMD ["serve"]', "does not forward SIGTERM to `gunicorn` (in `/start.sh`)"),
        ('CMD ["migrate"]', "does not forward SIGTERM to `python` (in `/start.sh`)"),
        ('CMD ["gunicorn", "app:app"]', ""),
    ],
)
def test_cmd_chooses_what_a_script_runs(project: Project, words: str, said: str) -> None:
    lines = f'FROM debian:12\nCOPY start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n{words}\n'
    project.write({"Dockerfile": lines, "start.sh": START})
    answer = project.run("check", "--select", "signal-not-delivered", "-f", "json")
    found = [each["message"] for each in answer.json["findings"]]
    assert [said in message for message in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("args", "program"),
    [("[serve]", "gunicorn"), ("[exec, node]", ""), ("[migrate]", "python"), ("[$(MODE)]", "")],
)
def test_args_choose_what_a_script_runs(project: Project, args: str, program: str) -> None:
    manifest = FILES["k8s/pod.yaml"].replace('[--port, "80"]', args)
    lines = (
        "FROM debian:12\nCOPY start.sh /start.sh\n"
        'ENTRYPOINT ["/start.sh"]\nCMD ["node", "app.js"]\n'
    )
    project.write(
        {**FILES, "k8s/pod.yaml": manifest, "src/prod.docker": lines, "src/start.sh": START}
    )
    answer = project.run("check", "--select", "signal-not-delivered", "-f", "json")
    found = [(each["file"], each["message"].split("`")[-4]) for each in answer.json["findings"]]
    assert found == ([("k8s/pod.yaml", program)] if program else [])
