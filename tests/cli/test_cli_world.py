"""What the user says about the world outside the files, and how it changes findings."""

from __future__ import annotations

import pytest
from cli_project import Project

WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: nightly-}
spec:
  entrypoint: main
  podGC: {strategy: OnPodCompletion}
  activeDeadlineSeconds: 600
  templates:
    - name: main
      container: {image: "registry.example.com/job:1"}
"""
"""Nothing deletes it, unless the controller's defaults do."""

TTL = "argo-ttl-missing"
DEFAULTS = "{spec: {ttlStrategy: {secondsAfterCompletion: 600}}}"
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: workflow-controller-configmap}\n"
CONTROLLERS = {
    "keys": f'{HEAD}data: {{workflowDefaults: "{DEFAULTS}"}}\n',
    "one text": f"{HEAD}data:\n  config: |\n    workflowDefaults: {DEFAULTS}\n",
    "values": f"controller: {{workflowDefaults: {DEFAULTS}}}\n",
    "among others": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: artifact-repositories}\n"
    f'---\n{HEAD.replace("name: ", "name: argo-")}data: {{workflowDefaults: "{DEFAULTS}"}}\n',
}
BARE_CONTROLLER = f'{HEAD}data: {{parallelism: "10"}}\n'


def found(project: Project, *words: str) -> list[tuple[str, str]]:
    """Policy and severity of the findings."""
    answer = project.run("check", "-f", "json", "--select", TTL, *words)
    assert answer.code in (0, 1), answer.err
    return [(item["policy"], item["severity"]) for item in answer.json["findings"]]


@pytest.mark.parametrize("layout", CONTROLLERS)
def test_the_controllers_defaults_count(project: Project, layout: str) -> None:
    project.write({"flows/a.yaml": WORKFLOW, "argo/config.yaml": CONTROLLERS[layout]})
    assert found(project, "flows") == [(TTL, "note")]
    assert found(project, "flows", "--argo-controller-config", "argo/config.yaml") == []
    assert found(project, "flows", "--config", "argo.controller-config=argo/config.yaml") == []


def test_a_controller_without_defaults_restores_the_level(project: Project) -> None:
    project.write({"flows/a.yaml": WORKFLOW, "argo/config.yaml": BARE_CONTROLLER})
    given = found(project, "flows", "--argo-controller-config", "argo/config.yaml")
    assumed = found(project, "flows", "--config", "argo.assume=none")
    assert given == assumed
    ((policy, severity),) = given
    assert (policy, severity != "note") == (TTL, True)


@pytest.mark.parametrize(
    "setting", ["parallelism: 10", "persistence: {archive: true}", "image: {}"]
)
def test_values_without_defaults_are_a_configuration_too(project: Project, setting: str) -> None:
    project.write({"flows/a.yaml": WORKFLOW, "values.yaml": f"controller: {{{setting}}}\n"})
    given = found(project, "flows", "--argo-controller-config", "values.yaml")
    assert given == found(project, "flows", "--config", "argo.assume=none")


def test_a_controller_in_the_same_folder_needs_no_option(project: Project) -> None:
    project.write({"a.yaml": WORKFLOW, "config.yaml": CONTROLLERS["keys"]})
    assert found(project) == []
    assert found(project, "a.yaml") == []


@pytest.mark.parametrize("layout", CONTROLLERS)
def test_the_only_controller_of_the_run_needs_no_option(project: Project, layout: str) -> None:
    project.write({"flows/a.yaml": WORKFLOW, "argo/config.yaml": CONTROLLERS[layout]})
    assert found(project) == []
    assert found(project, "flows", "argo/config.yaml") == []
    assert found(project, "flows/a.yaml") == [(TTL, "note")], "the file is not in the run"


def test_the_controller_that_was_taken_is_named(project: Project) -> None:
    project.write({"flows/a.yaml": WORKFLOW, "argo/config.yaml": BARE_CONTROLLER})
    said = "notice: the Argo controller's configuration may be that in argo/config.yaml, the only"
    assert found(project) == [(TTL, "note")], "it accuses nobody"
    assert project.run("check", "--select", TTL).out.count(said) == 1
    given = ("--argo-controller-config", "argo/config.yaml")
    assert found(project, *given) == [(TTL, "warning")]
    assert said not in project.run("check", "--select", TTL, *given).out


def test_the_controller_beside_a_workflow_comes_before_others(project: Project) -> None:
    project.write(
        {
            "a/a.yaml": WORKFLOW,
            "a/config.yaml": CONTROLLERS["keys"],
            "b/config.yaml": BARE_CONTROLLER,
            "c/c.yaml": WORKFLOW,
        }
    )
    assert found(project) == [(TTL, "note")]
    out = project.run("check", "--select", TTL, "-f", "concise").out
    assert "a/a.yaml" not in out
    assert "2 configurations of the Argo controller were seen (a/config.yaml, b/config.yaml)" in out
    assert "(`--argo-controller-config FILE` says which)" in out


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        ("abc", "3 configurations of the Argo controller were seen (%s, %s, %s), and"),
        ("abcd", "4 configurations of the Argo controller were seen (%s, %s, %s and 1 more), and"),
    ],
)
def test_three_of_many_controllers_are_named(project: Project, folders: str, said: str) -> None:
    files = {f"{folder}/config.yaml": BARE_CONTROLLER for folder in folders}
    project.write({"flows/a.yaml": WORKFLOW, **files})
    assert said % tuple(files)[:3] in project.run("check", "--select", TTL).out


def test_a_controller_that_cannot_be_read_says_where(project: Project) -> None:
    broken = HEAD + "data: {workflowDefaults: 'spec: ['}\n"
    project.write({"a.yaml": WORKFLOW, "config.yaml": broken})
    out = project.run("check", "--select", TTL).out
    assert "configuration in config.yaml cannot be read: `workflowDefaults`: " in out


def test_an_unseen_controller_is_said_once(project: Project) -> None:
    project.write({"a.yaml": WORKFLOW + "---\n" + WORKFLOW.replace("nightly", "weekly")})
    out = project.run("check", "--select", TTL).out
    assert out.count("notice: the Argo controller's configuration was not seen") == 1


def test_several_controllers_are_said_to_be_several(project: Project) -> None:
    project.write(
        {
            "a.yaml": WORKFLOW,
            "config.yaml": CONTROLLERS["keys"],
            "values.yaml": CONTROLLERS["values"],
        }
    )
    out = project.run("check", "--select", TTL).out
    assert "notice: 2 configurations of the Argo controller were seen (config.yaml, valu" in out
    assert "was not seen" not in out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [\n", "config.yaml:"),
        ("kind: Pod\napiVersion: v1\n", "config.yaml: not the one ConfigMap"),
        ("", "config.yaml: not the one ConfigMap"),
        (f"{HEAD}---\n{HEAD}", "config.yaml: not the one ConfigMap"),
    ],
    ids=["broken", "another kind", "empty", "two"],
)
def test_a_file_that_configures_no_controller(project: Project, content: str, said: str) -> None:
    project.write({"a.yaml": WORKFLOW, "argo/config.yaml": content})
    answer = project.run("check", "a.yaml", "--argo-controller-config", "argo/config.yaml")
    assert answer.code == 2
    assert answer.err.startswith(f"kguard: argo/{said}")


def test_the_version_of_argo_decides(project: Project) -> None:
    big = WORKFLOW.replace(
        "  entrypoint: main\n",
        "  entrypoint: main\n  arguments: {parameters: [{name: a, value: '%s'}]}\n"
        % ("x" * 300_000),
    )
    project.write({"a.yaml": big})
    severities = {
        version: [
            item["severity"]
            for item in project.run(
                "check", "-f", "json", "--select", "argo-parameter-too-large", *words
            ).json["findings"]
        ]
        for version, words in (
            ("3.5", ["--argo-version", "3.5"]),
            ("3.6", ["--argo-version", "3.6"]),
            ("v3.5.2", ["--argo-version", "v3.5.2"]),
        )
    }
    assert severities["3.5"] == severities["v3.5.2"] != severities["3.6"]


def test_the_version_of_kubernetes_decides(project: Project) -> None:
    # Requests of the whole pod count since 1.34.
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n"
        "  resources: {requests: {cpu: 1, memory: 1Gi}}\n"
        "  containers: [{name: a, image: 'a:1'}]\n"
    )
    project.write({"a.yaml": pod})
    words = ("check", "-f", "json", "--select", "missing-cpu-request")
    assert project.run(*words).found == []
    assert project.run(*words, "--kube-version", "1.34").found == []
    assert project.run(*words, "--kube-version", "1.30").found == [
        ("a.yaml", "missing-cpu-request")
    ]
    project.monkeypatch.setenv("KGUARD_KUBE_VERSION", "v1.30.4")
    assert len(project.run(*words).found) == 1


def web(rest: str = "") -> str:
    """A Deployment of an image of our own."""
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  selector: {matchLabels: {app: web}}\n  template:\n"
        "    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"
        f"        - name: web\n          image: registry.example.com/shop/web:1.4.2\n{rest}"
    )


DOCKERFILE = "FROM debian:12\nENTRYPOINT node server.js | tee log\n"
SIGNAL = ("check", "-f", "json", "--select", "termination")


def test_an_image_map_leads_to_a_dockerfile(project: Project) -> None:
    project.write(
        {
            "deploy/web.yaml": web('          args: ["--port", "80"]\n'),
            "images/web/Dockerfile": DOCKERFILE.replace(
                " node server.js", ' ["sh", "-c", "node server.js $@'
            ).replace("log\n", 'log"]\n'),
            "images/map.yaml": "registry.example.com/shop/web: {dockerfile: web/Dockerfile}\n",
        }
    )
    assert project.run(*SIGNAL, "deploy").found == []
    answer = project.run(*SIGNAL, "deploy", "--image-map", "images/map.yaml")
    assert answer.found == [("deploy/web.yaml", "signal-not-delivered")]
    related = {note["file"] for note in answer.json["findings"][0]["related"]}
    assert related == {"images/web/Dockerfile"}
    # The same in the configuration, from a folder below.
    project.write(
        {
            ".kguard.yaml": "image-map:\n"
            "  registry.example.com/shop/web: {dockerfile: images/web/Dockerfile}\n"
        }
    )
    project.monkeypatch.chdir(project.root / "deploy")
    assert project.run(*SIGNAL).found == [("deploy/web.yaml", "signal-not-delivered")]


def test_one_cause_is_reported_once(project: Project) -> None:
    project.write(
        {
            "web.yaml": web(),
            "Dockerfile": DOCKERFILE,
            ".kguard.yaml": "image-map: {'*/web': {dockerfile: Dockerfile}}\n",
        }
    )
    assert {file for file, _ in project.run(*SIGNAL).found} == {"Dockerfile"}
    # Where the Dockerfile is not reported on, the Deployment is.
    assert {file for file, _ in project.run(*SIGNAL, "web.yaml").found} == {"web.yaml"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ("{shell: dash, entrypoint: [sh, -c, exec serve]}", []),
        ("{shell: dash, entrypoint: [sh, -c, 'a; serve']}", ["signal-shell-form"]),
        ("{shell: bash, entrypoint: [sh, -c, 'a; serve']}", []),
        ("{entrypoint: [npm, start]}", ["package-runner-as-pid1"]),
        ("{entrypoint: [tini, --, node, server.js]}", []),
        ("{cmd: [sh, -c, 'node x | tee y']}", ["signal-not-delivered"]),
    ],
)
def test_an_image_map_holds_facts(project: Project, facts: str, expected: list[str]) -> None:
    project.write({"web.yaml": web(), ".kguard.yaml": f"image-map: {{'*/web': {facts}}}\n"})
    assert [policy for _, policy in project.run(*SIGNAL).found] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("'*/web': {dockerfile: nowhere/Dockerfile}", "nowhere/Dockerfile"),
        ("'*/web': {shell: fish}", "fish"),
        ("'*/web': {shel: dash}", "did you mean `shell`"),
        ("'*/web': dash", "'*/web'"),
        ("- a", "map.yaml:1:1"),
    ],
    ids=["missing", "shell", "key", "shape", "list"],
)
def test_a_wrong_image_map_is_explained(project: Project, text: str, said: str) -> None:
    project.write({"web.yaml": web(), "map.yaml": text + "\n"})
    answer = project.run(*SIGNAL, "--image-map", "map.yaml")
    assert answer.code == 2
    assert said.strip("'") in answer.err
    assert str(project.root) not in answer.err


def test_what_drones_runner_sets_can_be_said(project: Project) -> None:
    project.write(
        {".drone.yml": "kind: pipeline\ntype: kubernetes\nname: a\nsteps: [{name: a, image: a}]\n"}
    )
    words = ("check", "-f", "json", "--select", "drone-stage-requests-missing")
    assert project.run(*words).found == [(".drone.yml", "drone-stage-requests-missing")]
    assert project.run(*words, "--config", "drone.requests=given").found == []
