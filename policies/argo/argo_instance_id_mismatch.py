"""See argo_instance_id_mismatch.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.argo.config import Layout
from kguard.facts.argo.workflow import Workflow
from kguard.facts.quantities import is_placeholder
from kguard.model import Edit, Fault, Fix, Related, dig
from kguard.policy.context import Context

_LABEL = "workflows.argoproj.io/controller-instanceid"


def check(workflow: Workflow, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for an object that the controller among the files does not look at."""
    config, resource = workflow.config, workflow.resource
    # The chart makes the setting of values that are called otherwise.
    if config is None or config.layout is Layout.HELM or config.unparsed or resource.embedded:
        return
    wanted, label = config.get("instanceID"), dig(resource.data, "metadata", "labels", _LABEL)
    written = wanted not in (None, "")
    if label == wanted or is_placeholder(wanted) or is_placeholder(label):
        return
    if not written and label is None:
        return
    if not isinstance(wanted, str) and written:
        return
    keys = ("metadata", "labels", _LABEL)
    related = [Related(config.resource, config.at("instanceID"), "the controller's `instanceID`")]
    if not written:
        text = f"the label `{_LABEL}` is for a controller with an `instanceID`: this one has none"
        yield Fault(resource, keys, text, help="this controller ignores the object")
        return
    text = f"no label `{_LABEL}`" if label is None else f"the label says `{label}`"
    yield Fault(
        resource,
        keys,
        f"{text}: the controller's `instanceID` is `{wanted}`",
        help="the controller ignores the object; `argo submit --instanceid` adds the label",
        related=tuple(related),
        fix=Fix((Edit(keys, wanted),), safe=False, title=f"label it `{wanted}`"),  # It will run.
    )
