"""What takes long in an Argo object asks for the time it needs first, and is done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kguard.facts import Expired, Facts
from kguard.facts.argo import patches, templates
from kguard.facts.argo.containers import main_containers
from kguard.facts.argo.cron import cron_workflow
from kguard.facts.argo.pods import template_pods
from kguard.facts.argo.spec_rules import wrong
from kguard.index import Index
from kguard.kube.recognise import resources
from kguard.model import Resource
from kguard.source import embedded

PATCH = "containers: [{name: main, resources: {limits: {memory: 1Gi}}}]\n"


def loaded(kind: str, spec: Any, seconds: float = 1e9) -> tuple[Facts, Resource]:
    """An object whose review has so many seconds left, and no clock that goes on."""
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "w"},
        "spec": spec,
    }
    (resource,) = resources(data, "w.yaml")
    return Facts(Index([resource]), expired=lambda needed=0.0: needed >= seconds), resource


def workflow(patch: str, number: int = 1, **more: Any) -> dict[str, Any]:
    written = [{"name": f"t{n}", "container": {"image": "a"}, **more} for n in range(number)]
    return {"entrypoint": "t0", "podSpecPatch": patch, "templates": written}


def test_a_patch_of_many_templates_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole, inner = patches._patch_text, embedded._read

    def counted(work: Callable[[str], Any]) -> Callable[[str], Any]:
        def reading(text: str) -> Any:
            read.append(text)
            return work(text)

        return reading

    monkeypatch.setattr(patches, "_patch_text", counted(whole))
    monkeypatch.setattr(embedded, "_read", counted(inner))
    patch = PATCH + "# long\n" * 1000
    facts, resource = loaded("Workflow", workflow(patch, 20))
    found = facts.argo_workflow(resource)
    assert found is not None
    assert len(list(template_pods(facts, resource))) == 20
    assert len(list(main_containers(facts, found))) == 20
    assert read == [patch] * 2


@pytest.mark.parametrize("where", ["workflow", "template"])
def test_a_long_patch_is_not_begun_where_little_time_is_left(where: str) -> None:
    patch = PATCH + "# long\n" * 10_000
    spec = workflow(patch) if where == "workflow" else workflow("", podSpecPatch=patch)
    for seconds, ends in ((0.5, True), (1.5, False)):
        facts, resource = loaded("Workflow", spec, seconds)
        found = facts.argo_workflow(resource)
        assert found is not None
        for work in (
            lambda facts=facts, resource=resource: list(template_pods(facts, resource)),
            lambda facts=facts, found=found: list(main_containers(facts, found)),
        ):
            if ends:
                with pytest.raises(Expired):
                    work()
            else:
                assert work()


def test_a_long_manifest_is_not_begun_where_little_time_is_left() -> None:
    manifest = "kind: Job\n" + "# long\n" * 10_000
    spec = workflow("", resource={"action": "create", "manifest": manifest})
    for seconds, ends in ((0.5, True), (1.5, False)):
        facts, resource = loaded("Workflow", spec, seconds)
        found = facts.argo_workflow(resource)
        assert found is not None
        if ends:
            with pytest.raises(Expired):
                list(wrong(facts, found))
        else:
            list(wrong(facts, found))


def test_each_loop_over_what_another_has_left_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[Any] = []
    whole = templates._written_loop

    def written(call: Any) -> Any:
        looked.append(call)
        return whole(call)

    monkeypatch.setattr(templates, "_written_loop", written)
    tasks: list[dict[str, Any]] = [
        {"name": f"t{n}", "template": "a", "withParam": f"{{{{tasks.t{n + 1}.outputs.result}}}}"}
        for n in range(500)
    ]
    for end, expected in (({"withItems": [1, 2, 3]}, 3), ({}, None)):
        main = {
            "name": "main",
            "dag": {"tasks": [*tasks, {"name": "t500", "template": "a", **end}]},
        }
        facts, resource = loaded("Workflow", {"entrypoint": "main", "templates": [main]})
        looked.clear()
        (template,) = facts.argo_templates(resource)
        calls = templates.calls_of(facts, template)
        assert {call.loop.count for call in calls[:-1] if call.loop} == {expected}
        assert len(looked) <= 3 * len(calls)


def test_calls_are_compared_with_many_inputs_while_there_is_time() -> None:
    inputs = {"parameters": [{"name": f"p{n}", "value": "x"} for n in range(10)]}
    tasks = [{"name": f"t{n}", "template": "x"} for n in range(100)]
    main = {"name": "main", "dag": {"tasks": tasks}}
    spec = {
        "entrypoint": "main",
        "templates": [main, {"name": "x", "inputs": inputs, "container": {}}],
    }
    facts, resource = loaded("Workflow", spec)
    found = facts.argo_workflow(resource)
    assert found is not None
    looks = 0

    def look(needed: float = 0.0) -> bool:
        nonlocal looks
        looks += 1
        return False

    facts._expired = look
    list(wrong(facts, found))
    assert looks >= 100


def cron(schedules: int) -> dict[str, Any]:
    return {
        "schedules": [f"{n % 60} {n // 60 % 24} * * *" for n in range(schedules)],
        "workflowSpec": {"entrypoint": "a", "templates": [{"name": "a", "container": {}}]},
    }


def test_schedules_ask_for_the_time_that_they_take() -> None:
    facts, resource = loaded("CronWorkflow", cron(10), 0.001)
    found = cron_workflow(facts, resource)
    assert found is not None
    assert len(found.schedules) == 10
    facts, resource = loaded("CronWorkflow", cron(500), 1.0)
    with pytest.raises(Expired):
        cron_workflow(facts, resource)


def test_more_schedules_than_anybody_writes_are_read_without_a_clock_only() -> None:
    facts, resource = loaded("CronWorkflow", cron(2000))
    with pytest.raises(Expired):
        cron_workflow(facts, resource)
    found = cron_workflow(Facts(Index([resource])), resource)
    assert found is not None
    assert len(found.schedules) == 2000
