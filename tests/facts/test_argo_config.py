"""The controller's configuration in every form it is written."""

from __future__ import annotations

from typing import Any

import pytest

from kguard.facts import Assumptions, Facts
from kguard.facts.argo.config import ControllerConfig, Layout, find_controller_config
from kguard.facts.argo.sections import bad_defaults, unknown_in_sections, wrong_in_sections
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource


def config_map(data: Any, name: str = "workflow-controller-configmap", unit: str = "") -> Resource:
    (found,) = resources(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data},
        f"{name}.yaml",
        unit=unit,
    )
    return found


def read(resource: Resource, *others: Resource) -> ControllerConfig | None:
    return Facts(Index([resource, *others])).controller_config(resource)


def workflow(unit: str = "") -> Resource:
    (found,) = resources(
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}},
        "w.yaml",
        unit=unit,
    )
    return found


LAYOUTS = {
    "one text": (
        {"config": "parallelism: 10\nretentionPolicy:\n  completed: 3\n"},
        Layout.ONE_TEXT,
    ),
    "a key each": ({"parallelism": "10", "retentionPolicy": "completed: 3\n"}, Layout.KEYS),
    "another case": ({"Parallelism": "10", "RETENTIONPOLICY": "\ncompleted: 3"}, Layout.KEYS),
}


@pytest.mark.parametrize(("data", "layout"), LAYOUTS.values(), ids=LAYOUTS)
def test_the_layouts_say_the_same(data: Any, layout: Layout) -> None:
    config = read(config_map(data))

    assert config is not None
    assert config.layout is layout
    assert config.get("parallelism") == 10
    assert config.get("retentionPolicy", "completed") == 3
    assert config.get("retentionPolicy", "failed") is None


ROUTES = {
    "one text, present": (0, ("retentionPolicy", "completed"), ("data", "config")),
    "one text, absent": (
        0,
        ("retentionPolicy", "failed"),
        ("data", "config", "failed"),
    ),
    "one text, absent setting": (0, ("persistence",), ("data", "config", "persistence")),
    "a key each, present": (1, ("retentionPolicy", "completed"), ("data", "retentionPolicy")),
    "a key each, absent": (
        1,
        ("retentionPolicy", "failed"),
        ("data", "retentionPolicy", "failed"),
    ),
    "a key each, absent setting": (1, ("persistence",), ("data", "persistence")),
}


@pytest.mark.parametrize(("which", "keys", "route"), ROUTES.values(), ids=ROUTES)
def test_settings_have_a_route(which: int, keys: Any, route: Any) -> None:
    data = [data for data, _ in LAYOUTS.values()][which]
    config = read(config_map(data))

    assert config is not None
    assert config.fault(keys, "message").route == route


def test_helm_values_lead_to_the_value_itself() -> None:
    (values,) = resources(
        {
            "controller": {"workflowDefaults": {"spec": {"parallelism": 4}}, "persistence": {}},
            "mainContainer": {"resources": {"requests": {"cpu": 1}}},
        },
        "values.yaml",
    )
    config = read(values)

    assert config is not None
    assert config.workflow_defaults == {"spec": {"parallelism": 4}}
    assert config.get("mainContainer", "resources", "requests", "cpu") == 1
    assert config.get("persistence") is None
    expected = ("controller", "workflowDefaults", "spec", "parallelism")
    assert config.defaults_route("spec", "parallelism") == expected


WRONG = {
    "not YAML": ({"config": "a: [1"}, ("data", "config")),
    "one fragment not YAML": ({"links": "a: b: c", "parallelism": "1"}, ("data", "links")),
    "a list": ({"config": "- 1\n"}, ("data", "config")),
    "a number": ({"parallelism": 10}, ("data", "parallelism")),
    "a placeholder of Helm": ({"config": "x: {{ .Values.x }}\n"}, ("data", "config")),
}


@pytest.mark.parametrize(("data", "route"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_read_is_named(data: Any, route: Any) -> None:
    config = read(config_map(data))

    assert config is not None
    assert [each.route for each in config.unparsed] == [route]


def test_keys_written_twice_in_a_text_are_kept() -> None:
    config = read(config_map({"persistence": "archive: true\narchive: false\n"}))

    assert config is not None
    assert [(each.route, each.keys) for each in config.repeated] == [
        (("data", "persistence"), ("archive",))
    ]


def deployment(args: list[str]) -> Resource:
    container = {"name": "c", "image": "quay.io/argoproj/workflow-controller:v3.6.0", "args": args}
    (found,) = resources(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "controller"},
            "spec": {"template": {"spec": {"containers": [container]}}},
        },
        "d.yaml",
    )
    return found


NAMES = {
    "the official name": ("workflow-controller-configmap", [], True),
    "Helm's name": ("rel-argo-workflows-workflow-controller-configmap", [], True),
    "another name": ("settings", [], False),
    "named by the controller": ("settings", ["--configmap", "settings"], True),
    "named with an equals sign": ("settings", ["--configmap=settings"], True),
    "an argument without a value": ("settings", ["--configmap"], False),
}


@pytest.mark.parametrize(("name", "args", "found"), NAMES.values(), ids=NAMES)
def test_a_config_map_is_known_by_its_name(name: str, args: list[str], found: bool) -> None:
    config = read(config_map({"parallelism": "1"}, name), deployment(args))

    assert (config is not None) is found


@pytest.mark.parametrize("data", [None, [], "text", {"config": None}, {"config": ""}])
def test_empty_and_malformed_data_set_nothing(data: Any) -> None:
    config = read(config_map(data))

    assert config is not None
    assert config.sections == {}
    assert config.workflow_defaults == {}


def test_several_configurations_mean_unknown() -> None:
    first, second = (config_map({}, f"{n}-workflow-controller-configmap") for n in "ab")
    near = workflow()

    one = find_controller_config(Facts(Index([near, first])), near)
    several = find_controller_config(Facts(Index([near, first, second])), near)
    assert one is not None
    assert one.resource is first
    assert several is None


def test_the_only_configuration_of_the_run_applies_to_every_folder() -> None:
    first, second = (config_map({}, f"{n}-workflow-controller-configmap") for n in "ab")
    near = workflow(unit="other")

    one = find_controller_config(Facts(Index([near, first])), near)
    several = find_controller_config(Facts(Index([near, first, second])), near)

    assert one is not None
    assert one.resource is first
    assert several is None


def test_the_configuration_the_user_names_wins() -> None:
    named, other = config_map({}, "mine"), config_map({})
    near = workflow()
    facts = Facts(Index([near, other, named]), Assumptions(argo_controller=named))

    found = find_controller_config(facts, near)

    assert found is not None
    assert found.resource is named


def test_the_sections_of_others_are_read_by_version() -> None:
    defaults = "spec: {podGC: {deleteDelayDuration: 30s}, Parallelism: 2}\n"
    config = read(config_map({"workflowDefaults": defaults, "executor": "{resource: {}}"}))

    assert config is not None
    assert [(key.keys, key.since) for key in unknown_in_sections(config, (3, 4))] == [
        (("workflowDefaults", "spec", "podGC", "deleteDelayDuration"), "3.5"),
        (("executor", "resource"), ""),
    ]
    assert [key.keys for key in unknown_in_sections(config, None)] == [("executor", "resource")]


def test_what_is_no_mapping_has_no_sections() -> None:
    config = read(config_map({"workflowDefaults": "[a]", "executor": "text", "links": "{a: b}"}))

    assert config is not None
    assert list(unknown_in_sections(config, None)) == []
    assert list(wrong_in_sections(config)) == []
    assert list(bad_defaults(config)) == []


DEFAULTS = {
    "a word that is none": ("podGC: {strategy: Never}", ["Never"]),
    "a right one": ("podGC: {strategy: OnPodSuccess}", []),
    "none": ("podGC: {strategy: ''}", []),
    "filled in by envsubst": ("podGC: {strategy: '${POD_GC}'}", []),
    "filled in by sed": ("templateDefaults: {retryStrategy: {retryPolicy: __POLICY__}}", []),
    "of the workflow": ("retryStrategy: {retryPolicy: OnPodSuccess}", ["OnPodSuccess"]),
    "of templates": ("templateDefaults: {retryStrategy: {retryPolicy: Never}}", ["Never"]),
    "a number": ("retryStrategy: {limit: '3', backoff: {factor: 2}}", []),
    "no number": ("retryStrategy: {limit: many, backoff: {factor: 1.5x}}", ["many", "1.5x"]),
    "a number that is filled in": ("retryStrategy: {limit: '{{workflow.parameters.n}}'}", []),
    "no number for templates": ("templateDefaults: {retryStrategy: {limit: many}}", ["many"]),
    "a deadline": ("activeDeadlineSeconds: 1", []),
    "no time": ("activeDeadlineSeconds: 0", ["0"]),
    "no time for templates": ("templateDefaults: {activeDeadlineSeconds: -5}", ["-5"]),
    "too much of it": ("activeDeadlineSeconds: 2147483648", ["2147483648"]),
    "a deadline in quotes": ("activeDeadlineSeconds: '0'", []),
}


@pytest.mark.parametrize(("spec", "expected"), DEFAULTS.values(), ids=DEFAULTS)
def test_values_in_the_defaults_with_which_workflows_fail(spec: str, expected: list[str]) -> None:
    config = read(config_map({"workflowDefaults": f"{{spec: {{{spec}}}}}"}))

    assert config is not None
    assert [each.value for each in bad_defaults(config)] == expected


def test_both_layouts_at_once_are_two_parts() -> None:
    config = read(config_map({"config": "parallelism: 10\n", "instanceID": "a"}))

    assert config is not None
    assert [part.sections for part in config.parts] == [{"parallelism": 10}, {"instanceID": "a"}]
    assert config.get("instanceID") is None
