"""A report names a secret that a policy found, and never shows it."""

from __future__ import annotations

import pytest
from cli_project import Project

from kguard.render import FORMATS

SECRET = "pQ71-hhW4-zzB9"
PIPELINES = {
    "a line of its own": f"""\
  - name: publish
    image: plugins/docker
    settings:
      password: {SECRET}
""",
    "one line for all of the step": f"""\
  - {{name: publish, image: plugins/docker, settings: {{password: {SECRET}}}}}
""",
}
HEAD = "kind: pipeline\ntype: kubernetes\nname: a\nsteps:\n"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("steps", PIPELINES.values(), ids=PIPELINES)
def test_no_format_shows_the_secret(project: Project, steps: str, name: str) -> None:
    project.write({".drone.yml": HEAD + steps})
    options = ("--select", "drone-secret-literal,drone-step-limits-missing", "-f", name)

    answer = project.run("check", *options)

    assert answer.code == 1
    assert "drone-secret-literal" in answer.out
    assert SECRET not in answer.out + answer.err
