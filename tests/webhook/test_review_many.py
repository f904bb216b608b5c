"""Objects with more faults than a review takes."""

from __future__ import annotations

import pytest
from webhook_reviews import answer, asked, decide, policy_set

from kguard.webhook.policyset import MOST_FINDINGS
from kguard.webhook.stances import Mode


@pytest.mark.parametrize("mode", [Mode.ENFORCE, Mode.WARN])
def test_a_thousand_findings_of_a_policy_count_and_the_rest_is_said_to_be_missing(
    mode: Mode,
) -> None:
    template = {
        "name": "main",
        "container": {"image": "registry.example.com/a:1.0"},
        "metrics": {"prometheus": [{}] * 20_000},
    }
    data = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "run", "namespace": "shop"},
        "spec": {"entrypoint": "main", "templates": [template]},
    }
    decision = decide(asked(data), policy_set(mode))
    found = [each for each in decision.judged if each.finding.policy == "argo-spec-invalid"]
    assert len(found) == MOST_FINDINGS
    assert "argo-spec-invalid" in decision.unanswered
    assert decision.allowed is (mode is Mode.WARN)
    assert any("not evaluated: argo-spec-invalid" in text for text in answer(decision)["warnings"])
