"""`--add-ignore` for what stands in a text: the comment goes above the key of that text."""

from __future__ import annotations

import pytest
from cli_project import Project

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {generateName: load-}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: load
          image: registry.example.com/load:latest
"""


def indented(text: str, by: int) -> str:
    """A text moved to the right."""
    return "".join(f"{' ' * by}{line}" for line in text.splitlines(keepends=True))


WORKFLOW = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: x-}\nspec:\n"
    "  entrypoint: main\n  templates:\n    - name: main\n      resource:\n"
    "        action: create\n        manifest: |\n" + indented(JOB, 10)
)
SELECT = ("--select", "image-latest,missing-cpu-request,job-no-ttl")
COMMENT = "        # kguard: ignore[image-latest,job-no-ttl,missing-cpu-request] known\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            WORKFLOW,
            WORKFLOW.replace("        manifest", f"{COMMENT}        manifest"),
            id="block-text",
        ),
        pytest.param(
            WORKFLOW.replace("        manifest: |", "        # By hand.\n        manifest: |-"),
            WORKFLOW.replace(
                "        manifest: |", f"        # By hand.\n{COMMENT}        manifest: |-"
            ),
            id="below-a-comment",
        ),
        pytest.param(
            "# A job.\n---\n" + WORKFLOW + "---\n" + WORKFLOW,
            "# A job.\n---\n"
            + (WORKFLOW + "---\n" + WORKFLOW).replace(
                "        manifest", f"{COMMENT}        manifest"
            ),
            id="two-documents",
        ),
    ],
)
def test_what_a_template_holds_as_text(project: Project, before: str, after: str, end: str) -> None:
    project.write({"a.yaml": before.replace("\n", end)})
    answer = project.run("check", *SELECT, "--add-ignore", "known")
    assert (answer.code, answer.err) == (0, "")
    assert project.read("a.yaml") == after.replace("\n", end)
    again = project.run("check", *SELECT, "--extend-select", "meta", "-f", "json").json
    assert (again["findings"], again["notices"]) == ([], [])


def test_comments_of_the_workflow_and_of_the_text_are_apart(project: Project) -> None:
    script = "    - name: other\n      container:\n        image: registry.example.com/x:latest\n"
    project.write({"a.yaml": WORKFLOW + script})
    answer = project.run("check", *SELECT, "--add-ignore", "known")
    assert answer.out.startswith("added ignores for ")
    lines = project.read("a.yaml").splitlines(keepends=True)
    assert COMMENT in lines
    assert lines[-1].endswith("x:latest  # kguard: ignore[image-latest] known\n")
    again = project.run("check", *SELECT, "--extend-select", "meta", "-f", "json").json
    assert again["findings"] == []
