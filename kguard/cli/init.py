"""`kguard init`: the first configuration, the pre-commit hook and the CI job of a repository.

Files that are there are never changed: what is to be added to them is printed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from kguard.cli import OK, USAGE, fail
from kguard.cli.common import near
from kguard.config.find import YAML_NAMES, find
from kguard.inputs.git import git_root
from kguard.record import record
from kguard.render.links import REPOSITORY
from kguard.term import safe

_NAME = REPOSITORY.removeprefix("https://github.com/")
# The branch, because no tag is there yet; pre-commit and GitHub take one, and a tag once it is.
_REVISION = "main"
_PIN = "no release yet: `pre-commit autoupdate --bleeding-edge --freeze` writes the newest commit"

_HOOK = f"""\
  - repo: {REPOSITORY}
    rev: {_REVISION}  # {_PIN}
    hooks:
      - id: kguard
"""

_GITHUB = f"""\
name: kguard
on: [push, pull_request]
permissions:
  contents: read
jobs:
  kguard:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0  # for diff-base
      - uses: {_NAME}@{_REVISION}  # or a commit: there is no release yet
        with:
          # In a pull request, only what it changes.
          diff-base: ${{{{ github.base_ref && format('origin/{{0}}', github.base_ref) }}}}
"""

_GITLAB = f"""\
kguard:
  image: python:3.13
  script:
    - pip install git+{REPOSITORY}  # there is no release yet
    - kguard check . -f full -f gitlab=kguard.json
  artifacts:
    when: always
    reports:
      codequality: kguard.json
"""


@record
class Part:
    """A file that is part of the set-up: its content where it is not there yet, else what is to be
    added to it; `done` where nothing is.
    """

    path: str
    content: str
    exists: bool = False
    done: bool = False


def add_parser(subparsers: Any) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "init",
        help="write a first configuration, hook and CI job",
        description="Write a configuration, a hook for pre-commit and a job for the CI that is "
        "found. Files that are there are not changed: what is to be added to them is printed.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be written and write nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Write what is missing, print the rest; exit 2 where a file cannot be written or read.

    Raises ConfigError for a configuration that is there and cannot be used.
    """
    here = os.path.realpath(os.getcwd())
    try:
        parts = list(_parts(here, git_root(here)))
    except OSError as error:
        return fail(f"{near(str(error.filename))} cannot be read: {error.strerror}")
    code = OK
    for part in parts:
        shown = safe(near(part.path))
        if part.done:
            print(f"{shown} has kguard already")
        elif part.exists:
            print(f"{shown} is there already; add to it:\n\n{part.content}")
        elif args.dry_run:
            print(f"would write {shown}:\n\n{part.content}")
        else:
            try:
                _write(part)
                print(f"wrote {shown}")
            except OSError as error:
                code = fail(f"{shown} cannot be written: {error.strerror}", USAGE)
    if code == OK:  # Else there is something to do before.
        print("next: `kguard check .`; to start from the findings of today, `kguard baseline`")
    return code


def _parts(here: str, root: str | None) -> Iterator[Part]:
    """What belongs into this folder and its repository; raises OSError and ConfigError."""
    top = root or here
    present = find(here, top)
    if present is not None:
        yield Part(present, "", exists=True, done=True)
    else:
        yield Part(os.path.join(top, YAML_NAMES[0]), _configuration())
    if root is None:
        return
    yield _hook(os.path.join(root, ".pre-commit-config.yaml"))
    workflows = os.path.join(root, ".github", "workflows")
    if os.path.isdir(workflows):
        yield _github(workflows)
    pipeline = os.path.join(root, ".gitlab-ci.yml")
    if os.path.exists(pipeline):
        yield Part(pipeline, _GITLAB, exists=True, done="kguard" in _text(pipeline))


def _hook(path: str) -> Part:
    if not os.path.lexists(path):
        return Part(path, f"repos:\n{_HOOK}")
    return Part(path, _HOOK, exists=True, done="kguard" in _text(path))


def _github(folder: str) -> Part:
    """The workflow, unless one of those that are there runs kguard."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith((".yaml", ".yml")) and os.path.isfile(path) and "kguard" in _text(path):
            return Part(path, "", exists=True, done=True)
    path = os.path.join(folder, "kguard.yaml")
    return Part(path, _GITHUB, exists=os.path.lexists(path))


def _configuration() -> str:
    import kguard.config

    folder = os.path.dirname(kguard.config.__file__)
    return _text(os.path.join(folder, "template.yaml"))


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _write(part: Part) -> None:
    """Write a new file; raises OSError, also where something of that name has come meanwhile."""
    with open(part.path, "x", encoding="utf-8", newline="\n") as file:
        file.write(part.content)
