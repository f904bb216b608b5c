"""Charts among the files of a check, rendered by Helm 3 and Helm 4."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_project import POD, Answer, Project
from rendered_tools import CHART

from kguard.inputs.templates import TemplateOrigin, TemplateSource

pytestmark = pytest.mark.usefixtures("helm")

LATEST = ("web/templates/deploy.yaml", 18, "image-latest", True)
SIGNS = "image-latest"


def check(project: Project, *words: str, select: str = SIGNS) -> Answer:
    """Check with charts rendered, for one policy."""
    return project.run("check", "--helm", "--select", select, "-f", "json", *words)


def places(answer: Answer) -> list[tuple[str, int, str, bool]]:
    """File, line and policy of each finding, and whether that line is certain."""
    return [
        (item["file"], item["line"], item["policy"], item["rendered"]["certain"])
        for item in answer.json["findings"]
    ]


def with_template(text: str, **more: str) -> Mapping[str, str]:
    """The chart with one more template."""
    return {**CHART, "web/templates/more.yaml": text, **more}


def reasons(answer: Answer) -> list[tuple[str, int, str]]:
    """What was not checked."""
    return [(i["file"], i["line"], i["reason"]) for i in answer.json["unchecked"]]


def test_a_finding_is_shown_at_the_line_of_the_template(project: Project) -> None:
    project.write(CHART)
    answer = check(project)
    assert (answer.code, places(answer)) == (1, [LATEST])
    (item,) = answer.json["findings"]
    assert item["column"] == 18
    assert item["resource"]["name"] == "web"
    assert item["rendered"]["command"] == "helm template web"
    assert not any("unrendered" in each["reason"] for each in answer.json["skipped"])


def test_a_key_that_is_wrong_is_marked_and_not_its_value(project: Project) -> None:
    deploy = CHART["web/templates/deploy.yaml"]
    wrong = deploy.replace("  replicas:", "  replicaz: {{ .Values.replicas }}\n  replicas:")
    project.write({**CHART, "web/templates/deploy.yaml": wrong})
    answer = check(project, select="schema-unknown-field")
    assert places(answer) == [("web/templates/deploy.yaml", 9, "schema-unknown-field", True)]
    (item,) = answer.json["findings"]
    assert (item["column"], item["endColumn"]) == (3, 11)


def test_nothing_is_rendered_unless_asked_for(project: Project) -> None:
    project.write(CHART)
    answer = project.run("check", "--select", SIGNS, "-f", "json")
    assert (answer.code, answer.json["findings"]) == (0, [])
    told = {"file": "web", "reason": "unrendered Helm template (`--helm` renders it)"}
    assert told in answer.json["skipped"]


@pytest.mark.parametrize(
    ("values", "sets", "expected"),
    [
        pytest.param("tag: '1'\n", [], [], id="values"),
        pytest.param("extra: true\ntag: '1'\n", [], [25], id="branch"),
        pytest.param("extra: true\n", ["tag=2"], [25], id="set"),
    ],
)
def test_values(project: Project, values: str, sets: list[str], expected: list[int]) -> None:
    project.write({**CHART, "prod.yaml": values})
    words = [word for text in sets for word in ("--helm-set", text)]
    answer = check(project, "--helm-values", "prod.yaml", *words, "web")
    assert [line for _, line, _, _ in places(answer)] == expected


def test_each_values_option_is_a_rendering_and_what_they_share_is_said_once(
    project: Project,
) -> None:
    project.write({**CHART, "a.yaml": "extra: true\n", "b.yaml": "replicas: 7\n"})
    answer = check(project, "--helm-values", "a.yaml", "--helm-values", "b.yaml", "web")
    assert [line for _, line, _, _ in places(answer)] == [18, 25]


def test_files_with_commas_between_are_given_together(project: Project) -> None:
    project.write({**CHART, "a.yaml": "extra: true\n", "b.yaml": "tag: '1'\n"})
    answer = check(project, "--helm-values", "a.yaml,b.yaml", "web")
    assert [line for _, line, _, _ in places(answer)] == [25]
    assert answer.json["findings"][0]["rendered"]["command"] == (
        "helm template web -f a.yaml -f b.yaml"
    )


def test_the_configuration_says_how(project: Project) -> None:
    project.write(
        {
            **CHART,
            "web/ci/one-values.yaml": "tag: '1'\n",
            "web/ci/two-values.yaml": "tag: '1'\nextra: true\n",
            ".kguard.yaml": (
                "helm:\n  render: true\n  charts:\n"
                "    - {path: web, release: shop, values: ['web/ci/*-values.yaml'],"
                " set: [replicas=3]}\n"
            ),
        }
    )
    answer = project.run("check", "--select", SIGNS, "-f", "json", "web")
    (item,) = answer.json["findings"]
    assert (item["line"], item["resource"]["name"]) == (25, "shop")
    assert item["rendered"]["command"] == (
        "helm template web -f web/ci/two-values.yaml --set replicas=3"
    )


def test_the_kubernetes_version_is_passed_on(project: Project) -> None:
    text = (
        '{{- if semverCompare "<1.30" .Capabilities.KubeVersion.Version }}\n'
        + POD.replace("name: web\n  namespace", "name: old\n  namespace")
        + "{{- end }}\n"
    )
    project.write(with_template(text))
    assert len(places(check(project))) == 1
    assert len(places(check(project, "--kube-version", "1.29"))) == 2


def test_a_chart_is_one_complete_unit(project: Project) -> None:
    service = (
        "apiVersion: v1\nkind: Service\n"
        "metadata: {name: web, namespace: {{ .Release.Namespace }}}\n"
        "spec:\n  selector: {app: %s}\n  ports: [{port: 80}]\n"
    )
    project.write(with_template(service % "web"))
    assert places(check(project, select="service-selects-nothing")) == []
    project.write(with_template(service % "other"))
    (found,) = places(check(project, select="service-selects-nothing"))
    assert found == ("web/templates/more.yaml", 5, "service-selects-nothing", True)


def test_what_is_not_certain_is_shown_as_rendered(project: Project) -> None:
    text = "{{ .Values.first }}\n---\n{{ .Values.second }}\n"
    pod = json.loads(json.dumps({"first": POD}))
    project.write(with_template(text, **{"v.yaml": "tag: '1'\n" + json.dumps(pod)[1:-1] + "\n"}))
    answer = check(project, "--helm-values", "v.yaml", "web")
    (item,) = answer.json["findings"]
    assert item["rendered"]["certain"] is False
    assert (item["file"], item["line"]) == ("web/templates/more.yaml", 1)
    full = project.run("check", "--helm", "--select", SIGNS, "--helm-values", "v.yaml", "web").out
    assert "web/templates/more.yaml, rendered" in full
    assert f"{item['rendered']['line']} |       image: registry.example.com/web:latest" in full
    assert "that of the file is not certain" in full


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param(
            'kind: {{ required "give a kind" .Values.kind }}\n', "give a kind", id="required"
        ),
        pytest.param('kind: {{ fail "not like that" }}\n', "not like that", id="fail"),
        pytest.param("kind: {{ .Values.a.b.c }}\n", "nil pointer", id="nil"),
    ],
)
def test_a_chart_that_needs_values_says_so_and_where(
    project: Project, text: str, part: str
) -> None:
    project.write({**with_template("# one\n" + text), "pod.yaml": POD})
    answer = check(project)
    ((file, line, reason),) = reasons(answer)
    assert (answer.code, file, line) == (3, "web/templates/more.yaml", 2)
    assert part in reason
    assert "--helm-values" in reason
    # Nothing else is lost.
    assert [item["file"] for item in answer.json["findings"]] == ["pod.yaml"]


@pytest.mark.parametrize(
    ("files", "part"),
    [
        pytest.param(
            {"web/templates/more.yaml": "a: {{ if }}\n"}, "missing value for if", id="parse"
        ),
        pytest.param(
            {"web/templates/more.yaml": "a: b\n c: d\n- e\n"}, "YAML parse error", id="yaml"
        ),
        pytest.param({"web/values.yaml": "a: [\n"}, "values.yaml", id="values"),
        pytest.param({"web/Chart.yaml": "name: web\n"}, "chart.metadata", id="metadata"),
        pytest.param({"web/values.schema.json": '{"required": ["nope"]}'}, "nope", id="schema"),
        pytest.param(
            {"web/Chart.yaml": CHART["web/Chart.yaml"] + "kubeVersion: '<1.20.0'\n"},
            "--kube-version",
            id="version",
        ),
        pytest.param(
            {
                "web/Chart.yaml": CHART["web/Chart.yaml"]
                + "dependencies: [{name: db, version: 1.0.0, repository: 'https://c.invalid'}]\n"
            },
            "`helm dependency build web`",
            id="dependency",
        ),
    ],
)
def test_a_chart_that_cannot_be_rendered(
    project: Project, files: Mapping[str, str], part: str
) -> None:
    project.write({**CHART, **files, "pod.yaml": POD})
    answer = check(project, "--fail-on", "never")
    found = reasons(answer)
    assert (answer.code, {file.partition("/")[0] for file, _, _ in found}) == (3, {"web"})
    assert any(part in reason for _, _, reason in found)
    assert [item["file"] for item in answer.json["findings"]] == ["pod.yaml"]


def test_a_values_file_that_is_not_there(project: Project) -> None:
    project.write(CHART)
    answer = check(project, "--helm-values", "no.yaml")
    assert answer.code == 3
    assert reasons(answer) == [
        ("web", 0, "no values file no.yaml (`helm template web -f no.yaml`)")
    ]


def test_a_library_chart_is_no_fault(project: Project) -> None:
    project.write({**CHART, "web/Chart.yaml": CHART["web/Chart.yaml"] + "type: library\n"})
    answer = check(project)
    assert (answer.code, answer.json["unchecked"]) == (0, [])
    reason = "library chart: it renders to nothing by itself"
    assert {"file": "web", "reason": reason} in answer.json["skipped"]


def test_subcharts_are_rendered_with_their_parent_only(project: Project) -> None:
    sub = {path.replace("web/", "web/charts/inner/", 1): text for path, text in CHART.items()}
    sub["web/charts/inner/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
    project.write({**CHART, **sub, "web/values.yaml": "tag: '1'\nsub: {tag: latest}\n"})
    answer = check(project)
    (item,) = answer.json["findings"]
    assert item["file"] == "web/charts/inner/templates/deploy.yaml"
    assert (item["line"], item["rendered"]["command"]) == (18, "helm template web")


def test_a_packed_subchart_is_only_looked_at(project: Project, helm: Path) -> None:
    sub = {path.replace("web/", "sub/", 1): text for path, text in CHART.items()}
    sub["sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
    project.write({**CHART, **sub, "web/charts/.keep": ""})
    subprocess.run(
        [helm, "package", "sub", "-d", "web/charts"],
        cwd=project.root,
        check=True,
        capture_output=True,
    )
    answer = check(project, "web")
    assert places(answer) == [LATEST]
    assert any(each["file"] == "web/charts/sub" for each in answer.json["skipped"])


@pytest.mark.parametrize("folder", ["", "a/b [1]", "größe"])
def test_wherever_a_chart_is(project: Project, folder: str) -> None:
    """At the root of the repository, or in a folder with an odd name."""
    prefix = f"{folder}/" if folder else ""
    project.write({path.replace("web/", prefix, 1): text for path, text in CHART.items()})
    chart = f"    - {{path: '{folder or '.'}', set: [extra=true]}}\n"
    project.write({".kguard.yaml": f"helm:\n  render: true\n  charts:\n{chart}"})
    answer = project.run("check", "--select", SIGNS, "-f", "json")
    path = f"{prefix}templates/deploy.yaml"
    assert places(answer) == [(path, 18, SIGNS, True), (path, 25, SIGNS, True)]


def test_a_chart_outside_of_the_repository(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(CHART)
    (project.root / "here").mkdir()
    monkeypatch.chdir(project.root / "here")
    project.git("init", "-q", "here")
    answer = check(project, "../web")
    assert places(answer) == [(f"../{LATEST[0]}", *LATEST[1:])]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param(["web/templates/deploy.yaml"], [LATEST[0]], id="template"),
        pytest.param(["web/templates/more.yaml"], ["web/templates/more.yaml"], id="other template"),
        pytest.param(["web/values.yaml"], [LATEST[0], "web/templates/more.yaml"], id="values"),
        pytest.param(["web/templates"], [LATEST[0], "web/templates/more.yaml"], id="folder"),
    ],
)
def test_named_files(project: Project, named: list[str], expected: list[str]) -> None:
    project.write(with_template(POD))
    assert [item[0] for item in places(check(project, *named))] == expected


def test_templates_that_render_to_nothing_are_named_on_request(project: Project) -> None:
    project.write(with_template("{{- if .Values.nope }}\n" + POD + "{{- end }}\n"))
    assert places(check(project)) == [LATEST]
    said = "`web/templates/more.yaml` renders to nothing here"
    assert said in project.run("check", "--helm", "-v").out
    assert said not in project.run("check", "--helm").out


def test_a_key_written_twice_in_a_template(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace(
        "spec:\n  replicas", "spec:\n  minReadySeconds: 1\n  minReadySeconds: 2\n  replicas", 1
    )
    project.write({**CHART, "web/templates/deploy.yaml": template})
    (item,) = check(project, select="yaml-duplicate-key").json["findings"]
    assert (item["line"], item["rendered"]["certain"]) == (10, True)
    assert "9" in item["message"]


def test_hooks_and_definitions_and_tests(project: Project) -> None:
    test = POD.replace("metadata:\n", "metadata:\n  annotations: {helm.sh/hook: test}\n")
    hook = POD.replace("metadata:\n", "metadata:\n  annotations: {helm.sh/hook: pre-install}\n")
    definition = "apiVersion: x/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
    project.write(
        with_template(test, **{"web/templates/h.yaml": hook, "web/crds/a.yaml": definition})
    )
    assert [item[0] for item in places(check(project))] == [LATEST[0], "web/templates/h.yaml"]


def test_crlf_and_unicode(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace("kind:", "# größe 名前\nkind:", 1)
    project.write({**CHART, "web/templates/deploy.yaml": "\ufeff" + template.replace("\n", "\r\n")})
    answer = check(project)
    assert [(line, certain) for _, line, _, certain in places(answer)] in ([(19, True)], [])
    if not places(answer):  # Helm itself stumbles over a byte order mark.
        assert answer.code == 3


def test_crlf(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace("kind:", "# größe 名前\nkind:", 1)
    project.write({**CHART, "web/templates/deploy.yaml": template.replace("\n", "\r\n")})
    assert [(line, certain) for _, line, _, certain in places(check(project))] == [(19, True)]


def test_tpl_and_named_templates(project: Project) -> None:
    helpers = CHART["web/templates/_helpers.tpl"] + (
        '{{- define "web.pod" }}' + POD + "{{- end }}\n"
    )
    project.write(
        with_template(
            '{{ include "web.pod" . }}\n---\n{{ tpl .Values.more . }}\n',
            **{
                "web/templates/_helpers.tpl": helpers,
                "web/values.yaml": "tag: '1'\nmore: ''\n",
            },
        )
    )
    (found,) = places(check(project))
    assert found[0] == "web/templates/more.yaml"


@pytest.mark.parametrize(
    ("comment", "hidden"),
    [
        pytest.param("          # kguard: ignore[image-latest] a test\n", True, id="line above"),
        pytest.param("        # kguard: ignore[image-latest] a test\n", False, id="elsewhere"),
    ],
)
def test_a_comment_in_the_template_ignores_a_line_that_is_certain(
    project: Project, comment: str, hidden: bool
) -> None:
    template = CHART["web/templates/deploy.yaml"]
    target = '          image: "' if hidden else "        {{- if .Values.extra"
    assert template.count(target) == 1
    project.write(
        {**CHART, "web/templates/deploy.yaml": template.replace(target, comment + target)}
    )
    answer = check(project)
    assert answer.json["summary"]["suppressed"] == int(hidden)
    assert len(answer.json["findings"]) == int(not hidden)


def test_a_comment_over_a_container_covers_what_is_indented_below_it(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace(
        "        - name: web\n",
        "        # kguard: ignore[image-latest,missing-cpu-request] a test\n        - name: web\n",
    )
    project.write({**CHART, "web/templates/deploy.yaml": template})
    answer = check(project, select="image-latest,missing-cpu-request,meta")
    assert (answer.json["findings"], answer.json["summary"]["suppressed"]) == ([], 2)


def test_a_comment_for_the_file_covers_lines_that_are_not_certain(project: Project) -> None:
    comment = "# kguard: ignore-file[image-latest] a test\n"
    text = comment + "{{ .Values.first }}\n---\n{{ .Values.second }}\n"
    values = json.dumps(
        {"first": POD, "second": POD.replace("name: web", "name: b", 1), "tag": "1"}
    )
    project.write(with_template(text, **{"v.yaml": values}))
    answer = check(project, "--helm-values", "v.yaml", "web")
    assert (answer.json["findings"], answer.json["summary"]["suppressed"]) == ([], 2)


def test_a_comment_for_a_line_that_is_not_certain_is_not_called_unused(project: Project) -> None:
    text = (
        "{{ .Values.first }}\n---\n{{ .Values.second }}\n"
        "# kguard: ignore[image-latest] a test\n{{ .Values.third }}\n"
    )
    project.write(with_template(text, **{"v.yaml": json.dumps({"first": POD, "tag": "1"})}))
    answer = check(project, "--helm-values", "v.yaml", "web", select="image-latest,meta")
    assert [item["policy"] for item in answer.json["findings"]] == ["image-latest"]


def test_an_annotation_in_the_template_ignores(project: Project) -> None:
    template = CHART["web/templates/deploy.yaml"].replace(
        "  labels:\n    {{- include",
        "  annotations: {ignore.kguard.dev/image-latest: a test}\n  labels:\n    {{- include",
    )
    project.write({**CHART, "web/templates/deploy.yaml": template})
    answer = check(project)
    assert (answer.json["findings"], answer.json["summary"]["suppressed"]) == ([], 1)


def test_a_baseline_takes_rendered_findings(project: Project) -> None:
    project.write(CHART)
    project.run("baseline", "--helm", "--select", SIGNS)
    answer = check(project, "--baseline", ".kguard-baseline.json")
    assert (answer.code, answer.json["summary"]["baselined"]) == (0, 1)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({}, [], id="not rendered"),
        pytest.param({"web/values.yaml": "a: ["}, ["--helm"], id="failed"),
    ],
)
def test_a_baseline_keeps_what_a_run_could_not_see(
    project: Project, more: Mapping[str, str], words: list[str]
) -> None:
    project.write(CHART)
    project.run("baseline", "--helm", "--select", SIGNS)
    before = project.read(".kguard-baseline.json")
    assert "image-latest" in before
    project.write(more)
    project.run("baseline", "--prune", "--select", SIGNS, *words)
    assert project.read(".kguard-baseline.json") == before


def test_fixes_are_refused(project: Project) -> None:
    budget = (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
        "spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}\n"
    )
    project.write(with_template("{{- if true }}\n" + budget + "{{- end }}\n"))
    before = project.read("web/templates/more.yaml")
    (item,) = check(project, select="pdb-blocks-drain").json["findings"]
    assert (item["line"], item["fixable"]) == (5, None)
    answer = project.run("fix", "--helm", "--unsafe", "--select", "pdb-blocks-drain")
    assert project.read("web/templates/more.yaml") == before
    assert "it is about what a tool renders" in answer.err
    # Files beside it are fixed all the same.
    project.write({"budget.yaml": budget})
    project.run("fix", "--helm", "--unsafe", "--select", "pdb-blocks-drain")
    assert project.read("web/templates/more.yaml") == before
    assert "maxUnavailable: 1" in project.read("budget.yaml")


@pytest.mark.parametrize(
    "form", ["sarif", "github", "gitlab", "junit", "markdown", "rdjson", "concise"]
)
def test_every_format_names_the_template(project: Project, form: str) -> None:
    project.write(CHART)
    out = project.run("check", "--helm", "--select", SIGNS, "-f", form).out
    assert "web/templates/deploy.yaml" in out
    assert "18" in out


def test_only_what_values_may_have_changed(project: Project) -> None:
    project.write({**CHART, "pod.yaml": POD})
    project.git("add", "-A")
    project.git("-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "one")
    assert check(project, "--diff-base", "HEAD").json["findings"] == []
    project.write({"web/values.yaml": CHART["web/values.yaml"] + "more: 1\n"})
    assert places(check(project, "--diff-base", "HEAD")) == [LATEST]


def test_certain_places_are_true(project: Project, helm: Path) -> None:
    """A mark at the end of a line of the template has to come out in the line that it makes."""
    project.write(CHART)
    path = project.root / "web/templates/deploy.yaml"

    def render() -> list[str]:
        command = [
            str(helm),
            "template",
            "web",
            "web",
            "--set",
            "extra=true,resources.limits.cpu=1",
        ]
        done = subprocess.run(command, cwd=project.root, check=True, capture_output=True, text=True)
        return done.stdout.split("\n")

    rendered = render()
    marked = 0
    for number, place in enumerate(_places(path, rendered)):
        text = path.read_text("utf-8").split("\n")
        if place is None or "{{" in text[place - 1]:
            continue
        text[place - 1] += "  # MARK"
        original = path.read_bytes()
        path.write_text("\n".join(text), "utf-8")
        assert "# MARK" in render()[number]
        path.write_bytes(original)
        marked += 1
    assert marked > 10


def _places(path: Path, rendered: list[str]) -> list[int | None]:
    """The certain line of the template for each line of what one document renders to."""
    from kguard.source import read

    text = "\n".join(rendered)
    (document,) = read("out", text.encode()).documents
    starts = [0]
    for line in rendered:
        starts.append(starts[-1] + len(line) + 1)
    first = text.index("apiVersion")
    origin: Any = TemplateOrigin(
        TemplateSource("t", path.read_bytes()), text, first, len(text.rstrip()), starts
    )
    assert document is not None
    found = []
    for number, line in enumerate(rendered):
        place = origin._place(starts[number] + len(line) - len(line.lstrip())) if line else None
        found.append(origin._source.line_of(place.start) if place else None)
    return found
