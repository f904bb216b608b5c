"""What file, environment and command line come to together."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from config_project import Project

from kguard.config import ConfigError, Image, validate
from kguard.facts.run import NEWEST_KUBERNETES
from kguard.ignore import Written
from kguard.model import Confidence, Severity, Span
from kguard.record import replace

EVERYTHING = """
fail-on: never
min-severity: warning
min-confidence: high
kube-version: v1.30.2
exclude: [x]
context: [base]
complete: true
baseline: known.json
image-map:
  web: {dockerfile: web/Dockerfile}
  worker: {shell: none, entrypoint: [run], cmd: []}
argo: {version: "3.10", assume: none, controller-config: argo.yaml}
drone: {requests: given, limits: given}
woodpecker: {backend: kubernetes}
"""


def test_everything_can_be_set(project: Project) -> None:
    project.write("web/Dockerfile", "")
    project.write("argo.yaml", "")
    found = project.load(EVERYTHING)
    root = str(project.root)
    assert found.file == ".kguard.yaml"
    assert found.fail_on is None
    assert found.min_severity is Severity.WARNING
    assert found.min_confidence is Confidence.HIGH
    assert found.kube == (1, 30)
    assert found.exclude == ("x",)
    assert found.context == (f"{root}/base",)
    assert found.complete is True
    assert found.baseline == f"{root}/known.json"
    assert found.images == {
        "web": Image(dockerfile=f"{root}/web/Dockerfile"),
        "worker": Image(shell="none", entrypoint=("run",), cmd=()),
    }
    assert found.argo == (3, 10)
    assert found.argo_assume_none is True
    assert found.argo_controller_config == f"{root}/argo.yaml"
    assert found.drone_requests_given is True
    assert found.drone_limits_given is True
    assert found.woodpecker_kubernetes is True


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n", "---\n", "{}"])
def test_nothing_needs_to_be_set(project: Project, text: str | None) -> None:
    found = project.load(text)
    assert found.fail_on is Severity.WARNING
    assert found.min_severity is Severity.NOTE
    assert found.kube == NEWEST_KUBERNETES
    assert found.argo is None
    assert found.values == {}
    assert found.origin_of("profile") == "default"


def test_toml_says_the_same_as_yaml(project: Project) -> None:
    yaml = project.load(
        "fail-on: error\npolicies: {limit-ratio: {params: {factor: 3}}}\n"
        "ignore: [{policies: [images], until: 2027-03-01, reason: x}]\n"
        "overrides: [{kinds: [Job], deselect: [images]}]\n"
    )
    (project.root / ".kguard.yaml").unlink()
    toml = project.load(
        "[tool.kguard]\nfail-on = 'error'\n[tool.kguard.policies.limit-ratio]\nparams.factor = 3\n"
        "[[tool.kguard.ignore]]\npolicies = ['images']\nuntil = 2027-03-01\nreason = 'x'\n"
        "[[tool.kguard.overrides]]\nkinds = ['Job']\ndeselect = ['images']\n",
        file="pyproject.toml",
    )
    assert toml.values == yaml.values
    assert toml.policies == yaml.policies
    assert toml.ignore[0].until == yaml.ignore[0].until == datetime.date(2027, 3, 1)
    assert toml.origin_of("policies.limit-ratio.params.factor") == "pyproject.toml:4"


MERGED: list[Any] = [
    # file, environment, --config, options, key, value, origin
    pytest.param("fail-on: error", {}, [], {}, "fail-on", "error", ".kguard.yaml:1", id="file"),
    pytest.param(
        "fail-on: error",
        {"KGUARD_FAIL_ON": "note"},
        [],
        {},
        "fail-on",
        "note",
        "KGUARD_FAIL_ON",
        id="environment over file",
    ),
    pytest.param(
        "fail-on: error",
        {"KGUARD_FAIL_ON": "note"},
        ["fail-on=never"],
        {},
        "fail-on",
        "never",
        "--config fail-on",
        id="--config over both",
    ),
    pytest.param(
        "",
        {},
        ["fail-on=never"],
        {"fail-on": "error"},
        "fail-on",
        "error",
        "--fail-on",
        id="option over --config",
    ),
    pytest.param(
        "exclude: [a]",
        {"KGUARD_EXCLUDE": "b,c"},
        [],
        {"exclude": ["d,e"]},
        "exclude",
        ["a", "b", "c", "d,e"],
        ".kguard.yaml:1, KGUARD_EXCLUDE, --exclude",
        id="excludes add up",
    ),
    pytest.param(
        "exclude: [a]",
        {"KGUARD_EXCLUDE": "b"},
        ["exclude=c"],
        {},
        "exclude",
        ["c"],
        "--config exclude",
        id="--config replaces them",
    ),
    pytest.param(
        "policies: {limit-ratio: {severity: note, params: {factor: 3}}}",
        {},
        ["policies.limit-ratio.params.factor=4"],
        {},
        "policies.limit-ratio.params.factor",
        4,
        "--config policies.limit-ratio.params.factor",
        id="one dotted key",
    ),
    pytest.param(
        "policies: {limit-ratio: {severity: note, params: {factor: 3}}}",
        {},
        ["policies.limit-ratio.params.factor=4"],
        {},
        "policies.limit-ratio.severity",
        "note",
        ".kguard.yaml:1",
        id="its neighbours stay",
    ),
    pytest.param(
        "", {"KGUARD_COMPLETE": "yes"}, [], {}, "complete", True, "KGUARD_COMPLETE", id="true"
    ),
    pytest.param(
        "complete: true", {"KGUARD_COMPLETE": "0"}, [], {}, "complete", False, "KGUARD_COMPLETE"
    ),
    pytest.param("", {"KGUARD_PROFILE": ""}, [], {}, "profile", None, "default", id="empty"),
    pytest.param(
        "",
        {},
        ["kube-version=1.30"],
        {},
        "kube-version",
        "1.30",
        "--config kube-version",
        id="text stays text",
    ),
    pytest.param(
        "",
        {},
        [],
        {"argo-version": "3.6"},
        "argo.version",
        "3.6",
        "--argo-version",
        id="option for an inner key",
    ),
    pytest.param(
        "",
        {"KGUARD_CONFIG": "fail-on=note"},
        [],
        {},
        "fail-on",
        "note",
        "--config fail-on",
        id="KGUARD_CONFIG with a pair",
    ),
]


@pytest.mark.parametrize(
    ("text", "environment", "config", "options", "key", "value", "origin"), MERGED
)
def test_values_know_where_they_come_from(
    project: Project,
    text: str,
    environment: Mapping[str, str],
    config: Sequence[str],
    options: Mapping[str, str],
    key: str,
    value: object,
    origin: str,
) -> None:
    found = project.load(text, environment=environment, config=config, options=options)
    assert (found.values.get(key), found.origin_of(key)) == (value, origin)


def test_a_pair_reaches_what_a_run_uses(project: Project) -> None:
    text = "policies: {limit-ratio: {severity: note, params: {factor: 3}}}"
    found = project.load(text, config=["policies.limit-ratio.params.factor=4", "deselect=[ALL]"])
    assert found.policies["limit-ratio"].params == {"factor": 4}
    assert found.policies["limit-ratio"].severity is Severity.NOTE
    assert project.active(found) == set()


@pytest.mark.parametrize(
    ("config", "environment", "isolated", "file"),
    [
        pytest.param([], {}, False, ".kguard.yaml", id="found"),
        pytest.param(["other.yaml"], {}, False, "other.yaml", id="named"),
        pytest.param([], {"KGUARD_CONFIG": "other.yaml"}, False, "other.yaml", id="environment"),
        pytest.param(["x/c.toml"], {"KGUARD_CONFIG": "other.yaml"}, False, "x/c.toml", id="toml"),
        pytest.param([], {}, True, "", id="isolated"),
        pytest.param([], {"KGUARD_ISOLATED": "1"}, False, "", id="KGUARD_ISOLATED"),
        pytest.param(["fail-on=note"], {"KGUARD_CONFIG": "other.yaml"}, True, "", id="isolated 2"),
    ],
)
def test_the_file_that_is_read(
    project: Project, config: list[str], environment: dict[str, str], isolated: bool, file: str
) -> None:
    project.write("other.yaml", "")
    project.write("x/c.toml", "[tool.kguard]\n")
    found = project.load("", config=config, environment=environment, isolated=isolated)
    assert found.file == file


@pytest.mark.parametrize(
    ("config", "environment", "options", "isolated", "expected"),
    [
        (["a.yaml", "b.yaml"], {}, {}, False, "--config b.yaml"),
        (["a.yaml"], {}, {}, True, "--config a.yaml"),
        (["fail_on=x"], {}, {}, False, "--config fail_on"),
        (["policies.limit-ratio.params.factor=x"], {}, {}, False, "--config policies"),
        (["select=[a"], {}, {}, False, "--config select"),
        (["argo=3", "argo.version=3.6"], {}, {}, False, "--config argo"),
        (["policies-dir=x"], {}, {}, False, "--config policies-dir"),
        ([], {"KGUARD_PROFILE": "x"}, {}, False, "KGUARD_PROFILE"),
        ([], {"KGUARD_COMPLETE": "perhaps"}, {}, False, "KGUARD_COMPLETE"),
        ([], {"KGUARD_ISOLATED": "perhaps"}, {}, False, "KGUARD_ISOLATED"),
        ([], {}, {"select": ["nope"]}, False, "--select"),
        ([], {}, {"kube-version": "2.0"}, False, "--kube-version"),
        ([], {}, {"exclude": ["!a"]}, False, "--exclude"),
    ],
)
def test_a_wrong_option_is_named(
    project: Project,
    config: list[str],
    environment: dict[str, str],
    options: dict[str, str | list[str]],
    isolated: bool,
    expected: str,
) -> None:
    (fault,) = project.faults(
        config=config, environment=environment, options=options, isolated=isolated
    )
    assert fault.startswith(expected)


def test_the_command_line_may_name_paths_outside(project: Project) -> None:
    found = project.load(options={"baseline": "../known.json", "context": ["/srv/base"]})
    assert found.baseline == f"{project.root.parent}/known.json"
    assert found.context == ("/srv/base",)


def test_paths_of_a_named_file_start_at_the_working_directory(project: Project) -> None:
    project.write("shared/kguard.yaml", "baseline: known.json\nexclude: [gen/x]\n")
    (project.root / "svc").mkdir()
    found = project.load(config=["../shared/kguard.yaml"], cwd="svc")
    assert found.baseline == f"{project.root}/svc/known.json"
    assert found.exclude == ("/svc/gen/x",)
    assert found.file == "svc/../shared/kguard.yaml"


def test_outside_of_git_the_working_directory_is_the_root(project: Project) -> None:
    from kguard.config import load

    (project.root / ".git").rmdir()
    folder = project.write("svc/.kguard.yaml", "exclude: [gen/x]").parent
    found = load(project.registry, str(folder), None)
    assert (found.file, found.exclude) == (".kguard.yaml", ("/gen/x",))


def test_an_ignore_knows_its_place_and_its_day(project: Project) -> None:
    (entry,) = project.load(
        "ignore:\n  - policies: [argo-image-latest]\n    kinds: [Job]\n    names: ['*-test']\n"
        "    namespaces: [ci]\n    until: 2027-03-01\n"
    ).ignore
    assert entry.policies == ("argo-image-latest",)
    assert (entry.kinds, entry.names, entry.namespaces) == (("Job",), ("*-test",), ("ci",))
    assert (entry.reason, entry.until) == ("", datetime.date(2027, 3, 1))
    assert entry.origin == Written(".kguard.yaml", Span(2, 5, 2, 13))


class TestCache:
    """What was found valid is not judged again, and nothing else is skipped."""

    @pytest.fixture
    def judged(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        """The values that were given to jsonschema."""
        found: list[object] = []
        judge = validate.judge

        def counting(layer: Any, value: Any, *rest: Any) -> Any:
            found.append(value)
            return judge(layer, value, *rest)

        monkeypatch.setattr("kguard.config.validate.judge", counting)
        return found

    TEXT = "policies: {limit-ratio: {params: {factor: 3}}}"

    def test_a_valid_file_is_judged_once(self, project: Project, judged: list[object]) -> None:
        project.load(self.TEXT)
        assert len(judged) == 2
        project.load(self.TEXT + "\n# a comment changes nothing\n")
        assert len(judged) == 2
        project.load(self.TEXT.replace("3", "4"))
        assert len(judged) == 4

    def test_a_faulty_file_is_judged_every_time(self, project: Project) -> None:
        for _ in range(2):
            assert len(project.faults("policies: {limit-ratio: {params: {factor: 0}}}")) == 1

    def test_another_schema_of_a_parameter_is_another_question(
        self, project: Project, judged: list[object]
    ) -> None:
        project.load(self.TEXT)
        stricter = project.registry.policies["limit-ratio"].params["factor"] | {"maximum": 2}
        del judged[:]
        policies = {
            name: replace(p, params={**p.params, "factor": stricter}) if p.params else p
            for name, p in project.registry.policies.items()
        }
        other = Project(project.root, replace(project.registry, policies=policies))
        with pytest.raises(ConfigError, match="greater than the maximum"):
            other.load(self.TEXT)
        assert len(judged) == 2

    def test_a_cache_that_is_a_file_costs_time_only(self, project: Project) -> None:
        project.write("../cache", "in the way")
        assert project.load("profile: all").values == {"profile": "all"}
