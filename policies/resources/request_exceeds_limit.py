"""See request_exceeds_limit.md."""

from __future__ import annotations

from collections.abc import Iterator

from kguard.facts.podresources import written_amounts
from kguard.facts.pods import Container
from kguard.facts.slips import NEAR, limit_meant, request_meant
from kguard.model import Edit, Fault, Fix, Related
from kguard.policy.context import Context
from kguard.quantity.quantities import is_below


def check(container: Container, ctx: Context) -> Iterator[Fault]:
    """Yield a fault for each resource whose written request is above its written limit."""
    for resource in written_amounts(container, "requests"):
        request = container.amount("requests", resource)
        limit = container.amount("limits", resource)
        if request is None or request.value is None or limit is None or limit.value is None:
            continue
        if not is_below(limit.value, request.value):
            continue
        route = container.at("resources", "limits", resource)
        far = request.value > NEAR * limit.value
        meant = ""
        if far and (found := limit_meant(resource, limit.text, limit.value)):
            meant = f"; did you mean the limit `{found}`?"
        elif far and (found := request_meant(resource, request.text, request.value, limit.value)):
            meant = f"; did you mean `{found}`?"
        # As it is written it cannot run anywhere, so there is nothing that a change could stop. A
        # limit of 100 cores for `100m` would run, and hide what is wrong.
        raised = Fix(
            (Edit(route, request.text),), safe=True, title=f"raise the limit to `{request.text}`"
        )
        yield container.fault(
            ("resources", "requests", resource),
            f"{container.called} requests {resource} `{request.text}`, above its limit "
            f"`{limit.text}`",
            related=[Related(container.resource, route, "the limit")],
            help=f"the API server rejects it{meant}",
            fix=None if far else raised,
        )
