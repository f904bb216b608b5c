"""When the alerts of the chart fire: what each compares with what, held against figures.

What is compared is a metric of ours or of the API server; whether there is one of that name is
asked in test_chart_webhook.py.
"""

from __future__ import annotations

import math
import operator
import re

import pytest
from chart_helm import Helm, named

COMPARISONS = {"<": operator.lt, ">": operator.gt, "==": operator.eq}
DAY = 86_400.0


def fires(helm: Helm, alert: str, figure: float, values: str = "monitoring", part: int = 0) -> bool:
    """Whether an alert fires where what it looks at comes to a figure; `part` of several by `or`.

    A comparison with NaN is false in Prometheus as it is here.
    """
    objects = helm.objects(values, "monitoring.prometheusRule.enabled=true")
    (group,) = named(objects, "PrometheusRule")["spec"]["groups"]
    (rule,) = (each for each in group["rules"] if each["alert"] == alert)
    found = re.fullmatch(r"(.*) (<|>|==) (\d+)", rule["expr"].split(" or ")[part])
    assert found, rule["expr"]
    return bool(COMPARISONS[found[2]](figure, float(found[3])))


@pytest.mark.parametrize(
    ("alert", "well", "wrong"),
    [
        ("KguardFailOpen", 0, 0.1),
        ("KguardReviewErrors", 0, 0.001),
        ("KguardPoliciesRejected", 0, 0.1),
        ("KguardP99High", 0.5, 2.5),  # Half of what the API server waits, as the chart has it.
        ("KguardBundleMismatch", 1, 0),
        ("KguardContextUnsynced", 1, 0),
    ],
)
def test_an_alert_fires_where_something_is_wrong(
    helm4: Helm, alert: str, well: float, wrong: float
) -> None:
    assert (fires(helm4, alert, well), fires(helm4, alert, wrong)) == (False, True)


@pytest.mark.parametrize("alert", ["KguardBundleMismatch", "KguardContextUnsynced"])
def test_what_is_not_known_is_no_alarm(helm4: Helm, alert: str) -> None:
    assert not fires(helm4, alert, math.nan)


@pytest.mark.parametrize(
    ("values", "part", "renewed"),
    # With a third left kguard renews its leaf of a week and its CA of a year; cert-manager is told
    # 30 days.
    [
        ("monitoring", 0, 7 / 3 * DAY),
        ("cert-manager", 0, 30 * DAY),
        ("monitoring", 1, 365 / 3 * DAY),
    ],
    ids=["own leaf", "leaf of cert-manager", "own CA"],
)
def test_a_certificate_is_missed_once_it_was_not_renewed(
    helm4: Helm, values: str, part: int, renewed: float
) -> None:
    assert not fires(helm4, "KguardCertExpiring", renewed, values, part)
    assert fires(helm4, "KguardCertExpiring", renewed / 5, values, part)
